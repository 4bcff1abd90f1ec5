"""Measure what packing costs: its CPU time over that of the bare work, several processes, rivals, and what it gains.

Usage: python benchmarks/pack.py [IMAGES_DIR] [--copies C] [--rounds R] [--ray] [--plot FILE]

Images become 256 pixels on their shorter side, JPEGs of quality 90. The bare work is to decode, filter and encode them,
from memory, and nothing else. The rivals decode, resize and encode by OpenCV.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from contenders import Contender, transforms
from image_set import images_of
from measure import measure
from rivals import Epoch, Job
from table import about, progress

import fastseq
from fastseq._native.job import Reencoder
from fastseq.engine.settings import Settings

SIDE, QUALITY = 256, 90
SHARD_BYTES = "8MB"  # so that a set of this size has several


class Cost(NamedTuple):
    """Seconds of CPU, of this process and those that it started, and of the clock."""

    cpu: float
    wall: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Run it in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_measure, args=(work, theirs))
    process.start()
    theirs.close()
    cost = ours.recv()
    process.join()
    return Cost(*cost)


def _measure(work: Callable[[], object], pipe: object) -> None:
    start, before = time.perf_counter(), _cpu_s()
    work()
    pipe.send((_cpu_s() - before, time.perf_counter() - start))  # type: ignore[attr-defined]


def _cpu_s() -> float:
    """The CPU time of this process, and of its children that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def bare(paths: Sequence[str]) -> None:
    """Decode, filter, encode."""
    reencoder = Reencoder(Settings((1, 1)).recipe, SIDE, QUALITY, (2, 2), True, False)
    for path in paths:
        reencoder.decode(Path(path).read_bytes())
        reencoder.encode()


def ours(paths: Sequence[str], workers: int, ray: bool = False) -> None:
    """`fastseq.pack`."""
    with tempfile.TemporaryDirectory(prefix="fastseq-pack-") as folder:
        settings = {"short_side": SIDE, "quality": QUALITY, "shard_bytes": SHARD_BYTES}
        executor = {"ray": "local"} if ray else {"workers": workers}
        fastseq.pack(samples_of(paths), f"{folder}/pack", **settings, **executor)  # type: ignore[arg-type]


def samples_of(paths: Sequence[str]) -> fastseq.Samples:
    """The images, with labels."""
    return fastseq.Samples.from_files(paths, [i % 10 for i in range(len(paths))], classes=range(10))


def shrunk(path: str) -> bytes:
    """What a rival makes of an image."""
    image = cv2.imread(path)
    height, width = image.shape[:2]
    scale = SIDE / min(height, width)
    if scale < 1:
        image = cv2.resize(image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _lit_sample(item: tuple[int, str]) -> dict[str, object]:
    return {"image": shrunk(item[1]), "label": item[0] % 10}


def litdata(paths: Sequence[str], workers: int) -> None:
    """`litdata.optimize`."""
    from litdata import optimize

    folder = tempfile.mkdtemp(prefix="fastseq-litdata-")
    try:
        inputs = list(enumerate(paths))
        optimize(_lit_sample, inputs, f"{folder}/set", chunk_bytes=SHARD_BYTES, num_workers=workers, verbose=False)
    finally:
        shutil.rmtree(folder)


def epoch_of(samples: fastseq.Samples, job: Job) -> Epoch:
    """Prepare a shuffled `Loader`."""
    settings = {"transform": transforms(job.workload), "threads": job.threads}
    loader = fastseq.Loader(samples, job.workload.size, job.batch_size, shuffle=True, **settings)  # type: ignore[arg-type]
    return lambda: loader


def files(job: Job) -> Epoch:
    """Prepare a `Loader` of the files."""
    return epoch_of(fastseq.Samples.from_files(job.paths), job)


def plot(file: Path, packing: float, from_files: float, from_pack: float) -> None:
    """Draw images a second against epochs, given the seconds for an image."""
    from matplotlib.figure import Figure

    epochs = np.arange(1, 31)
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(epochs, np.full(len(epochs), 1 / from_files), label="from the files")
    axes.plot(epochs, epochs / (packing + epochs * from_pack), label="packed first, the packing included")
    axes.set(xlabel="epochs", ylabel="images / s", xlim=(1, 30), ylim=(0, None))
    axes.legend()
    figure.savefig(file, dpi=100)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what packing costs and gains.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--copies", type=int, default=10, help="of each image")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ray", action="store_true", help="measure a Ray cluster on this machine too")
    parser.add_argument("--plot", type=Path, help="draw images a second against epochs, the packing included")
    options = parser.parse_args()
    with images_of(options.images) as images, tempfile.TemporaryDirectory(prefix="fastseq-pack-") as scratch:
        print(about(images))
        paths = images * options.copies
        works: dict[str, Callable[[], object]] = {
            "the bare work": partial(bare, paths),
            "fastseq.pack, 1 process": partial(ours, paths, 1),
            "fastseq.pack, 2 processes": partial(ours, paths, 2),
        }
        if options.ray:
            works["fastseq.pack on Ray"] = partial(ours, paths, 0, ray=True)
        try:
            import litdata as _  # noqa: F401

            works["litdata.optimize, 1 process"] = partial(litdata, paths, 1)
        except ImportError:
            print("litdata is not installed and is left out", file=sys.stderr)
        log: dict[str, list[Cost]] = {name: [] for name in works}
        for k in range(options.rounds):
            for name, work in works.items():
                progress(f"round {k + 1} of {options.rounds}, {name}")
                log[name].append(cost_of(work))
        progress("")
        base = log["the bare work"]
        print("| | CPU, bare = 1 | CPU ms / image | images / s |\n| --- | ---: | ---: | ---: |")
        for name, costs in log.items():
            ratio = statistics.median(cost.cpu / one.cpu for cost, one in zip(costs, base, strict=True))
            cpu = 1000 * statistics.median(cost.cpu for cost in costs) / len(paths)
            rate = len(paths) / statistics.median(cost.wall for cost in costs)
            print(f"| {name} | {ratio:.3f} | {cpu:.3f} | {rate:.0f} |")
        fastseq.pack(samples_of(paths), f"{scratch}/pack", short_side=SIDE, quality=QUALITY, shard_bytes=SHARD_BYTES)
        packed = fastseq.Samples.from_pack(f"{scratch}/pack")
        sizes = [sum(os.path.getsize(path) for path in paths), sum(source.length for source, _ in packed)]
        print(f"\nThe pack's images have {sizes[1] / sizes[0]:.2f} of the bytes.\n")
        rows = [Contender("files in a folder", files), Contender("the pack", partial(epoch_of, packed))]
        results = measure(rows, paths, "crop", [1], options.rounds, progress)
        progress("")
        print("| an epoch, random resized crops | CPU, files = 1 | images / s |\n| --- | ---: | ---: |")
        for result in results:
            print(f"| {result.title} | {result.ratio:.3f} | {result.images_per_second:.0f} |")
        if options.plot:
            seconds = statistics.median(cost.wall for cost in log["fastseq.pack, 2 processes"]) / len(paths)
            plot(options.plot, seconds, *(1 / result.images_per_second for result in results))


if __name__ == "__main__":
    main()
