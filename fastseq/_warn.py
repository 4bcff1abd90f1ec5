"""Warnings that point at the user's line, however deep in fastseq, or in a framework that called it, they arise."""

from __future__ import annotations

import sys
import warnings

_LIBRARIES = frozenset({"fastseq", "keras", "tensorflow", "torch", "jax"})


def warn_user(message: str, category: type[Warning]) -> None:
    """Issue a warning at the innermost frame that belongs neither to fastseq nor to a framework.

    Where there is none, as in a thread of TensorFlow's, it points at the outermost frame.
    """
    level = 1
    frame = sys._getframe(0)
    while frame.f_back is not None and _package(frame.f_globals) in _LIBRARIES:
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)


def _package(namespace: dict[str, object]) -> str:
    return str(namespace.get("__name__", "")).partition(".")[0]
