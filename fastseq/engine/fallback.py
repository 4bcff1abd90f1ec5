"""Formats other than JPEG: decoded by OpenCV, or by a drop-in's own decoder, and resampled natively like JPEGs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.engine.opencv_log import silent_opencv
from fastseq.engine.png import SIGNATURE, TooLargeError, clean_png
from fastseq.engine.settings import Settings
from fastseq.engine.tiff import as_stored
from fastseq.status import Status

Decode: TypeAlias = Callable[[memoryview, Settings], tuple[NDArray[np.uint8], bool]]
"""Decodes the contents of a file to pixels, uint8 (height, width, 1 or 3), and whether they are BGR; may raise."""


def finish_sample(job: Job, index: int, settings: Settings, decode: Decode) -> None:
    """Decode one sample of status NEEDS_DECODER and resample it into its slot.

    Errors become the sample's status; nothing is raised.

    Args:
        job: the batch, which has the contents of the file.
        index: the sample's place in it.
        settings: those of the batch.
        decode: the decoder.
    """
    try:
        failure = _finish_sample(job, index, settings, decode)
    except MemoryError:
        failure = Status.OUT_OF_MEMORY, ""
    except BaseException as error:  # nothing else would end the sample
        failure = Status.INTERNAL, repr(error)
    if failure is not None:
        job.fail(index, *failure)


def _finish_sample(job: Job, index: int, settings: Settings, decode: Decode) -> tuple[Status, str] | None:
    data = job.data(index)
    if data is None:
        return None
    try:
        pixels, bgr = decode(data, settings)
    except MemoryError:
        raise
    except TooLargeError:
        return Status.TOO_MUCH_MEMORY, ""
    except Exception as error:  # a decoder may raise anything
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            return Status.OUT_OF_MEMORY, ""
        return Status.CORRUPT, str(error).strip()
    job.put_pixels(index, pixels, bgr)
    return None


def decode_by_opencv(data: memoryview, settings: Settings) -> tuple[NDArray[np.uint8], bool]:
    """The pixels that `cv2.imdecode` gives; a `Decode`."""
    flags = cv2.IMREAD_GRAYSCALE if settings.color == "gray" else cv2.IMREAD_COLOR
    if settings.orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
        data = as_stored(data)
    content = clean_png(data, settings.limits.memory_bytes) if data[: len(SIGNATURE)] == SIGNATURE else data
    with silent_opencv():
        image = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if image is None:
        raise ValueError("OpenCV does not decode it")
    return np.ascontiguousarray(image.reshape(*image.shape[:2], -1), np.uint8), True
