"""Formats other than JPEG: decoded in Python threads, by OpenCV or Pillow, and resampled natively like JPEGs."""

from __future__ import annotations

import numpy as np

from fastseq._native import tables
from fastseq._native.job import Job
from fastseq.engine.lost_range import LostRange
from fastseq.engine.pixels import Decode, NotAMaskError, Pixels, UnsupportedError
from fastseq.engine.png import TooLargeError
from fastseq.engine.settings import Settings
from fastseq.status import Status

_SAMPLE_TYPES = tables.sample_types()


def finish_sample(job: Job, index: int, settings: Settings, decode: Decode, lost: LostRange) -> None:
    """Decode one sample of status NEEDS_DECODER and resample it into its slot.

    Errors become the sample's status; nothing is raised.

    Args:
        job: the batch, which has the contents of the file.
        index: the sample's place in it.
        settings: those of the batch.
        decode: the decoder.
        lost: collects what the batch cannot hold of the image.
    """
    try:
        failure = _finish_sample(job, index, settings, decode, lost)
    except MemoryError:
        failure = Status.OUT_OF_MEMORY, ""
    except BaseException as error:  # nothing else would end the sample
        failure = Status.INTERNAL, repr(error)
    if failure is not None:
        job.fail(index, *failure)


def _finish_sample(
    job: Job, index: int, settings: Settings, decode: Decode, lost: LostRange
) -> tuple[Status, str] | None:
    data = job.data(index)
    if data is None:
        return None
    pixels = pixels_or_failure(decode, data, settings)
    if not isinstance(pixels, Pixels):
        return pixels
    lost.add(pixels.lost)
    _put(job, index, pixels)
    return None


def pixels_or_failure(decode: Decode, data: memoryview, settings: Settings) -> Pixels | tuple[Status, str]:
    """What a decoder makes of a file, or why it does not, as a status and words."""
    try:
        return decode(data, settings)
    except MemoryError:
        raise
    except TooLargeError:
        return Status.TOO_MUCH_MEMORY, ""
    except UnsupportedError as error:
        return Status.UNSUPPORTED_FORMAT, str(error)
    except NotAMaskError as error:
        return Status.NOT_A_MASK, str(error)
    except Exception as error:  # a decoder may raise anything
        return Status.CORRUPT, str(error).strip()


def _put(job: Job, index: int, pixels: Pixels) -> None:
    values = np.ascontiguousarray(pixels.values)
    if values.dtype == np.uint8:
        job.put_pixels(index, values, pixels.bgr, keep=not pixels.lost)  # so that a loss is told of in each run
        return
    if values.dtype.name not in _SAMPLE_TYPES:
        values = values.astype(np.int16 if values.dtype == np.int8 else np.float64)
    samples = values.astype(values.dtype.newbyteorder("="), copy=False).reshape(-1).view(np.uint8)
    job.put_deep(index, samples, _SAMPLE_TYPES[values.dtype.name], values.shape, pixels.bgr)
