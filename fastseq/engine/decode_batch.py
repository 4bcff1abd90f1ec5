"""decode_batch: files or bytes to one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.settings import Settings
from fastseq.engine.sources import ListSources, Source
from fastseq.engine.threads import lasting_threads
from fastseq.limits import Limits
from fastseq.transforms import Transform


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
        sources: paths (str or PathLike), a `FileRange` for each image that is a part of a file, and the contents of
            files (bytes or any contiguous buffer).
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
    decoder = Decoder(settings, lasting_threads(threads), BatchAllocator(0))
    return decoder.decode(ListSources(sources), draws, out=images)


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
