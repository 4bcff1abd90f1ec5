"""JPEGs of realistic sizes, cut from the photographs that scikit-image ships."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fastseq.samples import Samples

# Class and file in the package: nothing is downloaded.
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "galaxies": "hubble_deep_field.jpg",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
LONG_SIDE, SHORT_SIDE = 500, 375  # of most pictures in ImageNet


def make_set(folder: Path, per_class: int = 90, seed: int = 0) -> Samples:
    """Fill a folder with a class folder of JPEGs for each photograph.

    Args:
        folder: an existing folder.
        per_class: JPEGs of each photograph: parts of it, at differing scales, upright or wide.
        seed: what the parts are drawn from.

    Returns:
        The samples of the folder.

    Raises:
        ModuleNotFoundError: without scikit-image.
        OSError: if the folder cannot be written to.
    """
    rng = np.random.default_rng(seed)
    photographs = resources.files("skimage.data")
    for name, file in PHOTOGRAPHS.items():
        data = np.frombuffer((photographs / file).read_bytes(), np.uint8)
        photograph: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        (folder / name).mkdir()
        for k in range(per_class):
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))]
            encoded = cv2.imencode(".jpg", _part(photograph, rng), quality)[1]
            (folder / name / f"{k:03d}.jpg").write_bytes(encoded.tobytes())
    return Samples.from_directory(folder)


def _part(photograph: npt.NDArray[np.uint8], rng: np.random.Generator) -> Any:
    """Cut out a part of 0.4 to 1 times the photograph's size, and bring it to the size of the set."""
    wide = rng.random() < 0.75
    width, height = (LONG_SIDE, SHORT_SIDE) if wide else (SHORT_SIDE, LONG_SIDE)
    most = min(photograph.shape[0] / height, photograph.shape[1] / width)
    scale = most * rng.uniform(0.4, 1.0)
    rows, columns = int(height * scale), int(width * scale)
    y = int(rng.integers(photograph.shape[0] - rows + 1))
    x = int(rng.integers(photograph.shape[1] - columns + 1))
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return cv2.resize(photograph[y : y + rows, x : x + columns], (width, height), interpolation=method)
