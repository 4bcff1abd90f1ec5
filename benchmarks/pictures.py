"""A set of real JPEGs made of the photographs that scikit-image ships, for want of a better one."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
from skimage import data

PHOTOGRAPHS = (
    "astronaut",
    "chelsea",
    "coffee",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
    "rocket",
)


def make_set(folder: Path, count: int = 200) -> list[str]:
    """Write `count` JPEGs of about 500 x 375 pixels: cut-outs that vary in shape, quality and sampling.

    Returns:
        Their paths.
    """
    rng = random.Random(0)
    photographs = [cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2BGR) for name in PHOTOGRAPHS]
    paths = []
    for k in range(count):
        photograph = photographs[k % len(photographs)]
        height, width = rng.choice(((375, 500), (333, 500), (500, 375)))
        scale = max(height / photograph.shape[0], width / photograph.shape[1], rng.uniform(0.5, 1))
        image = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top = rng.randint(0, max(0, image.shape[0] - height))
        left = rng.randint(0, max(0, image.shape[1] - width))
        sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if k % 4 else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
        options = [cv2.IMWRITE_JPEG_QUALITY, rng.randint(80, 96), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        path = folder / f"{k:06d}.jpg"
        cv2.imwrite(str(path), image[top : top + height, left : left + width], options)
        paths.append(str(path))
    return paths
