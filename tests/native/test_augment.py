from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import Pixels, jpeg, photo

from fastseq.reference.augment import Augmentation, FillMode, augment
from fastseq.reference.pixels import decode_cv2
from native.native import examples, finish, recipe, start

MODES = get_args(FillMode)
FLOATS = np.dtype(np.float32)
COLUMNS = 11


def draws(how: Augmentation) -> npt.NDArray[np.float64]:
    """The numbers of one sample, as csrc/augment.h has them."""
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
    status: str = "OK",
) -> npt.NDArray[np.float32]:
    """Augment a file's picture, or one of floats."""
    floats = isinstance(source, np.ndarray)
    steps = (MODES.index(how.fill_mode), how.fill_value, how.interpolate, how.factor, floats, 0)
    made = recipe(
        size,
        channels,
        interpolation="cv2.nearest",
        lookup=np.zeros(256, np.float32),
        augment=steps,
        channels_first=channels_first,
    )
    out = np.full(made.slot_bytes, 77, np.uint8)
    data = np.ascontiguousarray(source).reshape(-1).view(np.uint8) if floats else source
    assert finish(start([data], made, out, draws=draws(how)[np.newaxis])) == [status]
    return out.view(FLOATS).reshape((channels, *size) if channels_first else (*size, channels))


def assert_close(made: npt.NDArray[Any], expected: npt.NDArray[Any], *, exact: bool, step: float = 0.01) -> None:
    """Equal, or nearly so but for ties where a border jumps."""
    if exact:
        np.testing.assert_array_equal(made, expected)
        return
    far = np.abs(made.astype(np.float64) - expected) > step
    assert far.any(axis=-1).sum() <= max(2, far.size // 1000), np.argwhere(far)[:5]


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
def test_pictures_of_floats(
    how: Augmentation, height: int, width: int, channels: int, channels_first: bool, seed: int
) -> None:
    picture = np.random.default_rng(seed).uniform(-40, 290, (height, width, channels)).astype(np.float32)
    laid_out = picture.transpose(2, 0, 1) if channels_first else picture
    made = native(laid_out, how, (height, width), channels, channels_first=channels_first)
    upright = made.transpose(1, 2, 0) if channels_first else made
    assert_close(upright, augment(picture, how), exact=how.matrix is None)


@examples(max_examples=100)
@given(HOW, SIDES, SIDES, st.sampled_from([1, 3]), st.integers(0, 99))
def test_pictures_of_files(how: Augmentation, height: int, width: int, channels: int, seed: int) -> None:
    data = jpeg(photo(height, width, seed=seed, channels=channels))
    picture = decode_cv2(data, "rgb" if channels == 3 else "gray")
    made = native(data, how, (height, width), channels)
    assert_close(made, augment(picture, how), exact=how.matrix is None)


@examples(max_examples=100)
@given(
    st.none() | st.floats(-120, 120),
    st.none() | st.floats(0, 3),
    st.sampled_from([(0, 255), (-60, 300), (7, 7)]),
    st.integers(0, 99),
)
def test_values_are_changed_as_in_the_twin(
    shift: float | None, brightness: float | None, span: tuple[int, int], seed: int
) -> None:
    picture = np.random.default_rng(seed).uniform(*span, (13, 17, 3)).astype(np.float32)
    how = Augmentation(channel_shift=shift, brightness=brightness, flip_columns=True, factor=0.5)
    step = 2 * (span[1] - span[0]) / 255 + 0.001  # a byte more or less, where values are stretched
    made = native(picture, how, (13, 17), 3)
    assert_close(made, augment(picture, how), exact=span == (0, 255), step=step)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [1, 3])
