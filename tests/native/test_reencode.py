"""Images that are read and encoded anew one by one."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import encoded, jpeg, photo

from fastseq import FileRange, Status, decode_batch
from fastseq._native.contents import SourceReader, crc32c
from fastseq._native.job import Reencoder
from fastseq.engine.settings import Settings
from fastseq.engine.sources import ListSources

pytestmark = pytest.mark.native
FILES = [jpeg(photo(61, 90, seed=1)), encoded(photo(50, 33, seed=2), "png"), jpeg(photo(200, 40, seed=3))]


def reencoder(short_side: int = 24, quality: int = 90, **options: object) -> Reencoder:
    return Reencoder(Settings((1, 1)).recipe, short_side, quality, (2, 2), True, False)


def pixels(made: Reencoder) -> np.ndarray:
    return np.frombuffer(made.pixels(), np.uint8).reshape(made.shape)


@pytest.mark.parametrize("data", FILES, ids=["wide", "PNG", "high"])
@pytest.mark.parametrize("short_side", [0, 1, 24, 1000])
def test_pixels_are_those_of_decode_batch(data, short_side):
    made = reencoder(short_side)
    assert made.decode(data) == Status.OK
    height, width = cv2.imdecode(np.frombuffer(data, np.uint8), 1).shape[:2]
    if 0 < short_side < min(height, width):
        height, width = height * short_side // min(height, width), width * short_side // min(height, width)
    assert made.shape == (height, width, 3)
    np.testing.assert_array_equal(pixels(made), decode_batch([data], (height, width))[0])
    jpeg, status = made.encode()
    assert status == Status.OK
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (height, width, 3)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    channels=st.sampled_from([1, 3]),
    quality=st.integers(1, 100),
    chroma=st.sampled_from([(1, 1), (2, 1), (2, 2)]),
    optimize=st.booleans(),
    restart=st.booleans(),
    seed=st.integers(0, 99),
)
def test_jpegs_are_those_of_opencv(height, width, channels, quality, chroma, optimize, restart, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    made = Reencoder(Settings((1, 1)).recipe, 0, quality, chroma, optimize, restart)
    assert made.take_pixels(image, False) == Status.OK
    np.testing.assert_array_equal(pixels(made), image)
    data, status = made.encode()
    assert status == Status.OK
    sampling = {(1, 1): 0x111111, (2, 1): 0x211111, (2, 2): 0x221111}[chroma]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    theirs = cv2.imencode(".jpg", image[:, :, ::-1] if channels == 3 else image, options)[1]
    np.testing.assert_array_equal(
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), cv2.imdecode(theirs, cv2.IMREAD_UNCHANGED)
    )


@given(seed=st.integers(0, 2**32), which=st.integers(0, 2), changes=st.integers(0, 12))
def test_damaged_files_end_with_a_status(seed, which, changes):
    rng = random.Random(seed)
    data = bytearray(FILES[which][: rng.randrange(len(FILES[which]) + 1)] if rng.random() < 0.5 else FILES[which])
    for _ in range(changes if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    made = reencoder(16)
    status = Status(made.decode(bytes(data)))
    if status in (Status.OK, Status.RECOVERED):
        assert made.encode()[1] == Status.OK
    elif status not in (Status.CANCELLED, Status.NEEDS_DECODER):
        assert isinstance(made.reason, str)


def test_sides_that_a_jpeg_cannot_have():
    made = reencoder(0)
    assert made.take_pixels(np.zeros((1, 70_000, 1), np.uint8), False) == Status.OK
    assert made.encode() == (None, Status.TOO_MANY_PIXELS)


def test_pixels_of_another_shape():
    made = reencoder()
    for shape in ((4, 4, 2), (0, 4, 3)):
        with pytest.raises(ValueError, match="pixels of shape"):
            made.take_pixels(np.zeros(shape, np.uint8), False)


def test_sources(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"xx" + FILES[0])
    sources = [FILES[1], FileRange(path, 2, len(FILES[0])), path, tmp_path / "b", FileRange(path, 2, 10**6)]
    reader = SourceReader(ListSources(sources).for_job(), 10**6)
    assert len(reader) == 5
    assert [reader.read(i)[0] for i in range(3)] == [FILES[1], FILES[0], b"xx" + FILES[0]]
    assert [reader.read(i) for i in (3, 4)] == [(None, Status.NOT_FOUND), (None, Status.TRUNCATED)]
    assert "bytes 2 to" in reader.reason
    with pytest.raises(IndexError):
        reader.read(5)
    assert SourceReader(ListSources([path]).for_job(), 10).read(0) == (None, Status.FILE_TOO_LARGE)


@given(data=st.binary(max_size=5000), cut=st.integers(0, 5000))
def test_crc32c_in_parts(data, cut):
    expected = 0xFFFFFFFF
    for byte in data:
        expected ^= byte
        for _ in range(8):
            expected = expected >> 1 ^ (0x82F63B78 if expected & 1 else 0)
    assert crc32c(data) == crc32c(data[cut:], crc32c(data[:cut])) == expected ^ 0xFFFFFFFF
