"""The antialias and linear filters in plain numpy, bit for bit: the reference for csrc/filters."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from reference.geometry import Axis

Pixels = npt.NDArray[np.uint8]
Filter = Literal["antialias", "linear"]

WEIGHT_BITS = 14
FRACTION_BITS = 6  # of values between the passes and after them


def filter_table(axis: Axis, interpolation: Filter) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Make the weights of each output sample of an axis, in the order of the output.

    Args:
        axis: The window that is resized, and which part of the result is kept.
        interpolation: ``"antialias"``, a triangle as wide as the reduction, or ``"linear"``, two taps.

    Returns:
        For each output sample the first source sample and the integer weights from there on, which add up to
        1 << `WEIGHT_BITS`.
    """
    step = axis.window / axis.grid
    outputs = range(axis.begin, axis.begin + axis.length)
    table = []
    for output in reversed(outputs) if axis.mirror else outputs:
        centre = axis.start + (output + 0.5) * step
        make = _triangle if interpolation == "antialias" else _linear
        first, weights = make(centre, max(1.0, step), axis.start, axis.start + axis.window)
        # The running sum is rounded, so that the integers add up exactly.
        ends = np.rint(np.cumsum(weights) * (1 << WEIGHT_BITS)).astype(np.int64)
        table.append((first, np.diff(ends, prepend=0)))
    return table


def resample(image: Pixels, rows: Axis, columns: Axis, interpolation: Filter) -> Pixels:
    """Resample pixels: vertically to value * 64, horizontally to value * 64, then round to bytes.

    Args:
        image: uint8 pixels of shape (height, width, channels).
        rows: The vertical axis.
        columns: The horizontal axis.
        interpolation: As in `filter_table`.

    Returns:
        uint8 pixels of shape (rows.length, columns.length, channels).
    """
    values = image.astype(np.int64)
    down = _apply(values, filter_table(rows, interpolation), WEIGHT_BITS - FRACTION_BITS)
    across = _apply(down.swapaxes(0, 1), filter_table(columns, interpolation), WEIGHT_BITS).swapaxes(0, 1)
    return np.clip(_shift(across, FRACTION_BITS), 0, 255).astype(np.uint8)


def resize(image: Pixels, size: tuple[int, int], interpolation: Filter) -> Pixels:
    """Resample the whole of `image` to `size`, (height, width)."""
    rows, columns = (Axis.whole(n).resize(m) for n, m in zip(image.shape, size, strict=False))
    return resample(image, rows, columns, interpolation)


def _triangle(centre: float, support: float, low: int, high: int) -> tuple[int, list[float]]:
    begin = min(max(int(centre - support + 0.5), low), high - 1)
    end = min(max(int(centre + support + 0.5), begin + 1), high)
    weights = [max(0.0, 1.0 - abs(i + 0.5 - centre) / support) for i in range(begin, end)]
    total = 0.0
    for weight in weights:
        total += weight
    if total <= 0:
        weights[0] = total = 1.0
    return begin, [weight / total for weight in weights]


def _linear(centre: float, support: float, low: int, high: int) -> tuple[int, list[float]]:
    position = min(max(centre - 0.5, low), high - 1)
    begin = int(position)
    fraction = position - begin
    return begin, [1 - fraction, fraction] if fraction > 0 and begin + 1 < high else [1.0]


def _apply(
    values: npt.NDArray[np.int64], table: list[tuple[int, npt.NDArray[np.int64]]], bits: int
) -> npt.NDArray[np.int64]:
    """Filter along the first axis."""
    sums = [np.tensordot(weights, values[first : first + len(weights)], 1) for first, weights in table]
    return _shift(np.stack(sums), bits)


def _shift(values: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    return (values + (1 << bits - 1)) >> bits
