"""Memory for batches: lent out, and taken back when nobody holds the batch any more."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.buffers import BufferPool
from fastseq.engine.settings import Settings


class Lender:
    """Lends arrays for batches. A forked child and a pickled copy have memory of their own."""

    def __init__(self, cap_bytes: int) -> None:
        """Lend without need, and keep for use again, no more than `cap_bytes`."""
        self._cap = cap_bytes
        self._own()

    def _own(self) -> BufferPool:
        self._pid = os.getpid()
        self._buffers = BufferPool(self._cap)
        return self._buffers

    def __reduce__(self) -> tuple[Any, ...]:
        """The cap alone."""
        return Lender, (self._cap,)

    def images(self, settings: Settings, samples: int, needed: bool) -> NDArray[Any] | None:
        """An array for a batch of so many samples, over 64-byte aligned memory.

        Args:
            settings: say its shape and dtype.
            samples: in the batch.
            needed: whether to lend it even beyond the cap.

        Returns:
            The array, its contents arbitrary; None where the cap is reached and it is not needed.
        """
        buffers = self._buffers if self._pid == os.getpid() else self._own()
        lease = buffers.allocate(settings.recipe.slot_bytes * samples, needed)
        if lease is None:
            return None
        return np.ndarray(settings.batch_shape(samples), settings.numpy_dtype, buffer=lease)  # type: ignore[arg-type]

    @property
    def lent_bytes(self) -> int:
        """Of the batches that somebody holds."""
        return self._buffers.bytes_in_use

    @property
    def held_bytes(self) -> int:
        """Of these, and of what is kept for use again."""
        return self._buffers.held_bytes
