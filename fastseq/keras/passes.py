"""What Keras is doing with a dataset, told from how it asks.

Keras tells a PyDataset neither its epoch number, nor the order in which `fit(shuffle=True)` will ask for the batches,
nor which requests are probes (for the spec on TensorFlow, to build the model elsewhere). But its adapter and its
generator read certain properties at certain moments (py_dataset_adapter.py and epoch_iterator.py of Keras 3):

- `workers`, when an adapter is made: a `fit`, `evaluate` or `predict` begins, or its validation.
- `num_batches`, when an iterator over all batches is made, just before its order is drawn from the global `random`.
- `on_epoch_end` from `EpochIterator.reset`, after the probes and before the first epoch of `fit` and `evaluate`.

So a pass is what follows the making of an iterator. A pass of `fit` or `evaluate` is an epoch of its own; probes, and
`predict`, which promises nothing about epochs, are served from the epoch that comes next and use nothing up. So are
batches that the user's code looks at meanwhile, in a callback, say: the pass does not notice.
"""

from __future__ import annotations

import os
import random
import threading
import weakref
from collections.abc import Iterable, Sequence
from enum import Enum, auto

_MOST_PROBED = 2  # batches of a pass


class _Phase(Enum):
    DIRECT = auto()  # nobody but the user's own code asks
    PROBING = auto()  # Keras sets up, or predicts
    LIVE = auto()  # Keras fits or evaluates


class KerasPasses:
    """Tells for each request which epoch it is of, and which batches will be asked for next.

    Whatever it guesses of the order only decides what is begun ahead, never what a request gets.

    Attributes:
        epoch: of the batches that are being served, counted from 0.
        batches: how many a pass has; a dataset may have others in its next one.
    """

    def __init__(self, batches: int) -> None:
        """Start at epoch 0 of a dataset with so many batches."""
        self.epoch = 0
        self.batches = batches
        self._phase = _Phase.DIRECT
        self._used = False  # whether the epoch has served real requests
        self._iterator_made = False
        self._random_state = random.getstate()  # when it was made
        self._orders: list[Sequence[int]] = []  # that Keras may be following, and how far it is
        self._asked: set[int] = set()  # in this pass
        self._in_order = True  # so far
        self._ahead: list[tuple[int, int]] = []  # what Keras will ask for next
        self._left = False  # whether the user's code has ended the epoch since Keras last asked
        self._lock = threading.RLock()  # a signal handler may ask for a batch
        _alive.add(self)

    def __getstate__(self) -> dict[str, int]:
        """The epoch; what Keras was doing stays behind."""
        return {"batches": self.batches, "epoch": self.epoch}

    def __setstate__(self, state: dict[str, int]) -> None:
        """Restore, at the same epoch."""
        self.__init__(state["batches"])  # type: ignore[misc]
        self.epoch = state["epoch"]

    @property
    def in_pass(self) -> bool:
        """Whether Keras fits or evaluates."""
        return self._phase is _Phase.LIVE

    @property
    def probing(self) -> bool:
        """Whether Keras sets up, or predicts."""
        return self._phase is _Phase.PROBING

    @property
    def predicting(self) -> bool:
        """Whether Keras predicts: it has asked for more than it would set up with."""
        return self.probing and self.asked > _MOST_PROBED

    @property
    def in_order(self) -> bool:
        """Whether the batches of the pass were asked for in their order, none left out."""
        return self._in_order

    @property
    def asked(self) -> int:
        """How many batches of the pass were asked for."""
        return len(self._asked)

    def adapter_made(self) -> None:
        """Keras read `workers`."""
        with self._lock:
            self._phase = _Phase.PROBING
            self._orders = []
            self._asked, self._in_order = set(), True

    def iterator_made(self) -> None:
        """Keras read `num_batches`, perhaps about to shuffle."""
        with self._lock:
            self._iterator_made = True
            self._random_state = random.getstate()

    def epoch_ended(self, by_keras: bool) -> None:
        """`on_epoch_end` was called, by Keras or by the user."""
        with self._lock:
            if self._phase is _Phase.DIRECT and self._used:
                self._begin_epoch()
            elif self._phase is _Phase.PROBING and by_keras:
                self._phase = _Phase.LIVE
            else:
                self._left = not by_keras

    def request(self, k: int, depth: int, by_keras: bool) -> tuple[int, Iterable[tuple[int, int]]]:
        """Batch `k` was asked for.

        Args:
            k: its number.
            depth: how many batches ahead are of interest.
            by_keras: whether Keras asked, or the user's own code.

        Returns:
            The epoch that it is of, and (epoch, k) of the batches expected next.
        """
        with self._lock:
            if by_keras:
                self._left = False
            elif self._left:  # Keras is done with it: the user's own loop goes on
                self._leave()
            elif self._phase is not _Phase.DIRECT:
                epoch = self._served_epoch
                return epoch, [*self._ahead, *((epoch, n) for n in self._following(k, depth))]
            live = self._phase is _Phase.LIVE
            if self._iterator_made or (live and k in self._asked):
                self._begin_pass(live)
            self._in_order = self._in_order and k == len(self._asked)
            self._asked.add(k)
            if self._phase is not _Phase.PROBING:
                self._used = True
            epoch = self._served_epoch
            self._ahead = [(epoch, n) for n in self._expected(k, depth)]
            return epoch, self._ahead

    @property
    def _served_epoch(self) -> int:
        return self.epoch + (self._used and self._phase is _Phase.PROBING)

    def _leave(self) -> None:
        self._phase = _Phase.DIRECT
        self._left = self._iterator_made = False
        if self._used:
            self._begin_epoch()

    def _begin_pass(self, live: bool) -> None:
        if live and self._used:
            self._begin_epoch()
        self._orders = [self._shuffled(), range(self.batches)] if self._iterator_made else []
        self._iterator_made = False
        self._asked, self._in_order = set(), True

    def _shuffled(self) -> list[int]:
        order = list(range(self.batches))
        generator = random.Random()
        generator.setstate(self._random_state)
        generator.shuffle(order)
        return order

    def _begin_epoch(self) -> None:
        self.epoch += 1
        self._used = False

    def _expected(self, k: int, depth: int) -> Sequence[int]:
        if self._phase is _Phase.DIRECT:
            return self._following(k, depth)
        place = len(self._asked) - 1
        self._orders = [order for order in self._orders if place < len(order) and order[place] == k]
        return self._orders[0][place + 1 : place + 1 + depth] if self._orders else ()

    def _following(self, k: int, depth: int) -> Sequence[int]:
        return range(k + 1, min(k + 1 + depth, self.batches))


_alive: weakref.WeakSet[KerasPasses] = weakref.WeakSet()


def _renew_locks() -> None:
    for passes in list(_alive):
        passes._lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_locks)
