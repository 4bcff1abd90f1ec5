from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, Pixels, cmyk_jpeg, jpeg, photo, with_orientation
from reference.geometry import center_crop, upright
from reference.pixels import decode_cv2, resize_cv2_linear, resize_cv2_nearest

from native.native import examples, one, put, run

RESIZE = {"cv2.linear": resize_cv2_linear, "cv2.nearest": resize_cv2_nearest}
ORIENTS = ["none", "exif", "landscape"]
Orient = Literal["none", "exif", "landscape"]
SIDES = st.integers(1, 70)
# Beyond what Pillow writes: any component may have the largest factor.
ODD_SAMPLING = [
    "1x4,1x1,1x1",
    "2x1,1x2,1x1",
    "2x2,2x1,1x2",
    "1x1,2x2,1x1",
    "3x1,1x1,1x1",
    "1x3,1x1,1x1",
    "2x4,1x1,1x1",
]


def check(data: bytes, size: tuple[int, int], orient: Orient = "exif") -> None:
    """Check that both filters equal cv2 bit for bit, in every channel order."""
    for interpolation, resize in RESIZE.items():
        for color in ("rgb", "bgr", "gray"):
            channels = 1 if color == "gray" else 3
            made = one(data, size, channels, interpolation=interpolation, orient=orient, bgr=color == "bgr")
            expected = resize(decode_cv2(data, color, orient), size)
            np.testing.assert_array_equal(made, expected, f"{interpolation} {color} {orient}")


@examples(max_examples=150)
@given(st.data(), SIDES, SIDES, SIDES, SIDES)
def test_equal_to_cv2(data: st.DataObject, height: int, width: int, out_height: int, out_width: int) -> None:
    gray, arithmetic = data.draw(st.booleans()), data.draw(st.sampled_from([False, False, False, True]))
    content = jpeg(
        photo(height, width, seed=data.draw(st.integers(0, 9))),
        data.draw(st.integers(30, 100)),
        data.draw(st.sampled_from(list(SAMPLING))),
        progressive=data.draw(st.booleans()),
        restart=data.draw(st.sampled_from([0, 0, 1, 2])),
        optimize=not arithmetic and data.draw(st.booleans()),
        gray=gray,
        rgb=not gray and data.draw(st.sampled_from([False, False, False, True])),
        arithmetic=arithmetic,
        orientation=data.draw(st.sampled_from([None, *range(1, 9)])),
    )
    check(content, (out_height, out_width), data.draw(st.sampled_from(ORIENTS)))


@pytest.mark.parametrize("orient", ORIENTS)
@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("shape", [(41, 67), (67, 41)])
def test_every_orientation(shape: tuple[int, int], tag: int, orient: Orient) -> None:
    data = jpeg(photo(*shape, seed=tag), subsampling="4:2:0", orientation=tag)
    for size in ((41, 67), (67, 41), (20, 30), (33, 20), (90, 100)):
        check(data, size, orient)


@pytest.mark.parametrize("tag", range(1, 9))
def test_upright_equals_cv2(tag: int) -> None:
    image = photo(20, 33, seed=1)
    data = jpeg(image, orientation=tag)
    for orient in ("exif", "landscape"):
        np.testing.assert_array_equal(
            upright(decode_cv2(data, orient="none"), tag, orient), decode_cv2(data, orient=orient)
        )


@pytest.mark.parametrize("sample", ODD_SAMPLING)
@pytest.mark.parametrize("progressive", [False, True])
def test_odd_sampling(sample: str, progressive: bool) -> None:
    data = jpeg(photo(83, 97, seed=5), sample=sample, progressive=progressive)
    for size in ((83, 97), (40, 50), (41, 48), (100, 110)):
        check(data, size)


@pytest.mark.parametrize("ycck", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_cmyk_within_two_levels(subsampling: str, ycck: bool) -> None:
    inks = np.dstack([photo(61, 75, seed=6), photo(61, 75, seed=7, channels=1)])
    data = cmyk_jpeg(inks, subsampling=subsampling, ycck=ycck)
    for size in ((61, 75), (30, 40)):
        for interpolation, resize in RESIZE.items():
            for color in ("rgb", "bgr", "gray"):
                made = one(data, size, 1 if color == "gray" else 3, interpolation=interpolation, bgr=color == "bgr")
                expected = resize(decode_cv2(data, color), size)
                assert np.abs(made.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1), (3, 30000), (30000, 3)])
