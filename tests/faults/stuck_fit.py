"""Interrupts `fit` while one read never returns, then trains again; prints how long the interrupt took.

Usage: KERAS_BACKEND=... LD_PRELOAD=SHIM python stuck_fit.py FOLDER LOG ImageSequence|Sequence|dataset
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")

import keras
import numpy as np

import fastseq
from fastseq.compat import Sequence

STUCK = 7
SIZE, BATCH = (24, 24), 4


class Images(Sequence):
    """A user-defined dataset."""

    def __init__(self, samples: fastseq.Samples) -> None:
        super().__init__()
        self.files = list(samples.paths())

    def __len__(self) -> int:
        return len(self.files) // BATCH

    def __getitem__(self, k: int) -> Any:
        return self.images(self.files[k * BATCH : (k + 1) * BATCH], SIZE), np.zeros(BATCH)


def data_of(kind: str, folder: str) -> Any:
    samples = fastseq.Samples.from_directory(folder)
    if kind == "ImageSequence":
        return fastseq.ImageSequence(samples, SIZE, BATCH)
    if kind == "Sequence":
        return Images(samples)
    from fastseq.compat import image_dataset_from_directory

    return image_dataset_from_directory(folder, image_size=SIZE, batch_size=BATCH, verbose=False)


def fit(data: Any, epochs: int) -> None:
    """Train a new model: on JAX an interrupt invalidates the weights of a model in training."""
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data, epochs=epochs, verbose=0)


def main() -> None:
    folder, log, kind = sys.argv[1:]
    shim = ctypes.CDLL(None)
    data = data_of(kind, folder)
    fit(data, 1)
    main_thread, over, sent = threading.main_thread().ident, threading.Event(), [0.0]
    assert main_thread is not None

    def interrupt() -> None:
        while not Path(log).exists() or not Path(log).read_text():
            over.wait(0.05)
        over.wait(1.5)  # by then every thread is waiting for that file
        sent[0] = time.monotonic()
        signal.pthread_kill(main_thread, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    shim.arm(STUCK, 3, log.encode())
    thread.start()
    try:
        fit(data, 1000)
    except (KeyboardInterrupt, RuntimeError) as error:
        took = time.monotonic() - sent[0]
        # TensorFlow may raise an error of its own that names the KeyboardInterrupt.
        if "KeyboardInterrupt" not in repr(error):
            raise
        fit(data, 1)
        print(f"interrupted after {1000 * took:.0f} ms")
    thread.join()


if __name__ == "__main__":
    main()
