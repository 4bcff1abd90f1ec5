"""Bounds on what one image may cost."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

from fastseq import arguments
from fastseq._native import tables

_DEFAULTS = tables.default_limits()


@dataclass(frozen=True)
class Limits:
    """Bounds on what one image may cost, checked before memory is allocated. A sample that exceeds one is bad.

    Attributes:
        pixels: width times height, as stored.
        scans: scans of a JPEG.
        scan_pixels: scans times pixels of a JPEG with several scans.
        file_bytes: size of the file.
        memory_bytes: working memory of a thread for one image.

    Raises:
        TypeError: if a bound is not an integer.
        ValueError: if it is not from 1 to 2**63 - 1.
    """

    pixels: int = _DEFAULTS["pixels"]
    scans: int = _DEFAULTS["scans"]
    scan_pixels: int = _DEFAULTS["scan_pixels"]
    file_bytes: int = _DEFAULTS["file_bytes"]
    memory_bytes: int = _DEFAULTS["memory_bytes"]

    def __post_init__(self) -> None:
        for field, value in zip(fields(self), astuple(self), strict=True):
            checked = arguments.integer(f"Limits.{field.name}", value, 1, 2**63 - 1)
            object.__setattr__(self, field.name, checked)
