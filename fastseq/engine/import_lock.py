"""Holds a fork, and the exit of the process, back while a decoding thread imports a module.

A child that is forked while another thread imports a module can never import it: the module's own lock stays taken
there. A thread that initializes native code while the interpreter is torn down may abort the process.
"""

from __future__ import annotations

import logging  # noqa: F401 - takes its lock at a fork too; the lock that is registered later is taken first
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastseq.engine.platform import call_after_fork

_TIMEOUT_S = 30.0  # an import may itself wait for what the thread that forks holds
_lock = threading.RLock()


@contextmanager
def importing() -> Iterator[None]:
    """Import modules in this block, in a decoding thread: a signal handler, in the main one, may wait for the lock."""
    with _lock:
        yield


def wait_for_imports() -> None:
    """Wait until no other thread is importing."""
    if _lock.acquire(timeout=_TIMEOUT_S):
        _lock.release()


def _before_fork() -> None:
    _lock.acquire(timeout=_TIMEOUT_S)


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # it was not to be had in time
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()


call_after_fork(_after_fork_in_child, before=_before_fork, after_in_parent=_after_fork_in_parent)
