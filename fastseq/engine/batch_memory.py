"""Memory for batches, recycled with the last reference to the batch."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.buffers import BufferPool
from fastseq.engine.settings import Settings


class BatchAllocator:
    """Allocates arrays for batches. A forked child and a pickled copy have memory of their own."""

    def __init__(self, max_free_bytes: int) -> None:
        """Keep freed batches for reuse up to `max_free_bytes`, and beyond it by less than one batch."""
        self._max_free_bytes = max_free_bytes
        self._new_pool()

    def _new_pool(self) -> BufferPool:
        pool = BufferPool(self._max_free_bytes)
        self._pool, self._pid = pool, os.getpid()  # in this order: other threads look at the second one first
        return pool

    def __reduce__(self) -> tuple[Any, ...]:
        return BatchAllocator, (self._max_free_bytes,)

    def allocate(self, settings: Settings, samples: int) -> NDArray[Any]:
        """Allocate a batch of `samples` images, in the shape and dtype that `settings` give it.

        Returns:
            An array with arbitrary contents over 64-byte aligned memory, which is reused once neither the array nor
            anything that views it is alive.
        """
        pool = self._pool if self._pid == os.getpid() else self._new_pool()
        lease = pool.allocate(settings.recipe.slot_bytes * samples)
        return np.ndarray(settings.batch_shape(samples), settings.numpy_dtype, buffer=lease)  # type: ignore[arg-type]

    @property
    def bytes_in_use(self) -> int:
        """Bytes of the batches that are still referenced."""
        return self._pool.bytes_in_use

    @property
    def held_bytes(self) -> int:
        """Bytes in use, and those kept for reuse."""
        return self._pool.held_bytes
