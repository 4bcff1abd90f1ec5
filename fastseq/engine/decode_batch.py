"""decode_batch: files or bytes to one array."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq._native.job import Job
from fastseq.engine.fallback import Decode, decode_by_opencv, read_file
from fastseq.engine.pending_batch import PendingBatch, Read
from fastseq.engine.settings import Settings
from fastseq.engine.threads import Threads, lasting_threads
from fastseq.errors import StrPath
from fastseq.limits import Limits
from fastseq.transforms import Transform

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[np.uint8]


def decode_batch(
    sources: Sequence[Source],
    size: tuple[int, int],
    *,
    transform: Transform | Iterable[Transform] = (),
    seed: int = 0,
    epoch: int = 0,
    interpolation: str = "antialias",
    orient: str = "exif",
    color: str = "rgb",
    dtype: DTypeLike = "uint8",
    scale: float = 1.0,
    offset: float = 0.0,
    data_format: str = "channels_last",
    strict: bool | str = True,
    limits: Limits | None = None,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    on_error: str = "raise",
) -> NDArray[Any]:
    """Decode images of any size into one batch, all cores on it.

    Args:
        sources: paths (str or PathLike), and the contents of files (bytes or any contiguous buffer).
        size: (height, width) of the output, pixels.
        transform: a `fastseq` transform, or several in their order; source i draws as sample number i.
        seed: of random transforms.
        epoch: of random transforms: another one gives other draws.
        interpolation: "antialias", "linear"; the bits of cv2: "cv2.linear", "cv2.nearest", "cv2.area"; those of Pillow:
            "pil.nearest", "pil.box", "pil.bilinear", "pil.hamming", "pil.bicubic", "pil.lanczos"; or TensorFlow's:
            "tf.nearest", "tf.bilinear", "tf.bicubic", "tf.area", "tf.lanczos3", "tf.lanczos5", "tf.gaussian",
            "tf.mitchellcubic".
        orient: "exif", "none", or "landscape" (EXIF, then a quarter turn where height > width).
        color: "rgb", "bgr" or "gray"; "pil.rgb" or "pil.gray": by the rules of Pillow's `convert`.
        dtype: uint8 (0-255), float16, float32 or float64.
        scale: of float dtypes: values are `offset + scale * pixel`.
        offset: see scale.
        data_format: "channels_last" or "channels_first".
        strict: whether pictures that decode with warnings, or are cut off, are bad; "whole": only those cut off.
        limits: what one picture may cost.
        out: a C-contiguous array of the result's shape and dtype to write to; it may lie at any address.
        threads: as many as there are cores where None.
        on_error: "raise".

    Returns:
        (n, height, width, channels), or (n, channels, height, width) for "channels_first"; `out` if it was given.

    Raises:
        DecodeError: for the first source that is bad; every other one has been written by then.
        ValueError: for a setting or an `out` that does not fit.
    """
    if on_error != "raise":
        raise ValueError(f"on_error must be 'raise', not {on_error!r}")
    settings = Settings(
        size, transform, interpolation, orient, color, dtype, scale, offset, data_format, strict, limits or Limits()
    )
    sources = list(sources)
    images = _output(settings, len(sources), out)
    draws = settings.pipeline.draw(seed, epoch, np.arange(len(sources)))
    return decode_sources(sources, settings, images, draws, lasting_threads(threads))


def decode_sources(
    sources: Sequence[Source], settings: Settings, images: NDArray[Any], draws: NDArray[np.float64], threads: Threads
) -> NDArray[Any]:
    """Decode into `images` and return it; see `begin_sources`.

    Raises:
        DecodeError: for the first source that is bad; every other one has been written by then.
    """
    batch = begin_sources(sources, settings, images, draws, threads, urgent=True)
    batch.result()
    batch.raise_first(lambda i: (path_of(sources[i]), i))
    return images


def begin_sources(
    sources: Sequence[Source],
    settings: Settings,
    images: NDArray[Any],
    draws: NDArray[np.float64],
    threads: Threads,
    *,
    urgent: bool,
    decode: Decode = decode_by_opencv,
) -> PendingBatch:
    """Begin to decode.

    Args:
        sources: as for `decode_batch`.
        settings: what becomes of them.
        images: C-contiguous, what `settings` make of so many sources; written to by threads from now on.
        draws: the transforms' numbers, float64 (n, `settings.pipeline.draw_count`).
        threads: that decode.
        urgent: whether to go before batches that are not.
        decode: what decodes other formats than JPEG.

    Returns:
        The batch under way.
    """
    is_path = [isinstance(source, (str, os.PathLike)) for source in sources]
    items = [
        os.fsencode(s) if p else _bytes_of(s)  # type: ignore[arg-type]
        for s, p in zip(sources, is_path, strict=True)
    ]

    def reader(i: int) -> Read:
        return partial(read_file, items[i]) if is_path[i] else lambda most: items[i]  # type: ignore[arg-type]

    job = Job(threads.pool, settings.recipe, images.reshape(-1).view(np.uint8), draws, items, is_path, urgent=urgent)
    return PendingBatch(job, images, settings, reader, threads, decode)


def path_of(source: Source) -> StrPath | None:
    """The source, if it is a path."""
    return source if isinstance(source, (str, os.PathLike)) else None


def _bytes_of(source: bytes | bytearray | memoryview | NDArray[np.uint8]) -> memoryview:
    view = memoryview(source)  # type: ignore[arg-type]
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def _output(settings: Settings, samples: int, out: NDArray[Any] | None) -> NDArray[Any]:
    shape, dtype = settings.batch_shape(samples), settings.numpy_dtype
    if out is None:
        return np.empty(shape, dtype)
    if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(
            f"out must be a writable C-contiguous array of shape {shape} and dtype {dtype}, "
            f"not of shape {out.shape} and dtype {out.dtype}"
        )
    return out
