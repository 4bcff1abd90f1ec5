"""Ctrl-C for threads other than the main one, which alone Python tells of signals.

TensorFlow asks for batches in threads of its own, with the main thread inside TensorFlow until the batch comes: were it
not for this, a read that never returns could not be interrupted there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastseq import _interrupts

_lock = threading.RLock()


@contextmanager
def watch() -> Iterator[Callable[[], bool]]:
    """Gives what tells whether Ctrl-C was pressed; never in the main thread, nor where it would raise nothing there."""
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if threading.current_thread() is threading.main_thread() or not raises:
        yield lambda: False
        return
    with _lock:
        _interrupts.begin()
    before = _interrupts.seen()
    try:
        yield lambda: _interrupts.seen() != before
    finally:
        with _lock:
            _interrupts.end()


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    _interrupts.forget()


os.register_at_fork(after_in_child=_after_fork)
