"""Reads distributed data sets in a loop, and prints which images each step had here, and their sum everywhere.

As a worker of TF_CONFIG, with one replica and then with two, or as one process with two replicas if there is none.

Usage: multi_worker.py SOURCES URL
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")

import tensorflow as tf
from sources import BATCHES, EPOCHS, numbers_of, sources
from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended

import fastseq


def strategies() -> Iterator[tuple[str, tf.distribute.Strategy, int | None]]:
    """Iterate over strategies by name, and how many of the sources to read under each; None for all."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    if "TF_CONFIG" not in os.environ:
        yield "two replicas", tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), 1
        return
    yield "one replica", tf.distribute.MultiWorkerMirroredStrategy(), 1

    def devices(self: object, resolver: object, worker: str) -> tuple[tuple[str, ...], str]:
        return tuple(f"{worker}/device:CPU:{i}" for i in range(2)), "CPU"

    CollectiveAllReduceExtended._initialize_local_devices = devices  # it would take only GPUs for several replicas
    yield "two replicas", tf.distribute.MultiWorkerMirroredStrategy(), None


def read(strategy: tf.distribute.Strategy, total_of: Callable[[Any], Any], samples: fastseq.Samples) -> dict[str, Any]:
    """The images of each step here and their sum everywhere, and how many images were decoded here."""
    made = 0

    def count(x, y):
        nonlocal made
        made += len(x)
        return x, y

    sequence = fastseq.ImageSequence(samples, map=count, dtype="float32", **BATCHES)
    data = sequence.distributed_dataset(strategy)
    probed, epochs = made, []
    for _ in range(EPOCHS):
        steps = []
        for x, _ in data:
            parts = [numbers_of(part.numpy()) for part in strategy.experimental_local_results(x)]
            steps.append((parts, int(total_of(x))))
        epochs.append(steps)
    return {"what": repr(sequence), "epochs": epochs, "made": made - probed}


def total(images):
    """The sum of the numbers of images; see `numbers_of`."""
    return tf.reduce_sum(tf.round(images[:, 4, 4, :2] * 16 / 255) * [1.0, 16.0])


def main(folder: Path, url: str) -> None:
    found: dict[str, dict[str, Any]] = {}
    for title, strategy, count in strategies():

        @tf.function(reduce_retracing=True)
        def total_of(x, strategy=strategy):
            return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(total, args=(x,)), axis=None)

        found[title] = {
            name: read(strategy, total_of, samples) for name, samples in islice(sources(folder, url), count)
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
