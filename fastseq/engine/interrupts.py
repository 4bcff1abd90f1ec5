"""Ctrl-C on threads other than the main one, the only one that Python interrupts.

TensorFlow requests batches on threads of its own while the main thread waits inside TensorFlow. Without this module, a
read that never returns could not be interrupted there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastseq._native import interrupts as native
from fastseq.engine.platform import call_after_fork

_lock = threading.RLock()


@contextmanager
def watch() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True once SIGINT has arrived.

    It always returns False on the main thread, and where SIGINT has another handler than Python's own.
    """
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if threading.current_thread() is threading.main_thread() or not raises:
        yield lambda: False
        return
    with _lock:
        native.begin()
    before = native.count()
    try:
        yield lambda: native.count() != before
    finally:
        with _lock:
            native.end()


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    native.reset_after_fork()


call_after_fork(_after_fork)
