"""A model small enough for two cores, and a callback that times its epochs."""

from __future__ import annotations

import time
from typing import Any

import keras


def small_cnn(size: tuple[int, int], classes: int) -> Any:
    """Return a compiled CNN of four strided convolutions, for images of `size` (height, width) and integer labels."""
    layers = keras.layers
    model = keras.Sequential([layers.Input((*size, 3))])
    for filters in (16, 32, 64, 64):
        model.add(layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu"))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(classes, activation="softmax"))
    optimizer = keras.optimizers.Adam(3e-3)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class EpochTimes(keras.callbacks.Callback):  # type: ignore[misc]
    """Measures the duration of each epoch.

    Attributes:
        seconds: one number per finished epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start timing."""
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Record the duration."""
        self.seconds.append(time.perf_counter() - self._begin)
