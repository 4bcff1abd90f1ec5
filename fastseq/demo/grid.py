"""A batch drawn as a grid of images, each with its label."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from matplotlib.figure import Figure

SIDE = 1.4  # inches of each image; its title takes another fifth of that


def save_grid(images: npt.NDArray[Any], titles: Sequence[str], path: str | os.PathLike[str], columns: int = 8) -> None:
    """Save a batch as a PNG.

    Args:
        images: (n, height, width, 3) RGB, uint8 or floats from 0 to 1.
        titles: one title per image.
        path: the file to write; an existing one is replaced.
        columns: images per row.

    Raises:
        OSError: if the file cannot be written.
        ValueError: if the numbers of titles and images differ.
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
