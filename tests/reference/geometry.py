"""The part of the image that becomes each part of the slot, in plain Python: the reference for csrc/geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Op = tuple[int, float, float, float, float, int]

RESIZE_SHORT, CENTER_CROP, RANDOM_RESIZED_CROP, FLIP, CROP_TO_ASPECT, PAD_TO_ASPECT = range(6)
CROP_TRIES = 10
CROP_DRAWS = 2 * CROP_TRIES + 2


def resize_short(size: int) -> Op:
    """Return the step that scales the shorter side to `size` and keeps the aspect ratio."""
    return (RESIZE_SHORT, size, 0, 0, 0, 0)


def center_crop(height: int, width: int, half_to_even: bool = False) -> Op:
    """Return the step that keeps the center, at most (height, width)."""
    return (CENTER_CROP, height, width, float(half_to_even), 0, 0)


def random_resized_crop(
    draw: int, scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3)
) -> Op:
    """Return the step that crops a random window, from the `CROP_DRAWS` draws at `draw`."""
    return (RANDOM_RESIZED_CROP, *scale, *ratio, draw)


def flip(draw: int, probability: float, direction: Literal["horizontal", "vertical"]) -> Op:
    """Return the step that flips if the draw at `draw` is below `probability`."""
    return (FLIP, probability, float(direction == "horizontal"), 0, 0, draw)


def crop_to_aspect(float32: bool) -> Op:
    """Return the step that keeps the largest centered part with the output's aspect ratio."""
    return (CROP_TO_ASPECT, float(float32), 0, 0, 0, 0)


def pad_to_aspect() -> Op:
    """Return the step that fits the image into the output and pads; only flips may follow."""
    return (PAD_TO_ASPECT, 0, 0, 0, 0, 0)


def upright(image: Pixels, tag: int, orient: Literal["none", "exif", "landscape"] = "exif") -> Pixels:
    """Turn stored pixels upright.

    Args:
        image: The stored pixels, (height, width, channels).
        tag: The EXIF orientation, 1 to 8; anything else means 1.
        orient: ``"none"`` leaves the image as stored; ``"landscape"`` turns it by ``np.rot90`` after
            the EXIF orientation where it is higher than wide.

    Returns:
        A view of `image`.
    """
    if orient == "none":
        return image
    turned = image.transpose(1, 0, 2) if tag in (5, 6, 7, 8) else image
    if tag in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    if tag in (3, 4, 7, 8):
        turned = turned[::-1]
    if orient == "landscape" and turned.shape[0] > turned.shape[1]:
        turned = np.rot90(turned)
    return turned


@dataclass(frozen=True)
class Axis:
    """One axis: `window` samples from `start` are resized to `grid`; `length` of those from `begin` are kept.

    `grid` is 0 until the axis is resized; `mirror` means that the kept samples are written backwards. The first of them
    is sample `pad` of the output.
    """

    start: int
    window: int
    grid: int
    begin: int
    length: int
    mirror: bool
    pad: int = 0

    @classmethod
    def whole(cls, size: int) -> Axis:
        """Return the axis of an unchanged image of `size` pixels."""
        return cls(0, size, 0, 0, size, False)

    def crop(self, offset: int, length: int) -> Axis:
        """Keep `length` samples from `offset`, counted after flipping."""
        offset = self.length - offset - length if self.mirror else offset
        if self.grid:
            return replace(self, begin=self.begin + offset, length=length)
        return replace(self, start=self.start + offset, window=length, length=length)

    def center(self, length: int, half_to_even: bool = False) -> Axis:
        """Keep the center; half of the margin is rounded down, or as ``round`` does."""
        kept = min(length, self.length)
        margin = self.length - kept
        return self.crop(round(margin / 2) if half_to_even else margin // 2, kept)

    def resize(self, size: int) -> Axis:
        """Resize to `size` samples, replacing an earlier resize."""
        return replace(self, grid=size, begin=0, length=size)


def crop_window(
    height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float], draws: Sequence[float]
) -> tuple[int, int, int, int] | None:
    """Draw a crop as torchvision's ``RandomResizedCrop.get_params`` does, from uniform numbers given to it.

    Args:
        height: Of the image.
        width: Of the image.
        scale: Smallest and largest share of the image's area.
        ratio: Smallest and largest width / height.
        draws: `CROP_DRAWS` numbers in [0, 1): area and ratio of each try, then top and left.

    Returns:
        (top, left, height, width), or None where no try fitted.
    """
    for k in range(CROP_TRIES):
        area = height * width * (scale[0] + (scale[1] - scale[0]) * draws[2 * k])
        low, high = math.log(ratio[0]), math.log(ratio[1])
        aspect = math.exp(low + (high - low) * draws[2 * k + 1])
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 1 <= w <= width and 1 <= h <= height:
            top = int(draws[2 * CROP_TRIES] * (height - h + 1))
            return top, int(draws[2 * CROP_TRIES + 1] * (width - w + 1)), h, w
    return None


