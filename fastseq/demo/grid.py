"""A picture of a batch: its images in rows, each with its label."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from matplotlib.figure import Figure

SIDE = 1.4  # inches of each image, and of the space for its label, a fifth of it


def save_grid(images: npt.NDArray[Any], titles: Sequence[str], path: str | os.PathLike[str], columns: int = 8) -> None:
    """Save a batch as a PNG.

    Args:
        images: (n, height, width, 3) RGB, uint8 or floats from 0 to 1.
        titles: a text for each image.
        path: the file; one that is there is replaced.
        columns: images in a row.

    Raises:
        OSError: if the file cannot be written.
        ValueError: if there are not as many titles as images.
    """
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    figure = Figure(figsize=(columns * SIDE, rows * SIDE * 1.2), layout="tight")
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for cell in cells:
        cell.axis("off")
    for cell, (image, title) in zip(cells, zip(images, titles, strict=True), strict=False):
        cell.imshow(image)
        cell.set_title(title, fontsize=9)
    figure.savefig(path, format="png")
