"""A counter-based random generator: pure functions of a key, the same on every machine and in every version.

The mixer is that of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014)
with the constants of Sebastiano Vigna's public-domain splitmix64.c, which are those of David Stafford's "Mix13". The
additive constant is 2**64 divided by the golden ratio, made odd. Any change here changes every user's epochs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments

ORDER_STREAM = 0
"""The stream that shuffles an epoch; transforms draw from streams named by their classes."""
BLOCK_STREAM = 2**32 - 3
"""The stream that shuffles the blocks of an epoch in lanes."""
WINDOW_STREAM = 2**32 - 4
"""The stream whose draws are the keys of windows in lanes."""
SPLIT_STREAM = 2**32 - 1
"""The stream that splits samples in two."""
SUBSTITUTE_STREAM = 2**32 - 2
"""The stream that draws substitutes for bad samples."""

_GAMMA = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_MASK = 2**64 - 1


def random_u64(seed: int, epoch: int, counters: NDArray[np.uint64], stream: int) -> NDArray[np.uint64]:
    """Draw one 64-bit number for each counter.

    Args:
        seed: 0 <= seed < 2**64, like `epoch` and `stream`.
        epoch: number of the epoch.
        counters: uint64, any shape.
        stream: one for each purpose, so that two purposes draw independently.

    Returns:
        uint64, in the shape of `counters`: distinct counters give distinct numbers.

    Raises:
        TypeError: if seed, epoch or stream is not an integer.
        ValueError: if one of them is out of range.
    """
    return draw(stream_key(seed, epoch, stream), counters)


def stream_key(seed: int, epoch: int, stream: int) -> int:
    """Return the key of one stream of random numbers, for `draw`.

    Args:
        seed: 0 <= seed < 2**64, like `epoch` and `stream`.
        epoch: number of the epoch.
        stream: one for each purpose, so that two purposes draw independently.

    Returns:
        0 <= key < 2**64.

    Raises:
        TypeError: if an argument is not an integer.
        ValueError: if one is out of range.
    """
    key = 0
    for name, word in (("seed", seed), ("epoch", epoch), ("stream", stream)):
        key = _mix_int((key + _GAMMA + key_word(name, word)) & _MASK)
    return key


def draw(key: int, counters: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Draw one 64-bit number for each counter from the stream of a key.

    Args:
        key: from `stream_key`.
        counters: uint64, any shape.

    Returns:
        uint64, in the shape of `counters`: distinct counters give distinct numbers.
    """
    state = np.asarray(counters, np.uint64) * np.uint64(_GAMMA)
    state += np.uint64((key + _GAMMA) & _MASK)
    return _mix(state)


def uniform(seed: int, epoch: int, samples: NDArray[np.int64], stream: int, count: int) -> NDArray[np.float64]:
    """Draw `count` numbers in [0, 1) for each sample.

    Args:
        seed: 0 <= seed < 2**64, like `epoch` and `stream`.
        epoch: number of the epoch.
        samples: int64 (b,), sample numbers.
        stream: one for each purpose.
        count: numbers for each sample; asking for more leaves the first ones as they were.

    Returns:
        float64 (b, count), multiples of 2**-53.
    """
    keys = random_u64(seed, epoch, np.asarray(samples, np.int64).astype(np.uint64), stream)
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GAMMA)
    draws = _mix(keys[:, None] + steps)
    draws >>= np.uint64(11)
    return draws * np.float64(2.0**-53)


def key_word(name: str, value: Any) -> int:
    """Check one integer of a key and return it as a Python int.

    Raises:
        TypeError: if it is not an integer.
        ValueError: if it is not in 0 <= value < 2**64.
    """
    word = arguments.integer(name, value)
    if not 0 <= word <= _MASK:
        raise ValueError(f"{name} must be in 0 <= {name} < 2**64, not {word}")
    return word


def _mix_int(word: int) -> int:
    word = (word ^ (word >> 30)) * _MIX_1 & _MASK
    word = (word ^ (word >> 27)) * _MIX_2 & _MASK
    return word ^ (word >> 31)


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix in place: one temporary array instead of five, for millions of draws."""
    words ^= words >> np.uint64(30)
    words *= np.uint64(_MIX_1)
    words ^= words >> np.uint64(27)
    words *= np.uint64(_MIX_2)
    words ^= words >> np.uint64(31)
    return words
