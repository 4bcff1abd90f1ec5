"""The pixels of our own decoders equal cv2's bit for bit, over thousands of files of every kind."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, Pixels, jpeg, photo
from jpeg_files import (
    CJPEG_SAMPLING,
    CV2_SAMPLING,
    SEQUENTIAL_SCANS,
    WIDE_SAMPLING,
    by_cv2,
    common_file,
    progressive_scans,
    random_image,
    rare_file,
    requantized,
    sides,
)
from reference.geometry import CROP_DRAWS, follow, random_resized_crop
from reference.pixels import decode_cv2, psnr

from native.native import examples, one

PARTS = range(10)
COMMON, RARE, WINDOWS = 9600 // len(PARTS), 400 // len(PARTS), 500 // len(PARTS)
CROP = random_resized_crop(0, (0.005, 1), (0.1, 10))
DRAWS = st.lists(st.floats(0, 1, exclude_max=True), min_size=CROP_DRAWS, max_size=CROP_DRAWS)


def check(data: bytes) -> None:
    """Check that the whole image equals cv2's, in color and in gray."""
    for color, channels in (("bgr", 3), ("gray", 1)):
        expected = decode_cv2(data, color, "none")  # type: ignore[arg-type]
        size = expected.shape[0], expected.shape[1]
        made = one(data, size, channels, interpolation="cv2.linear", orient="none", bgr=channels == 3)
        np.testing.assert_array_equal(made, expected, color)


def read_djpeg(data: bytes) -> Pixels:
    """Return the RGB pixels of djpeg, which uses the libjpeg that fastseq is linked with."""
    image = subprocess.run(["djpeg", "-ppm"], input=data, capture_output=True, check=True).stdout
    return decode_cv2(image)


def check_window(data: bytes, draws: list[float]) -> None:
    """Check that a crop that is not resized equals cv2's."""
    image = decode_cv2(data, "bgr", "none")
    rows, columns = follow([CROP], draws, *image.shape[:2], (1, 1))
    size = rows.window, columns.window
    expected = image[rows.start : rows.start + size[0], columns.start : columns.start + size[1]]
    for interpolation in ("cv2.linear", "cv2.nearest"):
        options = {"interpolation": interpolation, "orient": "none", "ops": [CROP], "draws": draws}
        np.testing.assert_array_equal(one(data, size, bgr=True, **options), expected)


@pytest.mark.parametrize("part", PARTS)
def test_common_files(part: int) -> None:
    rng = np.random.default_rng([1, part])
    for _ in range(COMMON):
        check(common_file(rng))


@pytest.mark.parametrize("part", PARTS)
def test_rare_files(part: int) -> None:
    rng = np.random.default_rng([2, part])
    for _ in range(RARE):
        check(rare_file(rng))


@pytest.mark.parametrize("part", PARTS)
def test_coefficients_out_of_range(part: int) -> None:
    rng = np.random.default_rng([7, part])
    for _ in range(100):
        check(requantized(rng, common_file(rng)))


@pytest.mark.parametrize("part", PARTS)
def test_windows(part: int) -> None:
    rng = np.random.default_rng([3, part])
    for k in range(WINDOWS):
        data = common_file(rng) if k % 5 else rare_file(rng)
        for _ in range(4):
            check_window(data, rng.random(CROP_DRAWS).tolist())


@pytest.mark.parametrize("scans", SEQUENTIAL_SCANS)
@pytest.mark.parametrize("restart", ["0", "1", "2", "1B", "5B"])
def test_sequential_files_of_several_scans(scans: str, restart: str) -> None:
    rng = np.random.default_rng(4)
    for sample in ("1x1,1x1,1x1", "2x2,1x1,1x1", "2x1,1x1,1x1", "4x1,1x1,1x1", "2x2,2x1,1x2"):
        check(jpeg(random_image(rng, *sides(rng)), 80, sample=sample, restart=restart, scans=scans))


@pytest.mark.parametrize("part", PARTS)
def test_progressive_files_without_their_last_refinements(part: int) -> None:
    """libjpeg smooths blocks of these files, differently in each version; our decoder leaves them to it."""
    rng = np.random.default_rng([5, part])
    for _ in range(20):
        scans = progressive_scans(rng, whole=False)
        data = jpeg(random_image(rng, *sides(rng)), int(rng.integers(1, 101)), "4:2:0", scans=scans)
        image = read_djpeg(data)
        made = one(data, image.shape[:2], interpolation="cv2.linear", orient="none")
        np.testing.assert_array_equal(made, image, scans)


@pytest.mark.parametrize("rest", ["", "0: 10-63, 0, 2;", "1: 10-20, 0, 0; 2: 10-63, 0, 1; 2: 10-63, 1, 0;"])
def test_progressive_files_that_libjpeg_does_not_smooth(rest: str) -> None:
    rng = np.random.default_rng(6)
    for subsampling in SAMPLING:
        scans = "0 1 2: 0-0, 0, 0; 0: 1-9, 0, 0; 1: 1-9, 0, 0; 2: 1-9, 0, 0;" + rest
        check(jpeg(random_image(rng, *sides(rng)), 90, subsampling, scans=scans))


@examples(max_examples=300)
@given(
    st.integers(0, 99),
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(1, 100),
    st.sampled_from(list(CV2_SAMPLING)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 100),
    st.sampled_from([1, 3]),
    DRAWS,
)
def test_arbitrary_parameters(
    seed: int,
    height: int,
    width: int,
    quality: int,
    sampling: str,
    progressive: bool,
    optimize: bool,
    restart: int,
    channels: int,
    draws: list[float],
) -> None:
    pixels = random_image(np.random.default_rng(seed), height, width, channels)
    data = by_cv2(pixels, quality, sampling, progressive=progressive, optimize=optimize, restart=restart)
    check(data)
    check_window(data, draws)


@examples(max_examples=60)
@given(
    st.integers(0, 99),
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(1, 100),
    st.sampled_from(CJPEG_SAMPLING + WIDE_SAMPLING),
    st.integers(0, 40),
    st.booleans(),
    DRAWS,
)
def test_arbitrary_sampling_with_one_scan_per_component(
    seed: int, height: int, width: int, quality: int, sample: str, restart: int, optimize: bool, draws: list[float]
) -> None:
    pixels = random_image(np.random.default_rng(seed), height, width)
    options = {"sample": sample, "restart": f"{restart}B", "optimize": optimize, "scans": "0;1;2;"}
    data = jpeg(pixels, quality, **options)
    check(data)
    check_window(data, draws)


@pytest.mark.parametrize("sample", [*SAMPLING.values(), "2x4,1x1,1x1", "1x4,1x1,1x1"])
def test_reduced_windows_of_both_decoders(sample: str) -> None:
    """libjpeg's own cropping is wrong where DCT scaling undoes some of the subsampling."""
    rng = np.random.default_rng(8)
    image = photo(240, 260, seed=8)
    ours, theirs = (jpeg(image, 95, sample=sample, **options) for options in ({}, {"arithmetic": True}))
    for _ in range(30):
        options = {"ops": [CROP], "draws": rng.random(CROP_DRAWS)}
        for size in ((9, 11), (20, 25), (50, 40)):
            assert psnr(one(ours, size, **options), one(theirs, size, **options)) >= 39
