"""cv2.area equals cv2.resize with INTER_AREA bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, Pixels, jpeg
from reference.geometry import CROP_DRAWS, center_crop, flip, follow, random_resized_crop, resize_short
from reference.pixels import decode_cv2, resize_cv2_area

from native.native import examples, limits, one, put, run

SIDES = st.integers(1, 70)
FAR_SIDES = st.one_of(SIDES, st.integers(71, 700))
FACTORS = st.integers(1, 9)


def noise(height: int, width: int, channels: int, seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


@examples(max_examples=400)
@given(FAR_SIDES, FAR_SIDES, SIDES, SIDES, st.sampled_from([1, 3]), st.integers(0, 99))
def test_pixels_equal_cv2(height: int, width: int, out_height: int, out_width: int, channels: int, seed: int) -> None:
    image = noise(height, width, channels, seed)
    made = put(image, (out_height, out_width), interpolation="cv2.area")
    np.testing.assert_array_equal(made, resize_cv2_area(image, (out_height, out_width)))


@examples(max_examples=200)
@given(SIDES, SIDES, FACTORS, FACTORS, st.sampled_from([1, 3]), st.integers(0, 99))
def test_whole_factors(out_height: int, out_width: int, down: int, across: int, channels: int, seed: int) -> None:
    image = noise(out_height * down, out_width * across, channels, seed)
    for size in ((out_height, out_width), (out_height, image.shape[1]), (image.shape[0], out_width)):
        made = put(image, size, interpolation="cv2.area")
        np.testing.assert_array_equal(made, resize_cv2_area(image, size))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("factor", [49, 98, 103, 107, 161, 187, 196, 197, 206, 213, 214])
def test_factors_with_inexact_reciprocals(factor: int, channels: int) -> None:
    for image in (noise(factor * 2, 9, channels, factor), noise(9, factor * 2, channels, factor)):
        for size in ((2, 9), (2, 3), (9, 2), (3, 2), (1, 1)):
            made = put(image, size, interpolation="cv2.area")
            np.testing.assert_array_equal(made, resize_cv2_area(image, size))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(700, 700), (3, 9000), (9000, 3)])
def test_sums_beyond_float_precision(shape: tuple[int, int], channels: int) -> None:
    image = 255 - noise(*shape, channels, 5) // 9
    made = put(image, (1, 1), interpolation="cv2.area")
    np.testing.assert_array_equal(made, resize_cv2_area(image, (1, 1)))


@examples(max_examples=150)
@given(st.data(), SIDES, SIDES, SIDES, SIDES)
def test_files_equal_cv2(data: st.DataObject, height: int, width: int, out_height: int, out_width: int) -> None:
    content = jpeg(
        noise(height, width, 3, data.draw(st.integers(0, 9))),
        data.draw(st.integers(30, 100)),
        data.draw(st.sampled_from(list(SAMPLING))),
        progressive=data.draw(st.booleans()),
        gray=data.draw(st.booleans()),
        orientation=data.draw(st.sampled_from([None, *range(1, 9)])),
    )
    orient = data.draw(st.sampled_from(["none", "exif", "landscape"]))
    size = out_height, out_width
    for color in ("rgb", "bgr", "gray"):
        channels = 1 if color == "gray" else 3
        made = one(content, size, channels, interpolation="cv2.area", orient=orient, bgr=color == "bgr")
        np.testing.assert_array_equal(made, resize_cv2_area(decode_cv2(content, color, orient), size))


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("shape", [(84, 132), (132, 84)])
def test_every_orientation(shape: tuple[int, int], tag: int) -> None:
    data = jpeg(noise(*shape, 3, tag), 95, "4:2:0", orientation=tag)
    sizes = [(84, 132), (132, 84), (42, 66), (66, 42), (28, 44), (20, 30), (31, 19), (41, 150), (150, 41), (5, 7)]
    for color in ("rgb", "gray"):
        image = decode_cv2(data, color)
        for size in sizes:
            made = one(data, size, image.shape[2], interpolation="cv2.area")
            np.testing.assert_array_equal(made, resize_cv2_area(image, size), f"{size} {color}")


@examples(max_examples=100)
@given(st.data(), st.integers(10, 150), st.integers(10, 150), SIDES, SIDES, st.integers(0, 999))
def test_windows_equal_slices(
    data: st.DataObject, height: int, width: int, out_height: int, out_width: int, seed: int
) -> None:
    tag = data.draw(st.integers(1, 8))
    content = jpeg(noise(height, width, 3, seed), 95, data.draw(st.sampled_from(list(SAMPLING))), orientation=tag)
    image = decode_cv2(content)
    draws = np.random.default_rng(seed).random(CROP_DRAWS + 2)
    ops = [
        random_resized_crop(0, (0.02, 1.0), (0.2, 5.0)),
        flip(CROP_DRAWS, 0.5, "horizontal"),
        flip(CROP_DRAWS + 1, 0.5, "vertical"),
    ]
    size = out_height, out_width
    rows, columns = follow(ops, draws.tolist(), *image.shape[:2], size)
    window = image[rows.start : rows.start + rows.window, columns.start : columns.start + columns.window]
    expected = resize_cv2_area(np.ascontiguousarray(window), size)
    expected = expected[:: -1 if rows.mirror else 1, :: -1 if columns.mirror else 1]
    made = run([content], size, draws=[draws], interpolation="cv2.area", ops=ops).pixels[0]
    np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(put(image, size, draws=draws, interpolation="cv2.area", ops=ops), expected)


@pytest.mark.parametrize("tag", [1, 4, 6, 7])
def test_a_window_of_the_result(tag: int) -> None:
    content = jpeg(noise(90, 131, 3, tag), 95, "4:2:2", orientation=tag)
    image = decode_cv2(content)
    ops = [resize_short(37), center_crop(31, 25), flip(0, 1, "vertical")]
    rows, columns = follow(ops, [0.0], *image.shape[:2], (31, 25))
    whole = resize_cv2_area(image, (rows.grid, columns.grid))
    expected = whole[rows.begin : rows.begin + 31, columns.begin : columns.begin + 25][::-1]
    made = run([content], (31, 25), interpolation="cv2.area", ops=ops, draws=[[0.0]]).pixels[0]
    np.testing.assert_array_equal(made, expected)


def test_rows_beyond_the_memory_limit() -> None:
    data = jpeg(noise(2000, 3000, 3, 1), 30, "4:2:0")
    batch = run([data], (1, 900), interpolation="cv2.area", limit=limits(memory_bytes=1 << 20))
    assert batch.statuses == ["TOO_MUCH_MEMORY"]
    assert not batch.pixels.any()
