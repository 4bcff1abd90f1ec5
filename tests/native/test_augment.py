from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import Pixels, jpeg, photo
from reference.augment import FARTHEST, Augmentation, FillMode, augment
from reference.pixels import decode_cv2

from native.native import examples, finish, recipe, start

MODES = get_args(FillMode)
FLOATS = np.dtype(np.float32)
COLUMNS = 11


def draws(how: Augmentation) -> npt.NDArray[np.float64]:
    """Return one sample's draws in the layout of csrc/augment."""
    matrix = np.eye(2) if how.matrix is None else how.matrix
    none = np.nan
    return np.array(
        [
            *matrix.ravel(),
            *how.shift,
            how.matrix is not None,
            how.flip_columns,
            how.flip_rows,
            none if how.channel_shift is None else how.channel_shift,
            none if how.brightness is None else how.brightness,
        ],
        np.float64,
    )


def native(
    source: bytes | npt.NDArray[np.float32],
    how: Augmentation,
    size: tuple[int, int],
    channels: int,
    *,
    channels_first: bool = False,
    interpolation: str = "cv2.nearest",
    status: str = "OK",
) -> npt.NDArray[np.float32]:
    """Augment a file or a float image natively."""
    floats = isinstance(source, np.ndarray)
    steps = (MODES.index(how.fill_mode), how.fill_value, how.interpolate, how.factor, floats, 0)
    made = recipe(
        size,
        channels,
        interpolation=interpolation,
        lookup=np.zeros(256, np.float32),
        augment=steps,
        channels_first=channels_first,
    )
    out = np.full(made.slot_bytes, 77, np.uint8)
    data = np.ascontiguousarray(source).reshape(-1).view(np.uint8) if floats else source
    assert finish(start([data], made, out, draws=draws(how)[np.newaxis])) == [status]
    return out.view(FLOATS).reshape((channels, *size) if channels_first else (*size, channels))


def assert_close(made: npt.NDArray[Any], image: npt.NDArray[Any], how: Augmentation) -> None:
    """Compare with the reference: equal if pixels only move, otherwise within 0.01 gray levels."""
    expected = augment(image, how)
    far = np.abs(made - expected) > (0.01 if how.matrix is not None and how.interpolate else 0)
    assert not far.any(), (np.argwhere(far)[:5], how)


def upright(made: npt.NDArray[Any], channels_first: bool) -> npt.NDArray[Any]:
    return made.transpose(1, 2, 0) if channels_first else made


HOW = st.builds(
    Augmentation,
    matrix=st.none()
    | st.lists(st.floats(-2, 2), min_size=4, max_size=4).map(lambda m: np.array(m, np.float64).reshape(2, 2)),
    shift=st.tuples(st.floats(-90, 90), st.floats(-90, 90)),
    fill_mode=st.sampled_from(MODES),
    fill_value=st.floats(-50, 300, width=32),
    interpolate=st.booleans(),
    flip_columns=st.booleans(),
    flip_rows=st.booleans(),
    factor=st.sampled_from([1.0, 0.5, 2.0]),
)
SIDES = st.integers(1, 40)


@examples(max_examples=200)
@given(HOW, SIDES, SIDES, st.sampled_from([1, 3]), st.booleans(), st.integers(0, 99))
def test_float_images(
    how: Augmentation, height: int, width: int, channels: int, channels_first: bool, seed: int
) -> None:
    image = np.random.default_rng(seed).uniform(-40, 290, (height, width, channels)).astype(np.float32)
    laid_out = image.transpose(2, 0, 1) if channels_first else image
    made = native(laid_out, how, (height, width), channels, channels_first=channels_first)
    assert_close(upright(made, channels_first), image, how)


@examples(max_examples=100)
@given(HOW, SIDES, SIDES, st.sampled_from([1, 3]), st.booleans(), st.integers(0, 99))
def test_file_images(
    how: Augmentation, height: int, width: int, channels: int, channels_first: bool, seed: int
) -> None:
    data = jpeg(photo(height, width, seed=seed, channels=channels))
    image = decode_cv2(data, "rgb" if channels == 3 else "gray")
    for interpolation in ("cv2.nearest", "pil.nearest"):
        options = {"channels_first": channels_first, "interpolation": interpolation}
        made = native(data, how, (height, width), channels, **options)
        assert_close(upright(made, channels_first), image, how)