def test_far_from_square(shape: tuple[int, int]) -> None:
    data = jpeg(photo(*shape, seed=2), subsampling="4:2:0")
    for size in ((1, 1), (64, 48), (1, 500), (500, 1), (shape[0], min(shape[1], 999))):
        check(data, size)
    for interpolation in ("antialias", "linear"):
        batch = run([data], (32, 32), interpolation=interpolation)
        assert batch.statuses == ["OK"]
        assert batch.pixels.std() > 0


@pytest.mark.parametrize("size", [(50, 40), (100, 40), (50, 80), (100, 80), (25, 20)])
def test_half_size_and_equal_size(size: tuple[int, int]) -> None:
    check(jpeg(photo(100, 80, seed=9), subsampling="4:2:0"), size)
    check(jpeg(photo(100, 80, seed=9), subsampling="4:2:0", orientation=6), size[::-1])


@examples(max_examples=60)
@given(st.data(), st.integers(20, 120), st.integers(20, 120), SIDES, SIDES)
def test_crops_equal_slices(data: st.DataObject, height: int, width: int, out_height: int, out_width: int) -> None:
    subsampling = data.draw(st.sampled_from(list(SAMPLING)))
    tag = data.draw(st.integers(1, 8))
    content = jpeg(photo(height, width, seed=3), 90, subsampling, orientation=tag)
    image = decode_cv2(content)
    crop = data.draw(st.integers(1, image.shape[0])), data.draw(st.integers(1, image.shape[1]))
    top, left = (image.shape[0] - crop[0]) // 2, (image.shape[1] - crop[1]) // 2
    window = np.ascontiguousarray(image[top : top + crop[0], left : left + crop[1]])
    for interpolation, resize in RESIZE.items():
        made = one(content, (out_height, out_width), interpolation=interpolation, ops=[center_crop(*crop)])
        np.testing.assert_array_equal(made, resize(window, (out_height, out_width)))


@examples(max_examples=60)
@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([1, 3]), st.booleans())
def test_pixels_equal_cv2(height: int, width: int, out_height: int, out_width: int, channels: int, swap: bool) -> None:
    image: Pixels = np.random.default_rng(height * width).integers(0, 256, (height, width, channels), dtype=np.uint8)
    for interpolation, resize in RESIZE.items():
        made = put(image, (out_height, out_width), interpolation=interpolation, bgr=swap)
        expected = resize(image, (out_height, out_width))
        np.testing.assert_array_equal(made, expected[:, :, ::-1] if swap and channels == 3 else expected)


def test_the_tutorials_pipeline() -> None:
    data = jpeg(photo(300, 200, seed=1), subsampling="4:2:0")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    expected = cv2.resize(np.rot90(image), (472, 256))
    made = one(data, (256, 472), interpolation="cv2.linear", orient="landscape", bgr=True)
    np.testing.assert_array_equal(made, expected)


def with_width(data: bytes, width: int) -> bytes:
    """Return the JPEG with another width in its frame header, which hides the columns beyond it."""
    frame = next(i for i in range(len(data)) if data[i : i + 2] in (b"\xff\xc0", b"\xff\xc2"))
    return data[: frame + 7] + width.to_bytes(2, "big") + data[frame + 9 :]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_single_column_is_independent_of_hidden_columns(orientation: int, progressive: bool) -> None:
    image = photo(5, 8, seed=1)
    data = with_orientation(with_width(jpeg(image, subsampling="4:4:4", progressive=progressive), 1), orientation)
    expected = resize_cv2_linear(decode_cv2(data, "rgb", "exif"), (4, 3))
    for shade in (0, 255):  # the previous image of the thread
        before = jpeg(np.full((40, 40, 3), shade, np.uint8))
        batch = run([before, data], (4, 3), interpolation="cv2.linear", threads=1)
        np.testing.assert_array_equal(batch.pixels[1], expected)
