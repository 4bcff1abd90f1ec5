"""Colors converted as by Pillow's `convert`."""

from __future__ import annotations

import io

import numpy as np
import pytest
from images import cmyk_jpeg, jpeg, photo
from PIL import Image
from reference.pixels import resize_pil

from native.native import one, put

FILES = {
    "cmyk": cmyk_jpeg(photo(61, 83, seed=1, channels=4)),
    "ycck": cmyk_jpeg(photo(61, 83, seed=2, channels=4), ycck=True),
    "4:2:0": jpeg(photo(61, 83, seed=3), subsampling="4:2:0"),
    "progressive": jpeg(photo(61, 83, seed=4), progressive=True),
    "rgb": jpeg(photo(61, 83, seed=5), rgb=True),
    "gray": jpeg(photo(61, 83, seed=6, channels=1)),
}


@pytest.mark.parametrize("interpolation", ["pil.nearest", "pil.bilinear", "pil.lanczos"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("kind", FILES)
def test_equal_to_pillow(kind: str, mode: str, interpolation: str) -> None:
    channels = len(mode) if mode == "RGB" else 1
    image = np.asarray(Image.open(io.BytesIO(FILES[kind])).convert(mode)).reshape(61, 83, channels)
    for size in ((61, 83), (30, 41), (97, 120)):
        made = one(FILES[kind], size, channels, interpolation=interpolation, orient="none", pillow_colors=True)
        expected = resize_pil(image, size, interpolation.removeprefix("pil."))
        np.testing.assert_array_equal(made, expected)


def test_gray_distinguishes_rgb_from_bgr() -> None:
    options = {"interpolation": "pil.nearest", "pillow_colors": True}
    expected = one(FILES["4:2:0"], (61, 83), 1, **options)
    np.testing.assert_array_equal(one(FILES["4:2:0"], (61, 83), 1, bgr=True, **options), expected)


@pytest.mark.parametrize("interpolation", ["pil.nearest", "pil.bilinear", "cv2.nearest", "tf.bilinear", "antialias"])
@pytest.mark.parametrize("pixels_bgr", [False, True])
def test_gray_of_pixels_decoded_elsewhere(interpolation: str, pixels_bgr: bool) -> None:
    pixels = photo(40, 50, seed=7)
    expected = np.asarray(Image.fromarray(pixels).convert("L")).reshape(40, 50, 1)
    given = pixels[..., ::-1] if pixels_bgr else pixels
    options = {"interpolation": interpolation, "pillow_colors": True, "channels": 1}
    gray = put(given, (40, 50), pixels_bgr=pixels_bgr, **options)
    np.testing.assert_array_equal(gray, expected)
    swapped = put(given, (40, 50), pixels_bgr=not pixels_bgr, **options)
    assert (swapped != expected).any()


def test_gray_pixels_decoded_elsewhere_are_kept() -> None:
    pixels = photo(40, 50, seed=8, channels=1)
    gray = put(pixels, (40, 50), interpolation="pil.nearest", pillow_colors=True, channels=1)
    np.testing.assert_array_equal(gray, pixels)
