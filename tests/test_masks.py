"""color="index": the ids of masks, as they are stored."""

from __future__ import annotations

import io
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from PIL import Image
from png_files import SIGNATURE, chunk, header, png
from tiff_files import PALETTE, tiff

import fastseq
from fastseq import DecodeError, Status, decode_batch

SIZE = (24, 32)
NEAREST = {"color": "index", "interpolation": "pil.nearest"}
IDS = np.random.default_rng(0).integers(0, 21, SIZE, np.uint8)
COLORS = np.random.default_rng(1).integers(0, 256, 768, np.uint8)


def palette_file(ids: np.ndarray, form: str, **options: object) -> bytes:
    image = Image.fromarray(ids, "L")
    image.putpalette(COLORS.tobytes())
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


PNG, GIF = (palette_file(IDS, form) for form in ("png", "gif"))


def read(data: bytes, **options: object) -> np.ndarray:
    return decode_batch([data], SIZE, **{**NEAREST, **options})[0, :, :, 0]


def refusal(data: bytes, **options: object) -> str:
    with pytest.raises(DecodeError) as caught:
        read(data, **options)
    assert caught.value.status is Status.NOT_A_MASK
    assert "save the mask as a PNG" in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("form", ["png", "gif", "bmp", "tiff"])
def test_places_in_a_palette(form, dtype):
    made = read(palette_file(IDS, form), dtype=dtype)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, IDS)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("color", "depth"), [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (3, 1), (3, 2), (3, 4), (3, 8)])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40))
def test_png_of_every_depth(color, depth, interlaced, seed, height, width):
    """Random pixels: gray is what a decoder gives, without its stretching; a palette of grays tells the places."""
    rng = np.random.default_rng(seed)
    data = png(rng, height, width, color, depth, interlaced)
    levels = 1 << depth
    if color == 3:
        at = data.index(b"PLTE")
        ramp = np.repeat(np.arange(levels, dtype=np.uint8), 3).tobytes()
        known = data[: at - 4] + chunk(b"PLTE", ramp) + data[at + 8 + 3 * levels :]
        expected = cv2.imdecode(np.frombuffer(known, np.uint8), cv2.IMREAD_COLOR)[..., 0]
    else:
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE)
        if depth < 8:
            expected = expected // (255 // (levels - 1))
    made = decode_batch([data], (height, width), dtype="uint16", **NEAREST)
    np.testing.assert_array_equal(made[0, :, :, 0], expected)
    assert made.max() < levels


def test_transparency_gamma_and_order_of_chunks_change_no_id():
    data = palette_file(IDS, "png", transparency=3)
    at = data.index(b"PLTE") - 4
    with_gamma = data[:at] + chunk(b"gAMA", (45455).to_bytes(4, "big")) + chunk(b"sRGB", b"\0") + data[at:]
    for file in (data, with_gamma):
        np.testing.assert_array_equal(read(file), IDS)


@pytest.mark.parametrize("form", ["png", "tiff", "bmp"])
def test_one_bit_is_0_and_1(form):
    ones = np.random.default_rng(3).random(SIZE) < 0.5
    np.testing.assert_array_equal(read(encoded(Image.fromarray(ones), form)), ones)


@pytest.mark.parametrize("form", ["png", "tiff", "ppm", "bmp", "gif"])
def test_gray_values_are_ids(form):
    np.testing.assert_array_equal(read(encoded(IDS[..., None], form)), IDS)


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_gray_with_alpha(form):
    alpha = np.random.default_rng(4).integers(0, 256, SIZE, np.uint8)
    np.testing.assert_array_equal(read(encoded(Image.fromarray(np.dstack([IDS, alpha]), "LA"), form)), IDS)


@pytest.mark.parametrize("form", [".png", ".tiff", ".pgm"])
def test_ids_of_16_bits(form):
    ids = np.random.default_rng(5).integers(0, 65536, SIZE, np.uint16)
    data = cv2.imencode(form, ids)[1].tobytes()
    for dtype in ("uint16", "float32", "float64"):
        np.testing.assert_array_equal(read(data, dtype=dtype), ids)
    assert "write dtype='uint16'" in refusal(data)
    assert "write dtype='uint16'" in refusal(data, dtype="float16")
    few = cv2.imencode(form, ids % 200)[1].tobytes()
    np.testing.assert_array_equal(read(few), ids % 200)


