from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import Pixels, jpeg, photo
from reference import geometry as g
from reference.geometry import Axis, Op
from reference.pixels import decode_cv2, resize_cv2_linear
from reference.resample import resample

from native.native import examples, one, put, run

DRAWS = g.CROP_DRAWS + 2
CROP = g.random_resized_crop(0)
FLIPS = [g.flip(g.CROP_DRAWS, 0.5, "horizontal"), g.flip(g.CROP_DRAWS + 1, 0.5, "vertical")]
UNIFORM = st.lists(st.floats(0, 1, exclude_max=True), min_size=DRAWS, max_size=DRAWS)
SIDES = st.integers(1, 60)


def cv2_resample(image: Pixels, rows: Axis, columns: Axis) -> Pixels:
    """Slice, ``cv2.resize``, slice again and flip."""
    window = image[rows.start : rows.start + rows.window, columns.start : columns.start + columns.window]
    made = resize_cv2_linear(np.ascontiguousarray(window), (rows.grid, columns.grid))
    made = made[rows.begin : rows.begin + rows.length, columns.begin : columns.begin + columns.length]
    return made[:: -1 if rows.mirror else 1, :: -1 if columns.mirror else 1]


def check(image: Pixels, size: tuple[int, int], ops: Sequence[Op], draws: Sequence[float]) -> None:
    """Check that the native geometry equals the reference's, for an exact filter and for the planar ones."""
    rows, columns = g.follow(ops, draws, image.shape[0], image.shape[1], size)
    made = put(image, size, interpolation="cv2.linear", ops=ops, draws=draws)
    np.testing.assert_array_equal(made, cv2_resample(image, rows, columns))
    for interpolation in ("antialias", "linear"):
        made = put(image, size, interpolation=interpolation, ops=ops, draws=draws)
        np.testing.assert_array_equal(made, resample(image, rows, columns, interpolation))


@examples(max_examples=60)
@given(SIDES, SIDES, SIDES, SIDES, UNIFORM, st.permutations([CROP, *FLIPS]))
def test_random_resized_crop_and_flips(
    height: int, width: int, out_height: int, out_width: int, draws: list[float], ops: list[Op]
) -> None:
    check(photo(height, width, seed=1), (out_height, out_width), ops, draws)


@examples(max_examples=60)
@given(SIDES, SIDES, st.integers(1, 40), st.integers(1, 40), st.integers(0, 30), UNIFORM, st.booleans(), st.booleans())
def test_resize_then_center_crop(
    height: int,
    width: int,
    out_height: int,
    out_width: int,
    more: int,
    draws: list[float],
    flip_first: bool,
    half_to_even: bool,
) -> None:
    short = max(out_height, out_width) + more
    steps = [g.resize_short(short), g.center_crop(out_height, out_width, half_to_even)]
    ops = FLIPS + steps if flip_first else steps[:1] + FLIPS + steps[1:]
    check(photo(height, width, seed=2), (out_height, out_width), ops, draws)


@examples(max_examples=40)
@given(SIDES, SIDES, SIDES, SIDES, SIDES, SIDES, UNIFORM, st.booleans())
def test_center_crop_then_resize(
    height: int,
    width: int,
    crop_height: int,
    crop_width: int,
    out_height: int,
    out_width: int,
    draws: list[float],
    half_to_even: bool,
) -> None:
    ops = [*FLIPS, g.center_crop(crop_height, crop_width, half_to_even)]
    check(photo(height, width, seed=3), (out_height, out_width), ops, draws)


@examples(max_examples=60)
@given(SIDES, SIDES, SIDES, SIDES, UNIFORM, st.booleans(), st.booleans())
def test_crop_to_aspect(
    height: int, width: int, out_height: int, out_width: int, draws: list[float], float32: bool, flip_first: bool
) -> None:
    step, size = g.crop_to_aspect(float32), (out_height, out_width)
    check(photo(height, width, seed=7), size, [*FLIPS, step] if flip_first else [step, *FLIPS], draws)
    kept = g.kept_part(height, width, *size, float32)
    assert all(1 <= part <= side for part, side in zip(kept, (height, width), strict=True))
    assert height in kept or width in kept


