"""OpenCV, imported once a file needs it: its import takes time, and turns the GIL on in a Python without one."""

from __future__ import annotations

from importlib import metadata
from types import ModuleType
from typing import NamedTuple

import numpy as np

from fastseq.engine.fork_lock import importing

_DISTRIBUTIONS = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)


class OpenCV(NamedTuple):
    """OpenCV, if it is there.

    Attributes:
        module: `cv2`; None if it cannot be imported.
        description: its name and version, or what is wrong with it, for messages.
        remedy: how to install it; "" where it is installed.
    """

    module: ModuleType | None
    description: str
    remedy: str = ""


_opencv: OpenCV | None = None


def opencv() -> OpenCV:
    """Import OpenCV, whichever distribution has it; not to be called on the main thread before a file needs it."""
    global _opencv
    if _opencv is None:
        with importing():
            _opencv = _opencv or _import()
    return _opencv


def _import() -> OpenCV:
    try:
        import cv2

        # Its first call sets up the decoders, which a child forked meanwhile could never finish. What an uninstallation
        # left behind may be imported, and has no such function.
        cv2.imdecode(np.zeros(1, np.uint8), 0)
        return OpenCV(cv2, f"OpenCV {cv2.__version__}")
    except Exception as error:  # a broken installation may raise anything
        return _absent(error)


def _absent(error: Exception) -> OpenCV:
    installed = [name for name in _DISTRIBUTIONS if _is_installed(name)]
    if not installed:
        return OpenCV(None, "OpenCV is not installed", f"pip install {_DISTRIBUTIONS[0]}")
    reason = f"{type(error).__name__}: {error}"
    others = [name for name in installed if name != _DISTRIBUTIONS[0]]
    uninstall = f"pip uninstall -y {' '.join(others)}; " if others else ""
    shared = "; they overwrite each other's files" if len(installed) > 1 else ""
    return OpenCV(
        None,
        f"OpenCV cannot be imported ({reason}), though {' and '.join(installed)} {'are' if shared else 'is'} "
        f"installed{shared}",
        f"{uninstall}pip install --force-reinstall --no-deps {_DISTRIBUTIONS[0]}",
    )


def _is_installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
