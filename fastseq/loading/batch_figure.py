"""A batch drawn as a grid of images, each with its labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq.engine.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAX_COLUMNS = 8
_SIDE = 1.4  # inches of each image; its title takes another fifth of that
_MAX_TITLE = 24  # characters


def batch_figure(images: NDArray[Any], titles: Sequence[str], settings: Settings, file: StrPath | None) -> Figure:
    """Draw images side by side.

    Args:
        images: a batch, or the beginning of one, as `settings` make it.
        titles: one for each image.
        settings: those of the loader; scaled values are shown as the pixels that they were. If some of these are far
            from 0..255, as in images of 16 bits, black is the lowest of all and white the highest.
        file: where to save the figure; None for a figure of pyplot, which `pyplot.show()` shows.

    Raises:
        ImportError: if matplotlib is not installed.
        OSError: if the file cannot be written.
    """
    columns = min(_MAX_COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    figure = _new_figure((columns * _SIDE, rows * _SIDE * 1.2), managed=file is None)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    gray = {"cmap": "gray", "vmin": 0, "vmax": 255} if "gray" in settings.color else {}
    for cell in cells:
        cell.axis("off")
    for cell, image, title in zip(cells, _displayable(images, settings), titles, strict=False):
        cell.imshow(image, **gray)
        short = title if len(title) <= _MAX_TITLE else f"{title[:_MAX_TITLE]}..."
        cell.set_title(short, fontsize=9, parse_math=False)
    if file is not None:
        figure.savefig(file)
    return figure


def _new_figure(size: tuple[float, float], *, managed: bool) -> Figure:
    try:
        if managed:
            from matplotlib import pyplot

            return pyplot.figure(figsize=size, layout="tight")
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("show_batch needs matplotlib: pip install matplotlib") from error
    return Figure(figsize=size, layout="tight")


def _displayable(images: NDArray[Any], settings: Settings) -> NDArray[Any]:
    """The images as RGB or gray pixels from 0 to 255: (n, height, width, 3) or (n, height, width)."""
    if settings.data_format == "channels_first":
        images = np.moveaxis(images, 1, -1)
    if images.dtype != np.uint8:
        scale = np.array(settings.scaling.scale)
        pixels = (images.astype(np.float64) - settings.scaling.offset) / np.where(scale == 0, 1, scale)
        images = np.clip(np.rint(_within_bytes(pixels)), 0, 255).astype(np.uint8)
    if images.shape[-1] == 1:
        return images[..., 0]
    return images[..., ::-1] if settings.bgr else images


def _within_bytes(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
    return pixels if low >= -256 and high < 512 else (pixels - low) * (255 / (high - low))  # filters overshoot bytes
