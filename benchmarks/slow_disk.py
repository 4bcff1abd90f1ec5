"""Measure how many threads a disk or a network share with long waits takes, on a file system that adds them.

Usage: python benchmarks/slow_disk.py [IMAGES_DIR] [--delay-ms D] [--seconds S]

Each file that is opened, and each read, waits first; nothing is kept in the page cache. Needs Linux with FUSE
(apt-get install libfuse2) and mfusepy (pip install mfusepy).
"""

from __future__ import annotations

import argparse
import errno
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contenders import transforms
from image_set import images_of
from table import about
from workloads import WORKLOADS

import fastseq

THREADS = (2, 4, 8, 16, 32, 64)


def serve(source: str, mount: str, delay_s: float) -> None:
    """Mount a folder with delays; returns once it is unmounted."""
    import mfusepy

    class Delayed(mfusepy.Operations):  # type: ignore[misc]
        """Passes calls on, late."""

        use_ns = True

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            try:
                found = os.lstat(source + path)
            except FileNotFoundError:
                raise mfusepy.FuseOSError(errno.ENOENT) from None
            names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")
            return {name: getattr(found, name) for name in names} | {"st_mtime": found.st_mtime_ns}

        def readdir(self, path: str, fh: int) -> list[str]:
            return [".", "..", *os.listdir(source + path)]

        def open(self, path: str, flags: int) -> int:
            time.sleep(delay_s)
            return os.open(source + path, flags)

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            time.sleep(delay_s)
            return os.pread(fh, size, offset)

        def release(self, path: str, fh: int) -> int:
            os.close(fh)
            return 0

    mfusepy.FUSE(Delayed(), mount, foreground=True, nothreads=False, direct_io=True, max_read=1 << 17)


@contextmanager
def mounted(source: str, delay_s: float) -> Iterator[str]:
    """A folder as a slow disk has it."""
    with tempfile.TemporaryDirectory(prefix="fastseq-slow-") as mount:
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(source, mount, delay_s))
        process.start()
        try:
            while not os.path.ismount(mount):
                if not process.is_alive():
                    raise SystemExit("the file system could not be mounted")
                process.join(0.1)
            yield mount
        finally:
            subprocess.run(["umount", "-l", mount], check=True)
            process.join()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how many threads a slow disk takes.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--delay-ms", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=5, help="of measuring, for each number of threads")
    options = parser.parse_args()
    crop = WORKLOADS["crop"]
    with images_of(options.images) as images, tempfile.TemporaryDirectory(prefix="fastseq-files-") as folder:
        print(about(images))
        for i, path in enumerate(images):
            shutil.copy(path, f"{folder}/{i:06}.jpg")
        fastseq.pack(fastseq.Samples.from_files(images), f"{folder}/pack", keep=True, workers=1)
        with mounted(folder, options.delay_ms / 1000) as mount:
            sources = {
                "files": fastseq.Samples.from_files(sorted(str(path) for path in Path(mount).glob("*.jpg"))),
                "tar shard": fastseq.Samples.from_pack(f"{mount}/pack"),
            }
            columns = " | ".join(f"{threads} threads" for threads in THREADS)
            print(f"\n| images / s, {options.delay_ms:g} ms a call | {columns} |")
            print("| --- |" + " ---: |" * len(THREADS))
            for name, samples in sources.items():
                rates = []
                for threads in THREADS:
                    settings: dict[str, Any] = {"transform": transforms(crop), "threads": threads, "shuffle": True}
                    loader = fastseq.Loader(samples, crop.size, 64, **settings)
                    start, count = time.perf_counter(), 0
                    while (seconds := time.perf_counter() - start) < options.seconds:
                        for x in loader:
                            count += len(x)
                    rates.append(f"{count / seconds:,.0f}")
                print(f"| {name} | " + " | ".join(rates) + " |")


if __name__ == "__main__":
    main()
