"""Decoding with OpenCV, which is imported once a file needs it."""

from __future__ import annotations

from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.fork_lock import decoding
from fastseq.engine.opencv_log import silent_opencv
from fastseq.engine.opencv_module import opencv
from fastseq.engine.png import clean_png
from fastseq.engine.settings import Settings


class Read(IntFlag):
    """The flags of `cv2.imdecode`, `cv2.IMREAD_*`."""

    GRAYSCALE = 0
    COLOR = 1
    ANYDEPTH = 2
    ANYCOLOR = 4
    IGNORE_ORIENTATION = 128


def decode_by_opencv(data: memoryview, form: str, flags: Read, settings: Settings) -> NDArray[Any] | None:
    """What `cv2.imdecode` gives; None if it does not decode the file, or if OpenCV is not there.

    Args:
        data: the file.
        form: the name of its format.
        flags: how to read it; that of the orientation is added.
        settings: of the batch.

    Raises:
        PngError: if a PNG is damaged.
        TooLargeError: if a PNG has more data than allowed.
        MemoryError: if OpenCV gets none.
    """
    cv2 = opencv().module
    if cv2 is None:
        return None
    if settings.orient == "none":
        flags |= Read.IGNORE_ORIENTATION
    content = clean_png(data, settings.limits.memory_bytes) if form == "PNG" else data
    try:
        with silent_opencv(), decoding():
            image: NDArray[Any] | None = cv2.imdecode(np.frombuffer(content, np.uint8), int(flags))
            return image
    except cv2.error as error:
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            raise MemoryError from None
        return None


def with_sign(image: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The same bits as `dtype`, where OpenCV takes signed integers for unsigned ones, or the other way round."""
    known = np.dtype(dtype)
    same_size = image.dtype.itemsize == known.itemsize
    return image.view(known) if same_size and {image.dtype.kind, known.kind} <= {"u", "i"} else image
