"""Print what a pixel cache saves: random crops from decoded images, and later epochs of a drop-in.

Usage: python benchmarks/pixel_cache.py [IMAGES_DIR] [--images N] [--epochs N]

CPU time of the process in all its threads, of which one decodes; the median of the epochs after the first. The random
crops are of 224 x 224 pixels from JPEGs of 256 x 256; the drop-in is `flow_from_directory` at 150 x 150 with shear,
zoom and flip, of the images themselves.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "numpy")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import cv2
from image_set import images_of

import fastseq
from fastseq.compat import set_pixel_cache

ROOM = "4GB"


def epochs_of(epoch: Callable[[], int], epochs: int) -> tuple[float, float]:
    """CPU seconds an image: of the first epoch, and of a later one."""
    seconds = []
    for _ in range(epochs):
        begun = time.process_time()
        images = epoch()
        seconds.append((time.process_time() - begun) / images)
    return seconds[0], statistics.median(seconds[1:])


def random_crops(paths: list[str], place: str | None, interpolation: str, epochs: int) -> tuple[float, float]:
    """Random crops with flips."""
    loader = fastseq.Loader(
        fastseq.Samples.from_files(paths),
        (224, 224),
        64,
        shuffle=True,
        transform=(fastseq.RandomResizedCrop(), fastseq.RandomFlip()),
        interpolation=interpolation,
        threads=1,
        pixel_cache=place,
        pixel_cache_bytes=None if place is None else ROOM,
    )
    return epochs_of(lambda: sum(map(len, loader)), epochs)


def drop_in(folder: Path, place: str | None, epochs: int) -> tuple[float, float]:
    """Augmented images of an `ImageDataGenerator`."""
    from fastseq.compat import ImageDataGenerator

    set_pixel_cache("ram" if place else None, ROOM if place else None)
    generator = ImageDataGenerator(rescale=1 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
    with redirect_stdout(StringIO()):
        flow = generator.flow_from_directory(folder, target_size=(150, 150), batch_size=20)
    return epochs_of(lambda: sum(len(next(flow)[0]) for _ in range(len(flow))), epochs)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of JPEGs; generated ones if left out")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=7, help="at least 2")
    options = parser.parse_args()
    with images_of(options.folder, options.images) as images, tempfile.TemporaryDirectory() as scratch:
        small, classes, kept = (Path(scratch, name) for name in ("small", "classes", "kept"))
        for folder in (small, classes / "all"):
            folder.mkdir(parents=True)
        paths = []
        for number, path in enumerate(images[: options.images]):
            (classes / "all" / f"{number}.jpg").symlink_to(os.path.abspath(path))
            paths.append(str(small / f"{number}.jpg"))
            cv2.imwrite(paths[-1], cv2.resize(cv2.imread(path), (256, 256), interpolation=cv2.INTER_AREA))
        print("| epochs of | epoch 1, images/s a core | later, images/s a core | later / epoch 1, CPU time |")
        print("| --- | ---: | ---: | ---: |")
        for interpolation in ("antialias", "pil.bilinear"):
            for name, place in (("no cache", None), ("ram", "ram"), ("a folder", str(kept / interpolation))):
                row(f"random crops, {interpolation}, {name}", random_crops(paths, place, interpolation, options.epochs))
        for name, place in (("no cache", None), ("ram", "ram")):
            row(f"flow_from_directory, {name}", drop_in(classes, place, options.epochs))


def row(title: str, seconds: tuple[float, float]) -> None:
    """Print a row of the table."""
    first, later = seconds
    print(f"| {title} | {1 / first:,.0f} | {1 / later:,.0f} | {later / first:.2f} |", flush=True)


if __name__ == "__main__":
    main()
