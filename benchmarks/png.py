"""CPU time per PNG of fastseq, and of cv2 or Pillow (decode and resize), in turns on one thread, in one process.

Photographs are the JPEGs of a folder, written again as PNGs by Pillow and by cv2; masks are palettes of 21 ids.

Usage: python benchmarks/png.py [FOLDER_OF_JPEGS] [--files N] [--rounds N]
"""

from __future__ import annotations

import argparse
import io
import itertools
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


def images_of(folder: Path | None, count: int) -> list[npt.NDArray[np.uint8]]:
    """Photographs in cv2's order of colors."""
    if folder is None:
        return [np.ascontiguousarray(photo(375, 500, seed)[..., ::-1]) for seed in range(count)]
    found = (cv2.imread(str(path)) for path in sorted(folder.rglob("*.[jJ][pP]*[gG]")))
    return list(itertools.islice((image for image in found if image is not None), count))


def by_cv2(resize: int) -> Decode:
    """Decode and resize with cv2."""

    def decode(files: Sequence[bytes]) -> None:
        for data in files:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            cv2.resize(image, SIZE[::-1], interpolation=resize)

    return decode


def by_pillow(files: Sequence[bytes]) -> None:
    """Decode and resize ids with Pillow."""
    for data in files:
        np.asarray(Image.open(io.BytesIO(data)).resize(SIZE[::-1], Image.Resampling.NEAREST))


def by_fastseq(interpolation: str, color: str = "bgr") -> Decode:
    """Decode with fastseq on one thread."""
    return lambda files: fastseq.decode_batch(files, SIZE, interpolation=interpolation, color=color, threads=1)


def measure(files: Sequence[bytes], ways: Sequence[Decode], rounds: int) -> list[float]:
    """Milliseconds of CPU per image of each way: medians over rounds, after one that is not counted."""
    spent: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds + 1):
        for decode, times in zip(ways, spent, strict=True):
            begun = time.process_time()
            decode(files)
            times.append(1000 * (time.process_time() - begun) / len(files))
    return [statistics.median(times[1:]) for times in spent]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure PNGs.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: generated ones)")
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images = images_of(options.images, options.files)
    by_others = {
        "Pillow": [pillow_png(Image.fromarray(image[..., ::-1])) for image in images],
        "cv2": [cv2_png(image) for image in images],
    }
    masks = [mask(image) for image in images]
    print("| files | loader, ms | fastseq, ms | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for writer, files in by_others.items():
        for interpolation in ("antialias", "linear", "cv2.linear"):
            theirs, ours = measure(files, [by_cv2(cv2.INTER_LINEAR), by_fastseq(interpolation)], options.rounds)
            print(row(f"photographs written by {writer}, {interpolation}", "cv2", theirs, ours))
    theirs, ours = measure(masks, [by_cv2(cv2.INTER_NEAREST), by_fastseq("cv2.nearest")], options.rounds)
    print(row("masks in color, cv2.nearest", "cv2", theirs, ours))
    theirs, ours = measure(masks, [by_pillow, by_fastseq("pil.nearest", "index")], options.rounds)
    print(row("ids of masks, pil.nearest", "Pillow", theirs, ours))


def row(title: str, loader: str, theirs: float, ours: float) -> str:
    """A line of the table."""
    return f"| {title} | {loader} {theirs:.2f} | {ours:.2f} | {ours / theirs:.2f} |"


if __name__ == "__main__":
    main()
