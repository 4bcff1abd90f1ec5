"""Compare ways to encode the JPEGs of a pack: their size, their error, and what it costs to decode them.

Usage: python benchmarks/pack_encodings.py [IMAGES_DIR] [--rounds R]

Images become 256 pixels on their shorter side. The cost is CPU time of random resized crops to 224 with flips, over
that of the first row; the error is that of the decoded image to the pixels that were encoded.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from contenders import transforms
from image_set import images_of
from table import about
from workloads import WORKLOADS

import fastseq
from fastseq._native.job import Reencoder
from fastseq.engine.settings import Settings

SIDE = 256
CHROMA = {"4:2:0": (2, 2), "4:2:2": (2, 1), "4:4:4": (1, 1)}
ENCODINGS = [
    *((90, chroma, True, False) for chroma in CHROMA),
    (90, "4:2:0", False, False),
    (90, "4:2:0", True, True),
    *((quality, "4:2:0", True, False) for quality in (75, 85, 95)),
]


def encoded(images: list[bytes], quality: int, chroma: str, optimize: bool, restart: bool) -> tuple[list[bytes], float]:
    """The images encoded anew, and the error of the pixels, as PSNR of all in dB."""
    reencoder = Reencoder(Settings((1, 1)).recipe, SIDE, quality, CHROMA[chroma], optimize, restart)
    made, errors = [], []
    for data in images:
        reencoder.decode(data)
        pixels = np.frombuffer(reencoder.pixels(), np.uint8).reshape(reencoder.shape)
        jpeg = reencoder.encode()[0]
        assert jpeg is not None
        made.append(jpeg)
        flag = cv2.IMREAD_COLOR_RGB if pixels.shape[2] == 3 else cv2.IMREAD_GRAYSCALE
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flag).reshape(pixels.shape)
        errors.append(np.square(decoded.astype(np.float32) - pixels).mean())
    return made, float(10 * np.log10(255**2 / np.mean(errors)))


def cost(images: list[bytes], epoch: int) -> float:
    """Seconds of CPU for a random crop of each."""
    settings: dict[str, Any] = {"transform": transforms(WORKLOADS["crop"]), "threads": 1}
    start = time.process_time()
    for first in range(0, len(images), 64):
        fastseq.decode_batch(images[first : first + 64], WORKLOADS["crop"].size, epoch=epoch, **settings)
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare ways to encode the JPEGs of a pack.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with images_of(options.images) as paths:
        print(about(paths))
        images = [Path(path).read_bytes() for path in paths]
    sets = [encoded(images, *encoding) for encoding in ENCODINGS]
    log: list[list[float]] = [[] for _ in sets]
    for k in range(options.rounds + 1):
        for costs, (made, _) in zip(log, sets, strict=True):
            costs.append(cost(made, k))
    print("| quality | chroma | Huffman tables | restart markers | bytes | PSNR, dB | CPU, first = 1 |")
    print("| ---: | --- | --- | --- | ---: | ---: | ---: |")
    for (quality, chroma, optimize, restart), (made, psnr), costs in zip(ENCODINGS, sets, log, strict=True):
        ratio = statistics.median(one / base for one, base in zip(costs[1:], log[0][1:], strict=True))
        size = sum(map(len, made)) / len(made)
        tables, markers = "own" if optimize else "standard", "by row" if restart else "none"
        print(f"| {quality} | {chroma} | {tables} | {markers} | {size:,.0f} | {psnr:.1f} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
