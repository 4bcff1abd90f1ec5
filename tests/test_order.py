"""Order: every sample once per epoch, on every rank, from any thread."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq.order.order import Order
from fastseq.order.permutation import Permutation
from fastseq.order.rng import random_u64, stream_key


def epoch_of(order: Order, epoch: int) -> list[int]:
    return [int(i) for k in range(len(order)) for i in order.global_indices(epoch, k)]


@st.composite
def settings_of_a_world(draw):
    world = draw(st.integers(1, 5))
    return {
        "n": draw(st.integers(1, 60)),
        "batch_size": world * draw(st.integers(1, 6)),
        "world_size": world,
        "shuffle": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }


@given(settings_of_a_world(), st.integers(0, 2**64 - 1))
def test_ranks_share_each_batch(settings, epoch):
    orders = [Order(**settings, rank=rank) for rank in range(settings["world_size"])]
    assert len({len(order) for order in orders}) == 1
    for k in range(len(orders[0])):
        parts = [order.indices(epoch, k) for order in orders]
        sizes = [len(part) for part in parts]
        assert min(sizes) >= 1
        assert max(sizes) - min(sizes) <= 1
        assert np.array_equal(np.concatenate(parts), orders[0].global_indices(epoch, k))
        assert all(part.dtype == np.int64 for part in parts)


@given(settings_of_a_world(), st.integers(0, 100))
def test_an_epoch_has_every_sample_once_and_then_only_padding(settings, epoch):
    order = Order(**settings)
    n = settings["n"]
    seen = epoch_of(order, epoch)
    assert sorted(seen[:n]) == list(range(n))
    fill = seen[n:]
    assert len(fill) < settings["world_size"]
    assert fill == (seen[:n] * len(seen))[: len(fill)]


@given(settings_of_a_world())
def test_drop_last_gives_full_batches_only(settings):
    if settings["n"] < settings["batch_size"]:
        with pytest.raises(ValueError, match="drop_last"):
            Order(**settings, drop_last=True)
        return
    order = Order(**settings, drop_last=True)
    assert len(order) == settings["n"] // settings["batch_size"]
    seen = epoch_of(order, 0)
    assert len(set(seen)) == len(seen) == len(order) * settings["batch_size"]


def test_without_shuffle_samples_come_in_order():
    order = Order(7, 3)
    assert len(order) == 3
    assert [order.indices(4, k).tolist() for k in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("n", [50, 5000])
def test_shuffle_permutes_by_stream_0(n):
    items = Permutation(n, stream_key(9, 2, 0))(np.arange(n))
    assert epoch_of(Order(n, 8, shuffle=True, seed=9), 2) == items.tolist()


def test_up_to_4096_samples_are_sorted_by_the_draws_of_stream_0():
    draws = random_u64(9, 2, np.arange(50, dtype=np.uint64), 0)
    assert epoch_of(Order(50, 8, shuffle=True, seed=9), 2) == np.argsort(draws).tolist()


def test_epochs_and_seeds_differ_and_repeat():
    order = Order(100, 10, shuffle=True)
    epochs = [epoch_of(order, epoch) for epoch in range(5)]
    assert len(set(map(tuple, epochs))) == 5
    assert [epoch_of(order, epoch) for epoch in reversed(range(5))] == epochs[::-1]
    assert epoch_of(Order(100, 10, shuffle=True, seed=1), 0) != epochs[0]
    assert epoch_of(Order(100, 7, shuffle=True), 0) == epochs[0]


def test_a_batch_smaller_than_the_world_is_filled_from_the_start():
    orders = [Order(5, 4, rank=rank, world_size=4) for rank in range(4)]
    assert [order.indices(0, 1).tolist() for order in orders] == [[4], [0], [1], [2]]
    alone = [Order(1, 4, rank=rank, world_size=4) for rank in range(4)]
    assert [order.indices(0, 0).tolist() for order in alone] == [[0]] * 4


def test_negative_numbers_count_from_the_end():
    order = Order(10, 4, shuffle=True)
    assert np.array_equal(order.indices(1, -1), order.indices(1, 2))
    assert np.array_equal(order.indices(1, -3), order.indices(1, 0))
    for k in (3, -4):
        with pytest.raises(IndexError, match=f"no batch {k}: an epoch has 3"):
            order.indices(0, k)


@pytest.mark.parametrize("shuffle", [False, True])
def test_callers_may_modify_what_they_get(shuffle):
    order = Order(6, 3, shuffle=shuffle)
    first = order.indices(0, 0)
    kept = first.copy()
    first[:] = -1
    assert np.array_equal(order.indices(0, 0), kept)


def test_threads_get_the_same_order():
    asked = [(epoch, k) for epoch in (0, 1, 2, 3, 1, 0) for k in range(10)] * 3
    order, other = Order(1000, 100, shuffle=True), Order(1000, 100, shuffle=True)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda ask: order.indices(*ask), asked))
    assert all(np.array_equal(a, other.indices(*ask)) for a, ask in zip(got, asked, strict=True))


def test_pickles_exclude_the_permutations():
    order = Order(100_000, 32, shuffle=True, seed=3)
    batch = order.indices(5, 7)
    copy = pickle.dumps(order)
    assert len(copy) < 1000
    assert np.array_equal(pickle.loads(copy).indices(5, 7), batch)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n": 0}, ValueError, "no samples"),
        ({"n": -1}, ValueError, "n must be"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be an integer"),
        ({"batch_size": 5, "world_size": 2}, ValueError, "multiple of world_size=2"),
        ({"world_size": 0}, ValueError, "world_size must be at least 1"),
        ({"rank": 2, "world_size": 2}, ValueError, "rank=2 must be less than world_size=2"),
        ({"rank": -1}, ValueError, "rank must be"),
        ({"seed": -1}, ValueError, "seed must be"),
    ],
)
def test_settings_out_of_range_are_named(settings, error, message):
    with pytest.raises(error, match=message):
        Order(**{"n": 10, "batch_size": 4, **settings})


def test_a_negative_epoch_is_an_error():
    with pytest.raises(ValueError, match="epoch"):
        Order(3, 1).indices(-1, 0)
