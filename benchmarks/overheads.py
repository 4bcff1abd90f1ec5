"""Print what the loader costs besides decoding: Python code per batch, a second thread, and Keras's `fit`.

Usage: python benchmarks/overheads.py [IMAGES_DIR] [--rounds R]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from image_set import images_of
from rivals import NotInstalledError, require, tensorflow

import fastseq

SIZE = (224, 224)
BATCH = 64


def python_per_batch(files: list[str], rounds: int) -> float:
    """Return CPU milliseconds of the calling thread per batch of 64 x 224 x 224 x 3 and labels."""
    samples = fastseq.Samples.from_files(files, labels=[i % 10 for i in range(len(files))])
    loader = fastseq.Loader(
        samples, SIZE, BATCH, shuffle=True, transform=[fastseq.RandomResizedCrop(), fastseq.RandomFlip()]
    )
    times = []
    for _ in range(rounds):
        batches = iter(loader)
        next(batches)
        for _ in range(len(loader) - 1):
            begin = time.thread_time()
            next(batches)
            times.append(time.thread_time() - begin)
    return 1000 * median(times)


def loader_seconds(files: list[str], threads: int) -> float:
    """Return the wall-clock seconds of an epoch of the Loader."""
    loader = fastseq.Loader(fastseq.Samples.from_files(files), SIZE, BATCH, threads=threads)
    begin = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - begin


def plain_seconds(contents: list[np.ndarray]) -> float:
    """Return the wall-clock seconds that cv2 takes to decode and resize one file after the other."""
    begin = time.perf_counter()
    for data in contents:
        cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), SIZE)
    return time.perf_counter() - begin


def worker(files: list[str]) -> None:
    """Decode with cv2 for each line on stdin and print the seconds: the second of two independent processes."""
    contents = [np.fromfile(file, np.uint8) for file in files]
    for _ in sys.stdin:
        print(plain_seconds(contents), flush=True)


def speedups(files: list[str], folder: Path, rounds: int) -> tuple[float, float]:
    """Return the speedup of the Loader with two threads over one, and of cv2 in two processes over one."""
    contents = [np.fromfile(file, np.uint8) for file in files]
    epoch = files * 5  # long enough for the first batch, which overlaps with nothing, to count little
    command = [sys.executable, __file__, "--worker", str(folder)]
    threads, processes = [], []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for _ in range(rounds):
            threads.append(loader_seconds(epoch, 1) / loader_seconds(epoch, 2))
            one = plain_seconds(contents)
            other.stdin.write("\n")
            other.stdin.flush()
            mine = plain_seconds(contents)
            theirs = float(other.stdout.readline())
            processes.append(one / mine + one / theirs)
        other.stdin.close()
    return median(threads), median(processes)


def fit_overhead(files: list[str], rounds: int) -> float:
    """Return the CPU time of `fit` on an ImageSequence over that of the bare Loader plus `fit` on a constant batch.

    Raises:
        NotInstalledError: Without Keras and TensorFlow.
    """
    tensorflow()
    keras: Any = require("keras", "pip install keras")
    samples = fastseq.Samples.from_files(files, labels=[i % 10 for i in range(len(files))])

    class Constant(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.batch = (np.zeros((BATCH, *SIZE, 3), np.uint8), np.zeros(BATCH, np.int32))

        def __len__(self) -> int:
            return len(files) // BATCH

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return self.batch

    model = keras.Sequential(
        [
            keras.layers.Input((*SIZE, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, strides=4, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10),
        ]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    sequence = fastseq.ImageSequence(samples, SIZE, BATCH, drop_last=True)
    constant = Constant()
    loader = fastseq.Loader(samples, SIZE, BATCH, drop_last=True)
    epochs = 3

    def cpu(run: Callable[[], object]) -> float:
        begin = time.process_time()
        run()
        return time.process_time() - begin

    def bare() -> None:
        for _ in range(epochs):
            for _ in loader:
                pass

    model.fit(sequence, verbose=0)
    ratios = []
    for _ in range(rounds):
        fit = cpu(lambda: model.fit(sequence, epochs=epochs, verbose=0))
        parts = cpu(bare) + cpu(lambda: model.fit(constant, epochs=epochs, verbose=0))
        ratios.append(fit / parts)
    return median(ratios)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Print what the loader costs besides decoding.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    cv2.setNumThreads(0)
    with images_of(options.images) as files:
        if options.worker:
            return worker(files)
        threads, processes = speedups(files, options.images or Path(files[0]).parent, options.rounds)
        print(
            f"Loader, two threads: {threads:.2f} times one; cv2, two processes: {processes:.2f} times one; "
            f"{threads / processes:.3f} of it"
        )
        print(f"Python code per batch of {BATCH}: {python_per_batch(files, options.rounds):.2f} ms of CPU")
        try:
            overhead = fit_overhead(files, options.rounds)
        except NotInstalledError as missing:
            print(f"fit is left out: {missing}", file=sys.stderr)
        else:
            print(f"fit: {overhead:.3f} times the CPU of the bare loader and of the model on a constant batch")


if __name__ == "__main__":
    main()