def test_signed_and_float_ids():
    ids = np.arange(-3, 24 * 32 - 3).reshape(SIZE)
    for dtype in (np.int16, np.int32, np.float32):
        data = tiff(ids.astype(dtype)[..., None])
        np.testing.assert_array_equal(read(data, dtype="float32"), ids)
        assert "write dtype='float16'" in refusal(data, dtype="uint16")
    assert "fractions" in refusal(tiff(np.full((*SIZE, 1), 0.5, np.float32)), dtype="float32")


def test_palettes_of_tiff_in_either_byte_order():
    palette = COLORS.reshape(256, 3).T.astype(np.uint16) * 257
    for order in "<>":
        np.testing.assert_array_equal(read(tiff(IDS[..., None], PALETTE, palette=palette, order=order)), IDS)


def test_what_holds_colors_is_refused():
    image = photo(*SIZE)
    assert "JPEG" in refusal(jpeg(image))
    assert "JPEG" in refusal(jpeg(photo(*SIZE, channels=1)))
    for form in ("png", "tiff", "bmp", "webp", "ppm"):
        assert "colors" in refusal(encoded(image, form)), form
    rgba = Image.fromarray(np.dstack([image, image[..., 0]]))
    assert "colors" in refusal(encoded(rgba, "png"))


def test_damaged_masks_are_damaged():
    data = palette_file(IDS, "png")
    with pytest.raises(DecodeError) as caught:
        read(data[:-20])
    assert caught.value.status is Status.CORRUPT
    short = SIGNATURE + header(4, 4, color=3) + chunk(b"PLTE", bytes(3))
    short += chunk(b"IDAT", zlib.compress(bytes(7))) + chunk(b"IEND")
    with pytest.raises(DecodeError, match="too early"):
        read(short)


@pytest.mark.parametrize("interpolation", ["cv2.nearest", "pil.nearest", "tf.nearest"])
def test_nearest_filters_pick_ids(interpolation):
    big = np.random.default_rng(6).integers(0, 65536, (70, 90), np.uint16)
    wide = decode_batch(
        [cv2.imencode(".png", big)[1].tobytes()], SIZE, color="index", dtype="uint16", interpolation=interpolation
    )
    low, high = (
        decode_batch(
            [encoded(part.astype(np.uint8)[..., None], "png")], SIZE, color="index", interpolation=interpolation
        )
        for part in (big & 255, big >> 8)
    )
    np.testing.assert_array_equal(wide, low.astype(np.uint16) + 256 * high.astype(np.uint16))


@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.linear", "pil.bilinear", "tf.area"])
def test_filters_that_mix_ids_are_refused(interpolation):
    with pytest.raises(ValueError, match=r"write interpolation='pil\.nearest'"):
        decode_batch([], SIZE, color="index", interpolation=interpolation)
    with pytest.raises(ValueError, match=r"write interpolation='pil\.nearest'"):
        decode_batch([], SIZE, color="index")


@pytest.mark.parametrize("name", ["P", "palette", "mask"])
def test_other_names_lead_to_index(name):
    with pytest.raises(ValueError, match='write "index"'):
        decode_batch([], SIZE, color=name)


def test_images_and_masks_are_transformed_alike(tmp_path):
    paths = []
    for k in range(6):
        ids = np.random.default_rng(k).integers(0, 200, (40 + k, 50), np.uint8)
        (tmp_path / f"image{k}.png").write_bytes(encoded(np.repeat(ids[..., None], 3, -1), "png"))
        (tmp_path / f"mask{k}.png").write_bytes(palette_file(ids, "png"))
        paths.append(k)
    options = {
        "batch_size": 3,
        "shuffle": True,
        "seed": 7,
        "transform": [fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal_and_vertical")],
        "interpolation": "pil.nearest",
    }
    images = fastseq.Loader(fastseq.Samples.from_files([tmp_path / f"image{k}.png" for k in paths]), SIZE, **options)
    masks = fastseq.Loader(
        fastseq.Samples.from_files([tmp_path / f"mask{k}.png" for k in paths]), SIZE, color="index", **options
    )
    for _ in range(2):
        for x, y in zip(images, masks, strict=True):
            np.testing.assert_array_equal(x[..., :1], y)


def test_palettes_that_need_pillow_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    np.testing.assert_array_equal(read(PNG), IDS)
    with pytest.raises(DecodeError, match="pip install 'pillow'") as caught:
        read(GIF)
    assert caught.value.status is Status.UNSUPPORTED_FORMAT