@examples(max_examples=200)
@given(
    HOW,
    st.lists(st.floats() | st.floats(1e4, FARTHEST) | st.floats(-FARTHEST, -1e4), min_size=6, max_size=6),
    st.sets(st.integers(0, 5), min_size=1),
    SIDES,
    SIDES,
    st.sampled_from([1, 3]),
)
def test_arbitrary_affine_maps(
    how: Augmentation, numbers: list[float], places: set[int], height: int, width: int, channels: int
) -> None:
    used = np.array([1, 0, 0, 1, 0, 0], np.float64)
    used[list(places)] = np.array(numbers)[list(places)]
    how = replace(how, matrix=used[:4].reshape(2, 2), shift=(used[4], used[5]))
    image = np.random.default_rng(0).uniform(-40, 290, (height, width, channels)).astype(np.float32)
    made = native(image, how, (height, width), channels)
    if np.abs(used).max() < 1e4:
        assert_close(made, image, how)
    elif not np.abs(used).max() < FARTHEST:
        np.testing.assert_array_equal(made, augment(image, how))
    else:  # rounding decides which pixel is read, but it stays within the image's range
        low, high = min(image.min(), how.fill_value), max(image.max(), how.fill_value)
        assert (made >= how.factor * low - 0.01).all()
        assert (made <= how.factor * high + 0.01).all()


@examples(max_examples=100)
@given(
    st.none() | st.floats(-120, 120),
    st.none() | st.floats(0, 3),
    st.sampled_from([(0, 255), (-60, 300), (7, 7), (-5, -2), (300, 900), (-1e4, 1e4)]),
    st.sampled_from(MODES),
    st.booleans(),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.integers(0, 99),
)
def test_value_changes_equal_the_reference(
    shift: float | None,
    brightness: float | None,
    span: tuple[int, int],
    mode: FillMode,
    turned: bool,
    channels: int,
    channels_first: bool,
    seed: int,
) -> None:
    image = np.random.default_rng(seed).uniform(*span, (13, 17, channels)).astype(np.float32)
    turn = np.array([[0.93, -0.37], [0.29, 1.13]]) if turned else None
    how = Augmentation(turn, (4.3, -7.7), mode, 33.0, False, True, True, shift, brightness, 1 / 255)
    laid_out = image.transpose(2, 0, 1) if channels_first else image
    made = native(laid_out, how, (13, 17), channels, channels_first=channels_first)
    np.testing.assert_array_equal(upright(made, channels_first), augment(image, how))


@examples(max_examples=50)
@given(st.none() | st.floats(-120, 120), st.none() | st.floats(0, 3), SIDES, SIDES, st.sampled_from([1, 3]))
def test_value_changes_of_files_equal_the_reference(
    shift: float | None, brightness: float | None, height: int, width: int, channels: int
) -> None:
    data = jpeg(photo(height, width, seed=1, channels=channels))
    image = decode_cv2(data, "rgb" if channels == 3 else "gray")
    how = Augmentation(flip_rows=True, channel_shift=shift, brightness=brightness, factor=1 / 255)
    np.testing.assert_array_equal(native(data, how, (height, width), channels), augment(image, how))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("channels_first", [False, True])
def test_large_slots_are_stored_past_the_cache_unchanged(mode: FillMode, channels: int, channels_first: bool) -> None:
    turn = np.array([[0.9, -0.3], [0.25, 1.1]])
    for width in (131, 160):
        data = jpeg(photo(150, width, seed=3, channels=channels))
        image = decode_cv2(data, "rgb" if channels == 3 else "gray")
        floats = image.astype(np.float32)
        for source in (data, floats.transpose(2, 0, 1) if channels_first else floats):
            how = Augmentation(turn, (9.5, -7.25), mode, 33.0, flip_rows=True, factor=0.5)
            made = native(source, how, (150, width), channels, channels_first=channels_first)
            assert made.nbytes >= 1 << 16
            assert_close(upright(made, channels_first), image, how)
            how = replace(how, interpolate=False, channel_shift=20.0, brightness=1.3)
            made = native(source, how, (150, width), channels, channels_first=channels_first)
            np.testing.assert_array_equal(upright(made, channels_first), augment(image, how))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e12, -1e300])
@pytest.mark.parametrize("mode", MODES)
def test_non_finite_maps_have_no_effect(mode: FillMode, number: float) -> None:
    image = photo(9, 11, seed=1).astype(np.float32)
    for k in range(4):
        matrix = np.eye(2).ravel()
        matrix[k] = number
        how = Augmentation(matrix.reshape(2, 2), (1.0, 2.0), mode)
        np.testing.assert_array_equal(native(image, how, (9, 11), 3), image)
    how = Augmentation(np.eye(2), (number, 0.0), mode)
    np.testing.assert_array_equal(native(image, how, (9, 11), 3), image)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_non_finite_values_do_no_harm(number: float) -> None:
    image = np.full((9, 11, 3), number, np.float32)
    how = Augmentation(np.eye(2) * 0.9, channel_shift=3.0, brightness=2.0)
    for changed in (how, replace(how, interpolate=False), replace(how, matrix=None, channel_shift=number)):
        native(image, changed, (9, 11), 3)
    image[::2] = np.random.default_rng(1).uniform(-3e38, 3e38, image[::2].shape).astype(np.float32)
    for brightness in (number, -1.0, 1e300, 1e-300):
        native(image, replace(how, brightness=brightness, channel_shift=1e300), (9, 11), 3)
        native(photo(9, 11, seed=1).astype(np.float32), replace(how, brightness=brightness), (9, 11), 3)


