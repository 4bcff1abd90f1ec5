"""The counter RNG never changes and passes basic statistical tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq.order.rng import random_u64, uniform

FIXED_U64 = [2391539541053276776, 920862675595841680, 12365375887819322540]
FIXED_UNIFORM = [[0.20142427678509311, 0.9830026180261997], [0.6525957522561151, 0.3083437208843889]]
WORDS = st.integers(0, 2**64 - 1)


def counters(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.uint64)


def test_draws_are_splitmix64():
    """Compare with the published first outputs of splitmix64.c for the state 1234567."""
    mask = 2**64 - 1

    def splitmix64(state: int) -> int:
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        return z ^ (z >> 31)

    gamma = 0x9E3779B97F4A7C15
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [splitmix64((1234567 + i * gamma) & mask) for i in (1, 2, 3, 4)] == published
    key = 0
    for word in (5, 6, 7):
        key = splitmix64((key + gamma + word) & mask)
    expected = [splitmix64((key + i * gamma) & mask) for i in (1, 2, 3, 4)]
    assert random_u64(5, 6, counters(4), 7).tolist() == expected


def test_draws_never_change():
    assert random_u64(0, 0, counters(3), 0).tolist() == FIXED_U64
    assert uniform(1, 2, np.array([3, 4]), 5, 2).tolist() == FIXED_UNIFORM


@given(WORDS, WORDS, WORDS, st.lists(WORDS, min_size=1, max_size=20, unique=True))
def test_each_draw_depends_only_on_its_own_counter(seed, epoch, stream, numbers):
    values = np.array(numbers, np.uint64)
    together = random_u64(seed, epoch, values, stream)
    assert together.dtype == np.uint64
    assert len(set(together.tolist())) == len(numbers)
    assert together.tolist() == [random_u64(seed, epoch, values[i : i + 1], stream)[0] for i in range(len(values))]
    assert values.tolist() == numbers


@given(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9))
def test_drawing_more_does_not_change_earlier_draws(b, count, more):
    samples = np.arange(b) * 7
    few = uniform(3, 1, samples, 2, count)
    assert few.shape == (b, count)
    assert few.dtype == np.float64
    assert np.array_equal(few, uniform(3, 1, samples, 2, count + more)[:, :count])
    assert ((few >= 0) & (few < 1)).all()


def test_uniform_is_uniform():
    draws = uniform(11, 3, np.arange(20_000), 1, 8)
    assert abs(draws.mean() - 0.5) < 0.003
    assert abs(draws.var() - 1 / 12) < 0.001
    shares = np.histogram(draws, bins=64, range=(0, 1))[0] / draws.size
    assert np.abs(shares * 64 - 1).max() < 0.1
    between_positions = np.corrcoef(draws.T) - np.eye(8)
    assert np.abs(between_positions).max() < 0.03
    neighbours = np.corrcoef(draws[:-1].ravel(), draws[1:].ravel())[0, 1]
    assert abs(neighbours) < 0.01


def test_every_bit_is_unbiased():
    draws = random_u64(0, 0, counters(20_000), 0)
    ones = [((draws >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    assert np.abs(np.array(ones) - 0.5).max() < 0.02


def test_neighbouring_keys_are_independent():
    keys = [(s, e, t) for s in range(6) for e in range(6) for t in range(6)]
    draws = np.array([random_u64(s, e, counters(2000), t) for s, e, t in keys])
    assert len(np.unique(draws)) == draws.size
    correlations = np.corrcoef(draws.astype(np.float64)) - np.eye(len(keys))
    assert np.abs(correlations).max() < 0.12


def test_uniform_and_random_u64_are_independent_streams():
    words = random_u64(0, 0, counters(5000), 1)
    draws = uniform(0, 0, np.arange(5000), 1, 3)
    assert not np.isin((words >> np.uint64(11)) * 2.0**-53, draws).any()


@pytest.mark.parametrize("key", [(-1, 0, 0), (0, 2**64, 0), (0, 0, -5)])
def test_a_key_out_of_range_is_named(key):
    name = ("seed", "epoch", "stream")[next(i for i, word in enumerate(key) if word)]
    with pytest.raises(ValueError, match=name):
        random_u64(key[0], key[1], counters(1), key[2])


def test_a_key_that_is_not_an_integer_is_named():
    with pytest.raises(TypeError, match=r"seed must be an integer, not 0\.5"):
        random_u64(0.5, 0, counters(1), 0)
    assert random_u64(np.int32(3), 0, counters(1), 0) == random_u64(3, 0, counters(1), 0)
