"""Draws the order of an epoch from the caller's random generator: NumPy's or torch's."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


class Shuffle:
    """Draws the order of each epoch from a generator.

    From a `torch.Generator` it draws the numbers that `torch.utils.data.DataLoader` draws, at the same moments.
    """

    def __init__(self, generator: Any = None) -> None:
        """Check the generator.

        Args:
            generator: a NumPy Generator or RandomState, a `torch.Generator`, or None for NumPy's global one.

        Raises:
            TypeError: if it is something else.
        """
        self._generator = generator
        self._is_torch = type(generator).__module__.split(".")[0] == "torch"
        if generator is not None and not self._is_torch and not hasattr(generator, "permutation"):
            raise TypeError(f"generator must be a NumPy generator, a torch.Generator or None, not {generator!r}")

    def on_iterator_created(self) -> None:
        """Draw what torch's loader draws to seed its workers, even without shuffling."""
        if self._is_torch:
            torch = sys.modules["torch"]
            torch.empty((), dtype=torch.int64).random_(generator=self._generator)

    def order(self, n: int) -> list[int]:
        """Draw an order of the numbers 0 to n - 1."""
        if self._is_torch:
            order: list[int] = sys.modules["torch"].randperm(n, generator=self._generator).tolist()
            return order
        source = np.random if self._generator is None else self._generator
        numbers: list[int] = source.permutation(n).tolist()
        return numbers

    def on_exhausted(self, n: int) -> None:
        """Draw what torch's sampler draws when its order is exhausted: an order that it discards."""
        if self._is_torch:
            self.order(n)
