"""Prints, as JSON, what Keras calls on a dataset in `fit`, `evaluate` and `predict`, on the back end of KERAS_BACKEND.

A call is [name, by Keras?, detail]. The detail of a request is the number of the batch, and what `keras_request` and
`training_on` tell: the number that Keras asked for, the order of the pass, whether it is a probe, and the method. That
of `workers` is the method.
"""

from __future__ import annotations

import json
import os

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")

import keras
import numpy as np
from keras.src.layers.preprocessing import normalization

from fastseq.keras.internals.py_dataset import (
    called_by_keras,
    epoch_ended_by_keras,
    keras_request,
    read_by_keras,
    training_on,
)

BATCHES = 6


class Spy(keras.utils.PyDataset):
    def __init__(self, batches=BATCHES):
        super().__init__()
        self.batches = batches
        self.calls = []

    @property
    def workers(self):
        training = training_on(self)
        self.calls.append(("workers", read_by_keras(self, "workers"), training and training.method))
        return 1

    @property
    def num_batches(self):
        self.calls.append(("num_batches", read_by_keras(self, "num_batches"), None))
        return self.batches

    def __len__(self):
        return self.batches

    def __getitem__(self, k):
        self.calls.append(("request", called_by_keras(self), (k, *origin())))
        return np.zeros((2, 3), "float32"), np.zeros((2, 1), "float32")

    def on_epoch_end(self):
        self.calls.append(("on_epoch_end", called_by_keras(self), epoch_ended_by_keras()))


def origin():
    """What is known of the request of Keras that led here; () if there is none."""
    request = keras_request()
    if request is None:
        return ()
    training = training_on(request.dataset)
    is_probe = request.is_probe or (training is not None and training.is_building)
    order = None if request.order is None else list(request.order)
    return request.k, order, is_probe, training and training.method


class Around(Spy):
    """Takes its batches from another dataset, and tells it of the ends of epochs."""

    def __init__(self, inner):
        super().__init__(len(inner))
        self.inner = inner

    def __getitem__(self, k):
        return self.inner[k]

    def on_epoch_end(self):
        self.inner.on_epoch_end()


class Overridden(Spy):
    """Overrides every member, and uses the others in them."""

    @property
    def workers(self):
        return super().workers

    @property
    def num_batches(self):
        return super().num_batches

    def __getitem__(self, k):
        assert self.workers == 1
        assert self.num_batches == len(self)
        return super().__getitem__(k)

    def on_epoch_end(self):
        super().on_epoch_end()


class Look(keras.callbacks.Callback):
    """The user's own code, which uses the dataset while Keras does."""

    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def on_train_batch_end(self, batch, logs=None):
        self.dataset[batch]
        assert (self.dataset.workers, self.dataset.num_batches) == (1, BATCHES)
        self.dataset.on_epoch_end()


def new_model():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse", jit_compile=False)
    return model


def main():
    results = {}

    def keep(name, dataset):
        results[name], dataset.calls = dataset.calls, []

    dataset, validation, model = Spy(), Spy(4), new_model()
    model.fit(dataset, epochs=2, shuffle=False, validation_data=validation, verbose=0)
    keep("fit, unbuilt", dataset)
    keep("validation", validation)
    model.fit(dataset, epochs=3, verbose=0)
    keep("fit, shuffled", dataset)
    model.fit(dataset, epochs=4, steps_per_epoch=4, verbose=0)
    keep("fit, 4 steps", dataset)
    model.evaluate(dataset, verbose=0)
    keep("evaluate", dataset)
    model.predict(dataset, verbose=0)
    keep("predict", dataset)
    overridden = Overridden()
    model.fit(overridden, epochs=1, verbose=0)
    keep("fit, overridden", overridden)
    model.fit(dataset, epochs=1, verbose=0, callbacks=[Look(dataset)])
    keep("fit, with a callback", dataset)
    model, around = new_model(), Around(dataset)
    model.fit(around, epochs=2, verbose=0)
    keep("fit, wrapped", dataset)
    model.evaluate(around, verbose=0)
    keep("evaluate, wrapped", dataset)
    model.predict(around, verbose=0)
    keep("predict, wrapped", dataset)
    if hasattr(normalization, "PyDataset"):  # otherwise layers do not adapt to datasets of Keras
        keras.layers.Normalization().adapt(around)
        keep("adapt, wrapped", dataset)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
