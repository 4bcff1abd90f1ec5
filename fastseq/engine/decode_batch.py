"""decode_batch: files or bytes to one array."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._native.job import Job
from fastseq._types import StrPath
from fastseq.engine.fallback import Decode, decode_by_opencv, read_file
from fastseq.engine.pending_batch import PendingBatch, Read
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.engine.settings import Settings
from fastseq.engine.threads import Threads, lasting_threads
from fastseq.order.rng import key_word

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[np.uint8]


@takes_pixel_settings
def decode_batch(
    sources: Iterable[Source],
    size: tuple[int, int],
    *,
    seed: int = 0,
    epoch: int = 0,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    on_error: str = "raise",
    **pixels: Unpack[PixelSettings],
) -> NDArray[Any]:
    """Decode images of any size into one batch, on all cores.

    Args:
        sources: paths (str or PathLike) and contents of image files (bytes or any contiguous buffer).
        size: (height, width) of the output, in pixels.
        seed: of random transforms, 0 <= seed < 2**64. Source i draws as sample number i.
        epoch: of random transforms; another epoch gives other draws.
        out: a C-contiguous array with the result's shape and dtype to write to; it may lie at any address.
        threads: how many threads decode; as many as there are cores if None.
        on_error: "raise", the only choice here.
        **pixels: see `PixelSettings`.

    Returns:
        (n, height, width, channels), or (n, channels, height, width) for "channels_first"; `out` if it was given.

    Raises:
        DecodeError: for the first bad source; every other one has been written by then.
        TypeError: if an argument has the wrong type.
        ValueError: if a setting is impossible, or if `out` does not fit.
    """
    arguments.one_of("on_error", on_error, ("raise",))
    settings = settings_of(decode_batch, size, pixels)
    items = as_sources("sources", sources)
    images = _output(settings, len(items), out)
    draws = settings.pipeline.draw(key_word("seed", seed), key_word("epoch", epoch), np.arange(len(items)))
    return decode_sources(items, settings, images, draws, lasting_threads(threads))


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


def as_sources(name: str, sources: Iterable[Source]) -> list[Source]:
    """The sources of a batch, checked.

    Raises:
        TypeError: if `sources` is one path or the bytes of one file, or if one of them is no file.
    """
    if isinstance(sources, (str, os.PathLike, bytes, bytearray, memoryview)):
        shown = repr(sources) if isinstance(sources, (str, os.PathLike)) else "the bytes of one file"
        raise TypeError(f"{name} must be a list of files, not {shown}; write [{shown if shown[0] != 't' else '...'}]")
    if not isinstance(sources, Iterable):
        raise TypeError(f"{name} must be a list of files, not {type(sources).__name__}")
    items = list(sources)
    for i, source in enumerate(items):
        check_source(f"{name}[{i}]", source)
    return items


def check_source(name: str, source: object) -> None:
    """Check that a value is a file: a path, or bytes.

    Raises:
        TypeError: if it is something else, such as a decoded image.
    """
    if isinstance(source, (str, os.PathLike)):
        return
    shape = getattr(source, "shape", ())
    try:
        is_buffer = memoryview(source).c_contiguous  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):
        is_buffer = False
    if is_buffer and len(shape) < 3:
        return
    kind = f"an array of shape {tuple(shape)}" if len(shape) else f"{type(source).__module__}.{type(source).__name__}"
    raise TypeError(
        f"{name} must be an image file, as its path or its bytes, not {kind}; "
        "fastseq decodes files: do not open them with Pillow, OpenCV or NumPy first"
    )


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
