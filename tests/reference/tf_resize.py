"""What ``tf.image.resize(..., antialias=False)`` computes, in numpy: weights for each axis.

Positions and weights are float32, as TensorFlow's are; sums of more than two taps are made in float64 here.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Method = Literal["nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]

METHODS: tuple[Method, ...] = (
    *("nearest", "bilinear", "bicubic", "area"),
    *("lanczos3", "lanczos5", "gaussian", "mitchellcubic"),
)
CUBIC_STEPS = 1024
RADIUS = {"lanczos3": 3.0, "lanczos5": 5.0, "gaussian": 1.5, "mitchellcubic": 2.0}


def resize_tf(image: Pixels, size: tuple[int, int], method: Method) -> Floats:
    """Resize as ``tf.image.resize`` does without antialiasing.

    Args:
        image: uint8 pixels of shape (height, width, channels).
        size: (height, width) of the result.
        method: One of `METHODS`.

    Returns:
        float32 values of shape (*size, channels): TensorFlow's bits for "nearest" and "bilinear", else near them.
    """
    rows, columns = ((image.shape[0], size[0]), (image.shape[1], size[1]))
    if method == "nearest":
        return image[nearest(*rows)[:, np.newaxis], nearest(*columns)].astype(np.float32)
    if method == "bilinear":
        top, bottom, down = lerps(*rows)
        left, right, across = lerps(*columns)
        values = image.astype(np.float32)
        values = values[:, left] + (values[:, right] - values[:, left]) * across[:, np.newaxis]
        return values[top] + (values[bottom] - values[top]) * down[:, np.newaxis, np.newaxis]
    down_weights, across_weights = weights(*rows, method), weights(*columns, method)
    gain = 1.0
    if method == "area":
        gain = float(np.float32(1.0 / float(scale_of(*rows) * scale_of(*columns))))
    wide: Doubles = np.tensordot(down_weights, image.astype(np.float64), axes=(1, 0))
    made: Doubles = np.tensordot(wide, across_weights, axes=(1, 1)).transpose(0, 2, 1)
    return (made * gain).astype(np.float32)


def scale_of(source: int, target: int) -> np.float32:
    """Source pixels to one of the target."""
    return np.float32(source) / np.float32(target)


def positions(source: int, target: int) -> Floats:
    """Where the centres of the target's pixels lie in the source, counted from its edge."""
    return (np.arange(target, dtype=np.float32) + np.float32(0.5)) * scale_of(source, target)


def nearest(source: int, target: int) -> npt.NDArray[np.int64]:
    """The source pixel of each target pixel."""
    return np.clip(np.floor(positions(source, target)).astype(np.int64), 0, source - 1)


def lerps(source: int, target: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """The two source pixels of each target pixel, and how far it is from the first to the second."""
    place = positions(source, target) - np.float32(0.5)
    floor = np.floor(place)
    low = np.clip(floor.astype(np.int64), 0, source - 1)
    high = np.clip(np.ceil(place).astype(np.int64), 0, source - 1)
    return low, high, place - floor


def weights(source: int, target: int, method: Method) -> Doubles:
    """The weight of each source pixel in each target pixel, (target, source); of "area", times the scale."""
    if method == "area":
        return _area(source, target)
    made = _bicubic(source, target) if method == "bicubic" else _kernel(source, target, method)
    total = made.sum(axis=1, keepdims=True)
    return made / np.where(np.abs(total) < 1000 * np.finfo(np.float32).tiny, np.inf, total)


def _area(source: int, target: int) -> Doubles:
    scale = scale_of(source, target)
    edges = np.arange(target + 1, dtype=np.float32) * scale
    made = np.zeros((target, source))
    for i, (start, end) in enumerate(pairwise(edges)):
        for pixel in range(int(np.floor(start)), int(np.ceil(end))):
            whole_left, whole_right = pixel >= start, pixel + 1 <= end
            if whole_left:
                weight = np.float32(1) if whole_right else end - np.float32(pixel)
            else:
                weight = np.float32(pixel + 1) - start if whole_right else scale
            made[i, min(pixel, source - 1)] += weight
    return made


def _bicubic(source: int, target: int) -> Doubles:
    place = positions(source, target) - np.float32(0.5)
    floor = np.floor(place)
    step = np.rint((place - floor) * np.float32(CUBIC_STEPS))
    made = np.zeros((target, source))
    for tap, distance in enumerate((CUBIC_STEPS + step, step, CUBIC_STEPS - step, 2 * CUBIC_STEPS - step), -1):
        pixel = floor.astype(np.int64) + tap
        inside = (pixel >= 0) & (pixel < source)
        made[np.flatnonzero(inside), pixel[inside]] = _keys(distance[inside].astype(np.float64) / CUBIC_STEPS)
    return made


def _keys(x: Doubles) -> Doubles:
    a = -0.5
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, far)


def _kernel(source: int, target: int, method: Method) -> Doubles:
    # ScaleAndTranslate inverts the scale that it is given.
    inverse = np.float32(1.0 / float(np.float32(target) / np.float32(source)))
    place = (np.arange(target, dtype=np.float32) + np.float32(0.5)) * inverse
    radius = np.float32(RADIUS[method])
    half = np.float32(0.5)
    first = np.clip(np.ceil(place - radius - half), 0, source - 1)[:, np.newaxis]
    last = np.clip(np.floor(place + radius - half), 0, source - 1)[:, np.newaxis]
    pixel = np.arange(source, dtype=np.float32)
    x = np.abs(pixel + half - place[:, np.newaxis]).astype(np.float64)
    return np.where((pixel >= first) & (pixel <= last), _kernel_value(x, method), 0.0)


def _kernel_value(x: Doubles, method: Method) -> Doubles:
    radius = RADIUS[method]
    if method == "gaussian":
        return np.where(x < radius, np.exp(-x * x / (2 * (radius / 3) ** 2)), 0.0)
    if method == "mitchellcubic":
        near = (7 / 6 * x - 2) * x * x + 8 / 9
        far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))
    return np.where(x <= 1e-3, 1.0, np.where(x <= radius, np.sinc(x) * np.sinc(x / radius), 0.0))
