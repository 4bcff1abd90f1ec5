"""Works out which epoch each requested batch belongs to, and which batches will be requested next.

Keras tells a `PyDataset` neither the number of the epoch nor which requests are probes: batches fetched to infer shapes
or to build the model, which no step trains on. But it calls the dataset in a fixed order, which
`fastseq.keras.internals.py_dataset` describes. `KerasPasses` is a state machine over these events:

    on_adapter_created    Keras read `workers`: a fit, evaluate or predict begins, or the validation of a fit
    on_iterator_created   Keras read `num_batches`: it may go over all batches next
    request_by_keras      Keras called `dataset[k]`
    request               the user's own code called `dataset[k]`
    on_epoch_end          Keras, or the user's own code, called `dataset.on_epoch_end()`
    on_keras_left         the user's own code called the dataset, and Keras no longer does anything with it

For instance, `model.fit(dataset, epochs=2)` of an unbuilt model on JAX:

    on_adapter_created                                    phase SETUP
    on_iterator_created, request_by_keras(3)              a probe, to build the model
    on_iterator_created, on_epoch_end (by Keras)          phase RUNNING
    on_iterator_created, n x request, on_epoch_end        a pass: epoch 0
    on_iterator_created, n x request, on_epoch_end        a pass: epoch 1

A pass is what follows the creation of an iterator, up to the next one. The rule, for users in docs/guides/epochs.md:

- An epoch is over when each of its batches was served once; the next request begins another. Probes do not count.
- Every pass of `fit` and `evaluate` is served from one epoch: from the current one, unless that is over or an earlier
  pass has begun it and was left. A pass may span several Keras epochs: with `steps_per_epoch` below the number of
  batches, Keras keeps its iterator.
- `predict` is served from the current epoch, that which was read last, and counts for nothing. If only Keras had that
  epoch before, the user's own code may read it once more after `predict`.
- A `for` loop of the user's own is served from one epoch, whatever else is requested meanwhile.
- What the user's own code requests while Keras is busy, in a callback say, is served from the current epoch and changes
  nothing.

No batch is expected by guesswork: Keras's order is known, and so is that of a `for` loop. Of single requests by the
user's own code, the next ones are expected once `_MIN_IN_ORDER` have come in order, from batch 0.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from fastseq.engine.threads import register_fork_reset
from fastseq.keras.internals.py_dataset import MAX_PROBES
from fastseq.keras.served import Loop, Served

_MIN_IN_ORDER = 3  # a shuffled order seldom begins so


class _Phase(Enum):
    USER = auto()  # only the user's own code requests batches
    SETUP = auto()  # Keras has created an adapter, and probes
    RUNNING = auto()  # Keras fits or evaluates
    PREDICT = auto()


class KerasPasses:
    """Tells for each request which epoch it belongs to, and which batches are expected next.

    What is expected only decides what is decoded ahead, never what a request returns. Safe to use from several threads.
    A copy or a pickle keeps the epoch and forgets what was requested of it.

    Attributes:
        epoch: the current epoch, counted from 0.
        batches: batches in a pass; a dataset may change it between two passes.
    """

    def __init__(self, batches: int) -> None:
        """Start at epoch 0 of a dataset with `batches` batches."""
        self.epoch = 0
        self.batches = batches
        self._served: set[int] = set()  # batches of the epoch; probes do not count
        self._begun_by_keras = False  # whether fit or evaluate has used the epoch
        self._offered_again = False  # to the user's own code, after predict
        self._is_used_up = False  # whether each of its batches was served before it was offered again
        self._phase = _Phase.USER
        self._iterator_created = False  # and nothing requested from it yet
        self._order: Sequence[int] | None = None  # of the pass
        self._place = 0  # in it, of what Keras will request next
        self._requested: set[int] = set()  # in this pass
        self._in_order = True  # whether these came in order, none left out
        self._expected: list[tuple[int, int]] = []  # what Keras will request next
        self._continues: tuple[int, int] | None = None  # the request that goes on with the user's requests in order
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
    def busy(self) -> bool:
        """Whether Keras has begun something with the dataset, and is not known to have ended it."""
        return self._phase is not _Phase.USER

    @property
    def running(self) -> bool:
        """Whether Keras fits or evaluates."""
        return self._phase is _Phase.RUNNING

    @property
    def probing(self) -> bool:
        """Whether Keras probes or predicts."""
        return self._phase in (_Phase.SETUP, _Phase.PREDICT)

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

    @property
    def consumed(self) -> int | None:
        """How many batches of the current epoch the user's own code, or a whole pass of Keras, has used.

        None if that is unknown: in the midst of a pass Keras has requested batches that it has not used yet; and the
        user's own code may have read batches out of order.
        """
        with self._lock:
            if self.busy:
                return None
            if self._is_over or self._is_used_up:
                return self.batches
            count = len(self._served)
            return None if self._begun_by_keras or self._served != set(range(count)) else count

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch of which nothing was served yet."""
        with self._lock:
            self._begin_epoch(epoch)

    def on_adapter_created(self, predict: bool = False) -> None:
        """Keras read `workers`; `predict` tells whether it is about to predict."""
        with self._lock:
            self._phase = _Phase.PREDICT if predict else _Phase.SETUP
            self._requested, self._in_order, self._expected = set(), True, []

    def on_iterator_created(self) -> None:
        """Keras read `num_batches`."""
        with self._lock:
            self._iterator_created = True

    def on_epoch_end(self, by_keras: bool) -> None:
        """Keras or the user's own code called `on_epoch_end`."""
        with self._lock:
            if by_keras and self._phase is _Phase.SETUP:
                self._phase = _Phase.RUNNING
            elif not by_keras and self._phase is _Phase.USER and self._served:
                self._begin_epoch(self.epoch + 1)

    def on_keras_left(self) -> None:
        """The user's own code is about to request a batch, and Keras does nothing with the dataset."""
        with self._lock:
            if self._phase is _Phase.PREDICT and self._begun_by_keras and not self._offered_again:
                self._is_used_up = self._is_over
                self._served, self._offered_again = set(), True
            self._phase = _Phase.USER
            self._iterator_created, self._expected = False, []

    def begin_read_ahead(self) -> int:
        """Begin the next epoch for a reader that reads batches long before they are used, and return its number."""
        with self._lock:
            self._begin_epoch(self._next_epoch)
            self._begun_by_keras = True  # so that how many batches were used is unknown
            return self.epoch

    def request_by_keras(self, k: int, depth: int, order: Sequence[int] | None) -> Served:
        """Note that Keras requested batch `k`.

        Args:
            k: its number in the epoch.
            depth: the number of batches to look ahead.
            order: in which Keras requests the batches of this pass, the same object all along; None if unknown.
        """
        with self._lock:
            if self._iterator_created or (self.running and k in self._requested):
                self._begin_pass()
            self._in_order = self._in_order and k == len(self._requested)
            self._requested.add(k)
            if self._phase is _Phase.USER and self._is_over:
                self._begin_epoch(self.epoch + 1)
            if not self.probing:
                self._served.add(k)
            self._begun_by_keras = self._begun_by_keras or self.running
            left = self._without(k)
            following = [(self._epoch_served, n) for n in self._following(k, depth, order)]
            self._expected = [*dict.fromkeys([*left, *following])][: max(depth, len(left))]
            return self._by_keras(order)

    def request(self, k: int, depth: int, loop: Loop | None = None) -> Served:
        """Note that the user's own code requested batch `k`.

        Args:
            k: its number in the epoch.
            depth: the number of batches to look ahead.
            loop: the `for` loop that requests it.
        """
        with self._lock:
            if loop is not None and loop.epoch is not None:
                epoch = loop.epoch
            else:
                if not self.busy and self._is_over:
                    self._begin_epoch(self.epoch + 1)
                epoch = self._epoch_served
            if loop is not None:
                loop.epoch = epoch
            if not self.busy and epoch == self.epoch:
                self._served.add(k)
            in_order = self._continues == (epoch, k)
            self._continues = (epoch, k + 1) if in_order or k == 0 else None
            is_known = loop is not None or (in_order and k + 1 >= _MIN_IN_ORDER)
            ahead = range(k + 1, min(k + 1 + depth, self.batches)) if is_known else ()
            return Served(epoch, [*self._expected, *((epoch, n) for n in ahead)])

    def request_aside(self, k: int) -> Served:
        """Note that the user's own dataset, asked by Keras for a batch of the pass, requested batch `k` as well."""
        with self._lock:
            (self._served if self.running else self._requested).add(k)
            self._expected = self._without(k)
            return self._by_keras()

    def probe(self, predict: bool = False) -> Served:
        """Note that Keras looks at a batch; `predict` tells whether it is about to predict."""
        with self._lock:
            return Served(self.epoch if predict else self._next_epoch, (), True, predict)

    @property
    def _is_over(self) -> bool:
        return 0 < self.batches <= len(self._served)

    @property
    def _next_epoch(self) -> int:
        """The epoch of the next pass of a fit or evaluate."""
        return self.epoch + (self._is_over or self._begun_by_keras)

    @property
    def _epoch_served(self) -> int:
        return self._next_epoch if self._phase is _Phase.SETUP else self.epoch

    def _begin_pass(self) -> None:
        if self.running:
            self._begin_epoch(self._next_epoch)
        self._iterator_created = False
        self._requested, self._in_order, self._expected = set(), True, []

    def _begin_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self._served = set()
        self._begun_by_keras = self._offered_again = self._is_used_up = False

    def _following(self, k: int, depth: int, order: Sequence[int] | None) -> Iterable[int]:
        """The batches that Keras will request after `k`."""
        if order is None or (self._phase is _Phase.SETUP and self.requested <= MAX_PROBES):
            return ()
        if order is not self._order:
            self._order, self._place = order, 0
        while self._place < len(order) and order[self._place] != k:
            self._place += 1
        self._place += 1
        taken = self._served if self.running else self._requested
        return [n for n in order[self._place : self._place + depth] if n not in taken]

    def _without(self, k: int) -> list[tuple[int, int]]:
        """What is expected after batch `k`, wherever that comes: a dataset around ours may have another order."""
        return [key for key in self._expected if key != (self._epoch_served, k)]

    def _by_keras(self, order: Sequence[int] | None = None) -> Served:
        return Served(self._epoch_served, list(self._expected), self.probing, self._phase is _Phase.PREDICT, order)
