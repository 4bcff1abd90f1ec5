"""JPEGs of realistic sizes, cropped from the photographs that scikit-image ships."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fastseq.samples import Samples

# Class names, and files that are part of scikit-image: nothing is downloaded.
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "galaxies": "hubble_deep_field.jpg",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
LONG_SIDE, SHORT_SIDE = 500, 375  # of most images in ImageNet


def make_set(folder: Path, per_class: int = 90, seed: int = 0) -> Samples:
    """Fill a folder with one class folder of JPEGs per photograph.

    Args:
        folder: an existing folder.
        per_class: JPEGs per photograph: crops of it at different scales, portrait or landscape.
        seed: the seed of the crops.

    Returns:
        The samples of the folder.

    Raises:
        ModuleNotFoundError: without scikit-image.
        OSError: if a file cannot be written.
    """
    rng = np.random.default_rng(seed)
    photographs = resources.files("skimage.data")
    for name, file in PHOTOGRAPHS.items():
        data = np.frombuffer((photographs / file).read_bytes(), np.uint8)
        photograph: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        (folder / name).mkdir()
        for k in range(per_class):
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))]
            encoded = cv2.imencode(".jpg", _random_crop(photograph, rng), quality)[1]
            (folder / name / f"{k:03d}.jpg").write_bytes(encoded.tobytes())
    return Samples.from_directory(folder)


def _random_crop(photograph: npt.NDArray[np.uint8], rng: np.random.Generator) -> Any:
    """Crop a window at 0.4 to 1 times the largest possible scale, and resize it to the size of the set's images."""
    landscape = rng.random() < 0.75
    width, height = (LONG_SIDE, SHORT_SIDE) if landscape else (SHORT_SIDE, LONG_SIDE)
    max_scale = min(photograph.shape[0] / height, photograph.shape[1] / width)
    scale = max_scale * rng.uniform(0.4, 1.0)
    rows, columns = int(height * scale), int(width * scale)
    y = int(rng.integers(photograph.shape[0] - rows + 1))
    x = int(rng.integers(photograph.shape[1] - columns + 1))
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return cv2.resize(photograph[y : y + rows, x : x + columns], (width, height), interpolation=method)
