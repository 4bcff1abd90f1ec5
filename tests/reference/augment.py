"""Keras's `ImageDataGenerator` augmentation in plain numpy and doubles: the reference for csrc/augment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FillMode = Literal["nearest", "constant", "reflect", "wrap"]
FARTHEST = 1e9  # pixels


@dataclass(frozen=True)
class Augmentation:
    """The augmentation of one image.

    Attributes:
        matrix: float64 (2, 2); output (row, column) shows the image at matrix (row, column) + shift. None for no map,
            which is also what numbers of `FARTHEST` and more, and those that are none, amount to.
        shift: see matrix.
        fill_mode: how pixels outside the image are filled, by scipy.ndimage's names.
        fill_value: the value for "constant".
        interpolate: whether to interpolate linearly between four pixels rather than take the nearest one.
        flip_columns: whether to flip horizontally, before the map.
        flip_rows: whether to flip vertically, before the map.
        channel_shift: added to all values, which are clipped to the image's own range; None for no shift.
        brightness: factor applied to the values after truncation to bytes; None for no change.
        factor: applied to the result.
    """

    matrix: Floats | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    fill_mode: FillMode = "nearest"
    fill_value: float = 0.0
    interpolate: bool = True
    flip_columns: bool = False
    flip_rows: bool = False
    channel_shift: float | None = None
    brightness: float | None = None
    factor: float = 1.0


def augment(image: npt.NDArray[np.generic], how: Augmentation) -> npt.NDArray[np.float32]:
    """Augment an image.

    Args:
        image: numbers of shape (height, width, channels).
        how: the augmentation.

    Returns:
        float32 of the same shape.
    """
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    rows = rows[::-1] if how.flip_rows else rows
    columns = columns[:, ::-1] if how.flip_columns else columns
    if how.matrix is not None and np.abs([*how.matrix.ravel(), *how.shift]).max() < FARTHEST:
        (a, b), (c, d) = how.matrix
        rows, columns = rows * a + columns * b + how.shift[0], rows * c + columns * d + how.shift[1]
    values = _look(image.astype(np.float64), rows, columns, how).astype(np.float32)
    if how.channel_shift is not None:
        values = np.clip(values + np.float32(how.channel_shift), values.min(), values.max())
    if how.brightness is not None:
        values = _brighten(values, how.brightness)
    return values * np.float32(how.factor)


def _look(image: Floats, rows: Floats, columns: Floats, how: Augmentation) -> Floats:
    height, width = image.shape[:2]
    r, outside_r = _inside(rows, height, how.fill_mode)
    c, outside_c = _inside(columns, width, how.fill_mode)
    if how.interpolate:
        low_r, low_c = np.floor(r), np.floor(c)
        down, across = (r - low_r)[..., np.newaxis], (c - low_c)[..., np.newaxis]
        upper = _pick(image, low_r, low_c) * (1 - across) + _pick(image, low_r, low_c + 1) * across
        lower = _pick(image, low_r + 1, low_c) * (1 - across) + _pick(image, low_r + 1, low_c + 1) * across
        values = upper * (1 - down) + lower * down
    else:
        values = _pick(image, np.floor(r + 0.5), np.floor(c + 0.5))
    values[outside_r | outside_c] = how.fill_value
    return values


def _pick(image: Floats, rows: Floats, columns: Floats) -> Floats:
    height, width = image.shape[:2]
    picked: Floats = image[np.clip(rows, 0, height - 1).astype(int), np.clip(columns, 0, width - 1).astype(int)]
    return picked


def _inside(places: Floats, length: int, mode: FillMode) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return each position folded into [0, length - 1], and which positions are filled with the constant."""
    beyond = (places < 0) | (places > length - 1)
    nowhere = np.zeros_like(beyond)
    if mode == "constant":
        return np.where(beyond, 0, places), beyond
    if mode == "nearest" or length == 1:
        return np.clip(places, 0, length - 1), nowhere
    if mode == "wrap":
        period = length - 1
        before = places + period * (np.trunc(-places / period) + 1)
        after = places - period * np.trunc(places / period)
        return np.where(beyond, np.where(places < 0, before, after), places), nowhere
    # The same steps as in scipy, so that ties are rounded the same way.
    period = 2 * length
    before = np.where(places < -period, places + period * np.trunc(-places / period), places)
    before = np.where(before < -length, before + period, -before - 1)
    after = places - period * np.trunc(places / period)
    after = np.where(after >= length, period - after - 1, after)
    return np.where(beyond, np.where(places < 0, before, after), places), nowhere


def _brighten(values: npt.NDArray[np.float32], brightness: float) -> npt.NDArray[np.float32]:
    low, extent = values.min(), values.max() - values.min()
    stretched = bool(low < 0 or values.max() > 255)
    if stretched:
        share = (values - low) / extent if extent else values - low
        values = share * np.float32(255)
    bright = np.float32(brightness) * np.clip(np.trunc(values), 0, 255)
    values = np.trunc(np.clip(bright, 0, 255)).astype(np.float32)
    return values / np.float32(255) * extent + low if stretched else values
