"""Pictures that are not JPEG: decoded by OpenCV, resampled by the native core like the rest."""

from __future__ import annotations

import os
from collections.abc import Callable

import cv2
import numpy as np

from fastseq import _native
from fastseq.settings import Settings
from fastseq.status import Status


def finish_sample(job: _native.Job, index: int, read: Callable[[], bytes | memoryview], settings: Settings) -> None:
    """Decode one sample that the native core left (NEEDS_DECODER) and let it write the slot.

    Whatever goes wrong becomes the sample's status; nothing is raised but what ends the process.

    Args:
        job: the batch.
        index: the sample's place in it.
        read: gives the file's bytes.
        settings: those of the batch.
    """
    try:
        pixels = _decode(read(), settings)
    except FileNotFoundError as error:
        job.fail(index, Status.NOT_FOUND, str(error))
    except PermissionError as error:
        job.fail(index, Status.PERMISSION_DENIED, str(error))
    except OSError as error:
        job.fail(index, Status.READ_ERROR, str(error))
    except MemoryError:
        job.fail(index, Status.OUT_OF_MEMORY, "")
    except (cv2.error, ValueError) as error:
        job.fail(index, Status.CORRUPT, str(error).strip())
    else:
        job.put_pixels(index, pixels, bgr=True)


def read_file(path: str | bytes | os.PathLike[str]) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def _decode(data: bytes | memoryview, settings: Settings) -> np.ndarray:
    flags = cv2.IMREAD_GRAYSCALE if settings.color == "gray" else cv2.IMREAD_COLOR
    if settings.orient == "none":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("OpenCV does not decode it")
    return np.ascontiguousarray(image.reshape(*image.shape[:2], -1))
