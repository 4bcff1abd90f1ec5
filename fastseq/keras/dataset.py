"""The base of every fastseq dataset that Keras iterates over."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from fastseq.keras.callers import called_by_keras
from fastseq.keras.passes import KerasPasses


class PassAwareDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """A `keras.utils.PyDataset` that notices what Keras does with it, and has threads of its own.

    Attributes:
        passes: what Keras is doing; set by the subclass, for as many batches as it has.
    """

    passes: KerasPasses

    @property
    def num_batches(self) -> int:
        """The same as `len`."""
        if called_by_keras(self):
            self.passes.iterator_made()
        return len(self)

    @property
    def workers(self) -> int:
        """Always 1: fastseq has its own threads, and Keras's would hand batches of one epoch to the next."""
        if called_by_keras(self):
            self.passes.adapter_made()
        return 1

    @workers.setter
    def workers(self, value: int) -> None:
        """Accepted and left alone, for code that sets it; `threads` says how many decode."""

    @property
    def use_multiprocessing(self) -> bool:
        """Always False; see `workers`."""
        return False

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        """Accepted and left alone."""

    def _request(self, k: int, depth: int) -> tuple[int, Iterable[tuple[int, int]]]:
        return self.passes.request(k, depth, called_by_keras(self))

    def _end_epoch(self) -> None:
        self.passes.epoch_ended(called_by_keras(self))
