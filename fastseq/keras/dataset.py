"""PassAwareDataset: the base of the fastseq datasets that Keras iterates over."""

from __future__ import annotations

from collections.abc import Iterable

from fastseq import arguments
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.py_dataset import called_by_keras, read_by_keras
from fastseq.keras.passes import KerasPasses


class PassAwareDataset(keras.utils.PyDataset):  # type: ignore[misc]
    """A `keras.utils.PyDataset` that follows what Keras does with it, and decodes in threads of its own.

    Attributes:
        passes: follows Keras; set by the subclass.
    """

    passes: KerasPasses

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
            self.passes.on_adapter_created()
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

    def _batch_number(self, k: int) -> int:
        """`k`, counted from the front.

        Raises:
            IndexError: if there is no such batch.
            TypeError: if `k` is not an integer.
        """
        return arguments.batch_number("the number of a batch", k, len(self))

    def _request(self, k: int, depth: int) -> tuple[int, Iterable[tuple[int, int]]]:
        """See `KerasPasses.request`."""
        return self.passes.request(k, depth, called_by_keras(self))

    def _end_epoch(self) -> None:
        """See `KerasPasses.on_epoch_end`."""
        self.passes.on_epoch_end(called_by_keras(self))
