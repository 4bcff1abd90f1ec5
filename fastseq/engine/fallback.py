"""Pictures that are not JPEG: decoded by OpenCV, or by whom a drop-in names, and resampled natively like the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.engine.files import NotRegularError, open_regular
from fastseq.engine.settings import Settings
from fastseq.status import Status

Data: TypeAlias = bytes | memoryview
Decode: TypeAlias = Callable[[Data, Settings], tuple[NDArray[np.uint8], bool]]
"""Gives the pixels of a file, (height, width, 1 or 3), and whether they are BGR; raises where it cannot."""


def finish_sample(job: Job, index: int, read: Callable[[int], Data], settings: Settings, decode: Decode) -> None:
    """Decode one sample that the native core left (NEEDS_DECODER) and let it write the slot.

    Whatever goes wrong becomes the sample's status; nothing is raised.

    Args:
        job: the batch.
        index: the sample's place in it.
        read: gives the file's bytes, or as many as it is told.
        settings: those of the batch.
        decode: the decoder.
    """
    try:
        failure = _finish_sample(job, index, read, settings, decode)
    except MemoryError:
        failure = Status.OUT_OF_MEMORY, ""
    except BaseException as error:  # nobody else would end the sample
        failure = Status.INTERNAL, repr(error)
    if failure is not None:
        job.fail(index, *failure)


def _finish_sample(
    job: Job, index: int, read: Callable[[int], Data], settings: Settings, decode: Decode
) -> tuple[Status, str] | None:
    most = settings.limits.file_bytes
    try:
        data = read(most + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        return Status.NOT_FOUND, str(error)
    except PermissionError as error:
        return Status.PERMISSION_DENIED, str(error)
    except NotRegularError as error:
        return Status.NOT_A_FILE, str(error)
    except OSError as error:
        return Status.READ_ERROR, str(error)
    if len(data) > most:
        return Status.FILE_TOO_LARGE, ""
    try:
        pixels, bgr = decode(data, settings)
    except MemoryError:
        raise
    except Exception as error:  # a decoder may raise anything
        if getattr(error, "code", None) == cv2.Error.StsNoMem:
            return Status.OUT_OF_MEMORY, ""
        return Status.CORRUPT, str(error).strip()
    job.put_pixels(index, pixels, bgr)
    return None


def read_file(path: str | bytes | os.PathLike[str], most: int) -> bytes:
    """The bytes of a file, or so many of them."""
    with open_regular(path) as file:
        return file.read(most)


def decode_by_opencv(data: Data, settings: Settings) -> tuple[NDArray[np.uint8], bool]:
    """The pixels that `cv2.imdecode` gives; a `Decode`."""
    flags = cv2.IMREAD_GRAYSCALE if settings.color == "gray" else cv2.IMREAD_COLOR
    if settings.orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("OpenCV does not decode it")
    return np.ascontiguousarray(image.reshape(*image.shape[:2], -1), np.uint8), True
