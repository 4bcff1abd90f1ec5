"""Images of 16 bits, signed and float images: their values, and a warning where a batch cannot hold them."""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
import pytest
from images import encoded, jpeg, photo
from PIL import Image
from reference.pixels import resize_by_pillow
from tiff_files import tiff

import fastseq
from fastseq import decode_batch

SIZE = (24, 32)
SAME = {"interpolation": "pil.nearest"}
rng = np.random.default_rng(0)
GRAY = rng.integers(0, 65536, (*SIZE, 1), np.uint16)
GRAY[0, :2, 0] = 0, 65535
RGB = rng.integers(0, 65536, (*SIZE, 3), np.uint16)
HOUNSFIELD = rng.integers(-1024, 3072, (*SIZE, 1), np.int16)
HEIGHTS = rng.normal(300, 900, (*SIZE, 1)).astype(np.float32)


def cv2_file(image: np.ndarray, form: str) -> bytes:
    ok, data = cv2.imencode(form, image[..., ::-1] if image.shape[2] == 3 else image)
    assert ok
    return data.tobytes()


def pillow_file(image: np.ndarray, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image[..., 0]).save(file, form, **options)
    return file.getvalue()


GRAY_FILES = {
    "png": cv2_file(GRAY, ".png"),
    "tiff": cv2_file(GRAY, ".tiff"),
    "pgm": cv2_file(GRAY, ".pgm"),
    "jp2": pillow_file(GRAY, "jpeg2000", num_resolutions=2),
    "big-endian tiff": tiff(GRAY, order=">"),
    "compressed tiff": pillow_file(GRAY, "tiff", compression="tiff_lzw"),
}
RGB_FILES = {form: cv2_file(RGB, form) for form in (".png", ".tiff", ".ppm")}


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
@pytest.mark.parametrize("form", GRAY_FILES)
def test_gray_of_16_bits(form, dtype):
    made = decode_batch([GRAY_FILES[form]], SIZE, color="gray", dtype=dtype, **SAME)[0]
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, GRAY)
    colors = decode_batch([GRAY_FILES[form]], SIZE, dtype=dtype, **SAME)[0]
    np.testing.assert_array_equal(colors, np.repeat(made, 3, -1))


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
@pytest.mark.parametrize("form", RGB_FILES)
def test_colors_of_16_bits(form, dtype):
    made = decode_batch([RGB_FILES[form]], SIZE, dtype=dtype, **SAME)[0]
    np.testing.assert_array_equal(made, RGB)
    bgr = decode_batch([RGB_FILES[form]], SIZE, dtype=dtype, color="bgr", data_format="channels_first", **SAME)[0]
    np.testing.assert_array_equal(bgr, RGB[..., ::-1].transpose(2, 0, 1))
    gray = decode_batch([RGB_FILES[form]], SIZE, dtype="float64", color="gray", **SAME)[0, ..., 0]
    np.testing.assert_allclose(gray, RGB @ np.array([0.299, 0.587, 0.114]), rtol=1e-6)


def test_alpha_of_16_bits_is_dropped():
    alpha = np.dstack([RGB, GRAY])
    for form in (".png", ".tiff"):
        data = cv2.imencode(form, alpha[..., [2, 1, 0, 3]])[1].tobytes()
        np.testing.assert_array_equal(decode_batch([data], SIZE, dtype="uint16", **SAME)[0], RGB)


@pytest.mark.parametrize("order", ["<", ">"])
def test_signed_values(order):
    data = tiff(HOUNSFIELD, order=order)
    for dtype in ("float16", "float32", "float64"):
        made = decode_batch([data], SIZE, color="gray", dtype=dtype, **SAME)[0]
        np.testing.assert_array_equal(made, HOUNSFIELD.astype(dtype))
    scaled = decode_batch([data], SIZE, color="gray", dtype="float32", scale=1 / 4096, offset=0.25, **SAME)[0]
    np.testing.assert_array_equal(scaled, np.float32(0.25) + np.float32(1 / 4096) * HOUNSFIELD.astype(np.float32))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint32", "float32", "float64"])
def test_values_of_every_type(dtype):
    image = rng.integers(-100, 100, (*SIZE, 1)).astype(dtype)
    if dtype == "uint32":
        image = image % 100_000
    made = decode_batch([tiff(image)], SIZE, color="gray", dtype="float64", **SAME)[0]
    np.testing.assert_array_equal(made, image)


def test_heights_as_floats():
    made = decode_batch([tiff(HEIGHTS)], SIZE, color="gray", dtype="float32", **SAME)[0]
    np.testing.assert_array_equal(made, HEIGHTS)
    hole = HEIGHTS.copy()
    hole[3, 4] = np.nan
    made = decode_batch([tiff(hole)], SIZE, color="gray", dtype="float32", **SAME)[0]
    np.testing.assert_array_equal(made, hole)


@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.linear", "cv2.area", "tf.bilinear"])
def test_filters_see_all_bits(interpolation):
    """A ramp of 16 bits stays one: through 8 bits it would have steps."""
    ramp = np.broadcast_to(np.arange(0, 64000, 250, dtype=np.uint16)[:, None, None], (256, 40, 1))
    made = decode_batch([cv2_file(ramp, ".png")], (64, 10), color="gray", dtype="float32", interpolation=interpolation)
    steps = np.diff(made[0, 2:-2, 5, 0])
    np.testing.assert_allclose(steps, 1000, atol=1)


