"""Any filter in plain float64 numpy, as a matrix for each axis: the reference for csrc/resample/deep."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reference import pil, resample, tf_resize
from reference.geometry import Axis

Doubles = npt.NDArray[np.float64]

CV2 = {"cv2.linear": cv2.INTER_LINEAR, "cv2.nearest": cv2.INTER_NEAREST, "cv2.area": cv2.INTER_AREA}
LUMA = np.array([0.299, 0.587, 0.114])


def matrix(axis: Axis, samples: int, interpolation: str) -> Doubles:
    """Make the weight of each source sample in each output sample of an axis, in the order of the output.

    Args:
        axis: The window that is resized, and which part of the result is kept.
        samples: Of the whole source axis.
        interpolation: Any filter. "cv2.area" is that of images that shrink, or grow, along both axes.

    Returns:
        float64 (axis.length, samples).
    """
    made = np.zeros((axis.grid, samples))
    window = slice(axis.start, axis.start + axis.window)
    library, _, name = interpolation.rpartition(".")
    if library == "cv2":
        unit = np.eye(axis.window)
        made[:, window] = cv2.resize(unit, (axis.window, axis.grid), interpolation=CV2[interpolation])
    elif library == "tf":
        made[:, window] = _tf(axis, name)
    elif interpolation == "pil.nearest":
        made[np.arange(axis.grid), _pil_nearest(axis)] = 1
    else:
        step = axis.window / axis.grid
        for output in range(axis.grid):
            if library == "pil":
                first, weights = _pil(axis, samples, name, output)
            else:
                make = resample._triangle if name == "antialias" else resample._linear
                center = axis.start + (output + 0.5) * step
                first, weights = make(center, max(1.0, step), axis.start, axis.start + axis.window)
            made[output, first : first + len(weights)] = weights
    kept = made[axis.begin : axis.begin + axis.length]
    return kept[::-1] if axis.mirror else kept


def resize(image: npt.NDArray[np.generic], rows: Axis, columns: Axis, interpolation: str) -> Doubles:
    """Resample (height, width, channels) of any dtype to float64 (rows.length, columns.length, channels)."""
    down, across = (matrix(axis, n, interpolation) for axis, n in zip((rows, columns), image.shape, strict=False))
    made: Doubles = np.einsum("yi,ijc,xj->yxc", down, image.astype(np.float64), across)
    return made


def _tf(axis: Axis, name: str) -> Doubles:
    made = np.zeros((axis.grid, axis.window))
    if name == "nearest":
        made[np.arange(axis.grid), tf_resize.nearest(axis.window, axis.grid)] = 1
    elif name == "bilinear":
        low, high, fraction = tf_resize.lerps(axis.window, axis.grid)
        np.add.at(made, (np.arange(axis.grid), low), 1 - fraction.astype(np.float64))
        np.add.at(made, (np.arange(axis.grid), high), fraction)
    else:
        made[:] = tf_resize.weights(axis.window, axis.grid, name)  # type: ignore[arg-type]
        if name == "area":
            made /= tf_resize.scale_of(axis.window, axis.grid)
    return made


def _pil_nearest(axis: Axis) -> list[int]:
    step = axis.window / axis.grid
    position = axis.start + step * 0.5
    picked = []
    for _ in range(axis.grid):
        picked.append(min(int(position), axis.start + axis.window - 1))
        position += step
    return picked


def _pil(axis: Axis, samples: int, name: str, output: int) -> tuple[int, list[float]]:
    if axis.window == axis.grid:
        return axis.start + output, [1.0]
    filter_, support = pil._FILTERS[name]
    step = axis.window / axis.grid
    reduction = max(step, 1.0)
    center = axis.start + (output + 0.5) * step
    begin = max(int(center - support * reduction + 0.5), 0)
    end = min(int(center + support * reduction + 0.5), samples)
    weights = [filter_((i - center + 0.5) / reduction) for i in range(begin, end)]
    total = sum(weights)
    return begin, [weight / total for weight in weights]