@pytest.mark.parametrize("orient", ["none", "exif", "landscape"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_steps_apply_to_the_upright_image(tag: int, orient: str) -> None:
    rng = np.random.default_rng(tag)
    for shape in ((90, 130), (130, 90)):
        data = jpeg(photo(*shape, seed=4), 92, "4:2:0", orientation=tag)
        image = decode_cv2(data, orient=orient)  # type: ignore[arg-type]
        for ops, size in (
            ([CROP, *FLIPS], (48, 40)),
            ([*FLIPS, CROP], (48, 40)),
            ([g.resize_short(60), g.center_crop(48, 50), *FLIPS], (48, 50)),
            ([*FLIPS, g.center_crop(64, 40)], (31, 29)),
            ([*FLIPS, g.crop_to_aspect(True)], (23, 41)),
        ):
            for _ in range(4):
                draws = rng.random(DRAWS)
                rows, columns = g.follow(ops, draws, image.shape[0], image.shape[1], size)
                made = one(data, size, interpolation="cv2.linear", orient=orient, ops=ops, draws=draws)
                np.testing.assert_array_equal(made, cv2_resample(image, rows, columns))


@pytest.mark.parametrize("tag", range(1, 9))
def test_planar_crops_are_close_to_the_reference(tag: int) -> None:
    rng = np.random.default_rng(tag)
    data = jpeg(photo(90, 130, seed=5), 95, gray=True, orientation=tag)
    image = decode_cv2(data, "gray")
    for _ in range(8):
        draws = rng.random(DRAWS)
        rows, columns = g.follow([CROP, *FLIPS], draws, image.shape[0], image.shape[1], (70, 60))
        for interpolation in ("antialias", "linear"):
            made = one(data, (70, 60), 1, interpolation=interpolation, ops=[CROP, *FLIPS], draws=draws)
            expected = resample(image, rows, columns, interpolation)  # type: ignore[arg-type]
            # Weights of a flipped axis may be rounded the other way.
            assert np.abs(made.astype(int) - expected).max() <= 1


@examples(max_examples=200)
@given(st.integers(1, 3000), st.integers(1, 3000), UNIFORM)
def test_crop_windows_respect_their_limits(height: int, width: int, draws: list[float]) -> None:
    rows, columns = g.follow([CROP], draws, height, width, (7, 7))
    assert 0 <= rows.start < rows.start + rows.window <= height
    assert 0 <= columns.start < columns.start + columns.window <= width
    if g.crop_window(height, width, (0.08, 1), (3 / 4, 4 / 3), draws):
        area = rows.window * columns.window
        slack = 0.5 * (rows.window + columns.window) + 0.25  # both sides are rounded
        assert 0.08 * height * width - slack <= area <= height * width
        assert abs(math.log(columns.window / rows.window)) <= math.log(4 / 3) + 0.5 / rows.window + 1 / columns.window


def test_steps_that_end_in_another_size_are_rejected() -> None:
    data = jpeg(photo(40, 40))
    batch = run([data], (30, 30), ops=[g.resize_short(20)])
    assert batch.statuses == ["INTERNAL"]
    assert not batch.pixels.any()
    with pytest.raises(ValueError, match="20 x 20, not 30 x 30"):
        g.follow([g.resize_short(20)], [], 40, 40, (30, 30))


@pytest.mark.parametrize(("shape", "size"), [((1, 900), (10, 10)), ((900, 1), (10, 10)), ((1, 1), (5, 5))])
def test_impossible_crops_fall_back_to_the_center(shape: tuple[int, int], size: tuple[int, int]) -> None:
    check(photo(*shape, seed=6), size, [CROP, *FLIPS], [0.5] * DRAWS)
    rows, columns = g.follow([CROP], [0.5] * DRAWS, *shape, size)
    assert (rows.window, columns.window) == (1, 1)
    assert (rows.start, columns.start) == tuple((n - 1) // 2 for n in shape)
