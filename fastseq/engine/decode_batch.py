"""decode_batch: files or bytes to one array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._types import Unpack
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.engine.settings import Settings
from fastseq.engine.sources import ListSources, Source, as_sources
from fastseq.engine.threads import lasting_threads
from fastseq.order.rng import key_word


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
        sources: paths (str or PathLike), a `FileRange` for each image that is a part of a file, and contents of image
            files (bytes or any contiguous buffer).
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
    decoder = Decoder(settings, lasting_threads(threads), BatchAllocator(0))
    return decoder.decode(ListSources(items), draws, out=images)


def _output(settings: Settings, samples: int, out: NDArray[Any] | None) -> NDArray[Any]:
    shape, dtype = settings.batch_shape(samples), settings.numpy_dtype
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, not {type(out).__name__}")
    if out.shape != shape or out.dtype != dtype:
        given = f"of shape {out.shape} and dtype {out.dtype}"
    elif not out.flags.c_contiguous:
        given = f"one with strides {out.strides}"
    elif not out.flags.writeable:
        given = "a read-only one"
    else:
        return out
    raise ValueError(f"out must be a writable C-contiguous array of shape {shape} and dtype {dtype}, not {given}")
