"""Pictures that are not JPEG: decoded by OpenCV, or by whom a drop-in names, and resampled natively like the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from fastseq import _native
from fastseq.settings import Settings
from fastseq.status import Status

Data: TypeAlias = bytes | memoryview
Decode: TypeAlias = Callable[[Data, Settings], tuple[NDArray[np.uint8], bool]]
"""Gives the pixels of a file, (height, width, 1 or 3), and whether they are BGR; raises where it cannot."""


def finish_sample(job: _native.Job, index: int, read: Callable[[], Data], settings: Settings, decode: Decode) -> None:
    """Decode one sample that the native core left (NEEDS_DECODER) and let it write the slot.

    Whatever goes wrong becomes the sample's status; nothing is raised but what ends the process.

    Args:
        job: the batch.
        index: the sample's place in it.
        read: gives the file's bytes.
        settings: those of the batch.
        decode: the decoder.
    """
    try:
        _finish_sample(job, index, read, settings, decode)
    except BaseException:
        job.fail(index, Status.INTERNAL, "")  # nobody else ends it
        raise


def _finish_sample(job: _native.Job, index: int, read: Callable[[], Data], settings: Settings, decode: Decode) -> None:
    try:
        data = read()
    except FileNotFoundError as error:
        job.fail(index, Status.NOT_FOUND, str(error))
    except PermissionError as error:
        job.fail(index, Status.PERMISSION_DENIED, str(error))
    except OSError as error:
        job.fail(index, Status.READ_ERROR, str(error))
    else:
        _decode_sample(job, index, data, settings, decode)


def _decode_sample(job: _native.Job, index: int, data: Data, settings: Settings, decode: Decode) -> None:
    try:
        pixels, bgr = decode(data, settings)
    except MemoryError:
        job.fail(index, Status.OUT_OF_MEMORY, "")
    except Exception as error:  # a decoder may raise anything
        job.fail(index, Status.CORRUPT, str(error).strip())
    else:
        job.put_pixels(index, pixels, bgr)


def read_file(path: str | bytes | os.PathLike[str]) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def decode_by_opencv(data: Data, settings: Settings) -> tuple[NDArray[np.uint8], bool]:
    """The pixels that `cv2.imdecode` gives; a `Decode`."""
    flags = cv2.IMREAD_GRAYSCALE if settings.color == "gray" else cv2.IMREAD_COLOR
    if settings.orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("OpenCV does not decode it")
    return np.ascontiguousarray(image.reshape(*image.shape[:2], -1), np.uint8), True
