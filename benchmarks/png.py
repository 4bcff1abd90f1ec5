"""CPU time per PNG of fastseq and of cv2 (imdecode and resize), in turns on one thread each, in one process.

Photographs are the JPEGs of a folder, written again as PNGs by Pillow and by cv2; masks are palettes of 21 ids.

Usage: python benchmarks/png.py [FOLDER_OF_JPEGS] [--files N] [--rounds N]
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

import fastseq

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from images import photo

SIZE = (224, 224)
IDS = 21
Decode = Callable[[Sequence[bytes]], object]


def pillow_png(image: Image.Image) -> bytes:
    """Encode with Pillow's defaults: all filters, by rows."""
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def cv2_png(image: npt.NDArray[np.uint8]) -> bytes:
    """Encode with cv2's defaults: the Sub filter, fast compression."""
    return cv2.imencode(".png", image)[1].tobytes()


def mask(image: npt.NDArray[np.uint8]) -> bytes:
    """Encode ids by brightness, in patches with smooth borders, as a palette image."""
    smooth = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), 8)
    ids = Image.fromarray((smooth // (256 // IDS + 1)).astype(np.uint8))
    ids.putpalette(np.random.default_rng(0).bytes(3 * IDS))
    return pillow_png(ids)


def sets(folder: Path | None, count: int) -> dict[str, list[bytes]]:
    """The files of each kind."""
    if folder is None:
        images = [np.ascontiguousarray(photo(375, 500, seed)[..., ::-1]) for seed in range(count)]
    else:
        found = (cv2.imread(str(path)) for path in sorted(folder.rglob("*.jp*g")))
        images = [image for image in found if image is not None][:count]
    return {
        "photographs by Pillow": [pillow_png(Image.fromarray(image[..., ::-1])) for image in images],
        "photographs by cv2": [cv2_png(image) for image in images],
        "masks, in color": [mask(image) for image in images],
    }


def by_cv2(files: Sequence[bytes]) -> None:
    """What a loader with cv2 does."""
    for data in files:
        cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), SIZE[::-1])


def by_fastseq(interpolation: str) -> Decode:
    """Decode with fastseq on one thread."""
    return lambda files: fastseq.decode_batch(files, SIZE, interpolation=interpolation, color="bgr", threads=1)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure PNGs.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: generated ones)")
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    ways: dict[str, Decode] = {"cv2": by_cv2}
    ways |= {name: by_fastseq(name) for name in ("antialias", "linear", "cv2.linear")}
    print("| files | cv2, ms | " + " | ".join(f"{name}, of cv2" for name in list(ways)[1:]) + " |")
    print("| --- |" + " ---: |" * len(ways))
    for title, files in sets(options.images, options.files).items():
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds + 1):
            for name, decode in ways.items():
                begun = time.process_time()
                decode(files)
                spent[name].append((time.process_time() - begun) / len(files))
        medians = {name: statistics.median(times[1:]) for name, times in spent.items()}
        base = medians["cv2"]
        cells = [f"{value / base:.2f}" for name, value in medians.items() if name != "cv2"]
        print(f"| {title} | {1000 * base:.2f} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
