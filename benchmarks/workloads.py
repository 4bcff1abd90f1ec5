"""The workloads that the benchmarks measure, and how cv2 does each of them on one thread."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Window = tuple[int, int, int, int]
Finish = Callable[[Any, tuple[int, int], random.Random], Any]


def random_window(height: int, width: int, rng: random.Random) -> Window:
    """Draw the (top, left, height, width) of a random resized crop: 8 to 100 % of the area, aspect ratio 3:4 to 4:3."""
    for _ in range(10):
        area = height * width * rng.uniform(0.08, 1)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return rng.randint(0, height - h), rng.randint(0, width - w), h, w
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side, side


def _whole(image: Any, size: tuple[int, int], rng: random.Random) -> Any:
    return cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


def _crop(image: Any, size: tuple[int, int], rng: random.Random) -> Any:
    top, left, height, width = random_window(image.shape[0], image.shape[1], rng)
    resized = _whole(image[top : top + height, left : left + width], size, rng)
    return cv2.flip(resized, 1) if rng.random() < 0.5 else resized


def _landscape(image: Any, size: tuple[int, int], rng: random.Random) -> Any:
    return _whole(np.rot90(image) if image.shape[0] > image.shape[1] else image, size, rng)


@dataclass(frozen=True)
class Workload:
    """One kind of loading: the size of the output, and how cv2 and fastseq produce it.

    Attributes:
        title: Its name in the table.
        size: (height, width) of the output.
        finish: cv2's steps after ``cv2.imdecode``.
        interpolations: The filters of fastseq to measure.
        orient: fastseq's ``orient``.
        color: fastseq's ``color``.
        crop: Whether images are cropped and flipped at random.
    """

    title: str
    size: tuple[int, int]
    finish: Finish
    interpolations: tuple[str, ...]
    orient: str = "exif"
    color: str = "rgb"
    crop: bool = False


WORKLOADS = {
    "whole": Workload("whole image to 224 x 224", (224, 224), _whole, ("antialias", "linear", "cv2.linear")),
    "crop": Workload("random resized crop to 224 x 224, flip", (224, 224), _crop, ("antialias",), crop=True),
    "tutorial": Workload(
        "the tutorial's pipeline: rot90, 472 x 256", (256, 472), _landscape, ("cv2.linear",), "landscape", "bgr"
    ),
    "camera": Workload("camera photos to 224 x 224", (224, 224), _whole, ("antialias", "linear")),
}


def cv2_image(path: str, workload: Workload, rng: random.Random) -> Any:
    """Load one file with cv2: read it, decode it, and apply the workload's steps."""
    return workload.finish(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR), workload.size, rng)
