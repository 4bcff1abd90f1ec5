"""What the loader costs beside decoding: Python a batch, a second thread, and Keras's `fit`.

    python benchmarks/overheads.py [DIR]

DIR holds JPEGs; without it a set is made from photographs that scikit-image ships. Prints one line for each figure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from pictures import make_set

import fastseq

SIZE = (224, 224)
BATCH = 64
ROUNDS = 7


def image_files(directory: str | None) -> list[str]:
    """The JPEGs of a folder, or of a set made for the occasion."""
    folder = Path(directory) if directory else make_set(Path(tempfile.mkdtemp(prefix="fastseq-pictures-")))
    return sorted(str(path) for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))


def python_per_batch(files: list[str]) -> float:
    """CPU milliseconds of the calling thread for a batch of 64 x 224 x 224 x 3, labels included."""
    samples = fastseq.Samples.from_files(files, labels=[i % 10 for i in range(len(files))])
    loader = fastseq.Loader(
        samples, SIZE, BATCH, shuffle=True, transform=[fastseq.RandomResizedCrop(), fastseq.RandomFlip()]
    )
    times = []
    for _ in range(ROUNDS):
        batches = iter(loader)
        next(batches)
        for _ in range(len(loader) - 1):
            begin = time.thread_time()
            next(batches)
            times.append(time.thread_time() - begin)
    return 1000 * median(times)


def loader_seconds(files: list[str], threads: int) -> float:
    """Wall seconds of an epoch of the Loader."""
    loader = fastseq.Loader(fastseq.Samples.from_files(files), SIZE, BATCH, threads=threads)
    begin = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - begin


def plain_seconds(contents: list[np.ndarray]) -> float:
    """Wall seconds of decoding and resizing one file after the other by cv2."""
    begin = time.perf_counter()
    for data in contents:
        cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), SIZE)
    return time.perf_counter() - begin


def worker(files: list[str]) -> None:
    """Decode plainly and print the seconds, for every line read: the second of two independent processes."""
    contents = [np.fromfile(file, np.uint8) for file in files]
    for _ in sys.stdin:
        print(plain_seconds(contents), flush=True)


def thread_gain(files: list[str], directory: str | None) -> tuple[float, float]:
    """How many times as many images a second as one the Loader's second thread makes, and a second process of cv2."""
    contents = [np.fromfile(file, np.uint8) for file in files]
    epoch = files * 5  # long enough that its first batch, which nothing overlaps with, counts little
    command = [sys.executable, __file__, "--worker", *([directory] if directory else [])]
    threads, processes = [], []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for _ in range(ROUNDS):
            threads.append(loader_seconds(epoch, 1) / loader_seconds(epoch, 2))
            one = plain_seconds(contents)
            other.stdin.write("\n")
            other.stdin.flush()
            mine = plain_seconds(contents)
            theirs = float(other.stdout.readline())
            processes.append(one / mine + one / theirs)
        other.stdin.close()
    return median(threads), median(processes)


def fit_overhead(files: list[str]) -> float:
    """CPU of `fit` on an ImageSequence, over that of the bare Loader plus the same model on a constant batch."""
    import keras

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

    def cpu(work: object) -> float:
        begin = time.process_time()
        work()  # type: ignore[operator]
        return time.process_time() - begin

    def bare() -> None:
        for _ in range(epochs):
            for _ in loader:
                pass

    model.fit(sequence, verbose=0)
    ratios = []
    for _ in range(ROUNDS):
        fit = cpu(lambda: model.fit(sequence, epochs=epochs, verbose=0))
        parts = cpu(bare) + cpu(lambda: model.fit(constant, epochs=epochs, verbose=0))
        ratios.append(fit / parts)
    return median(ratios)


def main() -> None:
    """Measure and print."""
    arguments = [a for a in sys.argv[1:] if a != "--worker"]
    directory = arguments[0] if arguments else None
    files = image_files(directory)
    cv2.setNumThreads(0)
    if "--worker" in sys.argv:
        return worker(files)
    threads, processes = thread_gain(files, directory)
    print(
        f"Loader, two threads: {threads:.2f} times one; cv2, two processes: {processes:.2f} times one; "
        f"{threads / processes:.3f} of it"
    )
    print(f"Python a batch of {BATCH}: {python_per_batch(files):.2f} ms of CPU")
    print(f"fit: {fit_overhead(files):.3f} times the CPU of the bare loader and of the model on a constant batch")


if __name__ == "__main__":
    main()
