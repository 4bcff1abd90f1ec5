"""PassAwareDataset: the base of the fastseq datasets that Keras iterates over."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from fastseq import arguments
from fastseq._lazy import lazy_property
from fastseq.keras.follower import Follower
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.keras_2 import NoShape
from fastseq.keras.internals.py_dataset import (
    called_by_keras,
    epoch_ended_by_keras,
    is_predict,
    keras_request,
    read_by_keras,
    training_on,
)
from fastseq.keras.passes import KerasPasses
from fastseq.keras.served import Loop, Served

_loop: ContextVar[tuple[KerasPasses, Loop] | None] = ContextVar("fastseq_loop", default=None)


class PassAwareDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """A `keras.utils.PyDataset` that follows what Keras does with it, and decodes in threads of its own.

    Attributes:
        passes: follows Keras; set by the subclass.
    """

    passes: KerasPasses
    shape = NoShape()

    @lazy_property
    def _follower(self) -> Follower:
        return Follower()

    @property
    def num_batches(self) -> int:
        """The same as `len`."""
        if read_by_keras(self, "num_batches"):
            self.passes.on_iterator_created()
        return len(self)

    @property
    def workers(self) -> int:
        """Always 1: fastseq has its own threads, and Keras's would carry batches of one epoch over into the next."""
        if read_by_keras(self, "workers"):
            training = training_on(self)
            self.passes.on_adapter_created(predict=is_predict(training))
            if training is not None:
                self._check_model(training.model)
        return 1

    @workers.setter
    def workers(self, value: int) -> None:
        """Ignored, for code that sets it; `threads` says how many threads decode."""

    @property
    def use_multiprocessing(self) -> bool:
        """Always False; see `workers`."""
        return False

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        """Ignored."""

    def _check_model(self, model: Any) -> None:
        """Called before a model is fitted, evaluated or asked to predict."""

    def _batch_number(self, k: int) -> int:
        """`k`, counted from the front.

        Raises:
            IndexError: if there is no such batch.
            TypeError: if `k` is not an integer.
        """
        return arguments.batch_number("the number of a batch", k, len(self))

    def _in_loop(self, k: int, loop: Loop) -> Any:
        """Batch `k`, requested by a `for` loop."""
        token = _loop.set((self.passes, loop))
        try:
            return self[k]
        finally:
            _loop.reset(token)

    def _request(self, k: int, depth: int) -> Served:
        """How batch `k` is served, with at most `depth` batches ahead."""
        passes, loop = _loop.get() or (None, None)
        if passes is not self.passes:
            loop = None
            if (request := keras_request()) is not None:
                follow = self._follower.direct if request.dataset is self else self._follower.wrapped
                return follow(self.passes, request, k, depth)
        self._note_that_keras_left()
        return self.passes.request(k, depth, loop)

    def _end_epoch(self) -> None:
        """Go to the next epoch, if the user's own code says so.

        Keras's own calls only mark where its probes end and its passes begin.
        """
        if called_by_keras(self):
            self.passes.on_epoch_end(by_keras=True)
        elif not epoch_ended_by_keras() or self._follower.has_own_order:
            self._note_that_keras_left()
            self.passes.on_epoch_end(by_keras=False)

    def _note_that_keras_left(self) -> None:
        if self.passes.busy and training_on(self, self._follower.wrapper) is None:
            self.passes.on_keras_left()
