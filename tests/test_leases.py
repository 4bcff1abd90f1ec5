"""A batch does not change while anything references it; afterwards its memory is reused."""

from __future__ import annotations

import gc
from hashlib import blake2b

import numpy as np
import pytest

from fastseq import Loader

SIZE = (16, 16)
ONE = 4 * 16 * 16 * 3


def loader_of(samples, **options) -> Loader:
    return Loader(samples.select(range(24)), SIZE, 4, labels=None, shuffle=True, **options)


def owner(array: np.ndarray) -> object:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array.base.obj if isinstance(array.base, memoryview) else array.base


def digest(array: np.ndarray) -> bytes:
    return blake2b(np.ascontiguousarray(array).tobytes()).digest()


@pytest.mark.parametrize("prefetch_bytes", [0, 3 * ONE, None])
def test_held_batches_do_not_change_while_others_are_loaded(samples, prefetch_bytes):
    loader = loader_of(samples, prefetch_bytes=prefetch_bytes)
    held = []
    for epoch in range(34):
        for k, batch in enumerate(loader):
            if (epoch * 6 + k) % 7 == 0:
                held.append((epoch, k, batch, digest(batch)))
    assert len(held) == 30
    for epoch, k, batch, before in held:
        assert digest(batch) == before
        np.testing.assert_array_equal(batch, loader.batch(epoch, k))
    addresses = {batch.ctypes.data for _, _, batch, _ in held}
    assert len(addresses) == len(held)


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 16)])
def test_a_batch_is_aligned_and_its_base_is_not_an_array(samples, size, dtype):
    loader = Loader(samples, size, 5, dtype=dtype)
    for x, _ in loader:
        assert x.ctypes.data % 64 == 0
        assert x.flags.c_contiguous
        assert x.flags.writeable
        assert x.flags.aligned
        assert not isinstance(owner(x), np.ndarray)
        assert memoryview(owner(x)).nbytes == x.nbytes


def test_views_keep_the_buffer_alive(samples):
    loader = loader_of(samples, prefetch_bytes=2 * ONE)
    views, digests = [], []
    for epoch in range(4):
        for batch in loader:
            view = (batch[1], batch.reshape(-1)[::2], batch.view(np.int8)[2:], batch.transpose(0, 3, 1, 2))[epoch]
            views.append(view)
            digests.append(digest(view))
            assert owner(view) is owner(batch)
    del batch, view
    gc.collect()
    for _ in range(3):
        list(loader)
    assert [digest(view) for view in views] == digests
    assert loader._prefetcher.decoder.memory.bytes_in_use >= 24 * ONE
    views.clear()
    loader.close()
    assert loader._prefetcher.decoder.memory.bytes_in_use == 0


def test_a_buffer_outlives_its_loader(samples):
    loader = loader_of(samples)
    batch = loader.batch(0, 0)
    before = digest(batch)
    del loader
    gc.collect()
    assert digest(batch) == before
    batch += 1
    assert digest(batch) != before


def test_buffers_are_reused(samples):
    loader = loader_of(samples, threads=2)
    buffers = loader._prefetcher.decoder.memory
    addresses = set()
    for _ in range(30):
        for batch in loader:
            addresses.add(batch.ctypes.data)
        del batch
        assert buffers.bytes_in_use == 0
    assert len(addresses) <= loader.depth + 2
    assert buffers.held_bytes <= (loader.depth + 2) * ONE


def test_a_small_cap_keeps_few_free_buffers(samples):
    loader = loader_of(samples, prefetch_bytes=ONE)
    held = [batch for _ in range(5) for batch in loader]
    assert loader._prefetcher.decoder.memory.bytes_in_use == 30 * ONE
    held.clear()
    assert loader._prefetcher.decoder.memory.held_bytes <= ONE


def test_writing_to_a_batch_does_not_affect_others(samples):
    loader = loader_of(samples)
    expected = [digest(loader.batch(0, k)) for k in range(6)]
    for k, batch in enumerate(loader):
        assert digest(batch) == expected[k]
        batch[:] = 255
    for k in range(6):
        assert digest(loader.batch(0, k)) == expected[k]


def test_a_tensor_of_another_library_keeps_the_buffer_alive(samples):
    class Foreign:
        """Holds memory through the buffer protocol only, as TensorFlow and PyTorch do."""

        def __init__(self, array):
            self.view = memoryview(array)

    loader = loader_of(samples, prefetch_bytes=2 * ONE)
    batch = loader.batch(0, 0)
    foreign, before = Foreign(batch), digest(batch)
    del batch
    for _ in range(5):
        list(loader)
    assert digest(np.asarray(foreign.view)) == before
