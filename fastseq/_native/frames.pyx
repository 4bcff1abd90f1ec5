# cython: language_level=3
"""The frames of all threads, read at one moment."""
import gc
import sys


def thread_stacks():
    """{thread: its frames, the innermost first} of all threads, by their identifiers.

    No other thread runs meanwhile: this compiled code does not release the GIL, and with the garbage collector off no
    finalizer can. Python 3.11 may crash if a thread runs while another follows `f_back` through its frames, and
    deadlocks if garbage is collected while they are listed (github.com/python/cpython/issues/106883).
    """
    cdef dict stacks = {}
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for thread, frame in sys._current_frames().items():
            stacks[thread] = frames = []
            while frame is not None:
                frames.append(frame)
                frame = frame.f_back
    finally:
        if was_enabled:
            gc.enable()
    return stacks
