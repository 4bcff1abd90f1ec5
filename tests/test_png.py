"""Damaged PNGs, and what OpenCV is given of those that it decodes: a file that libpng has nothing to say about."""

from __future__ import annotations

import re
import struct
import zlib

import cv2
import numpy as np
import pytest
from images import encoded, photo
from png_files import KINDS, SIGNATURE, chunk, header, png, scanlines

from fastseq import DecodeError, Limits, Status, decode_batch
from fastseq.engine.png import PngError, TooLargeError, clean_png

FLAGS = [cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION]
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
COLOR = b"".join(
    [
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
    ]
)


def same_pixels(data: bytes) -> None:
    made = clean_png(memoryview(data), 1 << 20)
    for flags in FLAGS:
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        assert expected is not None
        np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(made, np.uint8), flags), expected)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("color", "depth"), KINDS)
def test_every_kind_keeps_its_pixels(color, depth, interlaced):
    rng = np.random.default_rng(color * 20 + depth)
    for height, width in ((1, 1), (5, 3), (8, 8), (13, 31), (2, 40)):
        same_pixels(png(rng, height, width, color, depth, interlaced))
        same_pixels(png(rng, height, width, color, depth, interlaced, COLOR + chunk(b"eXIf", EXIF)))
        same_pixels(png(rng, height, width, color, depth, interlaced, chunk(b"sRGB", b"\0") + COLOR))


@pytest.mark.parametrize(("color", "transparent"), [(0, b"\0\x07"), (2, b"\0\x01\0\x02\0\x03"), (3, b"\x80\0\xff")])
def test_transparent_colors_keep_their_pixels(color, transparent):
    data = png(np.random.default_rng(1), 20, 30, color)
    at = data.index(b"IDAT") - 4
    same_pixels(data[:at] + chunk(b"tRNS", transparent) + data[at:])


def test_an_orientation_is_kept():
    upright = photo(20, 30, 1)
    data = encoded(upright, "png")
    at = data.index(b"IDAT") - 4
    turned = data[:at] + chunk(b"eXIf", EXIF) + data[at:]
    same_pixels(turned)
    assert cv2.imdecode(np.frombuffer(clean_png(memoryview(turned), 1 << 20), np.uint8), 1).shape == (30, 20, 3)


def with_scanlines(lines: bytes, **options) -> bytes:
    return SIGNATURE + header(4, 4, **options) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")


GOOD = png(np.random.default_rng(2), 4, 4)
LINES = scanlines(np.random.default_rng(3), 4, 4, 2, 8)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD[:-5], "ends before its IEND"),
        (GOOD[:60], "longer than the file"),
        (GOOD[:8], "ends before"),
        (GOOD[:30] + b"x" + GOOD[31:], "checksum of chunk IHDR"),
        (GOOD.replace(b"IHDR", b"IHDX"), "checksum|first chunk"),
        (SIGNATURE + chunk(b"IDAT") + GOOD[8:], "first chunk is not IHDR"),
        (SIGNATURE + chunk(b"IHDR", b"short") + GOOD[33:], "13 bytes"),
        (SIGNATURE + header(0, 4) + GOOD[33:], "a size of 4 x 0"),
        (SIGNATURE + header(4, 1_000_001) + GOOD[33:], "a size of"),
        (SIGNATURE + header(4, 4, depth=3) + GOOD[33:], "color type 2 with 3 bits"),
        (SIGNATURE + header(4, 4, color=5) + GOOD[33:], "color type 5"),
        (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 1, 0, 0)) + GOOD[33:], "compression"),
        (SIGNATURE + header(4, 4) + chunk(b"CgBI") + GOOD[33:], "critical chunk CgBI"),
        (SIGNATURE + header(4, 4) + b"\0\0\0\0    \0\0\0\0" + GOOD[33:], "no type of a chunk"),
        (with_scanlines(LINES[:-1]), "end too early"),
        (with_scanlines(b"\x05" + LINES[1:]), "filter type"),
        (SIGNATURE + header(4, 4) + chunk(b"IDAT", b"not zlib") + chunk(b"IEND"), "incorrect header"),
        (SIGNATURE + header(4, 4) + chunk(b"IEND"), "end too early"),
        (with_scanlines(bytes(20), color=3), "palette is missing"),
    ],
)
def test_damage_is_found(data, words):
    with pytest.raises(PngError, match=words):
        clean_png(memoryview(data), 1 << 20)
    with pytest.raises(DecodeError) as caught:
        decode_batch([data], (8, 8))
    # By what stands where the size should.
    assert caught.value.status in (Status.CORRUPT, Status.TOO_MANY_PIXELS)
    assert caught.value.status is Status.TOO_MANY_PIXELS or re.search(words, caught.value.reason)


def test_image_data_are_bounded():
    data = with_scanlines(LINES)
    with pytest.raises(TooLargeError):
        clean_png(memoryview(data), len(LINES) - 1)
    bomb = SIGNATURE + header(4, 4) + chunk(b"IDAT", zlib.compress(LINES + bytes(1 << 24))) + chunk(b"IEND")
    assert len(clean_png(memoryview(bomb), 1 << 20)) < 1000
    with pytest.raises(DecodeError) as caught:
        decode_batch([data], (8, 8), limits=Limits(memory_bytes=len(LINES) - 1))
    assert caught.value.status is Status.TOO_MUCH_MEMORY


def test_harmless_flaws_are_tolerated():
    """What libpng warns of: more data than the image has, palettes that lack colors, chunks that are wrong."""
    rng = np.random.default_rng(4)
    wrong = [chunk(b"iCCP", b"broken"), chunk(b"eXIf", b"x"), chunk(b"gAMA"), chunk(b"sRGB", b"\x09"), chunk(b"tEXt")]
    good = png(rng, 4, 4, chunks=b"".join(wrong))
    assert decode_batch([good], (4, 4)).any()
    palette = png(rng, 9, 9, 3, 8, palette=7)
    made = cv2.imdecode(np.frombuffer(clean_png(memoryview(palette), 1 << 20), np.uint8), 1)
    assert made.shape == (9, 9, 3)
    longer = with_scanlines(LINES + b"more")
    np.testing.assert_array_equal(decode_batch([longer], (4, 4)), decode_batch([with_scanlines(LINES)], (4, 4)))
