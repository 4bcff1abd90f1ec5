"""OpenCV, imported once a file needs it: its import takes time, and turns the GIL on in a Python without one."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import NamedTuple


class OpenCV(NamedTuple):
    """OpenCV, if it is there.

    Attributes:
        module: `cv2`; None if it cannot be imported.
        description: its name and version, or why it cannot be imported, for messages.
    """

    module: ModuleType | None
    description: str


@cache
def opencv() -> OpenCV:
    """Import OpenCV, or say why that fails.

    The thread that waits for a batch does it first: a child that is forked while another thread is importing a module
    could never import it.
    """
    try:
        import cv2
    except ModuleNotFoundError:
        return OpenCV(None, "OpenCV, which is not installed (pip install opencv-python-headless),")
    except ImportError as error:
        return OpenCV(None, f"OpenCV, which cannot be imported ({error}),")
    return OpenCV(cv2, f"OpenCV {cv2.__version__}")
