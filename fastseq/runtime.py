"""The threads of the process: native ones that decode, and Python ones for what OpenCV decodes.

Loaders with the same number of threads share them. A forked child finds none and makes its own; at exit the native
threads are joined before Python takes the modules apart, those of `concurrent.futures` by its own hook.
"""

from __future__ import annotations

import atexit
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from fastseq import _native

_lock = threading.Lock()
_pools: dict[int, _native.Pool] = {}
_executors: dict[int, ThreadPoolExecutor] = {}


def thread_count(threads: int | None) -> int:
    """The number to use: `threads`, or as many as there are cores for this process.

    Raises:
        ValueError: if `threads` is not a positive integer.
    """
    if threads is None:
        return len(os.sched_getaffinity(0))
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads must be a positive integer or None, not {threads!r}")
    return threads


def native_pool(threads: int) -> _native.Pool:
    """The pool with so many threads."""
    with _lock:
        if threads not in _pools:
            _pools[threads] = _native.Pool(threads)
        return _pools[threads]


def python_executor(threads: int) -> ThreadPoolExecutor:
    """The executor with so many threads, for decoders that are called from Python."""
    with _lock:
        if threads not in _executors:
            _executors[threads] = ThreadPoolExecutor(threads, thread_name_prefix="fastseq")
        return _executors[threads]


def _forget() -> None:
    global _lock
    _lock = threading.Lock()
    _pools.clear()
    _executors.clear()


os.register_at_fork(after_in_child=_forget)
atexit.register(_pools.clear)
