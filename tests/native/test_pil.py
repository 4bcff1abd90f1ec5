"""pil.* equals PIL.Image.resize bit for bit, with crops as its box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, Pixels, jpeg, photo
from reference import pil
from reference.geometry import (
    CROP_DRAWS,
    Axis,
    center_crop,
    flip,
    follow,
    random_resized_crop,
    resize_short,
    upright,
)
from reference.pixels import decode_cv2, resize_pil

from native.native import examples, limits, one, put, run

NAMES = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
SIDES = st.integers(1, 70)
FAR_SIDES = st.one_of(SIDES, st.integers(71, 700))
WINDOW = random_resized_crop(0, (0.02, 1.0), (0.2, 5.0))


def noise(height: int, width: int, channels: int, seed: int, *, hard: bool = False) -> Pixels:
    """Return random pixels; if `hard`, black and white only, so that filters overshoot both ends of the range."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return np.where(pixels > 127, 255, 0).astype(np.uint8) if hard else pixels


@pytest.mark.parametrize("name", NAMES)
@examples(max_examples=120)
@given(st.data(), st.sampled_from([1, 3]), st.booleans(), st.integers(0, 99))
def test_pixels_equal_pillow(name: str, data: st.DataObject, channels: int, hard: bool, seed: int) -> None:
    height, width = data.draw(FAR_SIDES), data.draw(FAR_SIDES)
    size = data.draw(st.one_of(st.just(height), SIDES)), data.draw(st.one_of(st.just(width), SIDES))
    image = noise(height, width, channels, seed, hard=hard)
    made = put(image, size, interpolation=f"pil.{name}")
    np.testing.assert_array_equal(made, resize_pil(image, size, name))


@pytest.mark.parametrize("name", NAMES)
@examples(max_examples=60)
@given(st.data(), SIDES, SIDES, SIDES, SIDES)
def test_files_equal_pillow(
    name: str, data: st.DataObject, height: int, width: int, out_height: int, out_width: int
) -> None:
    content = jpeg(
        photo(height, width, seed=data.draw(st.integers(0, 9))),
        data.draw(st.integers(30, 100)),
        data.draw(st.sampled_from(list(SAMPLING))),
        progressive=data.draw(st.booleans()),
        gray=data.draw(st.booleans()),
        orientation=data.draw(st.sampled_from([None, *range(1, 9)])),
    )
    color = data.draw(st.sampled_from(["rgb", "bgr", "gray"]))
    orient = data.draw(st.sampled_from(["none", "exif", "landscape"]))
    size = out_height, out_width
    channels = 1 if color == "gray" else 3
    made = one(content, size, channels, interpolation=f"pil.{name}", orient=orient, bgr=color == "bgr")
    expected = resize_pil(decode_cv2(content, color, orient), size, name)
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("shape", [(41, 67), (67, 41)])
def test_every_orientation(shape: tuple[int, int], tag: int, name: str) -> None:
    data = jpeg(noise(*shape, 3, tag), 95, "4:2:0", orientation=tag)
    image = decode_cv2(data)
    for size in ((41, 67), (67, 41), (20, 60), (60, 20), (41, 30), (30, 67), (90, 100), (5, 7)):
        made = one(data, size, interpolation=f"pil.{name}")
        np.testing.assert_array_equal(made, resize_pil(image, size, name), f"{size}")


