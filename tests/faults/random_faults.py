"""Loads a folder for some time while the shim makes reads and allocations fail at random, and checks every batch.

Usage: LD_PRELOAD=SHIM python random_faults.py FOLDER LOG SECONDS

Each epoch draws a policy, a number of threads, and a number of batches after which the loader stops, if no interrupt
comes first. Another loader then continues from its state and its list of bad samples. Prints counters as JSON.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

import fastseq

RANDOM = 9
SIZE, BATCH = (48, 48), 16


def resources() -> tuple[int, int, int]:
    """Return resident bytes, the number of threads, and the number of descriptors."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        pages * os.sysconf("SC_PAGE_SIZE"),
        len(os.listdir("/proc/self/task")),
        len(os.listdir("/proc/self/fd")),
    )


class Run:
    """Runs epochs and counts what happens in them."""

    def __init__(self, folder: str, log: str) -> None:
        self.shim = ctypes.CDLL(None)
        self.log, self.list = Path(log), Path(log).with_suffix(".jsonl")
        files = sorted(str(path) for path in Path(folder).rglob("*.jpg"))
        self.samples = fastseq.Samples.from_files(files, np.arange(len(files)))
        self.row_of = {path: row for row, path in enumerate(files)}
        self.rng = random.Random(11)
        self.in_loop = False  # elsewhere an interrupt would end the program
        signal.signal(signal.SIGALRM, self.interrupt)
        self.seen = {"epochs": 0, "resumed": 0, "interrupted": 0, "bad": 0, "samples": 0}
        self.sound = {}
        for x, y in self.loader("raise", 2):
            self.sound.update(self.digests(x, y))

    def loader(self, policy: str, threads: int) -> Any:
        options = {"shuffle": True, "interpolation": "cv2.linear", "seed": 3, "on_error": policy, "threads": threads}
        return fastseq.Loader(self.samples, SIZE, BATCH, max_bad=None if policy == "raise" else 1.0, **options)

    def interrupt(self, *_: object) -> None:
        if self.in_loop:
            raise KeyboardInterrupt

    @staticmethod
    def digests(x: Any, y: Any) -> dict[int, int]:
        return {int(row): crc32(image.tobytes()) for image, row in zip(x, y, strict=True)}

    def epoch(self) -> None:
        """Run one epoch; check each batch, and the list of bad samples at the end."""
        policy, threads = self.rng.choice(["fill", "skip", "substitute"]), self.rng.choice([1, 2, 5])
        loader = self.loader(policy, threads)
        self.log.unlink(missing_ok=True)
        self.shim.arm(RANDOM, 1, bytes(self.log))
        met: set[int] = set()
        stop_after = self.rng.randrange(2 * len(loader))
        whole = True
        if self.rng.random() < 0.5:
            signal.setitimer(signal.ITIMER_REAL, self.rng.uniform(0.001, 0.1))
        left = len(loader)
        while left:
            try:
                self.in_loop = True
                for x, y, *rest in loader:
                    self.in_loop = False
                    left -= 1
                    weights = rest[0] if rest else np.ones(len(x))
                    met |= self.check(policy, x, y, weights, loader.errors)
                    if left and len(loader) - left == stop_after:
                        break
                    self.in_loop = True
                self.in_loop = False
            except KeyboardInterrupt:
                self.in_loop = False
                self.seen["interrupted"] += 1
            position = loader.state_dict()
            assert (position["epoch"], position["batch"]) == (0, len(loader) - left)  # exactly the batches handed out
            if not left:
                break
            whole = False
            stop_after = -1
            self.seen["resumed"] += 1
            loader.errors.write(self.list)
            listed = list(loader.errors)
            loader = self.loader(policy, self.rng.choice([1, 2, 5]))
            loader.errors.read(self.list)
            loader.load_state_dict(position)
            assert list(loader.errors) == listed
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.shim.disarm()
        self.compare(policy, loader.errors, met, whole)
        loader.close()

    def check(self, policy: str, x: Any, y: Any, weights: Any, errors: Any) -> set[int]:
        """Check that all images but those with weight 0 are intact; return the numbers of the latter."""
        bad = y[weights == 0].tolist()
        assert policy == "fill" or not bad
        assert not x[weights == 0].any()
        assert policy == "skip" or len(x) in (BATCH, len(self.samples) % BATCH)
        for row, digest in self.digests(x[weights != 0], y[weights != 0]).items():
            assert digest == self.sound[row], f"sample {row} is another image"
        assert {found.index for found in errors} >= set(bad)
        self.seen["samples"] += len(x)
        return set(bad)

    def compare(self, policy: str, errors: Any, met: set[int], whole: bool) -> None:
        """Check that the listed samples are those the shim made fail; others may only be in abandoned batches."""
        spoiled = {self.row_of[path] for path in self.log.read_text().splitlines()}
        listed = {found.index for found in errors if found.status is fastseq.Status.READ_ERROR}
        others = {found.status for found in errors} - {fastseq.Status.READ_ERROR, fastseq.Status.OUT_OF_MEMORY}
        assert not others, others
        assert listed <= spoiled
        if whole and policy != "substitute":  # failures of a substitute are not listed
            assert listed == spoiled
        if whole and policy == "fill":
            assert met == {found.index for found in errors}
        assert len({found.index for found in errors}) == len(errors)
        self.seen["bad"] += len(errors)
        self.seen["epochs"] += 1


def main() -> None:
    folder, log, seconds = sys.argv[1:]
    warnings.simplefilter("ignore", fastseq.BadSamplesWarning)
    run = Run(folder, log)
    begun, before = time.monotonic(), None
    while (passed := time.monotonic() - begun) < float(seconds):
        run.epoch()
        if before is None and passed > 0.1 * float(seconds):
            before = resources()
    after = resources()
    print(json.dumps({**run.seen, "before": before, "after": after}))


if __name__ == "__main__":
    main()
