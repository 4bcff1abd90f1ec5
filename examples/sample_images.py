"""Small JPEGs for the examples, for when you have no folder at hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

HUES = (0, 60, 110, 150)  # of each class, as OpenCV counts them: 0 to 179


def make_folder(folder: str | Path, classes: Sequence[str] = ("cat", "dog"), per_class: int = 24) -> Path:
    """Fill a folder with one subfolder of JPEGs for each class.

    Args:
        folder: created if it does not exist.
        classes: names of the subfolders, four at most. The images of a class share a hue, so that a model can learn.
        per_class: images in each.

    Returns:
        The folder.
    """
    rng = np.random.default_rng(0)
    root = Path(folder)
    for name, hue in zip(classes, HUES[: len(classes)], strict=True):
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            cv2.imwrite(str(root / name / f"{i:03d}.jpg"), _image(hue, rng))
    return root


def make_table(folder: str | Path, rows: int = 48) -> Path:
    """Fill a folder with JPEGs, and a table that gives each of them one or two labels.

    Args:
        folder: created if it does not exist.
        rows: number of images.

    Returns:
        The CSV file, with the columns `image` (relative paths) and `label` ("cat", "dog" or "cat_dog").
    """
    rng = np.random.default_rng(0)
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "table.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "label"])
        for i in range(rows):
            label = ("cat", "dog", "cat_dog")[i % 3]
            cv2.imwrite(str(root / f"{i:03d}.jpg"), _image(HUES[i % 3], rng))
            table.writerow([f"{i:03d}.jpg", label])
    return root / "table.csv"


def _image(hue: int, rng: np.random.Generator) -> np.ndarray:
    """Draw blobs of one hue: uint8 BGR of 48 to 96 pixels a side."""
    height, width = (int(side) for side in rng.integers(48, 97, 2))
    coarse = rng.uniform((hue, 90, 60), (hue + 20, 255, 255), (6, 6, 3)).astype(np.float32)
    blobs = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(blobs.astype(np.uint8), cv2.COLOR_HSV2BGR)
