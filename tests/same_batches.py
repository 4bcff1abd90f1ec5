"""Batches of loaders, and whether two loaders have the same."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def batches(loader: Iterable[tuple[np.ndarray, ...]]) -> list[tuple[np.ndarray, ...]]:
    """The batches of an epoch, copied."""
    return [tuple(part.copy() for part in batch) for batch in loader]


def assert_same(one: Iterable[tuple[np.ndarray, ...]], other: Iterable[tuple[np.ndarray, ...]]) -> None:
    """Fail if there are other batches in one than in the other."""
    for batch, other_batch in zip(one, other, strict=True):
        for part, other_part in zip(batch, other_batch, strict=True):
            np.testing.assert_array_equal(part, other_part)
