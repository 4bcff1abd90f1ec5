"""Memory for what is read and decompressed."""

from __future__ import annotations

import os

import numpy as np
import pytest

from fastseq.storage.pooled_memory import pooled


def address(memory):
    return np.frombuffer(memory, np.uint8).ctypes.data


@pytest.mark.parametrize(("length", "other"), [(1, 1 << 20), ((5 << 20) + 1, 6 << 20), (41 << 20, (44 << 20) - 1)])
def test_memory_is_used_again_for_about_the_same_length(length, other):
    first = pooled(length)
    assert first.nbytes == length
    place = address(first)
    assert address(pooled(length)) != place
    del first
    assert address(pooled(other)) == place


def test_a_forked_child_has_memory_of_its_own():
    held = pooled(1 << 20)
    held[:] = bytes(1 << 20)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        memory = pooled(1 << 20)
        memory[:] = b"1" * len(memory)
        os.write(write, b"1" if bytes(held[:10]) == bytes(10) and address(memory) != address(held) else b"0")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(read, 1) == b"1"
    os.close(read)
    os.close(write)
