"""Images of more than 8 bits: every filter against its plain twin, the bits of Pillow, and what slots hold of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo
from PIL import Image
from reference import deep
from reference.geometry import (
    CROP_DRAWS,
    center_crop,
    flip,
    follow,
    pad_to_aspect,
    random_resized_crop,
    resize_short,
    upright,
)
from reference.pixels import resize_by_pillow

from fastseq._native import tables
from native.native import INTERPOLATION, OTHER_FORMAT, examples, finish, limits, one, put_deep, recipe, start

SIDES = st.integers(1, 40)
TYPES = list(tables.sample_types())
ONES = {name: np.arange(256).astype(name) for name in ("uint16", "float16", "float32", "float64")}
OPS = {
    "whole": [],
    "crop": [random_resized_crop(0, (0.05, 1.0), (0.5, 2.0)), flip(CROP_DRAWS, 0.5, "horizontal")],
    "flips": [flip(0, 0.5, "horizontal"), flip(1, 0.5, "vertical")],
    "short": [resize_short(30), center_crop(11, 13)],
    "pad": [pad_to_aspect()],
}


def noise(shape: tuple[int, int, int], kind: str, seed: int) -> npt.NDArray[Any]:
    rng = np.random.default_rng(seed)
    if kind.startswith("float"):
        return rng.normal(1000, 3000, shape).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(max(info.min, -(2**22)), min(info.max, 2**22), shape, kind, endpoint=True)


@pytest.mark.parametrize("interpolation", INTERPOLATION)
@examples(max_examples=30)
@given(st.data(), SIDES, SIDES, SIDES, SIDES)
def test_every_filter_is_its_plain_twin(
    interpolation: str, data: st.DataObject, height: int, width: int, out_height: int, out_width: int
) -> None:
    name = data.draw(st.sampled_from([n for n in OPS if n != "pad" or interpolation.startswith("tf.")]))
    size = (11, 13) if name == "short" else (out_height, out_width)
    draws = data.draw(st.lists(st.floats(0, 0.999), min_size=CROP_DRAWS + 1, max_size=CROP_DRAWS + 1))
    orient: Any = data.draw(st.sampled_from(["none", "landscape"]))
    kind, channels = data.draw(st.sampled_from(TYPES)), data.draw(st.sampled_from([1, 3]))
    first = data.draw(st.booleans())
    image = noise((height, width, channels), kind, data.draw(st.integers(0, 9)))
    if kind == "uint16":  # Pillow clips what overshoots
        image = image // 2 + 16384
    turned: Any = upright(image, 1, orient)  # type: ignore[arg-type]
    rows, columns = follow(OPS[name], draws, *turned.shape[:2], size)
    grows = rows.grid > rows.window, columns.grid > columns.window
    shrinks = rows.grid <= rows.window, columns.grid <= columns.window
    if interpolation == "cv2.area" and not (all(grows) or all(shrinks)):
        return
    made = put_deep(
        image,
        size,
        interpolation=interpolation,
        orient=orient,
        ops=OPS[name],
        draws=[draws],
        lookup=ONES["float32"],
        channels_first=first,
    )
    expected = np.zeros((*size, channels))
    expected[rows.pad : rows.pad + rows.length, columns.pad : columns.pad + columns.length] = deep.resize(
        turned, rows, columns, interpolation
    )
    if first:
        made = made.transpose(1, 2, 0)
    reach = float(np.abs(image.astype(np.float64)).max()) + 1
    rounded = 1.01 if interpolation.startswith("pil.") and not kind.startswith("float") else 0
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5 * reach + rounded)


MODES = {"uint16": "I;16", "int32": "I", "float32": "F"}
FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


@pytest.mark.parametrize("kind", MODES)
@pytest.mark.parametrize("name", FILTERS)
@examples(max_examples=40)
@given(st.data(), st.integers(1, 70), st.integers(1, 70), SIDES, SIDES)
def test_bits_of_pillow(
    kind: str, name: str, data: st.DataObject, height: int, width: int, out_height: int, out_width: int
) -> None:
    image = noise((height, width, 1), kind, data.draw(st.integers(0, 99)))
    if kind == "uint16":  # Pillow wraps what overshoots
        image = image // 2 + 16384
    size = data.draw(st.sampled_from([(out_height, out_width), (height, out_width), (out_height, width)]))
    mode = "I" if name == "nearest" and kind == "uint16" else MODES[kind]  # I;16 decides ties in a way of its own
    array = image[:, :, 0].astype(np.int32) if mode == "I" else image[:, :, 0]
    source = Image.fromarray(array)
    assert source.mode == mode
    whole = resize_by_pillow(source, size, name)
    made = put_deep(image, size, interpolation=f"pil.{name}", lookup=ONES["float64"])
    np.testing.assert_array_equal(made[:, :, 0], np.asarray(whole))


@pytest.mark.parametrize("bgr", [False, True])
@pytest.mark.parametrize("kind", TYPES)
def test_colors_and_gray(kind: str, bgr: bool) -> None:
    image = noise((9, 7, 3), kind, 1)
    options: dict[str, Any] = {"interpolation": "cv2.nearest", "lookup": ONES["float64"], "pixels_bgr": bgr}
    np.testing.assert_array_equal(put_deep(image, (9, 7), bgr=bgr, **options), image.astype(np.float32))
    np.testing.assert_array_equal(put_deep(image, (9, 7), bgr=not bgr, **options), image.astype(np.float32)[..., ::-1])
    gray = put_deep(image, (9, 7), channels=1, **options)
    colors = image[..., ::-1] if bgr else image
    np.testing.assert_allclose(gray[..., 0], colors.astype(np.float64) @ deep.LUMA, rtol=1e-6, atol=1e-2)
    repeated = put_deep(image[..., :1], (9, 7), channels=3, **options)
    np.testing.assert_array_equal(repeated, np.repeat(image[..., :1], 3, -1).astype(np.float32))


@pytest.mark.parametrize("kind", TYPES)
def test_items(kind: str) -> None:
    image = noise((8, 9, 3), kind, 2)
    for first in (False, True):
        options: dict[str, Any] = {"interpolation": "tf.nearest", "channels_first": first}
        stored = image.transpose(2, 0, 1) if first else image
        with np.errstate(over="ignore"):
            half = np.float32(3) + np.float32(0.25) * stored.astype(np.float32)
            halves = half.astype(np.float16)
        np.testing.assert_array_equal(put_deep(image, (8, 9), **options), np.rint(stored.clip(0, 255)))
        np.testing.assert_array_equal(
            put_deep(image, (8, 9), lookup=ONES["uint16"], **options), np.rint(stored.clip(0, 65535))
        )
        scaled: dict[str, Any] = {"scale": 0.25, "offset": 3.0, **options}
        np.testing.assert_array_equal(put_deep(image, (8, 9), lookup=ONES["float16"], **scaled), halves)
        np.testing.assert_array_equal(put_deep(image, (8, 9), lookup=ONES["float32"], **scaled), half)


def test_what_is_no_number() -> None:
    image = np.array([[[np.nan], [np.inf], [-np.inf], [1e30], [0.5], [1.5]]])
    options: dict[str, Any] = {"interpolation": "cv2.nearest"}
    assert put_deep(image, (1, 6), **options).ravel().tolist() == [0, 255, 0, 255, 0, 2]
    wide = put_deep(image, (1, 6), lookup=ONES["uint16"], **options)
    assert wide.ravel().tolist() == [0, 65535, 0, 65535, 0, 2]
    same = put_deep(image, (1, 6), lookup=ONES["float64"], **options)
    np.testing.assert_array_equal(same, image.astype(np.float32))


def test_bytes_become_items_of_16_bits() -> None:
    data = jpeg(photo(40, 50), 90)
    for interpolation in ("antialias", "cv2.linear", "pil.bicubic"):
        plain = one(data, (20, 30), interpolation=interpolation)
        np.testing.assert_array_equal(one(data, (20, 30), interpolation=interpolation, lookup=ONES["uint16"]), plain)
    floats = one(data, (20, 30), interpolation="tf.bicubic", lookup=ONES["float32"])
    made = one(data, (20, 30), interpolation="tf.bicubic", lookup=ONES["uint16"])
    np.testing.assert_array_equal(made, np.rint(floats.clip(0, 65535)))


def test_limits_and_wrong_sizes() -> None:
    image = noise((300, 200, 1), "uint16", 3)

    def status(**changed: int) -> list[str]:
        made = recipe((4, 100), 1, limit=limits(**changed))
        job = start([OTHER_FORMAT], made, np.full(made.slot_bytes, 7, np.uint8))
        assert finish(job) == ["NEEDS_DECODER"]
        assert job.begin_fetch(0)
        samples = image.reshape(-1).view(np.uint8)
        with pytest.raises(ValueError, match="bytes for an image"):
            job.put_deep(0, samples[:-2], 0, image.shape, False)
        with pytest.raises(ValueError, match="4 channels"):
            job.put_deep(0, samples, 0, (300, 50, 4), False)
        job.put_deep(0, samples, 0, image.shape, False)
        return finish(job)

    assert status() == ["OK"]
    assert status(pixels=59_999) == ["TOO_MANY_PIXELS"]
    assert status(memory_bytes=10_000) == ["TOO_MUCH_MEMORY"]


def test_ids_have_one_channel() -> None:
    made = recipe((4, 4), 1, interpolation="cv2.nearest", index=True)
    job = start([OTHER_FORMAT], made, np.full(made.slot_bytes, 7, np.uint8))
    assert finish(job) == ["NEEDS_DECODER"]
    assert job.begin_fetch(0)
    job.put_pixels(0, np.zeros((5, 5, 3), np.uint8), False)
    assert finish(job) == ["NOT_A_MASK"]
