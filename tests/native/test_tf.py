from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import SAMPLING, Pixels, jpeg, photo
from reference import geometry as g
from reference.geometry import Axis, Op
from reference.pixels import decode_cv2
from reference.tf_resize import METHODS, Floats, Method, resize_tf

from native.native import examples, limits, one, put, run

EXACT = ("nearest", "bilinear")
NEAR = 1e-3  # of a gray level
DTYPES = ("uint8", "float16", "float32", "float64")
SIDES = st.integers(1, 70)
METHOD = st.sampled_from(METHODS)
FLIPS = [g.flip(0, 1, "horizontal"), g.flip(1, 1, "vertical")]


def placed(image: Pixels, size: tuple[int, int], method: Method, rows: Axis, columns: Axis) -> Floats:
    """Slice, resize, slice again, flip, and pad with zeros."""
    window = image[rows.start : rows.start + rows.window, columns.start : columns.start + columns.window]
    made = resize_tf(window, (rows.grid, columns.grid), method)
    made = made[rows.begin : rows.begin + rows.length, columns.begin : columns.begin + columns.length]
    made = made[:: -1 if rows.mirror else 1, :: -1 if columns.mirror else 1]
    after = size[0] - rows.pad - rows.length, size[1] - columns.pad - columns.length
    return np.pad(made, ((rows.pad, after[0]), (columns.pad, after[1]), (0, 0)))


def as_dtype(values: Floats, dtype: str, scale: float, offset: float) -> npt.NDArray[Any]:
    if dtype == "uint8":
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)
    work = np.float64 if dtype == "float64" else np.float32
    with np.errstate(over="ignore", under="ignore"):
        return (work(offset) + work(scale) * values.astype(work)).astype(dtype)


def check_dtype(
    made: npt.NDArray[Any], values: Floats, method: Method, dtype: str, scale: float = 1, offset: float = 0
) -> None:
    """Check that exact filters are equal, and others within a thousandth plus one rounding to the dtype."""
    expected = as_dtype(values, dtype, scale, offset)
    assert made.dtype == expected.dtype
    if method in EXACT:
        np.testing.assert_array_equal(made, expected, method)
    elif dtype == "uint8":
        assert (np.abs(made - values.clip(0, 255)) <= 0.5 + NEAR).all(), method
    else:
        step = np.abs(np.spacing(expected)) if dtype == "float16" else 0
        assert (np.abs(made.astype(np.float64) - expected) <= NEAR * abs(scale) + step).all(), method


def options(dtype: str, scale: float = 1, offset: float = 0) -> dict[str, Any]:
    if dtype == "uint8":
        return {}
    return {"lookup": np.zeros(256, dtype), "scale": scale, "offset": offset}


@examples(max_examples=200)
@given(st.data(), METHOD, SIDES, SIDES, SIDES, SIDES)
def test_files_equal_the_reference(
    data: st.DataObject, method: Method, height: int, width: int, out_height: int, out_width: int
) -> None:
    gray = data.draw(st.booleans())
    content = jpeg(
        photo(height, width, seed=data.draw(st.integers(0, 9))),
        data.draw(st.integers(60, 100)),
        data.draw(st.sampled_from(list(SAMPLING))),
        progressive=data.draw(st.booleans()),
        gray=gray,
        orientation=data.draw(st.sampled_from([None, *range(1, 9)])),
    )
    color: Literal["rgb", "bgr", "gray"] = data.draw(st.sampled_from(["rgb", "bgr", "gray"]))
    orient: Literal["exif", "none", "landscape"] = data.draw(st.sampled_from(["exif", "none", "landscape"]))
    dtype, first = data.draw(st.sampled_from(DTYPES)), data.draw(st.booleans())
    scale, offset = data.draw(st.sampled_from([(1.0, 0.0), (1 / 255, 0.0), (2 / 255, -1.0), (-30.3, 7.7)]))
    made = one(
        content,
        (out_height, out_width),
        1 if color == "gray" else 3,
        interpolation=f"tf.{method}",
        orient=orient,
        bgr=color == "bgr",
        channels_first=first,
        **options(dtype, scale, offset),
    )
    values = resize_tf(decode_cv2(content, color, orient), (out_height, out_width), method)
    check_dtype(made.transpose(1, 2, 0) if first else made, values, method, dtype, scale, offset)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sizes", [(700, 500, 224, 224), (31, 900, 333, 20), (1, 4000, 40, 7), (260, 3, 9, 300)])
def test_larger_images_equal_the_reference(method: Method, sizes: tuple[int, int, int, int]) -> None:
    content = jpeg(photo(*sizes[:2], seed=5), 90, "4:2:0")
    for tag in range(1, 9):
        turned = content if tag == 1 else jpeg(photo(*sizes[:2], seed=5), 90, "4:2:0", orientation=tag)
        made = one(turned, sizes[2:], interpolation=f"tf.{method}", **options("float32"))
        check_dtype(made, resize_tf(decode_cv2(turned), sizes[2:], method), method, "float32")


@examples(max_examples=150)
@given(METHOD, SIDES, SIDES, SIDES, SIDES, st.sampled_from([(1, 1), (1, 3), (3, 3)]), st.booleans(), st.booleans())
def test_pixels_equal_the_reference(
    method: Method,
    height: int,
    width: int,
    out_height: int,
    out_width: int,
    channels: tuple[int, int],
    swap: bool,
    first: bool,
) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, channels[0]), dtype=np.uint8)
    size = (out_height, out_width)
    settings = {"interpolation": f"tf.{method}", "bgr": swap, "channels": channels[1], "channels_first": first}
    made = put(image, size, **settings, **options("float32"))
    values = np.broadcast_to(resize_tf(image, size, method), (*size, channels[1]))
    values = values[:, :, ::-1] if swap else values
    check_dtype(made.transpose(1, 2, 0) if first else made, values, method, "float32")


