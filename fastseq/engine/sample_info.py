"""SampleInfo: what is known of a sample's file, and how long decoding took."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq._native import tables
from fastseq._native.job import Job

FORMAT_NAMES = {number: name for name, number in tables.image_formats().items()}


@dataclass(frozen=True)
class StageTimes:
    """How long each stage took, in nanoseconds.

    Attributes:
        read: the file, from the file system.
        entropy: entropy decoding of a JPEG; of those that libjpeg-turbo decodes in one scan, its transform too.
        transform: inverse DCT, upsampling and color conversion.
        resample: filtering and augmentation, and everything else.
        write: conversion to the dtype and layout of the batch, where it is a step of its own.
    """

    read: int
    entropy: int
    transform: int
    resample: int
    write: int


@dataclass(frozen=True)
class SampleInfo:
    """What is known of a sample's file.

    Attributes:
        format: by its first bytes: "JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF",
            "JXL" or "unknown".
        size: (height, width) as stored, in pixels; None if the header does not say.
        sampling: of a JPEG: the (horizontal, vertical) factors of each component.
        scans: of a JPEG.
        orientation: of a JPEG or PNG: EXIF tag 0x0112, 1-8; 1 if it has none.
        crop_index: of a JPEG that has one in the samples' index, whether it fits the file; otherwise None.
        times: of each stage; other formats than JPEG and PNG are decoded elsewhere, which is not counted.
    """

    format: str
    size: tuple[int, int] | None
    sampling: tuple[tuple[int, int], ...]
    scans: int
    orientation: int
    crop_index: bool | None
    times: StageTimes


def sample_info(job: Job, place: int) -> SampleInfo:
    """The info on a sample of a job that records it and has ended."""
    number, height, width, sampling, scans, orientation, crop_index, times = job.info(place)
    size = (height, width) if height and width else None
    return SampleInfo(FORMAT_NAMES[number], size, sampling, scans, orientation, crop_index, StageTimes(*times))
