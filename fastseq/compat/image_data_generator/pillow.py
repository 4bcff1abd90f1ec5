"""Pictures as Keras reads them: by Pillow."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastseq.engine.fallback import Data
from fastseq.engine.settings import Settings


def decode_by_pillow(data: Data, settings: Settings) -> tuple[NDArray[np.uint8], bool]:
    """The pixels of `keras.utils.load_img`, before it resizes them; a `fastseq.engine.fallback.Decode`.

    Raises:
        ValueError: for gray pictures of more than 8 bits, which Keras does not reduce.
        OSError: if Pillow does not decode it.
    """
    with Image.open(io.BytesIO(data)) as image:
        if settings.channels == 1 and image.mode in ("I;16", "I"):
            raise ValueError(f"a gray picture of Pillow's mode {image.mode}")
        pixels = np.asarray(image.convert("L" if settings.channels == 1 else "RGB"))
    return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1)), False
