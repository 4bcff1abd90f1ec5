"""Permutations that are looked up by position, in memory far below that of a table of all items."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fastseq.order.rng import draw

SORTED_UP_TO = 4096
"""The largest permutation that is drawn as a whole. A network needs many more rounds on few items than on many to make
all orders equally probable: on 8 items, by an exact calculation, ten million draws still tell 24 rounds from a
shuffle."""
ROUNDS = 8
"""The rounds of a network, an even number, chosen by measuring. With two, batches are uneven; with four, neighbours
stay neighbours half as often again as in a shuffle; with six, tests/test_permutation.py sees no difference. Two more
are a margin."""

_Lookup = Callable[[NDArray[np.int64]], NDArray[np.int64]]


class Permutation:
    """A random permutation of 0, 1, ..., n - 1: a pure function of `n` and `key`, the same on every platform.

    Up to `SORTED_UP_TO` items are sorted by a random number each, so that all orders are equally probable. Beyond, a
    `FeistelNetwork` permutes them.

    Args:
        n: number of items, at least 1.
        key: from `fastseq.order.rng.stream_key`.
    """

    def __init__(self, n: int, key: int) -> None:
        self._lookup: _Lookup = _shuffled(n, key).take if n <= SORTED_UP_TO else FeistelNetwork(n, key)

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the items at the given positions.

        Args:
            positions: int64 (m,), 0 <= position < n.

        Returns:
            int64 (m,), a new array, 0 <= item < n.
        """
        return self._lookup(positions)


class FeistelNetwork:
    """A permutation of 0, 1, ..., n - 1 in memory and setup time proportional to sqrt(n).

    The items are the first n cells of a grid with about as many rows as columns. Rounds alternate: one shifts each
    column of cells by a distance of its own, cyclically; the next shifts each row. An item that ends up outside the
    first n cells goes through the rounds again until it is inside ("cycle walking": John Black and Phillip Rogaway,
    "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). Each round's distances are drawn once, as a table.

    The number of rows is even. If both numbers were odd, each shift would be an even permutation, and a full grid could
    take only half of all orders.

    Args:
        n: number of items, at least 1.
        key: from `fastseq.order.rng.stream_key`.
    """

    def __init__(self, n: int, key: int) -> None:
        self.n = n
        rows = math.isqrt(n - 1) + 1
        self._rows = rows + rows % 2
        self._columns = -(-n // self._rows)
        longest = max(self._rows, self._columns)
        draws = draw(key, np.arange(ROUNDS * longest, dtype=np.uint64)).reshape(ROUNDS // 2, 2, longest)
        self._column_shifts = (draws[:, 0, : self._columns] % np.uint64(self._rows)).astype(np.int64)
        self._row_shifts = (draws[:, 1, : self._rows] % np.uint64(self._columns)).astype(np.int64)

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the items at the given positions; see `Permutation`."""
        cells = self._shift(positions)
        while (outside := cells >= self.n).any():
            cells[outside] = self._shift(cells[outside])
        return cells

    def _shift(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        row, column = np.divmod(cells, self._columns)
        for column_shift, row_shift in zip(self._column_shifts, self._row_shifts, strict=True):
            row += column_shift[column]
            row %= self._rows
            column += row_shift[row]
            column %= self._columns
        row *= self._columns
        row += column
        return row


def _shuffled(n: int, key: int) -> NDArray[np.int64]:
    return np.argsort(draw(key, np.arange(n, dtype=np.uint64)), kind="stable").astype(np.int64, copy=False)
