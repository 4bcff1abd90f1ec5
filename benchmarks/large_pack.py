"""Pack a large set of small images, go through an epoch of the pack, and print times, memory and open files.

Usage: python benchmarks/large_pack.py [--images N] [--workers W]

The images, 64 x 64 pixels and 1,000,000 of them by default, are made first, in tar shards, on the disk of the folder
for temporary files: 4 GB in all, which are removed again.
"""

from __future__ import annotations

import argparse
import os
import resource
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

import fastseq

PER_SHARD = 20_000
KINDS = 500  # different images


def make_shards(folder: Path, count: int) -> None:
    """Write tar shards of images with labels."""
    rng = np.random.default_rng(0)
    small = [cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (64, 64)) for _ in range(KINDS)]
    jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in small]
    for first in range(0, count, PER_SHARD):
        with open(folder / f"{first:08}.tar", "wb") as file:
            for i in range(first, min(first + PER_SHARD, count)):
                for kind, data in (("jpg", jpegs[i % KINDS]), ("cls", b"%d" % (i % 1000))):
                    member = tarfile.TarInfo(f"{i:08}.{kind}")
                    member.size = len(data)
                    file.write(member.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512))
            file.write(bytes(1024))


@contextmanager
def watched(name: str) -> Iterator[None]:
    """Print how long it takes, and the most memory and open files of this process meanwhile."""
    done, peak = threading.Event(), {"memory": 0, "files": 0}

    def watch() -> None:
        while not done.wait(0.05):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            peak["memory"] = max(peak["memory"], pages * resource.getpagesize())
            peak["files"] = max(peak["files"], len(os.listdir("/proc/self/fd")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"| {name} | {seconds:.1f} | {peak['memory'] / 2**20:.0f} | {children:.0f} | {peak['files']} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Pack a large set of small images.")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fastseq-large-") as scratch:
        folder = Path(scratch, "shards")
        folder.mkdir()
        make_shards(folder, options.images)
        print("| | s | MiB, this process | MiB, largest worker | open files |\n| --- | ---: | ---: | ---: | ---: |")
        with watched("from_tar"):
            samples = fastseq.Samples.from_tar(f"{folder}/*.tar", label="cls", classes=range(1000))
        with watched("pack"):
            fastseq.pack(samples, f"{scratch}/pack", short_side=48, workers=options.workers)
        del samples
        with watched("from_pack"):
            packed = fastseq.Samples.from_pack(f"{scratch}/pack")
        assert len(packed) == options.images
        with watched("an epoch"):
            count = sum(len(x) for x, _ in fastseq.Loader(packed, (32, 32), 256, shuffle=True))
        assert count == options.images


if __name__ == "__main__":
    main()
