from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from fastseq._native.buffers import BufferPool


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1000, 64 * 224 * 224 * 3])
def test_buffers_are_aligned_and_writable(size: int) -> None:
    buffers = BufferPool(1 << 30)
    leases = [buffers.allocate(size) for _ in range(3)]
    arrays = [np.frombuffer(lease, np.uint8) for lease in leases]
    for k, array in enumerate(arrays):
        assert array.size == size
        assert array.ctypes.data % 64 == 0
        assert array.flags.writeable
        array[:] = k
    assert all((array == k).all() for k, array in enumerate(arrays))
    assert buffers.bytes_in_use == 3 * size


def test_an_array_keeps_its_buffer() -> None:
    buffers = BufferPool(1 << 20)
    lease = buffers.allocate(1000)
    array = np.frombuffer(lease, np.float32)
    array[:] = 5
    view = array[10:20].reshape(2, 5)
    del lease, array
    gc.collect()
    assert buffers.bytes_in_use == 1000
    other = np.frombuffer(buffers.allocate(1000), np.float32)
    other[:] = 7
    assert (view == 5).all()
    del view
    assert buffers.bytes_in_use == 1000
    del other
    assert buffers.bytes_in_use == 0


def test_a_buffer_is_reused() -> None:
    buffers = BufferPool(1 << 20)
    address = np.frombuffer(buffers.allocate(4096), np.uint8).ctypes.data
    assert buffers.bytes_in_use == 0
    assert buffers.held_bytes == 4096
    again = np.frombuffer(buffers.allocate(4096), np.uint8)
    assert again.ctypes.data == address


def test_buffers_in_use_are_not_bounded_and_free_ones_are() -> None:
    buffers = BufferPool(1000)
    first, second = buffers.allocate(600), buffers.allocate(600)
    assert buffers.bytes_in_use == 1200
    del second
    third = buffers.allocate(400)
    assert buffers.held_bytes == buffers.bytes_in_use + 600
    del third
    assert buffers.held_bytes == 600 + 1000
    del first
    assert buffers.bytes_in_use == 0
    assert buffers.held_bytes == 1000


def test_buffers_are_recycled_whatever_is_in_use() -> None:
    buffers = BufferPool(1000)
    held = [buffers.allocate(900) for _ in range(3)]
    address = np.frombuffer(held.pop(), np.uint8).ctypes.data
    assert buffers.held_bytes == 2700
    assert np.frombuffer(buffers.allocate(900), np.uint8).ctypes.data == address


def test_buffers_larger_than_the_bound_are_recycled_one_by_one() -> None:
    buffers = BufferPool(1000)
    first, second = buffers.allocate(1500), buffers.allocate(1500)
    address = np.frombuffer(second, np.uint8).ctypes.data
    del first, second
    assert buffers.held_bytes == 1500
    assert np.frombuffer(buffers.allocate(1500), np.uint8).ctypes.data == address


def test_the_last_free_buffer_may_pass_the_bound() -> None:
    buffers = BufferPool(1000)
    held = [buffers.allocate(400) for _ in range(5)]
    held.clear()
    assert buffers.held_bytes == 1200


def test_a_bound_of_zero_keeps_nothing() -> None:
    buffers = BufferPool(0)
    buffers.allocate(400)
    assert buffers.held_bytes == 0


def test_held_bytes_stay_within_the_cap() -> None:
    buffers = BufferPool(10_000)
    for size in range(100, 5000, 100):
        buffers.allocate(size)
        assert buffers.held_bytes <= 10_000


def test_large_buffers_that_are_all_replaced_at_once() -> None:
    buffers = BufferPool(1000, large=True)
    held = [buffers.allocate(600) for _ in range(8)]
    del held[:4]
    assert buffers.held_bytes == 8 * 600, "as many bytes are kept as are in use"
    more = [buffers.allocate(600) for _ in range(4)]
    assert buffers.held_bytes == 8 * 600
    del held, more
    assert buffers.bytes_in_use == 0
    assert buffers.held_bytes == 1200, "the bound, passed by the last one"


@pytest.mark.parametrize("size", [(2 << 20) - 1, 2 << 20, (3 << 20) + 1])
def test_large_buffers_are_aligned_and_writable(size: int) -> None:
    buffers = BufferPool(1 << 20, large=True)
    array = np.frombuffer(buffers.allocate(size), np.uint8)
    assert array.size == size
    assert array.ctypes.data % 64 == 0
    array[:] = 7
    assert (array == 7).all()


def test_a_lease_outlives_its_pool() -> None:
    buffers = BufferPool(1000)
    array = np.frombuffer(buffers.allocate(1000), np.uint8)
    del buffers
    array[:] = 3
    assert (array == 3).all()


def test_an_impossible_size_is_a_memory_error(capfd: pytest.CaptureFixture[str]) -> None:
    buffers = BufferPool(1000)
    with pytest.raises(MemoryError):
        buffers.allocate(1 << 62)
    capfd.readouterr()  # a sanitizer's allocator says what it refused
    assert buffers.bytes_in_use == 0
    assert buffers.allocate(1000) is not None


def test_concurrent_allocation_and_release() -> None:
    buffers = BufferPool(1 << 18)
    wrong: list[str] = []

    def churn(seed: int) -> None:
        rng = np.random.default_rng(seed)
        kept: list[np.ndarray] = []
        for k in range(500):
            size = int(rng.choice([1 << 10, 1 << 12, 3000]))
            array = np.frombuffer(buffers.allocate(size), np.uint8)
            array[:] = mark = (seed * 31 + k) % 256
            kept.append(array)
            if (array != mark).any():
                wrong.append(f"{seed} {k}")
            if len(kept) > 8:
                array = kept.pop(int(rng.integers(len(kept))))
                if (array != array[0]).any():
                    wrong.append(f"{seed} {k} changed")

    threads = [threading.Thread(target=churn, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    gc.collect()
    assert buffers.bytes_in_use == 0
    assert buffers.held_bytes <= 1 << 18


def test_free_buffers_of_another_size_are_evicted() -> None:
    buffers = BufferPool(100)
    lease = buffers.allocate(100)
    del lease
    lease = buffers.allocate(60)
    assert buffers.held_bytes == buffers.bytes_in_use == 60
    del lease
