"""Decoding with OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fastseq.engine.opencv_log import silent_opencv
from fastseq.engine.png import clean_png
from fastseq.engine.settings import Settings


def decode_by_opencv(data: memoryview, form: str, flags: int, settings: Settings) -> NDArray[Any] | None:
    """What `cv2.imdecode` gives; None if it does not decode the file.

    Args:
        data: the file.
        form: the name of its format.
        flags: those of OpenCV; that of the orientation is added.
        settings: of the batch.

    Raises:
        PngError: if a PNG is damaged.
        TooLargeError: if a PNG has more data than allowed.
        MemoryError: if OpenCV gets none.
    """
    if settings.orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    content = clean_png(data, settings.limits.memory_bytes) if form == "PNG" else data
    try:
        with silent_opencv():
            return cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            raise MemoryError from None
        return None


def with_sign(image: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The same bits as `dtype`, where OpenCV takes signed integers for unsigned ones, or the other way round."""
    known = np.dtype(dtype)
    same_size = image.dtype.itemsize == known.itemsize
    return image.view(known) if same_size and {image.dtype.kind, known.kind} <= {"u", "i"} else image
