"""Memory for what is read and decompressed, used again and again."""

from __future__ import annotations

import os

from fastseq._native.buffers import BufferPool

_FREE_BYTES = 32 << 20  # that are kept for later: memory that was never written to costs as much as reading
_SIZE_STEP = 1 << 20
_STEPS = 4  # in the sizes between a power of two and the next


def pooled(length: int) -> memoryview:
    """Memory with arbitrary contents; it is used again once nobody refers to it any more.

    A forked child has a pool of its own, and keeps the one that it cannot use.
    """
    global _pool
    pid, pool = _pool
    if pid != os.getpid():
        _inherited.append(pool)
        pool = BufferPool(_FREE_BYTES)
        _pool = os.getpid(), pool
    # Sizes that are about the same take the same memory.
    step = max(_SIZE_STEP, (1 << length.bit_length()) // (2 * _STEPS))
    return memoryview(pool.allocate(-(-length // step) * step))[:length]


_pool = os.getpid(), BufferPool(_FREE_BYTES)
_inherited: list[BufferPool] = []  # another thread of the parent may have been within it
