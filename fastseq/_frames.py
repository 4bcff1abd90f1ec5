"""The frames of all threads."""

from __future__ import annotations

import gc
import sys
import threading
from types import FrameType

_lock = threading.RLock()  # a signal handler may ask for them too


def thread_frames() -> dict[int, FrameType]:
    """The innermost frame of each thread, by the thread's identifier.

    Python before 3.11.5 deadlocks if its garbage collector runs meanwhile (github.com/python/cpython/issues/106883).
    """
    if sys.version_info >= (3, 11, 5):
        return sys._current_frames()
    with _lock:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return sys._current_frames()
        finally:
            if was_enabled:
                gc.enable()
