from __future__ import annotations

import struct

import numpy as np
import pytest
from images import encoded, jpeg, photo

from native.native import GOOD, limits, one, run

SIZE = (8, 8)
IMAGE = photo(20, 30, seed=1)


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\2\0\0\0"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(3)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + bytes(12) + struct.pack("<Iii", 40, width, height) + bytes(28)


def tiff(width: int, height: int, order: str = "<") -> bytes:
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in ((256, width), (257, height)))
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(order + "IH", 8, 2) + entries + bytes(4)


def webp(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + canvas


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    return b"RIFF\x1e\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + struct.pack("<I", bits) + bytes(8)


def avif(width: int, height: int) -> bytes:
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"ispe", struct.pack(">III", 0, width, height)) + bytes(8)


def jp2(width: int, height: int) -> bytes:
    header = box(b"jp2h", box(b"ihdr", struct.pack(">II", height, width) + bytes(6)))
    return b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + header + bytes(8)


HEADERS = {f.__name__: f for f in (png, gif, bmp, tiff, webp, webp_lossless, avif, jp2)}


def status(data: bytes, **options: object) -> str:
    batch = run([data], SIZE, **options)  # type: ignore[arg-type]
    if batch.statuses[0] not in GOOD:
        assert not batch.pixels.any()
    return batch.statuses[0]


@pytest.mark.parametrize("form", ["webp", "bmp", "gif", "tiff", "ppm"])
def test_other_formats_are_left_to_the_caller(form: str) -> None:
    assert status(encoded(IMAGE, form)) == "NEEDS_DECODER"


def test_a_png_is_left_to_the_caller_on_request() -> None:
    assert status(encoded(IMAGE, "png")) == "OK"
    assert status(encoded(IMAGE, "png"), native_png=False) == "NEEDS_DECODER"


@pytest.mark.parametrize("form", HEADERS)
def test_sizes_are_checked_before_decoding(form: str) -> None:
    make = HEADERS[form]
    expected = "CORRUPT" if form == "png" else "NEEDS_DECODER"
    assert status(make(30, 20)) == expected
    assert status(make(30, 20), limit=limits(pixels=600)) == expected
    assert status(make(30, 20), limit=limits(pixels=599)) == "TOO_MANY_PIXELS"
    assert status(make(16000, 16000)) == "TOO_MANY_PIXELS"


def test_big_endian_tiff_and_top_down_bmp() -> None:
    assert status(tiff(30, 20, ">"), limit=limits(pixels=599)) == "TOO_MANY_PIXELS"
    assert status(bmp(30, -20), limit=limits(pixels=600)) == "NEEDS_DECODER"
    assert status(bmp(30, -20), limit=limits(pixels=599)) == "TOO_MANY_PIXELS"


def test_sizes_beyond_32_bits() -> None:
    assert status(png(2**32 - 1, 2**32 - 1)) == "TOO_MANY_PIXELS"
    assert status(tiff(2**32 - 1, 2**32 - 1)) == "TOO_MANY_PIXELS"
    assert status(bmp(2**31 - 1, -(2**31))) == "TOO_MANY_PIXELS"
    assert status(bmp(-5, 5)) == "CORRUPT"


@pytest.mark.parametrize(
    "data",
    [
        box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(20),
        box(b"ftyp", b"mif1\0\0\0\0heic") + bytes(20),
        b"\xff\x0a" + bytes(20),
        b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20),
    ],
    ids=["heic", "heic by brand", "jxl codestream", "jxl container"],
)
def test_unsupported_formats(data: bytes) -> None:
    assert status(data) == "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html></html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        b"\0" * 100,
        b"\xff",
        b"\xff\xd8",
        b" " + jpeg(IMAGE),
        jpeg(IMAGE)[2:],
        box(b"ftyp", b"isom\0\0\0\0mp42") + bytes(20),
        np.random.default_rng(0).bytes(4000),
    ],
    ids=["html", "lfs", "zeros", "ff", "soi", "space", "no soi", "mp4", "noise"],
)
def test_data_that_is_not_an_image(data: bytes) -> None:
    assert status(data) == "NOT_AN_IMAGE"


def test_empty_data() -> None:
    assert status(b"") == "EMPTY"


@pytest.mark.parametrize("form", HEADERS)
def test_truncated_headers_give_a_status(form: str) -> None:
    whole = HEADERS[form](30, 20)
    batch = run([whole[:cut] for cut in range(len(whole))], SIZE)
    assert set(batch.statuses) <= {"EMPTY", "NOT_AN_IMAGE", "NEEDS_DECODER", "UNSUPPORTED_FORMAT", "CORRUPT"}


def test_any_buffer_object_is_accepted() -> None:
    data = jpeg(IMAGE)
    expected = one(data, SIZE)
    for source in (bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        np.testing.assert_array_equal(one(source, SIZE), expected)
