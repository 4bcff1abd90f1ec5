# cython: language_level=3
"""The frames of all threads, read at one moment."""
import gc
import sys
import threading

_is_gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)  # new in Python 3.13


def thread_stacks():
    """{thread: its frames, the innermost first} of all threads, by their identifiers.

    Of this thread alone where Python runs without the GIL: the frames of a thread that goes on cannot be followed.

    No other thread runs meanwhile: this compiled code does not release the GIL, and with the garbage collector off no
    finalizer can. Python 3.11 may crash if a thread runs while another follows `f_back` through its frames, and
    deadlocks if garbage is collected while they are listed (github.com/python/cpython/issues/106883).
    """
    cdef dict stacks = {}
    here = None if _is_gil_enabled() else threading.get_ident()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for thread, frame in sys._current_frames().items():
            if here is not None and thread != here:
                continue
            stacks[thread] = frames = []
            while frame is not None:
                frames.append(frame)
                frame = frame.f_back
    finally:
        if was_enabled:
            gc.enable()
    return stacks
