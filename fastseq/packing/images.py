"""Images as they go into a pack."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from fastseq._native import formats
from fastseq._native.job import Reencoder
from fastseq.engine.any_format import decode_bytes
from fastseq.engine.fallback import pixels_or_failure
from fastseq.engine.pixels import Pixels
from fastseq.engine.sample_info import FORMAT_NAMES
from fastseq.engine.settings import Settings
from fastseq.packing.icc_profile import icc_profile
from fastseq.packing.settings import SUBSAMPLINGS, PackSettings
from fastseq.status import Status, is_good

_UNKNOWN = "unknown"
_KINDS = {"JPEG": "jpg", "TIFF": "tif", "PPM": "ppm", "JPEG2000": "jp2"}


class PackedImage(NamedTuple):
    """An image as it goes into a pack, or why it does not.

    Attributes:
        data: the contents of its file; None if it is bad.
        kind: what its name ends in, such as "jpg".
        status: why it is bad, or that it was decoded from damaged data.
        detail: in words.
    """

    data: bytes | None
    kind: str = ""
    status: Status = Status.OK
    detail: str = ""


class ImagePacker:
    """Makes images what the settings say."""

    def __init__(self, settings: PackSettings) -> None:
        self._settings = settings
        self._decoding = Settings((1, 1))
        self._reencoder: Reencoder | None = None
        if not settings.keep:
            assert settings.quality is not None
            assert settings.subsampling is not None
            chroma = SUBSAMPLINGS[settings.subsampling]
            recipe, short_side = self._decoding.recipe, settings.short_side or 0
            self._reencoder = Reencoder(recipe, short_side, settings.quality, chroma, True, False)

    @property
    def max_bytes(self) -> int:
        """The largest file that is read."""
        return self._decoding.limits.file_bytes

    def pack(self, data: bytes, is_first: bool) -> PackedImage:
        """What becomes of an image.

        Args:
            data: the contents of its file.
            is_first: whether it is the first one of its sample. Others are encoded anew only if they are JPEGs: masks
                are not.
        """
        found = FORMAT_NAMES[formats.image_format(memoryview(data))]
        if self._reencoder is None or (not is_first and found != "JPEG"):
            if not data:
                return PackedImage(None, status=Status.EMPTY)
            if found == _UNKNOWN:
                return PackedImage(None, status=Status.NOT_AN_IMAGE)
            return PackedImage(data, _KINDS.get(found, found.lower()))
        return self._encode(self._reencoder, data)

    def _encode(self, reencoder: Reencoder, data: bytes) -> PackedImage:
        status, detail = Status(reencoder.decode(data)), reencoder.reason
        if status == Status.NEEDS_DECODER:
            pixels = pixels_or_failure(decode_bytes, memoryview(data), self._decoding)
            if not isinstance(pixels, Pixels):
                return PackedImage(None, "", *pixels)
            status = Status(reencoder.take_pixels(np.ascontiguousarray(pixels.values), pixels.bgr))
            detail = reencoder.reason
        if not is_good(status):
            return PackedImage(None, status=status, detail=detail)
        if self._settings.profile == "srgb" and (profile := icc_profile(data)) is not None:
            failure = self._convert(reencoder, profile)
            if failure:
                return PackedImage(None, status=Status.CORRUPT, detail=failure)
        encoded, number = reencoder.encode()
        if encoded is None:
            return PackedImage(None, status=Status(number), detail=reencoder.reason)
        return PackedImage(encoded, "jpg", status, detail)

    def _convert(self, reencoder: Reencoder, profile: bytes) -> str:
        """Convert the image from a profile to sRGB; returns why that fails, or ""."""
        image, cms = import_pillow_cms()
        height, width, channels = reencoder.shape
        mode = "RGB" if channels == 3 else "L"
        try:
            here = image.frombytes(mode, (width, height), reencoder.pixels())
            there = cms.profileToProfile(here, io.BytesIO(profile), cms.createProfile("sRGB"), outputMode="RGB")
        except (cms.PyCMSError, OSError, ValueError) as error:
            return f"its ICC profile cannot be applied: {error}"
        status = Status(reencoder.take_pixels(np.array(there), False))
        return "" if is_good(status) else reencoder.reason or status.name


def import_pillow_cms() -> tuple[Any, Any]:
    """Pillow's modules Image and ImageCms.

    Raises:
        ImportError: if Pillow is not installed.
    """
    try:
        return import_module("PIL.Image"), import_module("PIL.ImageCms")
    except ImportError as error:
        raise ImportError("profile='srgb' converts colors by Pillow: pip install pillow") from error
