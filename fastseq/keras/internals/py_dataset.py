"""How Keras calls a `PyDataset`: what it reads when, in which order it asks for batches, and what a call comes from.

Mirrors keras/src/trainers/data_adapters/py_dataset_adapter.py, keras/src/trainers/epoch_iterator.py, the `fit`,
`evaluate` and `predict` of keras/src/backend/*/trainer.py, and the `adapt` of layers. `fastseq.keras.passes` is built
on these facts, all of which hold since Keras 3.8:

1. `workers` is read once when an adapter is created, before anything else is asked for: one adapter for each `fit`,
   `evaluate` and `predict`, and one for the validation data of a `fit`.
2. `num_batches` is read each time an iterator over all batches is created: `_finite_generator`, whose local variable
   `indices` is the order in which it will request them, a new object for each iterator. `fit(shuffle=True)` shuffles.
3. `fit` and `evaluate` call `on_epoch_end` once between the last probe and the first epoch, and again after each
   epoch. `predict` calls it only when it builds the model and at its end.
4. Probes, the batches that Keras fetches to infer shapes or to build the model, are at most `MAX_PROBES` for each
   adapter or iterator. They are requested by `get_tf_dataset`, below `_symbolic_build`, or by the `adapt` of a layer.
5. With `steps_per_epoch` below the number of batches, the next Keras epoch goes on with the same iterator.
6. Keras's threads call `dataset[k]` from Keras's own code: the module at the top of the call is one of `keras.*`. If
   Keras iterates over a dataset of the user's own that takes its batches from ours, Keras's code is further up.
7. `fit`, `evaluate` and `predict` keep what they iterate over in their local variables `x` and `val_x`.

Importing this module does not import Keras.
"""

from __future__ import annotations

import inspect
import random
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from traceback import walk_stack
from types import FrameType
from typing import Any

from fastseq._native.frames import thread_stacks

MAX_PROBES = 2
"""`NUM_BATCHES_FOR_TENSOR_SPEC` in keras/src/trainers/data_adapters/data_adapter_utils.py."""

_TRAINERS = ("fit", "evaluate", "predict")
_BUILDERS = ("_symbolic_build", "_maybe_symbolic_build")


@dataclass(frozen=True)
class KerasRequest:
    """A request for a batch that began in Keras.

    Attributes:
        dataset: what Keras iterates over: our dataset, or one of the user's own around it. None in `adapt`.
        k: the batch that Keras requested of it; None in `adapt`.
        order: the order in which Keras goes over the batches of `dataset`, a new object for each iterator; None for a
            probe, and where it cannot be known.
        is_probe: whether Keras only looks at the batch.
    """

    dataset: object
    k: int | None
    order: Sequence[int] | None
    is_probe: bool


@dataclass(frozen=True)
class Training:
    """A `fit`, `evaluate` or `predict` under way.

    Attributes:
        method: which of them.
        model: the model.
        is_building: whether it fetches a batch to build the model.
    """

    method: str
    model: Any
    is_building: bool


def is_predict(training: Training | None) -> bool:
    """Whether it is a `predict`."""
    return training is not None and training.method == "predict"


def keras_request() -> KerasRequest | None:
    """The request of Keras that led to the call of this function; None if the user's own code made the request.

    Between Keras and our dataset there may be the user's own datasets. A callback's request is the user's own.
    """
    frame: FrameType | None = sys._getframe(1)
    iterated = False  # by a generator of the user's own, not by an index
    while frame is not None and not _is_keras(frame):
        iterated = iterated or bool(frame.f_code.co_flags & inspect.CO_GENERATOR)
        frame = frame.f_back
    if frame is not None and frame.f_code.co_name == "<listcomp>":
        frame = frame.f_back
    if frame is None:
        return None
    name, local = frame.f_code.co_name, frame.f_locals
    k, dataset = local.get("i"), getattr(local.get("self"), "py_dataset", None)
    if name == "_finite_generator":
        return KerasRequest(dataset, k, local.get("indices"), False)
    if name == "_infinite_generator":
        return KerasRequest(dataset, k, None, False)
    if name == "get_tf_dataset":
        return KerasRequest(dataset, k, None, True)
    if name == "get_index":  # in a thread or process of Keras's
        datasets = frame.f_globals.get("_SHARED_SEQUENCES") or {}
        return KerasRequest(datasets.get(local.get("uid")), k, None, False)
    if name == "adapt" and not iterated:
        return KerasRequest(None, None, None, True)
    return None


def epoch_ended_by_keras() -> bool:
    """Whether Keras called `on_epoch_end`, of our dataset or of one of the user's own around it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_keras(frame):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "on_epoch_end" and _module(frame).endswith("_adapter")


def training_on(*datasets: object) -> Training | None:
    """The innermost `fit`, `evaluate` or `predict` under way, in any thread, that was given one of the datasets."""
    for frames in _stacks():
        is_building = False
        for frame in frames:
            name = frame.f_code.co_name
            if name in _BUILDERS and _is_keras(frame):
                is_building = True
            elif name in _TRAINERS and _is_keras(frame):
                local = frame.f_locals
                given = (local.get("x"), local.get("val_x"))
                if any(one is dataset for one in given for dataset in datasets if dataset is not None):
                    return Training(name, local.get("self"), is_building)
    return None


def _stacks() -> Iterator[Iterable[FrameType]]:
    """The frames of each thread, the innermost first: this thread's, then those of the others, if they are needed."""
    yield (frame for frame, _ in walk_stack(sys._getframe(1)))
    here = threading.get_ident()
    yield from (frames for thread, frames in thread_stacks().items() if thread != here)


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
    return _module(frame).startswith("keras.")


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def changed_call_order() -> str | None:
    """How the installed Keras departs from facts 1 to 3, in words; None if it does not.

    Takes a dataset of ours through an epoch of Keras's `EpochIterator`. Leaves Python's `random` as it was.
    """
    import keras

    calls: list[str] = []
    orders: list[Sequence[int] | None] = []

    class Spy(keras.utils.PyDataset):  # type: ignore[misc]
        @property
        def workers(self) -> int:
            calls.append("W")
            return 1

        @property
        def num_batches(self) -> int:
            calls.append("N")
            return 9

        def __getitem__(self, k: int) -> tuple[list[int]]:
            calls.append(str(k))
            request = keras_request()
            orders.append(None if request is None else request.order)
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
    found = re.fullmatch(r"N*WN*EN*N(\d{9})N*EN*", "".join(calls))
    if found is None:
        return "it calls datasets in another order"
    if any(order is None or list(order) != [int(k) for k in found[1]] for order in orders):
        return "fit(shuffle=True) draws the order of batches in another way"
    return None