def test_large_slots_go_past_the_cache_unchanged(mode: FillMode, channels: int) -> None:
    turn = np.array([[0.9, -0.3], [0.25, 1.1]])
    for width in (131, 160):
        picture = photo(150, width, seed=3, channels=channels).astype(np.float32)
        how = Augmentation(turn, (9.5, -7.25), mode, 33.0, flip_rows=True, factor=0.5)
        assert_close(native(picture, how, (150, width), channels), augment(picture, how), exact=False)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e12, -1e300])
@pytest.mark.parametrize("mode", MODES)
def test_a_map_that_means_nothing_is_none(mode: FillMode, number: float) -> None:
    picture = photo(9, 11, seed=1).astype(np.float32)
    for k in range(4):
        matrix = np.eye(2).ravel()
        matrix[k] = number
        how = Augmentation(matrix.reshape(2, 2), (1.0, 2.0), mode)
        np.testing.assert_array_equal(native(picture, how, (9, 11), 3), picture)
    how = Augmentation(np.eye(2), (number, 0.0), mode)
    np.testing.assert_array_equal(native(picture, how, (9, 11), 3), picture)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_floats_that_are_none_do_no_harm(number: float) -> None:
    picture = np.full((9, 11, 3), number, np.float32)
    how = Augmentation(np.eye(2) * 0.9, channel_shift=3.0, brightness=2.0)
    for changed in (how, replace(how, interpolate=False), replace(how, matrix=None, channel_shift=number)):
        native(picture, changed, (9, 11), 3)


def test_a_picture_of_another_size_is_refused() -> None:
    for shape in ((9, 11, 1), (9, 12, 3), (0, 0, 0)):
        made = native(np.ones(shape, np.float32), Augmentation(), (9, 11), 3, status="INTERNAL")
        assert not made.any()


def test_a_damaged_file_leaves_an_empty_slot() -> None:
    data = jpeg(photo(60, 60, seed=1))
    assert not native(data[: len(data) // 2], Augmentation(), (20, 20), 3, status="TRUNCATED").any()


def test_too_few_numbers_are_refused() -> None:
    made = recipe((4, 4), lookup=np.zeros(256, np.float32), augment=(0, 0.0, True, 1.0, True, 2))
    with pytest.raises(ValueError, match=f"its ops read {COLUMNS + 2}"):
        start([bytes(4 * 4 * 3 * 4)], made, np.zeros(made.slot_bytes, np.uint8), draws=np.zeros((1, COLUMNS + 1)))


@pytest.mark.parametrize("options", [{"lookup": None}, {"lookup": np.zeros(256)}, {"channels": 2}])
def test_only_floats_are_augmented(options: dict[str, Any]) -> None:
    settings = {"channels": 3, "lookup": np.zeros(256, np.float32), **options}
    with pytest.raises(ValueError, match="only pictures of float32"):
        recipe((4, 4), settings.pop("channels"), augment=(0, 0.0, True, 1.0, True, 0), **settings)


def large(pixels: Pixels, lookup: npt.NDArray[Any], scale: float, offset: float) -> npt.NDArray[Any]:
    data = jpeg(pixels)
    made = recipe(pixels.shape[:2], 3, interpolation="cv2.nearest", lookup=lookup, scale=scale, offset=offset)
    out = np.full(made.slot_bytes + 8, 77, np.uint8)[8:]  # beside a vector's alignment
    assert finish(start([data], made, out)) == ["OK"]
    return out.view(lookup.dtype).reshape(pixels.shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [160, 161, 163])
def test_floats_of_bytes_go_past_the_cache_unchanged(width: int, dtype: type[np.floating[Any]]) -> None:
    pixels = photo(150, width, seed=5)
    linear = dtype(0.25) + dtype(1 / 255) * np.arange(256, dtype=dtype)
    decoded = decode_cv2(jpeg(pixels))
    np.testing.assert_array_equal(large(pixels, linear, 1 / 255, 0.25), linear[decoded])
    other = np.sqrt(np.arange(256, dtype=dtype))
    np.testing.assert_array_equal(large(pixels, other, 1.0, 0.0), other[decoded])
