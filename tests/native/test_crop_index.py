"""Crops decoded with a crop index equal those decoded from the start, bit for bit; an index is never relied on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo, with_orientation
from jpeg_files import by_cv2, common_file, random_image, rare_file
from reference.geometry import CROP_DRAWS, flip, random_resized_crop

from fastseq._native.job import Job
from fastseq._native.shards import crop_index
from native.native import GOOD, Batch, examples, limits, pool, recipe, run, start
from native.native import finish as statuses_of

ENTRY = np.dtype([("begin", "<u4"), ("bit", "u1"), ("check", "u1"), ("dc", "<i2", 3)])
HEAD = np.dtype([("size", "<u4"), ("crc32c", "<u4"), ("end", "<u4")])
FILTERS = ("antialias", "linear", "cv2.linear", "pil.bilinear", "tf.bilinear")
CROP = random_resized_crop(0, (0.01, 1), (0.2, 5))
DRAWS = st.lists(st.floats(0, 1, exclude_max=True), min_size=CROP_DRAWS + 1, max_size=CROP_DRAWS + 1)
PARTS = range(4)


def item(data: bytes, index: bytes) -> tuple[bytes, int, int, bytes]:
    """An image and its crop index, as a job takes them."""
    return data, -1, -1, index


def crops(sources: list[Any], size: tuple[int, int], draws: npt.ArrayLike, **options: Any) -> tuple[Batch, int]:
    """Decode a crop of each source; the second value is a source whose index does not fit, or -1."""
    made = recipe(size, ops=[CROP, flip(CROP_DRAWS, 0.5, "horizontal")], **options)
    out = np.full((len(sources), made.slot_bytes), 77, np.uint8)
    job = start(sources, made, out, draws=draws)
    statuses = statuses_of(job)
    reasons = [job.reason(i) for i in range(len(job))]
    return Batch(out.reshape(len(sources), *size, -1), statuses, reasons), job.crop_index_misfit()


def check_equal(files: list[bytes], rng: np.random.Generator, **options: Any) -> None:
    """Check that crops of files are the same with an index and without."""
    indexes = list(map(crop_index, files))
    draws = rng.random((len(files), CROP_DRAWS + 1))
    size = int(rng.integers(1, 40)), int(rng.integers(1, 40))
    expected, _ = crops(list(files), size, draws, **options)
    made, misfit = crops(list(map(item, files, indexes)), size, draws, **options)
    assert misfit == -1
    assert made.statuses == expected.statuses
    np.testing.assert_array_equal(made.pixels, expected.pixels)


def rows_of(data: bytes) -> npt.NDArray[Any]:
    """The rows of a file's index."""
    return np.frombuffer(crop_index(data)[HEAD.itemsize :], ENTRY)


@pytest.mark.parametrize("part", PARTS)
def test_crops_of_common_files(part: int) -> None:
    rng = np.random.default_rng([1, part])
    for round_ in range(20):
        files = [common_file(rng) for _ in range(60)]
        assert sum(bool(crop_index(data)) for data in files) >= 20
        check_equal(files, rng, interpolation=FILTERS[round_ % len(FILTERS)])


def test_crops_of_rare_files() -> None:
    rng = np.random.default_rng(2)
    for filter_ in FILTERS:
        check_equal([rare_file(rng) for _ in range(20)], rng, interpolation=filter_)


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1"])
def test_crops_of_large_files_with_every_restart_interval(sampling: str) -> None:
    rng = np.random.default_rng(3)
    image = photo(203, 331, seed=4)
    for restart in (0, 1, 2, 3, 7, 20, 21, 40, 41, 42, 43, 100, 1000):
        data = by_cv2(image, int(rng.integers(30, 100)), sampling, restart=restart)
        assert crop_index(data)
        for filter_ in FILTERS:
            check_equal([data] * 8, rng, interpolation=filter_)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (8, 2000), (2000, 8), (17, 1500)])