def kept_part(height: int, width: int, out_height: int, out_width: int, float32: bool) -> tuple[int, int]:
    """Return the sides of the largest part of an image with the output's aspect ratio.

    Args:
        height: Of the image.
        width: Of the image.
        out_height: Of the output.
        out_width: Of the output.
        float32: As ``smart_resize`` does for tensors; else as ``load_img(keep_aspect_ratio=True)``.

    Returns:
        (height, width), each at least 1.
    """
    if float32:
        tall = int(np.float32(width * out_height) / np.float32(out_width))
        wide = int(np.float32(height * out_width) / np.float32(out_height))
    else:
        tall, wide = width * out_height // out_width, height * out_width // out_height
    return max(min(height, tall), 1), max(min(width, wide), 1)


def padded(axis: Axis, size: int, ratio: np.float32) -> Axis:
    """Resize an axis by 1 / `ratio` into the center of `size`, as ``tf.image.resize_with_pad`` does."""
    resized = np.float32(axis.length) / ratio
    made = axis.resize(max(int(np.floor(resized)), 1))
    pad = int(np.floor((np.float32(size) - resized) / np.float32(2)))
    return replace(made, pad=min(max(pad, 0), size - made.length))


def flipped(axis: Axis, padded_to: int | None) -> Axis:
    """Flip an axis, including the padding that makes it `padded_to` long."""
    pad = axis.pad if padded_to is None else padded_to - axis.pad - axis.length
    return replace(axis, mirror=not axis.mirror, pad=pad)


def follow(
    ops: Iterable[Op], draws: Sequence[float], height: int, width: int, size: tuple[int, int]
) -> tuple[Axis, Axis]:
    """Apply the steps to the axes of an upright image.

    Args:
        ops: Steps from the functions above.
        draws: The sample's uniform numbers.
        height: Of the upright image.
        width: Of the upright image.
        size: (height, width) of the output; an image that no step resizes is resized to it.

    Returns:
        The axes of rows and columns.

    Raises:
        ValueError: If the steps end in another size.
    """
    rows, columns = Axis.whole(height), Axis.whole(width)
    is_padded = False
    for kind, a, b, c, d, draw in ops:
        if kind == RESIZE_SHORT:
            short = min(rows.length, columns.length)
            long = max(int(a * max(rows.length, columns.length) / short), 1)
            tall = rows.length > columns.length
            rows, columns = rows.resize(long if tall else int(a)), columns.resize(int(a) if tall else long)
        elif kind == CENTER_CROP:
            rows, columns = rows.center(int(a), c != 0), columns.center(int(b), c != 0)
        elif kind == RANDOM_RESIZED_CROP:
            window = crop_window(rows.length, columns.length, (a, b), (c, d), draws[draw:])
            if window:
                top, left, h, w = window
                rows, columns = rows.crop(top, h), columns.crop(left, w)
            else:
                h, w = rows.length, columns.length
                rows = rows.center(max(round(w / c), 1) if w / h < c else h)
                columns = columns.center(max(round(h * d), 1) if w / h > d else w)
        elif kind == CROP_TO_ASPECT:
            h, w = kept_part(rows.length, columns.length, *size, bool(a))
            rows, columns = rows.center(h), columns.center(w)
        elif kind == PAD_TO_ASPECT:
            ratio = max(np.float32(n.length) / np.float32(m) for n, m in zip((rows, columns), size, strict=True))
            rows, columns = padded(rows, size[0], ratio), padded(columns, size[1], ratio)
            is_padded = True
        elif draws[draw] < a and b:
            columns = flipped(columns, size[1] if is_padded else None)
        elif draws[draw] < a:
            rows = flipped(rows, size[0] if is_padded else None)
    if is_padded:
        return rows, columns
    rows = rows if rows.grid else rows.resize(size[0])
    columns = columns if columns.grid else columns.resize(size[1])
    if (rows.length, columns.length) != tuple(size):
        raise ValueError(f"the steps end in {rows.length} x {columns.length}, not {size[0]} x {size[1]}")
    return rows, columns