def test_every_sample_uses_its_own_draws() -> None:
    images = [photo(20, 30, seed=k).astype(np.float32) for k in range(4)]
    hows = [Augmentation(flip_rows=k % 2 == 0, flip_columns=k > 1, channel_shift=float(k)) for k in range(4)]
    made = recipe((20, 30), lookup=np.zeros(256, np.float32), augment=(0, 0.0, True, 1.0, True, 2))
    out = np.zeros((4, made.slot_bytes), np.uint8)
    numbers = [[np.nan, np.inf, *draws(how), np.nan] for how in hows]
    assert finish(start([p.reshape(-1).view(np.uint8) for p in images], made, out, draws=numbers)) == ["OK"] * 4
    for slot, image, how in zip(out, images, hows, strict=True):
        np.testing.assert_array_equal(slot.view(FLOATS).reshape(image.shape), augment(image, how))


def test_unaligned_floats_are_rejected() -> None:
    made = recipe((4, 5), lookup=np.zeros(256, np.float32), augment=(0, 0.0, True, 1.0, True, 0))
    out = np.full(made.slot_bytes, 77, np.uint8)
    source = np.zeros(made.slot_bytes + 1, np.uint8)[1:]
    assert finish(start([source], made, out, draws=[draws(Augmentation())])) == ["INTERNAL"]
    assert not out.any()


def test_an_image_of_another_size_is_rejected() -> None:
    for shape in ((9, 11, 1), (9, 12, 3), (0, 0, 0)):
        made = native(np.ones(shape, np.float32), Augmentation(), (9, 11), 3, status="INTERNAL")
        assert not made.any()


def test_a_damaged_file_leaves_a_zeroed_slot() -> None:
    data = jpeg(photo(60, 60, seed=1))
    assert not native(data[: len(data) // 2], Augmentation(), (20, 20), 3, status="TRUNCATED").any()


def test_too_few_draws_are_rejected() -> None:
    made = recipe((4, 4), lookup=np.zeros(256, np.float32), augment=(0, 0.0, True, 1.0, True, 2))
    with pytest.raises(ValueError, match=f"its ops read {COLUMNS + 2}"):
        start([bytes(4 * 4 * 3 * 4)], made, np.zeros(made.slot_bytes, np.uint8), draws=np.zeros((1, COLUMNS + 1)))


@pytest.mark.parametrize("options", [{"lookup": None}, {"lookup": np.zeros(256)}, {"channels": 2}])
def test_only_float_outputs_are_augmented(options: dict[str, Any]) -> None:
    settings = {"channels": 3, "lookup": np.zeros(256, np.float32), **options}
    with pytest.raises(ValueError, match="only images of float32"):
        recipe((4, 4), settings.pop("channels"), augment=(0, 0.0, True, 1.0, True, 0), **settings)


def large(pixels: Pixels, lookup: npt.NDArray[Any], scale: float, offset: float) -> npt.NDArray[Any]:
    data = jpeg(pixels)
    made = recipe(pixels.shape[:2], 3, interpolation="cv2.nearest", lookup=lookup, scale=scale, offset=offset)
    out = np.full(made.slot_bytes + lookup.itemsize, 77, np.uint8)[lookup.itemsize :]  # not aligned to a vector
    assert finish(start([data], made, out)) == ["OK"]
    return out.view(lookup.dtype).reshape(pixels.shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [160, 161, 163])
def test_large_float_slots_from_bytes_are_stored_past_the_cache_unchanged(
    width: int, dtype: type[np.floating[Any]]
) -> None:
    pixels = photo(150, width, seed=5)
    linear = dtype(0.25) + dtype(1 / 255) * np.arange(256, dtype=dtype)
    decoded = decode_cv2(jpeg(pixels))
    np.testing.assert_array_equal(large(pixels, linear, 1 / 255, 0.25), linear[decoded])
    other = np.sqrt(np.arange(256, dtype=dtype))
    np.testing.assert_array_equal(large(pixels, other, 1.0, 0.0), other[decoded])