@examples(max_examples=150)
@given(st.data(), METHOD, SIDES, SIDES, SIDES, SIDES)
def test_windows_flips_and_padding(
    data: st.DataObject, method: Method, height: int, width: int, out_height: int, out_width: int
) -> None:
    size = (out_height, out_width)
    steps: list[list[Op]] = [
        [g.center_crop(data.draw(SIDES), data.draw(SIDES))],
        [g.crop_to_aspect(data.draw(st.booleans()))],
        [g.pad_to_aspect()],
        [g.center_crop(data.draw(SIDES), data.draw(SIDES)), g.pad_to_aspect()],
        [g.resize_short(max(size) + data.draw(st.integers(0, 9))), g.center_crop(*size)],
    ]
    chosen = data.draw(st.sampled_from(steps))
    flips = [flip for flip in FLIPS if data.draw(st.booleans())]
    ops = flips + chosen if data.draw(st.booleans()) else chosen + flips
    tag, gray = data.draw(st.integers(1, 8)), data.draw(st.booleans())
    dtype, first = data.draw(st.sampled_from(DTYPES)), data.draw(st.booleans())
    content = jpeg(photo(height, width, seed=2), 95, "4:4:4", gray=gray, orientation=tag)
    image = decode_cv2(content)
    rows, columns = g.follow(ops, [0.0, 0.0], *image.shape[:2], size)
    made = one(
        content,
        size,
        interpolation=f"tf.{method}",
        ops=ops,
        draws=[0.0, 0.0],
        channels_first=first,
        **options(dtype, 1 / 255, -0.5),
    )
    values = placed(image, size, method, rows, columns)
    check_dtype(made.transpose(1, 2, 0) if first else made, values, method, dtype, 1 / 255, -0.5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tag", [1, 6])
def test_pixels_outside_a_window_have_no_weight(method: Method, tag: int) -> None:
    image = np.full((60, 50, 3), 255, np.uint8)
    image[16:44, 16:34] = photo(28, 18, seed=3)
    content = jpeg(image, 100, "4:4:4", orientation=tag)
    stored = decode_cv2(content)
    height, width = (28, 18) if tag == 1 else (18, 28)
    top, left = (stored.shape[0] - height) // 2, (stored.shape[1] - width) // 2
    window = stored[top : top + height, left : left + width]
    made = one(
        content,
        (33, 20),
        interpolation=f"tf.{method}",
        ops=[g.center_crop(height, width)],
        **options("float32"),
    )
    check_dtype(made, resize_tf(window, (33, 20), method), method, "float32")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_conversion_over_the_whole_range(dtype: str) -> None:
    image = np.arange(256, dtype=np.uint8).reshape(1, 256, 1)
    for scale in (1.0, 1e-9, 3e-7, 1 / 255, 257.5, 1e4, -1e38):
        for offset in (0.0, 1e-5, -65504.0, 65519.0):
            made = put(image, (1, 511), interpolation="tf.bilinear", **options(dtype, scale, offset))
            check_dtype(made, resize_tf(image, (1, 511), "bilinear"), "bilinear", dtype, scale, offset)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1)])
def test_far_from_square(shape: tuple[int, int], method: Method) -> None:
    content = jpeg(photo(*shape, seed=2), subsampling="4:2:0")
    for size in ((1, 1), (7, 5)):
        made = one(content, size, interpolation=f"tf.{method}", **options("float32"))
        check_dtype(made, resize_tf(decode_cv2(content), size, method), method, "float32")


@pytest.mark.parametrize("tag", [1, 3, 6])
def test_few_rows_of_a_large_image_are_in_memory(tag: int) -> None:
    content = jpeg(photo(3000, 400, seed=1), 80, "4:2:0", orientation=tag)
    limit = limits(memory_bytes=400_000)  # the decoded image takes twelve times as much
    for method in METHODS:
        for size in ((1, 400), (3, 3), (300, 400)):
            batch = run([content], size, interpolation=f"tf.{method}", limit=limit, **options("float32"))
            assert batch.statuses == ["OK"], (method, size)


@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.linear", "cv2.nearest"])
def test_only_tf_filters_support_padding(interpolation: str) -> None:
    batch = run([jpeg(photo(20, 30))], (16, 16), interpolation=interpolation, ops=[g.pad_to_aspect()])
    assert batch.statuses == ["INTERNAL"]


@pytest.mark.parametrize(
    "ops",
    [
        [g.pad_to_aspect(), g.center_crop(5, 5)],
        [g.pad_to_aspect(), g.resize_short(16)],
        [g.resize_short(16), g.pad_to_aspect()],
        [g.pad_to_aspect(), g.pad_to_aspect()],
    ],
)
def test_padding_is_the_last_step_and_occurs_once(ops: list[Op]) -> None:
    batch = run([jpeg(photo(20, 30))], (16, 16), interpolation="tf.bilinear", ops=ops)
    assert batch.statuses == ["INTERNAL"]


def test_float32_and_integer_crops_differ_at_large_sizes() -> None:
    size = (5985, 2813)
    image = np.random.default_rng(1).integers(0, 256, (5990, 2813, 1), dtype=np.uint8)
    windows = []
    for float32 in (False, True):
        ops = [g.crop_to_aspect(float32)]
        rows, columns = g.follow(ops, [], *image.shape[:2], size)
        made = put(image, size, interpolation="tf.nearest", ops=ops)
        np.testing.assert_array_equal(made, placed(image, size, "nearest", rows, columns))
        windows.append(rows.window)
    assert windows == [5985, 5984]