@pytest.mark.parametrize("name", NAMES)
@examples(max_examples=80)
@given(st.data(), st.integers(10, 150), st.integers(10, 150), SIDES, SIDES, st.integers(0, 999))
def test_windows_equal_pillows_box(
    name: str, data: st.DataObject, height: int, width: int, out_height: int, out_width: int, seed: int
) -> None:
    tag = data.draw(st.integers(1, 8))
    content = jpeg(noise(height, width, 3, seed), 95, data.draw(st.sampled_from(list(SAMPLING))), orientation=tag)
    image = decode_cv2(content)
    draws = np.random.default_rng(seed).random(CROP_DRAWS + 2)
    ops = [WINDOW, flip(CROP_DRAWS, 0.5, "horizontal"), flip(CROP_DRAWS + 1, 0.5, "vertical")]
    size = out_height, out_width
    rows, columns = follow(ops, draws.tolist(), *image.shape[:2], size)
    box = columns.start, rows.start, columns.start + columns.window, rows.start + rows.window
    expected = resize_pil(image, size, name, box)
    expected = expected[:: -1 if rows.mirror else 1, :: -1 if columns.mirror else 1]
    options = {"interpolation": f"pil.{name}", "ops": ops}
    np.testing.assert_array_equal(run([content], size, draws=[draws], **options).pixels[0], expected)
    np.testing.assert_array_equal(put(image, size, draws=draws, **options), expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tag", [1, 4, 6, 7])
def test_a_window_of_the_result(tag: int, name: str) -> None:
    content = jpeg(noise(90, 131, 3, tag), 95, "4:2:2", orientation=tag)
    image = decode_cv2(content)
    ops = [resize_short(37), center_crop(31, 25), flip(0, 1, "horizontal")]
    rows, columns = follow(ops, [0.0], *image.shape[:2], (31, 25))
    whole = resize_pil(image, (rows.grid, columns.grid), name)
    expected = whole[rows.begin : rows.begin + 31, columns.begin : columns.begin + 25][:, ::-1]
    made = run([content], (31, 25), interpolation=f"pil.{name}", ops=ops, draws=[[0.0]]).pixels[0]
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size", "to"), [((3000, 3), (2, 9)), ((3, 3000), (9, 2)), ((2, 2), (300, 301))])
def test_extreme_scales(name: str, size: tuple[int, int], to: tuple[int, int]) -> None:
    for channels in (1, 3):
        image = noise(*size, channels, 3)
        made = put(image, to, interpolation=f"pil.{name}")
        np.testing.assert_array_equal(made, resize_pil(image, to, name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, 1, 127, 128, 254, 255])
def test_a_flat_image_equals_pillows(name: str, value: int) -> None:
    image = np.full((53, 71, 3), value, np.uint8)
    made = put(image, (17, 90), interpolation=f"pil.{name}")
    np.testing.assert_array_equal(made, resize_pil(image, (17, 90), name))


@pytest.mark.parametrize("name", NAMES[1:])
@examples(max_examples=40)
@given(st.data(), SIDES, SIDES, SIDES, SIDES, st.integers(0, 99))
def test_the_reference_equals_pillow(
    name: str, data: st.DataObject, height: int, width: int, out_height: int, out_width: int, seed: int
) -> None:
    image = noise(height, width, 3, seed)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    rows = Axis.whole(height).crop(top, bottom - top).resize(out_height)
    columns = Axis.whole(width).crop(left, right - left).resize(out_width)
    expected = resize_pil(image, (out_height, out_width), name, (left, top, right, bottom))
    np.testing.assert_array_equal(pil.resample(image, rows, columns, name), expected)


def test_the_order_of_passes_is_that_of_the_upright_image() -> None:
    """A tall image is reduced vertically first, even if its rows are stored as columns."""
    stored = noise(60, 300, 3, 1)
    for tag in (5, 6, 7, 8):
        content = jpeg(stored, 95, "4:4:4", orientation=tag)
        image = np.ascontiguousarray(upright(decode_cv2(content, orient="none"), tag))
        made = one(content, (50, 45), interpolation="pil.bicubic")
        np.testing.assert_array_equal(made, resize_pil(image, (50, 45), "bicubic"))


@pytest.mark.parametrize("name", ["bilinear", "lanczos"])
def test_rows_beyond_the_memory_limit(name: str) -> None:
    data = jpeg(noise(2000, 3000, 3, 1), 30, "4:2:0")
    batch = run([data], (1, 900), interpolation=f"pil.{name}", limit=limits(memory_bytes=1 << 20))
    assert batch.statuses == ["TOO_MUCH_MEMORY"]
    assert not batch.pixels.any()
