from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, jpeg, photo
from reference.geometry import Axis
from reference.pixels import decode_cv2, psnr, resize_cv2_linear, resize_pil_bilinear
from reference.resample import WEIGHT_BITS, filter_table, resize

from native.native import examples, one, put

SIDES = st.integers(1, 70)


@pytest.mark.parametrize("interpolation", ["antialias", "linear"])
@examples(max_examples=80)
@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([1, 3]), st.integers(0, 99))
def test_pixels_equal_the_reference(
    interpolation: str, height: int, width: int, out_height: int, out_width: int, channels: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    made = put(image, (out_height, out_width), interpolation=interpolation)
    np.testing.assert_array_equal(made, resize(image, (out_height, out_width), interpolation))


@pytest.mark.parametrize("interpolation", ["antialias", "linear"])
@pytest.mark.parametrize(("size", "to"), [((1500, 3), (2, 9)), ((3, 1500), (9, 2)), ((2, 2), (300, 301))])
def test_extreme_scales_equal_the_reference(interpolation: str, size: tuple[int, int], to: tuple[int, int]) -> None:
    image = photo(*size, seed=3)
    np.testing.assert_array_equal(put(image, to, interpolation=interpolation), resize(image, to, interpolation))


@pytest.mark.parametrize("value", [0, 1, 127, 128, 254, 255])
@pytest.mark.parametrize("interpolation", ["antialias", "linear"])
def test_a_flat_image_stays_flat(interpolation: str, value: int) -> None:
    image = np.full((53, 71, 3), value, np.uint8)
    assert np.unique(put(image, (17, 90), interpolation=interpolation)).tolist() == [value]


@given(SIDES, SIDES, st.booleans())
@examples(max_examples=50)
def test_weights_add_up(samples: int, outputs: int, antialias: bool) -> None:
    table = filter_table(Axis.whole(samples).resize(outputs), "antialias" if antialias else "linear")
    assert all(weights.sum() == 1 << WEIGHT_BITS and (weights >= 0).all() for _, weights in table)
    assert all(first >= 0 and first + len(weights) <= samples for first, weights in table)


@pytest.mark.parametrize("swap", [False, True])
def test_pixels_in_bgr(swap: bool) -> None:
    image = photo(40, 30, seed=1)
    made = put(image, (20, 20), interpolation="linear", pixels_bgr=swap, bgr=not swap)
    np.testing.assert_array_equal(made, resize(image, (20, 20), "linear")[:, :, ::-1])


def test_gray_pixels_fill_three_channels() -> None:
    image = photo(40, 30, seed=1, channels=1)
    made = put(image, (20, 20), channels=3)
    np.testing.assert_array_equal(made, np.repeat(resize(image, (20, 20), "antialias"), 3, axis=2))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", SAMPLING)
@pytest.mark.parametrize("size", [(224, 224), (150, 200), (97, 131), (60, 80), (31, 17), (301, 410)])
def test_promised_psnr(size: tuple[int, int], subsampling: str, progressive: bool) -> None:
    data = jpeg(photo(300, 400, seed=4), 92, subsampling, progressive=progressive)
    image = decode_cv2(data)
    assert psnr(one(data, size, interpolation="linear"), resize_cv2_linear(image, size)) >= 45
    may_scale = min(300 / size[0], 400 / size[1]) >= 2
    assert psnr(one(data, size), resize_pil_bilinear(image, size)) >= (32 if may_scale else 45)


@pytest.mark.parametrize("tag", range(1, 9))
def test_promised_psnr_with_orientations(tag: int) -> None:
    data = jpeg(photo(211, 333, seed=8), 92, "4:2:0", orientation=tag)
    image = decode_cv2(data)
    assert psnr(one(data, (180, 170), interpolation="linear"), resize_cv2_linear(image, (180, 170))) >= 45
    assert psnr(one(data, (180, 170)), resize_pil_bilinear(image, (180, 170))) >= 45
    assert psnr(one(data, (64, 90)), resize_pil_bilinear(image, (64, 90))) >= 32


@examples(max_examples=60)
@given(st.integers(8, 90), st.integers(8, 90), SIDES, SIDES, st.sampled_from(list(SAMPLING)), st.integers(0, 99))
def test_psnr_at_odd_sizes(
    height: int, width: int, out_height: int, out_width: int, subsampling: str, seed: int
) -> None:
    data = jpeg(photo(height, width, seed=seed), 95, subsampling)
    size = (out_height, out_width)
    reference = resize_cv2_linear(decode_cv2(data), size)
    assert psnr(one(data, size, interpolation="linear"), reference) >= 45


def test_gray_output_is_the_luma() -> None:
    data = jpeg(photo(120, 160, seed=2), 95, "4:2:0")
    luma = decode_cv2(data, "gray")
    for interpolation in ("antialias", "linear"):
        made = one(data, (100, 90), 1, interpolation=interpolation)
        np.testing.assert_array_equal(made, resize(luma, (100, 90), interpolation))


def test_gray_files_are_filtered_once_for_all_channels() -> None:
    data = jpeg(photo(120, 160, seed=2), 95, gray=True)
    made = one(data, (100, 90))
    np.testing.assert_array_equal(made, np.repeat(resize(decode_cv2(data, "gray"), (100, 90), "antialias"), 3, axis=2))
