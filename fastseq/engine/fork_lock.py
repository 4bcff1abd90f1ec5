"""Holds a fork back while a decoding thread imports a module or decodes with one, and the exit while it imports.

A child that is forked while another thread imports a module can never import it: the module's own lock stays taken
there. So do the locks of the libraries that OpenCV and Pillow decode with: libwebp takes one to choose its functions. A
thread that initializes native code while the interpreter is torn down may abort the process.
"""

from __future__ import annotations

import _thread
import logging  # noqa: F401 - takes its lock at a fork too; the lock that is registered later is taken first
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastseq.engine.platform import call_after_fork

_IMPORT_TIMEOUT_S = 30.0  # an import may itself wait for what the thread that forks holds
_DECODE_TIMEOUT_S = 2.0  # some never return
_lock = threading.RLock()
_decodes: set[_thread.LockType] = set()  # those under way; each holds its lock


@contextmanager
def importing() -> Iterator[None]:
    """Import modules in this block, in a decoding thread: a signal handler, in the main one, may wait for the lock."""
    with _lock:
        yield


@contextmanager
def decoding() -> Iterator[None]:
    """Decode with an imported module in this block, in a decoding thread. Nothing may be imported in it."""
    running = _thread.allocate_lock()
    running.acquire()
    with _lock:
        _decodes.add(running)
    try:
        yield
    finally:
        _decodes.discard(running)
        running.release()


def wait_for_imports() -> None:
    """Wait until no other thread is importing."""
    if _lock.acquire(timeout=_IMPORT_TIMEOUT_S):
        _lock.release()


def _before_fork() -> None:
    _lock.acquire(timeout=_IMPORT_TIMEOUT_S)
    end = time.monotonic() + _DECODE_TIMEOUT_S
    for running in list(_decodes):
        if running.acquire(timeout=max(0.0, end - time.monotonic())):
            running.release()
        else:
            _decodes.discard(running)  # the next fork need not wait for it


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # it was not to be had in time
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _decodes
    _lock = threading.RLock()
    _decodes = set()


call_after_fork(_after_fork_in_child, before=_before_fork, after_in_parent=_after_fork_in_parent)
