"""What one sample may cost."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

from fastseq._native import tables

_DEFAULTS = tables.default_limits()


@dataclass(frozen=True)
class Limits:
    """Bounds that are checked on a file's header, before memory is taken. A sample beyond one is bad.

    Attributes:
        pixels: width x height of the stored picture.
        scans: scans of one JPEG.
        scan_pixels: scans times pixels of a JPEG with several scans.
        file_bytes: size of a file.
        memory_bytes: working memory of a thread for one picture.
    """

    pixels: int = _DEFAULTS["pixels"]
    scans: int = _DEFAULTS["scans"]
    scan_pixels: int = _DEFAULTS["scan_pixels"]
    file_bytes: int = _DEFAULTS["file_bytes"]
    memory_bytes: int = _DEFAULTS["memory_bytes"]

    def __post_init__(self) -> None:
        """Check that every bound is a positive integer."""
        for field, value in zip(fields(self), astuple(self), strict=True):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"Limits.{field.name} must be a positive integer, not {value!r}")
