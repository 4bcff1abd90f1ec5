"""Pillow's filters in plain numpy, bit for bit: the reference for csrc/filters/pil_table and csrc/resample/pil."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from reference.geometry import Axis

Pixels = npt.NDArray[np.uint8]

PRECISION_BITS = 22


def coefficients(axis: Axis, samples: int, name: str) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Compute the coefficients of each output sample of an axis, in the order of the output.

    Args:
        axis: The window to resize, and the part of the result to keep.
        samples: Samples of the whole axis; the filter reaches beyond the window, but not beyond these.
        name: ``"box"``, ``"bilinear"``, ``"hamming"``, ``"bicubic"`` or ``"lanczos"``.

    Returns:
        For each output sample the first source sample and the integer coefficients from there on.
    """
    outputs = range(axis.begin, axis.begin + axis.length)
    ordered = outputs[::-1] if axis.mirror else outputs
    if axis.window == axis.grid:
        return [(axis.start + output, np.array([1 << PRECISION_BITS])) for output in ordered]
    filter_, support = _FILTERS[name]
    step = axis.window / axis.grid
    reduction = max(step, 1.0)
    table = []
    for output in ordered:
        centre = axis.start + (output + 0.5) * step
        begin = max(int(centre - support * reduction + 0.5), 0)
        end = min(int(centre + support * reduction + 0.5), samples)
        weights = [filter_((i - centre + 0.5) * (1.0 / reduction)) for i in range(begin, end)]
        total = 0.0
        for weight in weights:
            total += weight
        fixed = [weight / total * (1 << PRECISION_BITS) for weight in weights]
        table.append((begin, np.array([int(value - 0.5) if value < 0 else int(value + 0.5) for value in fixed])))
    return table


def rows_first(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Return whether Pillow 13 resizes vertically first, as it does if the height shrinks far more than the width.

    Args:
        shape: (height, width, ...) of the whole image, even if only part of it is resized.
        size: (height, width) of the result.
    """
    lost_rows, lost_columns = shape[0] - size[0], shape[1] - size[1]
    return lost_rows > 0 and lost_rows > 2 * lost_columns


def resample(image: Pixels, rows: Axis, columns: Axis, name: str) -> Pixels:
    """Resample pixels in Pillow's order of passes, with bytes between them.

    Args:
        image: uint8 pixels of shape (height, width, channels).
        rows: The vertical axis.
        columns: The horizontal axis.
        name: As in `coefficients`.

    Returns:
        uint8 pixels of shape (rows.length, columns.length, channels).
    """
    axes = [(0, rows), (1, columns)]
    for number, axis in axes if rows_first(image.shape, (rows.grid, columns.grid)) else axes[::-1]:
        table = coefficients(axis, image.shape[number], name)
        values = image.swapaxes(0, number).astype(np.int64)
        sums = np.stack([np.tensordot(weights, values[first : first + len(weights)], 1) for first, weights in table])
        rounded = (sums + (1 << PRECISION_BITS - 1)) >> PRECISION_BITS
        image = np.clip(rounded, 0, 255).astype(np.uint8).swapaxes(0, number)
    return image


def _box(x: float) -> float:
    return 1.0 if -0.5 < x <= 0.5 else 0.0


def _bilinear(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(x * math.pi) / (x * math.pi)


def _hamming(x: float) -> float:
    if abs(x) >= 1:
        return 0.0
    return _sinc(abs(x)) * (float(np.float32(0.54)) + float(np.float32(0.46)) * math.cos(abs(x) * math.pi))


def _bicubic(x: float) -> float:
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * -0.5 if x < 2 else 0.0


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3) if -3 <= x < 3 else 0.0


_FILTERS: dict[str, tuple[Callable[[float], float], float]] = {
    "box": (_box, 0.5),
    "bilinear": (_bilinear, 1.0),
    "hamming": (_hamming, 1.0),
    "bicubic": (_bicubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}
