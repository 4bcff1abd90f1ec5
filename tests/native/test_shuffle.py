"""The native shuffle against a plain one, and that all orders are equally probable."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq._native.order import shuffled
from fastseq.order.rng import draw


def order(key, n):
    return np.frombuffer(shuffled(key, n), np.int32).tolist()


def plain_order(key, n):
    numbers = list(range(n))
    draws = draw(key, np.arange(n, dtype=np.uint64)).tolist()
    for i in reversed(range(1, n)):
        j = draws[i] * (i + 1) >> 64
        numbers[i], numbers[j] = numbers[j], numbers[i]
    return numbers


@given(st.integers(0, 2**64 - 1), st.integers(0, 3000))
def test_as_the_plain_one(key, n):
    assert order(key, n) == plain_order(key, n)


def test_all_orders_are_equally_probable():
    counts = Counter(tuple(order(key, 4)) for key in range(24_000))
    assert len(counts) == 24
    chi_squared = sum((count - 1000) ** 2 / 1000 for count in counts.values())
    assert chi_squared < 50  # 23 degrees of freedom; a keyed stream, so the same each time


def test_too_many():
    with pytest.raises(ValueError, match="too many"):
        shuffled(1, 2**31 + 1)
