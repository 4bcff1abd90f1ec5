"""Who calls a dataset: Keras, or the code of its user."""

from __future__ import annotations

import sys
from types import FrameType


def called_by_keras(dataset: object) -> bool:
    """Whether it is Keras's code, not the user's, that called the dataset's method that called this."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_locals.get("self") is dataset:
        frame = frame.f_back
    return _is_keras(frame)


def read_by_keras() -> bool:
    """Whether Keras's code itself, not a method of the dataset, read the property that called this."""
    return _is_keras(sys._getframe(2))


def _is_keras(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("keras.")
