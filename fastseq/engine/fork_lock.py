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

# Each wait has a limit: whoever holds the lock may itself wait, in a signal handler or another hook, for who wants it.
_IMPORT_TIMEOUT_S = 30.0
_DECODE_TIMEOUT_S = 1.0
_lock = threading.RLock()
_decodes: dict[_thread.LockType, int] = {}  # for each decode under way a lock that it holds, and its thread


@contextmanager
def importing() -> Iterator[None]:
    """Import modules in this block, in a decoding thread."""
    lock = _lock
    is_held = lock.acquire(timeout=_IMPORT_TIMEOUT_S)
    try:
        yield
    finally:
        if is_held:
            lock.release()


@contextmanager
def decoding() -> Iterator[None]:
    """Decode with an imported module in this block, in a decoding thread. Nothing may be imported in it."""
    lock, running = _lock, _thread.allocate_lock()
    running.acquire()
    is_held = lock.acquire(timeout=_DECODE_TIMEOUT_S)  # if not, a fork takes long; go on without it
    try:
        _decodes[running] = threading.get_ident()
        if is_held:
            lock.release()
        yield
    finally:
        _decodes.pop(running, None)
        running.release()


def wait_for_imports() -> None:
    """Wait until no other thread is importing."""
    if _lock.acquire(timeout=_IMPORT_TIMEOUT_S):
        _lock.release()


def _before_fork() -> None:
    _lock.acquire(timeout=_IMPORT_TIMEOUT_S)
    end = time.monotonic() + _DECODE_TIMEOUT_S
    for running, thread in list(_decodes.items()):
        if thread == threading.get_ident():
            continue
        if running.acquire(timeout=max(0.0, end - time.monotonic())):
            running.release()
        else:
            _decodes.pop(running, None)  # it may never return: the next fork does not wait for it


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # it was not to be had in time
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _decodes
    _lock = threading.RLock()
    _decodes = {}


call_after_fork(_after_fork_in_child, before=_before_fork, after_in_parent=_after_fork_in_parent)
