"""Draws the random transforms of an `ImageDataGenerator`, as the rows of parameters that the native core takes.

They are those of Keras's `get_random_transform` (keras/src/legacy/preprocessing/image.py), drawn for a whole batch at
once from the same generator in the same order, so that the same seed gives the same images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq._native import tables

Floats: TypeAlias = NDArray[np.float64]

FILL_MODES = tables.fill_modes()
"""The fill modes of the native core; SciPy has more."""

_NATIVE = tables.augment_column_table()
_COLUMNS = sum(count for _, count in _NATIVE.values())
_MATRIX, _SHIFT = (slice(begin, begin + count) for begin, count in (_NATIVE["m"], _NATIVE["shift"]))
_IS_AFFINE = _NATIVE["is_affine"][0]
_FLIP_COLUMNS, _FLIP_ROWS = _NATIVE["flip_columns"][0], _NATIVE["flip_rows"][0]
_CHANNEL_SHIFT, _BRIGHTNESS = _NATIVE["channel_shift"][0], _NATIVE["brightness"][0]


class ParameterDraws:
    """Draws the parameters of many images at once, as `get_random_transform` draws them one by one.

    Attributes:
        random: whether any transform can change an image.
    """

    def __init__(self, generator: Any, height: int, width: int) -> None:
        """Read the ranges of an `ImageDataGenerator`, for images of this size; use `of`."""
        g = generator
        self._ranges: list[tuple[str, float, float, float]] = []  # name, low, high, factor, in the order of the draws
        if g.rotation_range:
            self._add("theta", g.rotation_range)
        for name, share, side in (("tx", g.height_shift_range, height), ("ty", g.width_shift_range, width)):
            if share:
                self._add(name, share, side if share < 1 else 1)
        if g.shear_range:
            self._add("shear", g.shear_range)
        low, high = g.zoom_range
        if not (low == 1 and high == 1):
            self._ranges += [("zx", low, high, 1), ("zy", low, high, 1)]
        self._ranges += [("horizontal", 0, 1, 1), ("vertical", 0, 1, 1)]
        if g.channel_shift_range != 0:
            self._add("channel_shift", g.channel_shift_range)
        if g.brightness_range is not None:
            self._ranges.append(("brightness", *g.brightness_range, 1))
        self._flips = bool(g.horizontal_flip), bool(g.vertical_flip)
        self._size = height, width
        self.random = len(self._ranges) > 2 or any(self._flips)

    @classmethod
    def of(cls, generator: Any, height: int, width: int) -> ParameterDraws | None:
        """The draws of a generator; None if a shift is chosen from a list, which draws a varying number of values."""
        for shifts in (generator.height_shift_range, generator.width_shift_range):
            if shifts and not isinstance(shifts, float):
                return None
        return cls(generator, height, width)

    def _add(self, name: str, extent: float, factor: float = 1) -> None:
        self._ranges.append((name, -extent, extent, factor))

    def __call__(self, random: np.random.RandomState, images: int) -> Floats:
        """Draw the parameters of a number of images.

        Returns:
            float64 (images, columns), one row of AugmentDraws (csrc/augment/augment.h) for each.
        """
        uniform = random.random_sample((images, len(self._ranges)))
        drawn = {
            name: (low + (high - low) * uniform[:, i]) * factor if factor != 1 else low + (high - low) * uniform[:, i]
            for i, (name, low, high, factor) in enumerate(self._ranges)
        }
        rows = np.empty((images, _COLUMNS))
        _fill_matrices(drawn, self._size, rows)
        rows[:, _FLIP_COLUMNS] = (drawn["horizontal"] < 0.5) & self._flips[0]
        rows[:, _FLIP_ROWS] = (drawn["vertical"] < 0.5) & self._flips[1]
        rows[:, _CHANNEL_SHIFT] = drawn.get("channel_shift", np.nan)
        rows[:, _BRIGHTNESS] = drawn.get("brightness", np.nan)
        return rows


def rows_of(parameters: Sequence[Mapping[str, Any]], height: int, width: int) -> Floats:
    """The rows for parameters that were drawn elsewhere, in the form that `get_random_transform` returns."""

    def column(name: str, absent: float) -> Floats:
        values = [p.get(name, absent) for p in parameters]
        return np.array([absent if value is None else value for value in values], np.float64)

    names = {"theta": 0.0, "tx": 0.0, "ty": 0.0, "shear": 0.0, "zx": 1.0, "zy": 1.0}
    drawn = {name: column(name, absent) for name, absent in names.items()}
    rows = np.empty((len(parameters), _COLUMNS))
    _fill_matrices(drawn, (height, width), rows)
    rows[:, _FLIP_COLUMNS] = column("flip_horizontal", 0) != 0
    rows[:, _FLIP_ROWS] = column("flip_vertical", 0) != 0
    rows[:, _CHANNEL_SHIFT] = column("channel_shift_intensity", np.nan)
    rows[:, _BRIGHTNESS] = column("brightness", np.nan)
    return rows


def _fill_matrices(drawn: Mapping[str, Floats], size: tuple[int, int], rows: Floats) -> None:
    """Compose rotation, shift, shear and zoom about the centre, in the order of Keras's `apply_affine_transform`."""
    count = len(rows)

    def of(name: str, absent: float = 0.0) -> Floats:
        return drawn[name] if name in drawn else np.full(count, absent)

    theta, shear = np.deg2rad(of("theta")), np.deg2rad(of("shear"))
    tx, ty, zx, zy = of("tx"), of("ty"), of("zx", 1.0), of("zy", 1.0)
    whole = np.zeros((count, 3, 3))
    whole[:] = np.eye(3)
    for changed, entries in (
        (theta != 0, {(0, 0): np.cos(theta), (0, 1): -np.sin(theta), (1, 0): np.sin(theta), (1, 1): np.cos(theta)}),
        ((tx != 0) | (ty != 0), {(0, 2): tx, (1, 2): ty}),
        (shear != 0, {(0, 1): -np.sin(shear), (1, 1): np.cos(shear)}),
        ((zx != 1) | (zy != 1), {(0, 0): zx, (1, 1): zy}),
    ):
        if changed.any():
            step = np.zeros((count, 3, 3))
            step[:] = np.eye(3)
            for (i, j), values in entries.items():
                step[:, i, j] = values
            whole[changed] = (whole @ step)[changed]
    rows[:, _IS_AFFINE] = (theta != 0) | (tx != 0) | (ty != 0) | (shear != 0) | (zx != 1) | (zy != 1)
    centre, back = np.eye(3), np.eye(3)
    centre[:2, 2] = size[0] / 2 - 0.5, size[1] / 2 - 0.5
    back[:2, 2] = -centre[:2, 2]
    whole = centre @ whole @ back
    # Keras takes its first coordinate for the column, its centre included: rows and columns change places.
    rows[:, _MATRIX] = whole[:, [1, 1, 0, 0], [1, 0, 1, 0]]
    rows[:, _SHIFT] = whole[:, [1, 0], 2]
