"""Works out which epoch each requested batch belongs to, and which batches Keras will request next.

Keras tells a `PyDataset` neither the number of the epoch, nor the order in which `fit(shuffle=True)` will request the
batches, nor which requests are probes: batches fetched to infer shapes or to build the model, which no step trains on.
But it calls the dataset in a fixed order, which `fastseq.keras.internals.py_dataset` describes. `KerasPasses` is a
state machine over four of these events:

    on_adapter_created    Keras read `workers`: a fit, evaluate or predict begins, or the validation of a fit
    on_iterator_created   Keras read `num_batches`: it may go over all batches next, in an order it is about to draw
    request               Keras, or the user's own code, called `dataset[k]`
    on_epoch_end          Keras, or the user's own code, called `dataset.on_epoch_end()`

For instance, `model.fit(dataset, epochs=2)` of an unbuilt model on JAX:

    on_adapter_created                                    phase SETUP
    on_iterator_created, request(3)                       a probe, to build the model
    on_iterator_created, on_epoch_end (by Keras)          phase RUNNING
    on_iterator_created, n x request, on_epoch_end        a pass: epoch 0
    on_iterator_created, n x request, on_epoch_end        a pass: epoch 1

A pass is what follows the creation of an iterator, up to the next one. The rules:

- In `fit` and `evaluate` every pass is an epoch of its own, which begins with the first request of the pass. A pass may
  span several Keras epochs: with `steps_per_epoch` below the number of batches, Keras keeps its iterator.
- Probes and `predict` consume no epoch: they are served from the epoch that the next pass will have. Whether Keras
  predicts shows only when it has requested more batches than it would probe.
- What the user's own code requests while Keras is busy, in a callback say, is served from the current epoch and changes
  nothing.
- Without Keras, an epoch ends when the user's own code calls `on_epoch_end`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from fastseq.engine.threads import register_fork_reset
from fastseq.keras.internals.py_dataset import MAX_PROBES, shuffled_order


class _Phase(Enum):
    USER = auto()  # only the user's own code requests batches
    SETUP = auto()  # Keras has created an adapter: it probes, or predicts
    RUNNING = auto()  # Keras fits or evaluates


class KerasPasses:
    """Tells for each request which epoch it belongs to, and which batches are expected next.

    The expected order only decides what is decoded ahead, never what a request returns. Safe to use from several
    threads. A copy or a pickle keeps the epoch and forgets what Keras was doing.

    Attributes:
        epoch: the current epoch, counted from 0.
        batches: batches in a pass; a dataset may change it between two passes.
    """

    def __init__(self, batches: int) -> None:
        """Start at epoch 0 of a dataset with `batches` batches."""
        self.epoch = 0
        self.batches = batches
        self._phase = _Phase.USER
        self._epoch_used = False  # whether the current epoch has served more than probes
        self._iterator_created = False  # and nothing requested from it yet
        self._random_state = random.getstate()  # when it was created
        self._candidates: list[Sequence[int]] = []  # orders that agree with all requests of the pass so far
        self._requested: set[int] = set()  # in this pass
        self._in_order = True  # whether these came in order, none left out
        self._expected: list[tuple[int, int]] = []  # what Keras will request next
        self._user_ended_epoch = False  # since Keras last requested a batch
        self.reset_after_fork()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Use a lock that no thread of another process holds."""
        self._lock = threading.RLock()  # reentrant: a signal handler may request a batch

    def __getstate__(self) -> dict[str, int]:
        """The epoch and the number of batches."""
        return {"batches": self.batches, "epoch": self.epoch}

    def __setstate__(self, state: dict[str, int]) -> None:
        """Restore at the same epoch, with no pass under way."""
        self.__init__(state["batches"])  # type: ignore[misc]
        self.epoch = state["epoch"]

    @property
    def running(self) -> bool:
        """Whether Keras fits or evaluates."""
        return self._phase is _Phase.RUNNING

    @property
    def probing(self) -> bool:
        """Whether Keras probes or predicts."""
        return self._phase is _Phase.SETUP

    @property
    def predicting(self) -> bool:
        """Whether Keras predicts: it has requested more batches than it would probe."""
        return self.probing and self.requested > MAX_PROBES

    @property
    def in_order(self) -> bool:
        """Whether the batches of the pass were requested in order, none left out."""
        return self._in_order

    @property
    def requested(self) -> int:
        """How many different batches of the pass were requested."""
        return len(self._requested)

    def on_adapter_created(self) -> None:
        """Keras read `workers`."""
        with self._lock:
            self._phase = _Phase.SETUP
            self._candidates = []
            self._requested, self._in_order = set(), True

    def on_iterator_created(self) -> None:
        """Keras read `num_batches`, and may be about to shuffle."""
        with self._lock:
            self._iterator_created = True
            self._random_state = random.getstate()

    def on_epoch_end(self, by_keras: bool) -> None:
        """Keras or the user's own code called `on_epoch_end`."""
        with self._lock:
            if self._phase is _Phase.USER and self._epoch_used:
                self._begin_epoch()
            elif self._phase is _Phase.SETUP and by_keras:
                self._phase = _Phase.RUNNING
            else:
                self._user_ended_epoch = not by_keras

    def request(self, k: int, depth: int, by_keras: bool) -> tuple[int, Iterable[tuple[int, int]]]:
        """Note that batch `k` was requested.

        Args:
            k: its number in the epoch.
            depth: the number of batches to look ahead.
            by_keras: whether Keras requested it, or the user's own code.

        Returns:
            The epoch that the batch belongs to, and (epoch, k) of at most `depth` batches expected next; more if the
            user's own code requests a batch while Keras is busy.
        """
        with self._lock:
            if by_keras:
                self._user_ended_epoch = False
            elif self._user_ended_epoch:  # Keras has finished, and a loop of the user's own goes on
                self._leave_keras()
            elif self._phase is not _Phase.USER:
                epoch = self._served_epoch
                return epoch, [*self._expected, *((epoch, n) for n in self._following(k, depth))]
            if self._iterator_created or (self.running and k in self._requested):
                self._begin_pass()
            self._in_order = self._in_order and k == len(self._requested)
            self._requested.add(k)
            if self._phase is not _Phase.SETUP:
                self._epoch_used = True
            epoch = self._served_epoch
            self._expected = [(epoch, n) for n in self._look_ahead(k, depth)]
            return epoch, self._expected

    @property
    def _served_epoch(self) -> int:
        return self.epoch + (self._epoch_used and self._phase is _Phase.SETUP)

    def _leave_keras(self) -> None:
        self._phase = _Phase.USER
        self._user_ended_epoch = self._iterator_created = False
        if self._epoch_used:
            self._begin_epoch()

    def _begin_pass(self) -> None:
        if self.running and self._epoch_used:
            self._begin_epoch()
        self._candidates = []
        if self._iterator_created:
            self._candidates = [shuffled_order(self._random_state, self.batches), range(self.batches)]
        self._iterator_created = False
        self._requested, self._in_order = set(), True

    def _begin_epoch(self) -> None:
        self.epoch += 1
        self._epoch_used = False

    def _look_ahead(self, k: int, depth: int) -> Sequence[int]:
        if self._phase is _Phase.USER:
            return self._following(k, depth)
        place = len(self._requested) - 1
        self._candidates = [order for order in self._candidates if place < len(order) and order[place] == k]
        return self._candidates[0][place + 1 : place + 1 + depth] if self._candidates else ()

    def _following(self, k: int, depth: int) -> Sequence[int]:
        return range(k + 1, min(k + 1 + depth, self.batches))
