"""Threads that share a loader, a data loader and the pool: each has the right batches. Needs neither OpenCV nor Keras.

Run as a program: the seconds to go on for, and a folder of JPEGs and PNGs; prints how many calls the threads made.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

import fastseq

SIZE = (16, 20)
THREADS = 6
BATCH = 3


def jobs(folder: str) -> list[Callable[[int], None]]:
    """What each thread does in turn, given a random number."""
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    samples = fastseq.Samples.from_files(paths, list(range(len(paths))))
    everything = fastseq.decode_batch(paths, SIZE)
    loader = fastseq.Loader(samples, SIZE, BATCH, shuffle=True, threads=2)
    mapped = fastseq.Loader(samples, SIZE, BATCH, labels=None, threads=2, map=lambda x: x + 1)
    data_loader = fastseq.DataLoader(list(zip(paths, range(len(paths)), strict=True)), BATCH, size=SIZE, threads=2)
    plain = [everything[first : first + BATCH] for first in range(0, len(paths), BATCH)]

    def check(x: np.ndarray, y: np.ndarray) -> None:
        np.testing.assert_array_equal(x, everything[np.asarray(y, int)])

    def batch_by_number(draw: int) -> None:
        k = draw % len(loader)
        epoch = draw // 7 % 3
        check(*loader.batch(epoch, k, [(epoch, (k + 1) % len(loader)), (epoch, (k + 2) % len(loader))]))

    def epoch_of_its_own(draw: int) -> None:
        seen = 0
        for x, y in fastseq.Loader(samples, SIZE, BATCH, shuffle=True, seed=draw, threads=2):
            check(x, y)
            seen += len(y)
        assert seen == len(paths)

    def epoch_of_the_shared_loader(draw: int) -> None:
        for place, (x, y) in enumerate(loader):
            check(x, y)
            if place == draw % 5:
                break

    def mapped_batch(draw: int) -> None:
        k = draw % len(mapped)
        np.testing.assert_array_equal(mapped.batch(0, k, [(0, (k + 1) % len(mapped))]), plain[k] + 1)

    def epoch_of_the_data_loader(draw: int) -> None:
        for place, (x, y) in enumerate(data_loader):
            check(x, y)
            if place == draw % 5:
                break

    def decode(draw: int) -> None:
        some = [(draw + i) % len(paths) for i in range(5)]
        np.testing.assert_array_equal(fastseq.decode_batch([paths[i] for i in some], SIZE), everything[some])

    def state(draw: int) -> None:
        assert loader.state_dict()
        assert not loader.errors

    return [
        batch_by_number,
        epoch_of_its_own,
        epoch_of_the_shared_loader,
        mapped_batch,
        epoch_of_the_data_loader,
        decode,
        state,
    ]


def run(folder: str, seconds: float, calls_each: int = 7) -> int:
    """Let the threads make at least `calls_each` calls each, and go on for some seconds; return how many they made."""
    calls = jobs(folder)
    failures: list[BaseException] = []
    made = [0] * THREADS
    start, end = threading.Barrier(THREADS), time.monotonic() + seconds

    def work(number: int) -> None:
        rng = np.random.default_rng(number)
        start.wait()
        try:
            while not failures and (made[number] < calls_each or time.monotonic() < end):
                calls[(made[number] + number) % len(calls)](int(rng.integers(1 << 30)))
                made[number] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(made)


if __name__ == "__main__":
    print(run(sys.argv[2], float(sys.argv[1])))
