"""The frames of all threads."""

from __future__ import annotations

import gc
import sys
import threading
from types import FrameType

_lock = threading.RLock()  # a signal handler may ask for them too


def thread_frames() -> dict[int, FrameType]:
    """The innermost frame of each thread, by the thread's identifier.

    Python 3.11 deadlocks if its garbage collector runs meanwhile (github.com/python/cpython/issues/106883).
    """
    with _lock:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return sys._current_frames()
        finally:
            if was_enabled:
                gc.enable()
