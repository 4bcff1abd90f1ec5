"""How the tests drive the binding: `recipe` says what to make, `run` makes a batch of it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from hypothesis import settings

from fastseq._native import tables
from fastseq._native.job import Job, Pool
from fastseq._native.recipe import Recipe

INTERPOLATION = tables.interpolations()
ORIENT = tables.orients()
STATUS = {name: number for number, name, _, _ in tables.status_table()}
NAMES = {number: name for name, number in STATUS.items()}
GOOD = ("OK", "RECOVERED")

cv2.setNumThreads(1)  # a thread sanitizer is to see our threads only

# Examples come from the test's name, so that a run can be repeated; nothing is written to disk.
examples = functools.partial(settings, deadline=None, database=None, derandomize=True)


@dataclass
class Batch:
    """What came of a batch: `pixels` (n, height, width, channels) or channels first; status names."""

    pixels: npt.NDArray[Any]
    statuses: list[str]
    reasons: list[str]


@functools.cache
def pool(threads: int = 2) -> Any:
    return Pool(threads)


def limits(**changed: int) -> dict[str, int]:
    return tables.default_limits() | changed


def recipe(
    size: tuple[int, int],
    channels: int = 3,
    *,
    interpolation: str = "antialias",
    orient: str = "exif",
    bgr: bool = False,
    strict: int = True,
    pillow_colors: bool = False,
    index: bool = False,
    native_png: bool = True,
    augment: tuple[int, float, bool, float, bool, int] | None = None,
    channels_first: bool = False,
    lookup: npt.NDArray[Any] | None = None,
    scale: float | Sequence[float] = 1.0,
    offset: float | Sequence[float] = 0.0,
    ops: Iterable[Sequence[float]] = (),
    limit: dict[str, int] | None = None,
) -> Any:
    """A recipe; a lookup of one dimension is that of each channel."""
    table = b""
    if lookup is not None:
        table = (np.tile(lookup, channels) if lookup.ndim == 1 else lookup).tobytes()
    return Recipe(
        *size,
        channels,
        channels_first=channels_first,
        item_bytes=1 if lookup is None else lookup.itemsize,
        lookup=table,
        scale=[scale] if isinstance(scale, float | int) else scale,
        offset=[offset] if isinstance(offset, float | int) else offset,
        bgr=bgr,
        interpolation=INTERPOLATION[interpolation],
        orient=ORIENT[orient],
        strict=strict,
        ops=list(ops),
        limits=limit or tables.default_limits(),
        pillow_colors=pillow_colors,
        index=index,
        uint16_items=lookup is not None and lookup.dtype == np.uint16,
        native_png=native_png,
        augment=augment,
    )


def start(
    sources: Sequence[Any],
    made: Any,
    out: npt.NDArray[np.uint8],
    *,
    paths: bool = False,
    draws: npt.ArrayLike | None = None,
    threads: int = 2,
    urgent: bool = False,
    on: Any = None,
) -> Any:
    """Submit a job that writes `out`, one row of bytes a sample."""
    count = len(sources)
    numbers = np.zeros((count, 0)) if draws is None else np.asarray(draws, np.float64).reshape(count, -1)
    used = pool(threads) if on is None else on
    items = [(source,) if paths else source for source in sources]
    return Job(used, made, out.reshape(-1), numbers, items, urgent=urgent)


def finish(job: Any) -> list[str]:
    """Wait for a job and name its statuses."""
    job.wait()
    statuses = np.empty(len(job), np.int32)
    job.statuses(statuses)
    return [NAMES[int(status)] for status in statuses]


def run(
    sources: Sequence[Any],
    size: tuple[int, int],
    channels: int = 3,
    *,
    paths: bool = False,
    draws: npt.ArrayLike | None = None,
    threads: int = 2,
    **options: Any,
) -> Batch:
    """Decode a batch into slots that held 77s; `options` are those of `recipe`."""
    made = recipe(size, channels, **options)
    out = np.full((len(sources), made.slot_bytes), 77, np.uint8)
    job = start(sources, made, out, paths=paths, draws=draws, threads=threads)
    statuses = finish(job)
    lookup = options.get("lookup")
    items = out if lookup is None else out.view(lookup.dtype)
    shape = (channels, *size) if options.get("channels_first") else (*size, channels)
    return Batch(items.reshape(-1, *shape), statuses, [job.reason(i) for i in range(len(job))])


def one(source: Any, size: tuple[int, int], channels: int = 3, **options: Any) -> npt.NDArray[Any]:
    """Decode one sound image."""
    batch = run([source], size, channels, **options)
    assert batch.statuses == ["OK"], batch
    pixels: npt.NDArray[Any] = batch.pixels[0]
    return pixels


def finish_by_pixels(job: Any, pixels: npt.NDArray[np.uint8], bgr: bool = False) -> list[str]:
    """Give a job of one file that the core does not decode its pixels."""
    assert finish(job) == ["NEEDS_DECODER"]
    assert job.begin_fetch(0)
    job.put_pixels(0, np.ascontiguousarray(pixels), bgr)
    return finish(job)


def put(
    pixels: npt.NDArray[np.uint8], size: tuple[int, int], *, pixels_bgr: bool = False, **options: Any
) -> npt.NDArray[Any]:
    """Send pixels through the native resampling, as those of a file decoded elsewhere, by a `recipe` of `options`."""
    channels = options.pop("channels", pixels.shape[2])
    draws = options.pop("draws", None)
    made = recipe(size, channels, **options)
    lookup = options.get("lookup")
    shape = (channels, *size) if options.get("channels_first") else (*size, channels)
    out = np.full(made.slot_bytes, 77, np.uint8)
    job = start([OTHER_FORMAT], made, out, draws=draws)
    assert finish_by_pixels(job, pixels, pixels_bgr) == ["OK"]
    items = out if lookup is None else out.view(lookup.dtype)
    return items.reshape(shape)


def put_deep(
    pixels: npt.NDArray[Any], size: tuple[int, int], *, pixels_bgr: bool = False, **options: Any
) -> npt.NDArray[Any]:
    """Like `put` for pixels of more than 8 bits."""
    channels = options.pop("channels", pixels.shape[2])
    draws = options.pop("draws", None)
    made = recipe(size, channels, **options)
    lookup = options.get("lookup")
    out = np.full(made.slot_bytes, 77, np.uint8)
    job = start([OTHER_FORMAT], made, out, draws=draws)
    assert finish(job) == ["NEEDS_DECODER"]
    assert job.begin_fetch(0)
    samples = np.ascontiguousarray(pixels).reshape(-1).view(np.uint8)
    job.put_deep(0, samples, tables.sample_types()[pixels.dtype.name], pixels.shape, pixels_bgr)
    assert finish(job) == ["OK"]
    shape = (channels, *size) if options.get("channels_first") else (*size, channels)
    return (out if lookup is None else out.view(lookup.dtype)).reshape(shape)


# A file that the core leaves to others: the header of a GIF of one pixel.
OTHER_FORMAT = b"GIF89a\1\0\1\0\0\0\0"
