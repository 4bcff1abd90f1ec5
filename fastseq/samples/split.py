"""Reproducible splits of samples in two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq.order.rng import SPLIT_STREAM, random_u64
from fastseq.samples.label_rows import LabelRows
from fastseq.samples.stratify import spread


def second_part(groups: NDArray[np.int64], fraction: float, seed: int, labels: LabelRows | None) -> NDArray[np.bool_]:
    """Choose a share of n samples at random: round(fraction * n), at least one and at most n - 1.

    If groups have several samples, the number of samples is as near to that as whole groups allow.

    Args:
        groups: int (n,), the group of each sample; all samples of a group are chosen, or none.
        fraction: 0 < fraction < 1.
        seed: 0 <= seed < 2**64.
        labels: the class numbers of each sample, to choose the same share of each class; None to ignore classes.

    Returns:
        bool (n,), True for the chosen samples.

    Raises:
        ValueError: if `fraction` is out of range, or if there are fewer than two groups.
    """
    if not 0 < arguments.number("fraction", fraction) < 1:
        raise ValueError(f"fraction must be between 0 and 1, not {fraction!r}; it is the share of the second part")
    n = len(groups)
    if n < 2:
        raise ValueError(f"{n} samples cannot be split in two")
    _, first, unit, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        raise ValueError(
            f"{n} samples of a single file or group, or joined by files that they share, cannot be split in two; split "
            "the images before you make pairs of them, then make the pairs within each part"
        )
    total = min(max(round(fraction * n), 1), n - 1)
    if len(sizes) < n or (labels is not None and not labels.single):
        draws = random_u64(seed, 0, first.astype(np.uint64), SPLIT_STREAM)
        return spread(sizes, total, draws, None if labels is None else labels.by_group(unit))[unit]
    draws = random_u64(seed, 0, np.arange(n, dtype=np.uint64), SPLIT_STREAM)
    chosen = np.zeros(n, np.bool_)
    if labels is None:
        chosen[np.argsort(draws, kind="stable")[:total]] = True
        return chosen
    _, group, sizes = np.unique(labels.numbers, return_inverse=True, return_counts=True)
    quota = _quota(sizes, total, seed)
    order = np.lexsort((draws, group))
    place = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen[order] = place < np.repeat(quota, sizes)
    return chosen


def _quota(sizes: NDArray[np.int64], total: int, seed: int) -> NDArray[np.int64]:
    """Distribute `total` among classes by their sizes.

    If `total` allows it, each class of two samples or more has one in either part, and one of a single sample stays in
    the first part.
    """
    # Another epoch than that of the samples' draws, so that they do not repeat.
    lots = random_u64(seed, 1, np.arange(len(sizes), dtype=np.uint64), SPLIT_STREAM)
    quota = _rounded(sizes * (total / sizes.sum()), total, lots)
    low, high = np.minimum(sizes - 1, 1), sizes - 1
    if low.sum() <= total <= high.sum():
        quota = np.clip(quota, low, high)
        missing = int(total - quota.sum())
        room = high - quota if missing > 0 else quota - low
        if missing:
            quota += np.sign(missing) * _rounded(room * (abs(missing) / room.sum()), abs(missing), lots)
    return quota


def _rounded(shares: NDArray[np.float64], total: int, lots: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Round shares up or down to a sum of `total`, by the largest-remainder method; `lots` break ties."""
    rounded: NDArray[np.int64] = np.floor(shares + 1e-9).astype(np.int64)
    order = np.lexsort((lots, -np.round(shares - rounded, 6)))
    rounded[order[: total - rounded.sum()]] += 1
    return rounded
