"""Memory for what is read and decompressed, used again and again."""

from __future__ import annotations

import os

from fastseq._native.buffers import BufferPool

# That are kept for later, or as many as are in use: memory that was never written to costs as much as reading, and a
# shuffle by lanes replaces the blocks of all lanes at about the same time.
_FREE_BYTES = 32 << 20
_SIZE_STEP = 1 << 20
_STEPS = 8  # in the sizes between a power of two and the next


def pooled(length: int) -> memoryview:
    """Memory with arbitrary contents; it is used again once nobody refers to it any more.

    A forked child has a pool of its own, and keeps the one that it cannot use.
    """
    global _pool
    pid, pool = _pool
    if pid != os.getpid():
        _inherited.append(pool)
        pool = BufferPool(_FREE_BYTES, large=True)
        _pool = os.getpid(), pool
    # Sizes that are about the same take the same memory.
    step = max(_SIZE_STEP, (1 << length.bit_length()) // (2 * _STEPS))
    return memoryview(pool.allocate(-(-length // step) * step))[:length]


_pool = os.getpid(), BufferPool(_FREE_BYTES, large=True)
_inherited: list[BufferPool] = []  # another thread of the parent may have been within it
