"""Follower: what Keras's requests show, also those that reach us through a dataset of the user's own."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence

from fastseq.keras.internals.py_dataset import KerasRequest, Training, is_predict, training_on
from fastseq.keras.passes import KerasPasses
from fastseq.keras.served import Served


class Follower:
    """Tells `KerasPasses` which pass a request of Keras belongs to, and what it is for.

    Keras's events tell this of a dataset only where Keras calls it itself, and where it does nothing else with it
    meanwhile: a callback may predict during a fit. The first request of a pass tells it always.

    If a dataset of the user's own takes its batches from ours, the events do not reach us at all. A pass whose first
    request is passed on under its own number is a pass over our batches, as if Keras had requested them of us.
    Otherwise that dataset has an order of its own, and its requests count as the user's own.
    """

    def __init__(self) -> None:
        self._wrapper: Callable[[], object] = _none
        self._order: Sequence[int] | None = None  # of the pass; held, so that no other can be taken for it
        self._is_building = False  # the model: the pass is a probe
        self._is_keras_pass = True  # otherwise it counts as the user's own requests

    def __reduce__(self) -> tuple[type[Follower], tuple[()]]:
        return Follower, ()

    @property
    def wrapper(self) -> object:
        """The dataset around ours that Keras used last, if it still exists."""
        return self._wrapper()

    @property
    def has_own_order(self) -> bool:
        """Whether the dataset around ours requests our batches in an order of its own."""
        return not self._is_keras_pass

    def direct(self, passes: KerasPasses, call: KerasRequest, k: int, depth: int) -> Served:
        """Note that Keras requested batch `k` of our dataset itself."""
        if call.order is not None and call.order is not self._order:
            training = training_on(call.dataset)
            self._begin_order(call.order, training, is_keras_pass=True)
            if training is not None and not training.is_building:
                _begin_pass(passes, training)
        return passes.request_by_keras(k, depth, call.order)

    def wrapped(self, passes: KerasPasses, call: KerasRequest, k: int, depth: int) -> Served:
        """Note that batch `k` was requested because Keras made the request `call` of a dataset around ours."""
        if call.order is None:
            return self._without_order(passes, call, k, depth)
        if call.order is not self._order:
            self._wrapper = weakref.ref(call.dataset)
            training = training_on(call.dataset)
            predict = is_predict(training)
            self._begin_order(call.order, training, is_keras_pass=predict or call.k == k)
            if not self._is_building and self._is_keras_pass:
                _begin_pass(passes, training)
            elif not self._is_building:
                _count_as_users(passes)
        if self._is_building:
            return passes.probe()
        if not self._is_keras_pass:
            return passes.request(k, depth)
        if call.k == k:
            return passes.request_by_keras(k, depth, call.order)
        return passes.request_aside(k)

    def _without_order(self, passes: KerasPasses, call: KerasRequest, k: int, depth: int) -> Served:
        """A probe, a request of Keras's own threads or processes, or one of a dataset without an end."""
        training = None
        if call.dataset is not None:
            self._wrapper = weakref.ref(call.dataset)
            training = training_on(call.dataset)
        predict = is_predict(training)
        if call.is_probe or predict:
            return passes.probe(predict)
        _count_as_users(passes)
        return passes.request(k, depth)

    def _begin_order(self, order: Sequence[int], training: Training | None, is_keras_pass: bool) -> None:
        self._order = order
        self._is_building = training is not None and training.is_building
        self._is_keras_pass = is_keras_pass


def _begin_pass(passes: KerasPasses, training: Training | None) -> None:
    passes.on_adapter_created(predict=is_predict(training))
    passes.on_epoch_end(by_keras=True)
    passes.on_iterator_created()


def _count_as_users(passes: KerasPasses) -> None:
    passes.on_adapter_created()
    passes.on_keras_left()


def _none() -> None:
    return None
