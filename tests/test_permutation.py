"""Permutations looked up by position: each item once, and no order more probable than another."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq.order.order import Order
from fastseq.order.permutation import ROUNDS, SORTED_UP_TO, FeistelNetwork, Permutation
from fastseq.order.rng import draw, stream_key

KEYS = st.integers(0, 2**64 - 1)
KINDS = [Permutation, FeistelNetwork]
LARGE = 5000  # a network of 72 rows and 70 columns
FIXED = {
    10: [8, 4, 3, 7, 0, 1, 5, 9, 6, 2],
    LARGE: [3062, 2889, 2532, 745, 1295, 2430],
    27_000_000: [9661935, 73462, 10014036, 7262218],
}


def whole(permutation, n: int) -> np.ndarray:
    return permutation(np.arange(n))


def epochs_of(n: int, count: int, kind=Permutation) -> np.ndarray:
    """The permutations of the first epochs of seed 0, int64 (count, n)."""
    return np.array([whole(kind(n, stream_key(0, epoch, 0)), n) for epoch in range(count)])


def deviations(counts: np.ndarray, expected: np.ndarray | float, df: int) -> float:
    """How many standard deviations the chi-square of some counts is above or below that of uniform draws."""
    return float((((counts - expected) ** 2 / expected).sum() - df) / math.sqrt(2 * df))


def plain_network(n: int, key: int, position: int) -> int:
    """What a FeistelNetwork returns for one position, with Python integers."""
    rows = math.ceil(math.sqrt(n))
    rows += rows % 2
    columns = math.ceil(n / rows)
    while True:
        row, column = divmod(position, columns)
        for number in range(ROUNDS):
            line = column if number % 2 == 0 else row
            counter = np.array([number * max(rows, columns) + line], np.uint64)
            distance = int(draw(key, counter)[0])
            if number % 2 == 0:
                row = (row + distance) % rows
            else:
                column = (column + distance) % columns
        position = row * columns + column
        if position < n:
            return position


@pytest.mark.parametrize("kind", KINDS)
def test_every_item_comes_once_for_every_small_n(kind):
    for n in (*range(1, 400), SORTED_UP_TO - 1, SORTED_UP_TO, SORTED_UP_TO + 1):
        items = whole(kind(n, key=n), n)
        assert items.dtype == np.int64
        assert np.array_equal(np.sort(items), np.arange(n))


@given(st.integers(1, 50_000), KEYS)
def test_every_item_comes_once(n, key):
    for kind in KINDS:
        assert np.array_equal(np.sort(whole(kind(n, key), n)), np.arange(n))


@given(st.integers(1, 10**9), KEYS, st.data())
def test_a_network_is_its_plain_twin_wherever_it_is_asked(n, key, data):
    network = FeistelNetwork(n, key)
    positions = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=5)), np.int64)
    kept = positions.copy()
    assert network(positions).tolist() == [plain_network(n, key, position) for position in kept.tolist()]
    assert np.array_equal(positions, kept)


@pytest.mark.parametrize("n", FIXED)
def test_permutations_never_change(n):
    assert Permutation(n, key=1)(np.arange(len(FIXED[n]))).tolist() == FIXED[n]


@pytest.mark.parametrize("n", range(2, 8))
def test_all_orders_are_equally_probable(n):
    orders = list(itertools.permutations(range(n)))
    counts = Counter()
    for seed, epoch in itertools.product(range(100), range(max(20, len(orders) // 10))):
        counts[tuple(whole(Permutation(n, stream_key(seed, epoch, 0)), n).tolist())] += 1
    observed = np.array([counts[order] for order in orders])
    assert abs(deviations(observed, observed.sum() / len(orders), len(orders) - 1)) < 4


@pytest.mark.parametrize("n", [100, 1000, LARGE])
def test_every_item_is_equally_probable_at_every_position(n):
    epochs, bins = 500, 20
    counts = np.zeros((n, bins))
    for items in epochs_of(n, epochs):
        counts[np.arange(n), items * bins // n] += 1
    assert abs(deviations(counts, epochs / bins, n * (bins - 1))) < 4


@pytest.mark.parametrize("n", [100, 1000, LARGE])
def test_neighbours_and_successive_epochs_are_independent(n):
    items = epochs_of(n, 400)
    centred = (items - (n - 1) / 2) / math.sqrt((n * n - 1) / 12)
    bound = 4 / math.sqrt(items.size)
    assert abs((centred[:, 1:] * centred[:, :-1]).mean() + 1 / n) < bound
    assert abs((centred[1:] * centred[:-1]).mean()) < bound
    assert abs((centred[2:] * centred[:-2]).mean()) < bound
    stay = (items[1:] == items[:-1]).sum(axis=1)  # a Poisson variable of mean 1
    assert abs(stay.mean() - 1) < 4 / math.sqrt(399)


@pytest.mark.parametrize(("n", "kind"), [(1000, Permutation), (LARGE, Permutation), (100, FeistelNetwork)])
def test_neighbours_stay_neighbours_as_often_as_in_a_shuffle(n, kind):
    """With three or four rounds instead of eight, there are half as many again."""
    items = epochs_of(n, 1000, kind)
    together = (np.abs(np.diff(items, axis=1)) == 1).sum(axis=1)  # a Poisson variable of mean 2, but for 1/n
    assert abs(together.mean() - 2) < 4 * math.sqrt(2 / 1000) + 2 / n
    assert 1.6 < together.var() < 2.4


def test_a_network_takes_odd_and_even_orders():
    def is_odd(items: np.ndarray) -> bool:
        matrix = np.zeros((len(items), len(items)))
        matrix[np.arange(len(items)), items] = 1
        return bool(np.linalg.det(matrix) < 0)

    for n in (6, 9, 15, 16):
        share = np.mean([is_odd(items) for items in epochs_of(n, 400, FeistelNetwork)])
        assert 0.4 < share < 0.6


@pytest.mark.parametrize("n", [1000, 10_000])
def test_batches_of_a_set_sorted_by_class_are_even(n):
    classes, batch, epochs = 10, 100, 40
    counts = []
    for epoch in range(epochs):
        order = Order(n, batch, shuffle=True, seed=7)
        counts.append(
            [np.bincount(order.indices(epoch, k) * classes // n, minlength=classes) for k in range(n // batch)]
        )
    expected = batch / classes
    df = epochs * (n // batch - 1) * (classes - 1)
    assert abs(deviations(np.array(counts), expected, df)) < 4


def test_millions_of_samples_take_little_memory():
    order = Order(27_000_000, 256, shuffle=True)
    tracemalloc.start()
    try:
        for epoch in range(3):
            assert len(set(order.indices(epoch, 100_000).tolist())) == 256
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
