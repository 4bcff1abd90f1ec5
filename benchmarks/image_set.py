"""The JPEGs that the benchmarks read: a folder of the user's, or a set cut from scikit-image's photographs."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PHOTOGRAPHS = (
    "astronaut",
    "chelsea",
    "coffee",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
    "rocket",
)


@contextmanager
def images_of(folder: Path | None, count: int = 200) -> Iterator[list[str]]:
    """Yield the paths of the JPEGs below a folder; if None, of a set of `count` that is made now and removed again."""
    if folder is not None:
        yield jpegs(folder)
        return
    with tempfile.TemporaryDirectory(prefix="fastseq-images-") as scratch:
        yield make_set(Path(scratch), count)


def jpegs(folder: Path) -> list[str]:
    """Return the sorted paths of all JPEGs below a folder."""
    paths = sorted(str(p) for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
    if not paths:
        raise SystemExit(f"{folder} has no .jpg or .jpeg files")
    return paths


def make_set(folder: Path, count: int = 200) -> list[str]:
    """Write `count` JPEGs of about 500 x 375 pixels: crops that vary in shape, quality and chroma subsampling.

    Returns:
        Their paths.
    """
    import cv2
    from skimage import data

    rng = random.Random(0)
    photographs = [cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2BGR) for name in PHOTOGRAPHS]
    paths = []
    for k in range(count):
        photograph = photographs[k % len(photographs)]
        height, width = rng.choice(((375, 500), (333, 500), (500, 375)))
        scale = max(height / photograph.shape[0], width / photograph.shape[1], rng.uniform(0.5, 1))
        image = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top = rng.randint(0, max(0, image.shape[0] - height))
        left = rng.randint(0, max(0, image.shape[1] - width))
        sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if k % 4 else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
        options = [cv2.IMWRITE_JPEG_QUALITY, rng.randint(80, 96), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        path = folder / f"{k:06d}.jpg"
        cv2.imwrite(str(path), image[top : top + height, left : left + width], options)
        paths.append(str(path))
    return paths
