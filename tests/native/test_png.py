"""The core's PNG decoder: the samples that the specification gives, and the pixels that OpenCV makes of them."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import Pixels, encoded, photo
from png_files import CHANNELS, KINDS, SIGNATURE, chunk, header, png, scanlines
from reference import png as reference
from reference.geometry import CROP_DRAWS, random_resized_crop

from native.native import GOOD, examples, limits, one, put, run

NATIVE_KINDS = [kind for kind in KINDS if kind[1] < 16]
MASKS = [kind for kind in NATIVE_KINDS if kind[0] in (0, 3)]
SIZES = [(1, 1), (5, 3), (8, 8), (13, 31), (2, 40), (33, 50)]
EXACT = {"interpolation": "cv2.nearest", "orient": "none"}
GAMMAS = {
    "no gamma": b"",
    "linear": chunk(b"gAMA", struct.pack(">I", 100000)),
    "of a display": chunk(b"gAMA", struct.pack(">I", 45455)),
    "odd": chunk(b"gAMA", struct.pack(">I", 250001)),
    "least": chunk(b"gAMA", struct.pack(">I", 16)),
    "most": chunk(b"gAMA", struct.pack(">I", 625_000_000)),
    "sRGB": chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 45455)),
}


def with_exif(data: bytes, tag: int, order: str = "<") -> bytes:
    """Insert an orientation before the image data."""
    mark = b"II" if order == "<" else b"MM"
    tiff = mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, tag, 0, 0)
    at = data.index(b"IDAT") - 4
    return data[:at] + chunk(b"eXIf", tiff) + data[at:]


def opencv(data: bytes, flags: int = cv2.IMREAD_COLOR) -> Pixels:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert image is not None
    pixels: Pixels = image.reshape(*image.shape[:2], -1)
    return pixels


@st.composite
def files(draw: st.DrawFn, kinds: list[tuple[int, int]]) -> tuple[bytes, int, int]:
    """A file of random rows, with any filters, and its size."""
    color, depth = draw(st.sampled_from(kinds))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    return png(rng, height, width, color, depth, interlaced=draw(st.booleans())), height, width


@examples(max_examples=200)
@given(files(MASKS))
def test_ids_are_the_stored_samples(file: tuple[bytes, int, int]) -> None:
    data, height, width = file
    made = one(data, (height, width), 1, index=True, **EXACT)
    np.testing.assert_array_equal(made, reference.samples(data))


@examples(max_examples=200)
@given(files([(2, 8), (6, 8), (4, 8), (0, 8)]))
def test_colors_are_the_stored_samples(file: tuple[bytes, int, int]) -> None:
    data, height, width = file
    stored = reference.samples(data)
    colors = stored[..., :3] if stored.shape[2] > 2 else np.repeat(stored[..., :1], 3, axis=2)
    np.testing.assert_array_equal(one(data, (height, width), **EXACT), colors)
    np.testing.assert_array_equal(one(data, (height, width), bgr=True, **EXACT), colors[..., ::-1])


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("color", "depth"), NATIVE_KINDS)
def test_pixels_are_those_of_opencv(color: int, depth: int, interlaced: bool, gamma: str) -> None:
    rng = np.random.default_rng(color * 20 + depth)
    for size in SIZES:
        data = png(rng, *size, color, depth, interlaced, GAMMAS[gamma])
        np.testing.assert_array_equal(one(data, size, bgr=True, **EXACT), opencv(data))
        np.testing.assert_array_equal(one(data, size, 1, **EXACT), opencv(data, cv2.IMREAD_GRAYSCALE))


@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.linear", "cv2.area", "pil.bicubic", "tf.area"])
@pytest.mark.parametrize(("color", "depth"), NATIVE_KINDS)
def test_resampled_like_pixels_decoded_elsewhere(color: int, depth: int, interpolation: str) -> None:
    data = png(np.random.default_rng(depth), 47, 70, color, depth)
    draws = np.random.default_rng(color).random((1, CROP_DRAWS))
    crop = {"ops": [random_resized_crop(0, (0.1, 0.8), (0.5, 2))], "draws": draws}
    for options in ({}, crop, {"pillow_colors": True}, {"orient": "landscape"}):
        common = {"interpolation": interpolation, **options}
        for size in ((47, 70), (20, 31), (80, 75)):
            for bgr in (False, True):
                expected = put(opencv(data), size, pixels_bgr=True, bgr=bgr, **common)
                np.testing.assert_array_equal(one(data, size, bgr=bgr, **common), expected)
            if options != {"pillow_colors": True}:
                gray = put(opencv(data, cv2.IMREAD_GRAYSCALE), size, **common)
                np.testing.assert_array_equal(one(data, size, 1, **common), gray)


@pytest.mark.parametrize("color", [0, 2, 3, 4, 6])
def test_gray_by_the_rules_of_pillow(color: int) -> None:
    data = png(np.random.default_rng(color), 30, 41, color)
    pixels = opencv(data)
    expected = put(pixels, (30, 41), channels=1, pixels_bgr=True, pillow_colors=True, **EXACT)
    np.testing.assert_array_equal(one(data, (30, 41), 1, pillow_colors=True, **EXACT), expected)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tag", range(10))
def test_orientations(tag: int, order: str) -> None:
    data = with_exif(png(np.random.default_rng(tag), 20, 31), tag, order)
    upright = opencv(data)
    made = one(data, upright.shape[:2], interpolation="cv2.nearest", bgr=True)
    np.testing.assert_array_equal(made, upright)
    stored = opencv(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    np.testing.assert_array_equal(one(data, (20, 31), bgr=True, **EXACT), stored)


def test_only_the_first_valid_orientation_counts() -> None:
    data = png(np.random.default_rng(0), 20, 31)
    expected = one(with_exif(data, 6), (31, 20))
    damaged = bytearray(with_exif(data, 3))
    damaged[damaged.index(b"eXIf") + 5] ^= 1
    for before in (data, bytes(damaged)):
        np.testing.assert_array_equal(one(with_exif(with_exif(before, 6), 3), (31, 20)), expected)


@pytest.mark.parametrize("size", [0, 1, 2, 5, 100, 10**6])
def test_image_data_may_be_cut_anywhere(size: int) -> None:
    lines = zlib.compress(scanlines(np.random.default_rng(1), 40, 50, 2, 8))
    parts = [lines[at : at + size] for at in range(0, len(lines), size)] if size else [lines, b""]
    split = b"".join(chunk(b"IDAT", part) + chunk(b"teXt", b"between") for part in parts)
    whole = SIGNATURE + header(40, 50) + chunk(b"IDAT", lines) + chunk(b"IEND")
    data = SIGNATURE + header(40, 50) + chunk(b"IDAT") + split + chunk(b"IEND") + b"what follows is ignored"
    np.testing.assert_array_equal(one(data, (40, 50)), one(whole, (40, 50)))


def with_lines(lines: bytes, *, level: int = 6, after: bytes = b"", **options: int) -> bytes:
    return SIGNATURE + header(4, 5, **options) + chunk(b"IDAT", zlib.compress(lines, level) + after) + chunk(b"IEND")


LINES = scanlines(np.random.default_rng(3), 4, 5, 2, 8)


def test_image_data_that_are_unusual_but_complete() -> None:
    """zlib reads what libdeflate does not take: streams that are too long, that end early, or that never end."""
    expected = one(with_lines(LINES), (4, 5))
    endless = zlib.compressobj()
    unfinished = endless.compress(LINES) + endless.flush(zlib.Z_SYNC_FLUSH)
    stream = zlib.compress(LINES)
    for made in (
        with_lines(LINES, level=0),
        with_lines(LINES + b"more"),
        with_lines(LINES + bytes(1 << 22)),
        with_lines(LINES, after=b"more"),
        *(SIGNATURE + header(4, 5) + chunk(b"IDAT", data) + chunk(b"IEND") for data in (unfinished, stream[:-4])),
    ):
        np.testing.assert_array_equal(one(made, (4, 5)), expected)


def damage(data: bytes) -> tuple[str, str]:
    batch = run([data], (8, 8))
    assert not batch.pixels.any()
    return batch.statuses[0], batch.reasons[0]


def test_checksums_of_the_image_data() -> None:
    stream = bytearray(zlib.compress(LINES))
    stream[-1] ^= 1
    assert damage(SIGNATURE + header(4, 5) + chunk(b"IDAT", bytes(stream)) + chunk(b"IEND")) == (
        "CORRUPT",
        "incorrect data check",
    )
    sound = bytearray(with_lines(LINES))
    sound[sound.index(b"IDAT") + 10] ^= 1
    assert damage(bytes(sound)) == ("CORRUPT", "the checksum of chunk IDAT is wrong")


def test_a_stream_with_a_dictionary() -> None:
    compressor = zlib.compressobj(zdict=b"dictionary")
    data = compressor.compress(LINES) + compressor.flush()
    assert damage(SIGNATURE + header(4, 5) + chunk(b"IDAT", data) + chunk(b"IEND"))[0] == "CORRUPT"


def test_every_cut_and_every_flipped_byte_give_a_status() -> None:
    data = with_exif(png(np.random.default_rng(5), 9, 11, 3, 4, interlaced=True), 6)
    cuts = run([data[:cut] for cut in range(8, len(data))], (8, 8))
    assert set(cuts.statuses) == {"CORRUPT"}
    assert not cuts.pixels.any()
    flipped = run([data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :] for at in range(8, len(data))], (8, 8))
    assert set(flipped.statuses) <= {"OK", "CORRUPT", "TOO_MANY_PIXELS", "NEEDS_DECODER"}
    for pixels, status in zip(flipped.pixels, flipped.statuses, strict=True):
        assert status in GOOD or not pixels.any()


@examples(max_examples=300)
@given(st.integers(0, 1 << 32), st.sampled_from(NATIVE_KINDS), st.booleans())
def test_damaged_streams_with_right_checksums(seed: int, kind: tuple[int, int], interlaced: bool) -> None:
    """They reach the inflater and what comes after it."""
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(1, 30, 2))
    stream = bytearray(zlib.compress(scanlines(rng, height, width, *kind, interlaced), int(rng.integers(10))))
    for _ in range(rng.integers(1, 4)):
        stream[rng.integers(len(stream))] = rng.integers(256)
    palette = chunk(b"PLTE", rng.bytes(3 * int(rng.integers(1, 257))))
    data = SIGNATURE + header(height, width, *kind, interlaced) + palette + chunk(b"IDAT", bytes(stream))
    batch = run([data + chunk(b"IEND")] * 2, (8, 8))
    assert batch.statuses[0] == batch.statuses[1]
    assert batch.statuses[0] in ("OK", "CORRUPT")
    np.testing.assert_array_equal(batch.pixels[0], batch.pixels[1])


def test_what_holds_no_ids() -> None:
    rng = np.random.default_rng(6)
    statuses = {kind: run([png(rng, 4, 4, *kind)], (4, 4), 1, index=True, **EXACT).statuses[0] for kind in KINDS}
    assert statuses == {
        kind: "NEEDS_DECODER" if kind[1] == 16 else "OK" if CHANNELS[kind[0]] < 3 else "NOT_A_MASK" for kind in KINDS
    }


@pytest.mark.parametrize("interlaced", [False, True])
def test_memory(interlaced: bool) -> None:
    data = png(np.random.default_rng(7), 64, 64, interlaced=interlaced)
    lines = 64 * (1 + 64 * 3) if not interlaced else 64 * 64 * 3
    assert run([data], (8, 8), limit=limits(memory_bytes=lines - 1)).statuses == ["TOO_MUCH_MEMORY"]
    assert run([data], (8, 8), limit=limits(memory_bytes=6 * lines)).statuses == ["OK"]


def test_a_header_bomb_takes_no_memory() -> None:
    """Its rows would have 1.6 GB."""
    data = SIGNATURE + header(20_000, 20_000, color=6) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND")
    assert run([data], (8, 8), limit=limits(pixels=1 << 40)).statuses == ["TOO_MUCH_MEMORY"]


def test_photographs_in_every_form_that_pillow_writes() -> None:
    for channels in (1, 2, 3, 4):
        image = photo(150, 211, seed=channels, channels=channels)
        for level in (0, 1, 9):
            data = encoded(image, "png", compress_level=level)
            expected = image[..., :3] if channels > 2 else np.repeat(image[..., :1], 3, axis=2)
            np.testing.assert_array_equal(one(data, (150, 211), **EXACT), expected)
