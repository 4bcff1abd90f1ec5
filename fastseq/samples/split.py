"""Reproducible splits of samples in two."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq.order.rng import SPLIT_STREAM, random_u64


def second_part(n: int, fraction: float, seed: int, groups: NDArray[Any] | None) -> NDArray[np.bool_]:
    """Choose round(fraction * n) of n samples, at least one and at most n - 1.

    Args:
        n: number of samples, at least 2.
        fraction: 0 < fraction < 1.
        seed: 0 <= seed < 2**64.
        groups: int (n,), or None; each group contributes its share, rounded up or down so that the total is right.

    Returns:
        bool (n,), True for the chosen samples.

    Raises:
        ValueError: if `fraction` or `n` is out of range.
    """
    if not 0 < arguments.number("fraction", fraction) < 1:
        raise ValueError(f"fraction must be between 0 and 1, not {fraction!r}; it is the share of the second part")
    if n < 2:
        raise ValueError(f"{n} samples cannot be split in two")
    total = min(max(round(fraction * n), 1), n - 1)
    draws = random_u64(seed, 0, np.arange(n, dtype=np.uint64), SPLIT_STREAM)
    chosen = np.zeros(n, np.bool_)
    if groups is None:
        chosen[np.argsort(draws, kind="stable")[:total]] = True
        return chosen
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    quota = _quota(sizes, fraction, total, seed)
    order = np.lexsort((draws, group))
    place = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen[order] = place < np.repeat(quota, sizes)
    return chosen


def _quota(sizes: NDArray[np.int64], fraction: float, total: int, seed: int) -> NDArray[np.int64]:
    """Distribute `total` among groups by the largest-remainder method; ties are broken at random."""
    shares = sizes * (total / sizes.sum())
    quota: NDArray[np.int64] = np.floor(shares + 1e-9).astype(np.int64)
    # Another epoch than that of the samples' draws, so that they do not repeat.
    lots = random_u64(seed, 1, np.arange(len(sizes), dtype=np.uint64), SPLIT_STREAM)
    order = np.lexsort((lots, -np.round(shares - quota, 6)))
    quota[order[: total - quota.sum()]] += 1
    return quota
