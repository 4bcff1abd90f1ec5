"""Decodes images as Keras's `load_img` does: with Pillow."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from fastseq.engine.fork_lock import decoding
from fastseq.engine.pillow import import_pillow
from fastseq.engine.pixels import Pixels
from fastseq.engine.settings import Settings


def decode_by_pillow(data: memoryview, settings: Settings) -> Pixels:
    """Decode as `keras.utils.load_img` does before it resizes; a `fastseq.engine.pixels.Decode`.

    Raises:
        ValueError: for grayscale images of more than 8 bits, which Keras does not convert to 8.
        OSError: if Pillow cannot decode the file.
    """
    import_pillow()
    with decoding(), Image.open(io.BytesIO(data)) as image:
        if settings.channels == 1 and image.mode in ("I;16", "I"):
            raise ValueError(f"a grayscale image of Pillow's mode {image.mode}")
        pixels = np.asarray(image.convert("L" if settings.channels == 1 else "RGB"))
    return Pixels(np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1)))