def test_tiny_and_wide_images(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    for sampling in ("4:4:4", "4:2:0"):
        data = by_cv2(random_image(rng, 400, 400)[:1, :1].repeat(shape[0], 0).repeat(shape[1], 1), 90, sampling)
        check_equal([data] * 20, rng)


def test_noise_whose_rows_begin_with_stuffed_bytes() -> None:
    rng = np.random.default_rng(6)
    seen = set()
    for _ in range(60):
        data = by_cv2(rng.integers(0, 256, (160, 24, 3), np.uint8), 100, "4:4:4")
        for row in rows_of(data)[1:]:
            begin = int(row["begin"])
            seen |= {("here", data[begin] == 0xFF), ("next", data[begin + 1] == 0xFF), ("bit", int(row["bit"]))}
            seen.add(("before", data[begin - 1] == 0 and data[begin - 2] == 0xFF))
        check_equal([data] * 3, rng, interpolation="cv2.linear")
    assert seen >= {("here", True), ("next", True), ("before", True), *(("bit", bit) for bit in range(8))}


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("orient", ["exif", "landscape", "none"])
def test_turned_images(tag: int, orient: str) -> None:
    rng = np.random.default_rng(tag)
    data = with_orientation(jpeg(photo(150, 90, seed=tag), 85, "4:2:0"), tag)
    for filter_ in FILTERS:
        check_equal([data] * 10, rng, interpolation=filter_, orient=orient)


@given(draws=DRAWS, seed=st.integers(0, 5), size=st.tuples(st.integers(1, 60), st.integers(1, 60)))
@examples(max_examples=150)
def test_any_crop(draws: list[float], seed: int, size: tuple[int, int]) -> None:
    data = jpeg(photo(200, 240, seed=seed), 90, ["4:4:4", "4:2:0", "4:2:2"][seed % 3], restart=seed % 2)
    for channels in (1, 3):
        expected, _ = crops([data], size, draws, channels=channels)
        made, misfit = crops([item(data, crop_index(data))], size, draws, channels=channels)
        assert (made.statuses, misfit) == (["OK"], -1)
        np.testing.assert_array_equal(made.pixels, expected.pixels)


def test_the_index_of_a_file() -> None:
    """One entry for the file, one for each row; the first begins where the entropy-coded bytes do."""
    data = jpeg(photo(100, 130, seed=1), 85, "4:2:0")
    head = np.frombuffer(crop_index(data)[:12], HEAD)[0]
    scan = data.index(b"\xff\xda")
    begin = scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")
    assert (head["size"], head["end"]) == (len(data), len(data) - 2)
    rows = rows_of(data)
    assert len(rows) == 7
    assert (rows[0]["begin"], rows[0]["bit"], rows[0]["dc"].tolist()) == (begin, 0, [0, 0, 0])
    assert (np.diff(rows["begin"].astype(int)) > 0).all()
    assert crop_index(data + b"garbage after the end") != b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        jpeg(photo(60, 60), 85, progressive=True),
        jpeg(photo(60, 60), 85, scans="0;1;2;"),
        jpeg(photo(60, 60), 85, arithmetic=True),
        jpeg(photo(60, 60), 85)[:-2],
        jpeg(photo(60, 60), 85)[:-200],
        jpeg(photo(60, 60), 85)[:-2] + b"\xff\xd3\xff\xd9",
        jpeg(photo(60, 60), 85)[:-2] + b"\xff\xfe\x00\x03x\xff\xd9",
    ],
    ids=["empty", "text", "progressive", "scans", "arithmetic", "no end", "cut off", "a restart", "a comment"],
)
def test_files_without_an_index(data: bytes) -> None:
    assert crop_index(data) == b""


def test_a_changed_file_is_decoded_from_the_start_and_reported() -> None:
    draws = np.linspace(0.3, 0.6, CROP_DRAWS + 1)
    old, new = (jpeg(photo(200, 200, seed=seed), 85) for seed in (1, 2))
    same_size = new + bytes(max(0, len(old) - len(new)))
    longer = old + bytes(len(same_size) - len(old))
    for now, index in ((new, crop_index(old)), (same_size, crop_index(longer)), (b"GIF89a\1\0\1\0", crop_index(old))):
        expected, _ = crops([now, old], (40, 40), [draws, draws])
        made, misfit = crops([item(now, index), item(old, crop_index(old))], (40, 40), [draws, draws])
        assert misfit == 0
        assert made.statuses == expected.statuses
        np.testing.assert_array_equal(made.pixels, expected.pixels)


def test_damage_within_the_crop_is_no_fault_of_the_index() -> None:
    data = bytearray(jpeg(photo(200, 200, seed=1), 85))
    index = crop_index(bytes(data))
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    draws = np.full(CROP_DRAWS + 1, 0.99)  # nearly all of it
    expected, _ = crops([bytes(data)], (40, 40), [draws])
    made, misfit = crops([item(bytes(data), index)], (40, 40), [draws])
    assert (made.statuses, misfit) == (expected.statuses, -1)
    np.testing.assert_array_equal(made.pixels, expected.pixels)


def test_indexes_that_lie() -> None:
    """Whatever an index holds, nothing crashes, and the image decodes."""
    rng = np.random.default_rng(8)
    files = [
        by_cv2(photo(120, 150, seed=seed), 90, sampling, restart=restart)
        for seed, sampling, restart in ((1, "4:4:4", 0), (2, "4:2:0", 5), (3, "4:4:4", 13))
    ]
    misfits = 0
    for _ in range(400):
        data = files[rng.integers(len(files))]
        index = bytearray(crop_index(data))
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(len(index)))
            match int(rng.integers(3)):
                case 0:
                    index[at] ^= 1 << int(rng.integers(8))
                case 1:
                    index[at // 12 * 12 : at // 12 * 12 + 4] = rng.bytes(2) + b"\0\0"
                case 2:
                    del index[max(at // 12, 1) * 12 :]
        made, misfit = crops([item(data, bytes(index))], (30, 30), rng.random((1, CROP_DRAWS + 1)))
        assert made.statuses[0] in GOOD
        misfits += misfit >= 0
    assert misfits > 200


def test_an_index_is_told_of_in_the_info() -> None:
    data = jpeg(photo(60, 60), 85)
    made = recipe((8, 8))
    for index, fits in ((b"", None), (crop_index(data), True), (crop_index(data + b"more"), False)):
        out = np.empty(made.slot_bytes, np.uint8)
        job = Job(pool(), made, out, np.zeros((1, 0)), [item(data, index)], info=True)
        assert statuses_of(job) == ["OK"]
        assert job.info(0)[6] is fits


def test_limits_hold_with_an_index() -> None:
    data = jpeg(photo(60, 60), 85)
    batch = run([item(data, crop_index(data))], (8, 8), limit=limits(pixels=1000))
    assert batch.statuses == ["TOO_MANY_PIXELS"]
