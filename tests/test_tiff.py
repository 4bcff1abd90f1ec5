"""The orientation of TIFF files: applied, or not, as `orient` says."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from images import encoded, photo

from fastseq import DecodeError, Status, decode_batch
from fastseq.engine.tiff import as_stored

PIXELS = photo(20, 30)
GRAY = PIXELS[:, :, 1].copy()
UPRIGHT = {
    1: PIXELS,
    2: PIXELS[:, ::-1],
    3: PIXELS[::-1, ::-1],
    4: PIXELS[::-1],
    5: PIXELS.transpose(1, 0, 2),
    6: np.rot90(PIXELS, -1),
    7: np.rot90(PIXELS, 2).transpose(1, 0, 2),
    8: np.rot90(PIXELS),
}


def gray_tiff(pixels: np.ndarray, orientation: int | None, order: str = "<", big: bool = False) -> bytes:
    """An uncompressed TIFF, or BigTIFF, of pixels (height, width), in one strip."""
    height, width = pixels.shape
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: pixels.size}
    if orientation is not None:
        tags[274] = orientation
    number, count, first = ("Q", "Q", 16) if big else ("I", "H", 8)
    size = struct.calcsize("=" + count) + struct.calcsize(f"=HH{number}{number}") * len(tags) + struct.calcsize(number)
    tags[273] = first + size  # where the pixels begin
    start = struct.pack(f"{order}HHHQ", 43, 8, 0, first) if big else struct.pack(f"{order}HI", 42, first)
    parts = [b"II" if order == "<" else b"MM", start, struct.pack(order + count, len(tags))]
    for tag, value in sorted(tags.items()):
        parts.append(struct.pack(f"{order}HH{number}H", tag, 3, 1, value).ljust(20 if big else 12, b"\0"))
    return b"".join(parts) + bytes(8 if big else 4) + pixels.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_applied_or_not(orientation):
    data = encoded(PIXELS, "tiff", tiffinfo={274: orientation})
    upright = UPRIGHT[orientation]
    turned = decode_batch([data], upright.shape[:2], interpolation="cv2.nearest")
    np.testing.assert_array_equal(turned[0], upright)
    stored = decode_batch([data], PIXELS.shape[:2], interpolation="cv2.nearest", orient="none")
    np.testing.assert_array_equal(stored[0], PIXELS)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_layout_of_a_file(order, big):
    options = {"interpolation": "cv2.nearest", "orient": "none", "color": "gray"}
    for orientation in (None, 1, 6):
        stored = decode_batch([gray_tiff(GRAY, orientation, order, big)], GRAY.shape, **options)
        np.testing.assert_array_equal(stored[0, :, :, 0], GRAY)


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_of_the_type_long(order):
    short, long = (struct.pack(f"{order}HHI{value}", 274, kind, 1, 6) for kind, value in ((3, "H"), (4, "I")))
    data = gray_tiff(GRAY, 6, order).replace(short.ljust(12, b"\0"), long)
    assert long in data
    stored = decode_batch([data], GRAY.shape, interpolation="cv2.nearest", orient="none", color="gray")
    np.testing.assert_array_equal(stored[0, :, :, 0], GRAY)


def test_only_a_file_that_is_to_be_turned_is_copied():
    for data in (gray_tiff(GRAY, None), gray_tiff(GRAY, 1), b"II*\0", b"MM\0+" + bytes(30), b"II+\0" + b"\xff" * 30):
        view = memoryview(data)
        assert as_stored(view) is view
    assert as_stored(memoryview(gray_tiff(GRAY, 6))) == gray_tiff(GRAY, 1)


@pytest.mark.parametrize("cut", range(2, 140, 7))
def test_a_file_that_is_cut_off(cut):
    with pytest.raises(DecodeError) as caught:
        decode_batch([gray_tiff(GRAY, 6)[:cut]], (8, 8), orient="none")
    assert caught.value.status in (Status.CORRUPT, Status.NOT_AN_IMAGE)


def test_a_directory_beyond_any_file_is_damage():
    data = bytearray(gray_tiff(GRAY, None, big=True))
    struct.pack_into("<Q", data, 8, 2**63)
    for options in ({}, {"orient": "none"}, {"dtype": "float32"}):
        with pytest.raises(DecodeError, match="OpenCV does not decode it") as caught:
            decode_batch([bytes(data)], (8, 8), color="gray", **options)
        assert caught.value.status is Status.CORRUPT
