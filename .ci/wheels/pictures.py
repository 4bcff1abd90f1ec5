"""Pictures for `smoke.py`, and the digests of the pixels that OpenCV and Pillow make of them here: one truth for all.

`python pictures.py FOLDER` writes photos/cat and photos/dog, which are JPEGs of each common kind, png/*.png, and
digests.json. Needs numpy, OpenCV and Pillow 13.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from smoke import SIZE

Pixels = NDArray[np.uint8]

JPEG_KINDS: list[dict[str, Any]] = [
    {"subsampling": "4:2:0"},
    {"subsampling": "4:2:2"},
    {"subsampling": "4:4:4"},
    {"subsampling": "4:2:0", "progressive": True},
    {"subsampling": "4:4:4", "progressive": True, "quality": 95},
    {"subsampling": "4:2:0", "restart_marker_blocks": 7},
]
ROUNDS = 4
CV2_FILTERS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}
PIL_FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


def photo(seed: int, height: int, width: int) -> Pixels:
    """Something with the smoothness, edges and noise of a photograph."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / rng.uniform(9, 60) + rng.uniform(0, 6)) * np.cos(y / rng.uniform(9, 60)) for _ in range(3)]
    image = 128 + 70 * np.stack(waves, axis=-1) + rng.normal(0, 6, (height, width, 3))
    image[height // 4 : height // 2, width // 3 : width // 2] = rng.integers(0, 256, 3)
    return np.clip(image, 0, 255).astype(np.uint8)


def write(folder: Path) -> None:
    """Write the pictures and their digests."""
    (folder / "png").mkdir(parents=True)
    for label in ("cat", "dog"):
        (folder / "photos" / label).mkdir(parents=True)
    rng = np.random.default_rng(2024)
    for k in range(ROUNDS * len(JPEG_KINDS)):
        image = Image.fromarray(photo(k, *rng.integers(60, 400, 2).tolist()))
        if k % 8 == 7:
            image = image.convert("L")
        kind: dict[str, Any] = {"quality": 88, **JPEG_KINDS[k % len(JPEG_KINDS)]}
        image.save(folder / "photos" / ("cat", "dog")[k % 2] / f"{k:02}.jpg", **kind)
    for k in range(3):
        Image.fromarray(photo(100 + k, 90, 70 + 41 * k)).save(folder / "png" / f"{k}.png")
    (folder / "digests.json").write_text(json.dumps(digests(folder), indent=1))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of the batches of OpenCV and Pillow, by the files, the name of the filter, and the order of colors."""
    made = {}
    for files in ("photos/*/*.jpg", "png/*.png"):
        contents = [path.read_bytes() for path in sorted(folder.glob(files))]
        for name, flag in CV2_FILTERS.items():
            made[f"{files} cv2.{name} bgr"] = digest(contents, partial(by_opencv, flag=flag))
        for name in PIL_FILTERS:
            made[f"{files} pil.{name} rgb"] = digest(contents, partial(by_pillow, name=name))
    return made


def digest(contents: list[bytes], resized: Callable[[bytes], Pixels]) -> str:
    """SHA-256 of a batch."""
    return hashlib.sha256(np.stack([resized(data) for data in contents]).tobytes()).hexdigest()


def by_opencv(data: bytes, flag: int) -> Pixels:
    """What OpenCV reads and resizes."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return cv2.resize(image, SIZE[::-1], interpolation=flag).astype(np.uint8)


def by_pillow(data: bytes, name: str) -> Pixels:
    """What Pillow reads and resizes."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(image.resize(SIZE[::-1], Image.Resampling[name.upper()]))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
