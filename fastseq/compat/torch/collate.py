"""Combines the labels of a batch, one value for each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def collate(values: Sequence[Any]) -> Any:
    """Combine values as torch's `default_collate` does, into NumPy arrays.

    Args:
        values: one for each sample, at least one, all of one type.

    Returns:
        A stacked array of their dtype for arrays, NumPy scalars and anything else with `__array__`; float64 (b,) for
        floats, int64 (b,) for integers, bool (b,) for booleans; a list for str and bytes. For mappings, a dict of the
        combined values; for tuples and lists, a list of them; for named tuples, a named tuple.

    Raises:
        TypeError: for values of any other type.
        ValueError: for arrays of differing shapes, and sequences of differing lengths.
    """
    first = values[0]
    if isinstance(first, (str, bytes)):
        return list(values)
    if isinstance(first, np.generic) or hasattr(first, "__array__"):
        return np.stack([np.asarray(value) for value in values])
    if isinstance(first, bool):
        return np.array(values)
    if isinstance(first, (int, float)):
        return np.array(values, np.float64 if isinstance(first, float) else np.int64)
    if isinstance(first, Mapping):
        return {key: collate([value[key] for value in values]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(collate, _columns(values)))
    if isinstance(first, Sequence):
        return [collate(column) for column in _columns(values)]
    raise TypeError(
        f"labels of type {type(first).__name__} cannot be combined; use numbers, arrays, strings, dicts, tuples "
        "or lists, or give a collate_fn"
    )


def _columns(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"samples of one batch have differing numbers of values: {sorted({len(row) for row in rows})}")
    return list(zip(*rows, strict=True))
