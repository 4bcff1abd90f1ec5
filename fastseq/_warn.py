"""Warnings that point at the user's line, however deep in fastseq or in a framework they arise."""

from __future__ import annotations

import sys
import threading
import warnings
from types import FrameType

from fastseq._native.frames import thread_stacks

_NOT_THE_USER = frozenset({"fastseq", "keras", "tensorflow", "torch", "jax", "threading", "concurrent"})


def warn_user(message: str, category: type[Warning]) -> None:
    """Issue a warning at the innermost frame that belongs neither to fastseq nor to a framework.

    A framework's own thread has no such frame: the warning then points at what the main thread is doing, which waits
    in `fit` or the like.
    """
    here = sys._getframe(1)
    frame = _user_frame(here) or _user_frame_of_main() or here
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    name = str(frame.f_globals.get("__name__", "<unknown>"))
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, name, registry)


def _user_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and not _is_user(frame):
        frame = frame.f_back
    return frame


def _user_frame_of_main() -> FrameType | None:
    frames = thread_stacks().get(threading.main_thread().ident or 0, [])
    return next(filter(_is_user, frames), None)


def _is_user(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] not in _NOT_THE_USER
