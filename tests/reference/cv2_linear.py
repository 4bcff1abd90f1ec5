"""The arithmetic of cv2.INTER_LINEAR on x86, for machines on which the local cv2 computes otherwise."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
_BITS = 11  # fraction bits of the weights


def resize(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize (height, width, channels) pixels to `size` with two taps, as cv2 does on x86."""
    height, width = image.shape[:2]
    if size == (height, width):
        return image.copy()
    if (height, width) == (2 * size[0], 2 * size[1]):
        quads = image.reshape(size[0], 2, size[1], 2, -1).astype(np.int32).sum((1, 3))
        return ((quads + 2) >> 2).astype(np.uint8)
    left, right = _taps(width, size[1], clamp_weights=True)
    upper, lower = _taps(height, size[0], clamp_weights=False)
    wide = image.astype(np.int32)
    across = wide[:, left[0]] * left[1][:, None] + wide[:, right[0]] * right[1][:, None] >> 4
    rows = [across[index] * weights[:, None, None] >> 16 for index, weights in (upper, lower)]
    return (rows[0] + rows[1] + 2 >> 2).astype(np.uint8)


@functools.cache
def is_that_of_x86() -> bool:
    """Whether the local cv2.resize has these bits, and may serve as the reference of the cv2 filters.

    OpenCV's wheels for ARM differ by up to 4 levels in INTER_LINEAR, and by one in INTER_AREA.
    """
    image = np.random.default_rng(0).integers(0, 256, (61, 97, 3), np.uint8)
    sizes = ((31, 33), (130, 75), (7, 150))
    return all(np.array_equal(cv2.resize(image, size[::-1]), resize(image, size)) for size in sizes)


def _taps(length: int, count: int, *, clamp_weights: bool) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]]:
    """The index and the weight of each output's two inputs."""
    place = ((np.arange(count) + 0.5) * (length / count) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.intp)
    part = place - first.astype(np.float32)
    if clamp_weights:
        part[(first < 0) | (first >= length - 1)] = 0
        first = first.clip(0, length - 1)
    weights = [np.rint(np.float32(1 << _BITS) * w).astype(np.int32) for w in (np.float32(1) - part, part)]
    return [(np.clip(first + k, 0, length - 1), weights[k]) for k in range(2)]
