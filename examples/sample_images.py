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


def make_table(folder: str | Path, labels: Sequence[str] = ("cat", "dog", "cat_dog"), rows: int = 48) -> Path:
    """Fill a folder with JPEGs, and a table that gives each of them a label.

    Args:
        folder: created if it does not exist.
        labels: four at most, each as often as the others. The images of a label share a hue.
        rows: number of images.

    Returns:
        The CSV file, with the columns `image` (relative paths) and `label`.
    """
    rng = np.random.default_rng(0)
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "table.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "label"])
        for i in range(rows):
            kind = i % len(labels)
            cv2.imwrite(str(root / f"{i:03d}.jpg"), _image(HUES[kind], rng))
            table.writerow([f"{i:03d}.jpg", labels[kind]])
    return root / "table.csv"


def make_scenes(folder: str | Path, rows: int = 24) -> Path:
    """Fill a folder with JPEGs of a disc and a bar, a mask for each, and a table that says where they are.

    Args:
        folder: created if it does not exist.
        rows: number of images.

    Returns:
        The CSV file, with the columns `image` and `mask` (relative paths; a mask has the ids 0, 1 for the disc, 2 for
        the bar), and in pixels `disc_x`, `disc_y`, `bar_x`, `bar_y` (the centers) and `radius` (of the disc);
        `distance` and `zoom`, with which a camera would have seen a disc of the radius `meters`.
    """
    rng = np.random.default_rng(0)
    root = Path(folder)
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True, exist_ok=True)
    with open(root / "scenes.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "mask", "disc_x", "disc_y", "bar_x", "bar_y", "radius", "distance", "zoom", "meters"])
        for i in range(rows):
            image = _image(HUES[0], rng)
            height, width = image.shape[:2]
            ids = np.zeros((height, width), np.uint8)
            (disc_x, bar_x), (disc_y, bar_y) = (rng.integers(12, side - 12, 2).tolist() for side in (width, height))
            radius = int(rng.integers(6, 12))
            cv2.circle(ids, (disc_x, disc_y), radius, 1, -1)
            cv2.rectangle(ids, (bar_x - 3, bar_y - 10), (bar_x + 3, bar_y + 10), 2, -1)
            image[ids == 1], image[ids == 2] = (220, 120, 20), (40, 40, 40)
            image_name, mask_name = f"images/{i:03d}.jpg", f"masks/{i:03d}.png"
            cv2.imwrite(str(root / image_name), image)
            cv2.imwrite(str(root / mask_name), ids)
            distance, zoom = round(rng.uniform(2, 9), 1), int(rng.integers(1, 4))
            measured = radius, distance, zoom, round(radius * distance / zoom / 50, 3)
            table.writerow([image_name, mask_name, disc_x, disc_y, bar_x, bar_y, *measured])
    return root / "scenes.csv"


def _image(hue: int, rng: np.random.Generator) -> np.ndarray:
    """Draw blobs of one hue: uint8 BGR of 48 to 96 pixels a side."""
    height, width = (int(side) for side in rng.integers(48, 97, 2))
    coarse = rng.uniform((hue, 90, 60), (hue + 20, 255, 255), (6, 6, 3)).astype(np.float32)
    blobs = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(blobs.astype(np.uint8), cv2.COLOR_HSV2BGR)