def test_cv2_filters_are_those_of_cv2():
    image = (photo(90, 70, channels=1).astype(np.uint16) * 200).reshape(90, 70, 1)
    data = cv2_file(image, ".png")
    filters = {"cv2.linear": cv2.INTER_LINEAR, "cv2.area": cv2.INTER_AREA, "cv2.nearest": cv2.INTER_NEAREST}
    for name, number in filters.items():
        for size in ((31, 29), (45, 35), (120, 130)):
            made = decode_batch([data], size, color="gray", dtype="uint16", interpolation=name)[0, ..., 0]
            expected = cv2.resize(image, size[::-1], interpolation=number)
            assert np.abs(made.astype(int) - expected).max() <= 1, (name, size)


@pytest.mark.parametrize("name", ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"])
def test_pillow_filters_are_the_bits_of_pillow(name):
    image = photo(90, 70, channels=1).astype(np.uint16) * 100 + 15000
    for array, data in ((image, cv2_file(image, ".png")), (image.astype(np.float32), tiff(image.astype(np.float32)))):
        for size in ((31, 29), (45, 70), (90, 11), (120, 130)):
            expected = resize_by_pillow(Image.fromarray(array[..., 0]), size, name)
            made = decode_batch([data], size, color="gray", dtype="float64", interpolation=f"pil.{name}")
            np.testing.assert_array_equal(made[0, ..., 0], np.asarray(expected))


def test_transforms_are_those_of_an_image_of_bytes():
    small = photo(50, 61, 3)
    deep = small.astype(np.uint16) * 257
    options = {
        "size": SIZE,
        "transform": [fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal_and_vertical")],
        "orient": "landscape",
        **SAME,
    }
    for seed in range(10):
        in_bytes = decode_batch([encoded(small, "png")], seed=seed, **options)
        made = decode_batch([cv2_file(deep, ".png")], dtype="uint16", seed=seed, **options)
        np.testing.assert_array_equal(made, in_bytes.astype(np.uint16) * 257)


def test_images_of_8_bits_keep_their_values_in_16():
    files = [jpeg(photo(50, 60)), encoded(photo(40, 30, 1), "png")]
    for interpolation in ("antialias", "cv2.linear", "tf.nearest"):
        made = decode_batch(files, SIZE, dtype="uint16", interpolation=interpolation)
        assert made.dtype == np.uint16
        np.testing.assert_array_equal(made, decode_batch(files, SIZE, interpolation=interpolation))


def test_integers_take_no_scale():
    for dtype in ("uint8", "uint16"):
        with pytest.raises(ValueError, match="float dtype"):
            decode_batch([], SIZE, dtype=dtype, scale=2)


LOSSES = {
    "high byte": (GRAY_FILES["png"], {"dtype": "uint8"}, "0..4095 becomes 0..15"),
    "high byte of colors": (RGB_FILES[".tiff"], {"dtype": "uint8"}, "write dtype='uint16'"),
    "signed": (tiff(HOUNSFIELD), {"dtype": "uint8"}, "outside in images of int16 is clipped; write dtype='float32'"),
    "signed, 16 bits": (tiff(HOUNSFIELD), {"dtype": "uint16"}, "holds 0..65535"),
    "fractions": (tiff(np.abs(HEIGHTS)), {"dtype": "uint16"}, "rounds the fractions in images of float32"),
    "half": (GRAY_FILES["png"], {"dtype": "float16"}, "larger values in images of uint16 become inf"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_one_warning_where_range_is_lost(loss, tmp_path):
    data, options, words = LOSSES[loss]
    with pytest.warns(UserWarning, match=words) as told:
        decode_batch([data, data], SIZE, color="gray", **options)
    assert len(told) == 1
    assert told[0].filename == __file__
    paths = [tmp_path / f"{k}" for k in range(4)]
    for path in paths:
        path.write_bytes(data)
    loader = fastseq.Loader(fastseq.Samples.from_files(paths), SIZE, batch_size=2, color="gray", **options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            assert len(list(loader)) == 2
    assert [words in str(warning.message) for warning in told] == [True]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_does_not_fit_is_clipped():
    made = decode_batch([tiff(HOUNSFIELD)], SIZE, color="gray", dtype="uint16", **SAME)[0]
    np.testing.assert_array_equal(made, HOUNSFIELD.clip(0))
    made = decode_batch([tiff(HOUNSFIELD)], SIZE, color="gray", **SAME)[0]
    np.testing.assert_array_equal(made, HOUNSFIELD.clip(0, 255))
    made = decode_batch([tiff(HEIGHTS)], SIZE, color="gray", **SAME)[0]
    np.testing.assert_array_equal(made, np.rint(HEIGHTS).clip(0, 255))


def test_colors_of_pillow_have_8_bits():
    for data in (GRAY_FILES["png"], tiff(HOUNSFIELD)):
        with pytest.warns(UserWarning, match=r"color='pil.gray' .* color='gray' or 'rgb'"):
            made = decode_batch([data], SIZE, color="pil.gray", dtype="float32", **SAME)
        assert made.max() <= 255


def test_values_that_fit_cause_no_warning():
    for data in (tiff(np.abs(HOUNSFIELD)), tiff(np.abs(HOUNSFIELD).astype(np.int32))):
        made = decode_batch([data], SIZE, color="gray", dtype="uint16", **SAME)[0]
        np.testing.assert_array_equal(made, np.abs(HOUNSFIELD))
    half = decode_batch([GRAY_FILES["png"]], SIZE, color="gray", dtype="float16", scale=1 / 65535, **SAME)
    assert half.max() <= 1
