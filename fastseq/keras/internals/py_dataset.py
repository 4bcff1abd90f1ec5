"""How Keras calls a `PyDataset`: what it reads when, in which order it shuffles, and whether a call came from Keras.

Mirrors keras/src/trainers/data_adapters/py_dataset_adapter.py, keras/src/trainers/epoch_iterator.py and the `fit`,
`evaluate` and `predict` of keras/src/backend/*/trainer.py. `fastseq.keras.passes` is built on these facts, all of which
hold since Keras 3.8:

1. `workers` is read once when an adapter is created, before anything else is asked for: one adapter for each `fit`,
   `evaluate` and `predict`, and one for the validation data of a `fit`.
2. `num_batches` is read each time an iterator over all batches is created. With `fit(shuffle=True)` the order is drawn
   from Python's global `random` right after that read: `shuffled_order`.
3. `fit` and `evaluate` call `on_epoch_end` once between the last probe and the first epoch, and again after each
   epoch. `predict` calls it only when it builds the model and at its end.
4. Probes, the batches that Keras fetches to infer shapes or to build the model, are at most `MAX_PROBES` for each
   adapter or iterator.
5. With `steps_per_epoch` below the number of batches, the next Keras epoch goes on with the same iterator.
6. Keras's threads call `dataset[k]` from Keras's own code: the module at the top of the call is one of `keras.*`.

Importing this module does not import Keras.
"""

from __future__ import annotations

import random
import re
import sys
from types import FrameType
from typing import Any

MAX_PROBES = 2
"""`NUM_BATCHES_FOR_TENSOR_SPEC` in keras/src/trainers/data_adapters/data_adapter_utils.py."""


def called_by_keras(dataset: object) -> bool:
    """Whether Keras, rather than the user's code, called the method of `dataset` that is running.

    To be called in a method of `dataset`. Methods that call each other, overrides and `super()` count as one: their
    frames are recognized by a `self` that is `dataset`.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_locals.get("self") is dataset:
        frame = frame.f_back
    return _is_keras(frame)


def read_by_keras(dataset: object, name: str) -> bool:
    """Whether Keras itself read the property `name` of `dataset`, perhaps through overrides of that property.

    To be called in the property. False if another method of the dataset read it, even one that Keras called.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_name == name and frame.f_locals.get("self") is dataset:
        frame = frame.f_back
    return _is_keras(frame)


def _is_keras(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("keras.")


def shuffled_order(random_state: Any, batches: int) -> list[int]:
    """The order that `fit(shuffle=True)` draws: `PyDatasetAdapter._finite_generator`.

    Args:
        random_state: `random.getstate()` at the time `num_batches` was read.
        batches: the number that was read.
    """
    order = list(range(batches))
    generator = random.Random()
    generator.setstate(random_state)
    generator.shuffle(order)
    return order


def changed_call_order() -> str | None:
    """How the installed Keras departs from facts 1 to 3, in words; None if it does not.

    Takes a dataset of ours through an epoch of Keras's `EpochIterator`. Leaves Python's `random` as it was.
    """
    import keras

    calls: list[str] = []
    states: list[Any] = []

    class Spy(keras.utils.PyDataset):  # type: ignore[misc]
        @property
        def workers(self) -> int:
            calls.append("W")
            return 1

        @property
        def num_batches(self) -> int:
            calls.append("N")
            states.append(random.getstate())
            return 9

        def __getitem__(self, k: int) -> tuple[list[int]]:
            calls.append(str(k))
            return ([k],)

        def on_epoch_end(self) -> None:
            calls.append("E")

    state = random.getstate()
    try:
        from keras.src.trainers.epoch_iterator import EpochIterator

        iterator = EpochIterator(x=Spy(), shuffle=True)
        iterator.reset()
        for _ in iterator:
            pass
    except Exception as error:
        return f"its EpochIterator could not be checked ({type(error).__name__}: {error})"
    finally:
        random.setstate(state)
    found = re.fullmatch(r"N*WN*EN*(N)(\d{9})N*EN*", "".join(calls))
    if found is None:
        return "it calls datasets in another order"
    if [int(k) for k in found[2]] != shuffled_order(states[found[0][: found.end(1)].count("N") - 1], 9):
        return "fit(shuffle=True) draws the order of batches in another way"
    return None
