"""BatchMap: the user's function on a batch."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from fastseq.loading.prefetcher import Key


class BatchMap:
    """Calls the function that `map=` names, with random numbers that only the seed, the epoch and the batch decide on.

    Attributes:
        name: of the function, for messages and states.
    """

    def __init__(self, function: Callable[..., Any], seed: int) -> None:
        """Check what can be known before the first batch.

        Args:
            function: takes the parts of a batch, x, y and w as far as there are any, and returns a batch. It gets a
                `numpy.random.Generator` as well, if it has a parameter that is named `rng`.
            seed: of the random numbers.

        Raises:
            TypeError: if it is not a function, or if it is a layer of Keras, which takes no labels.
        """
        if not callable(function):
            raise TypeError(f"map must be a function of the batch, such as lambda x, y: (x, y), not {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError(f"map must be a function that returns the batch; {function!r} returns a generator instead")
        if _is_layer(function):
            raise TypeError(
                f"map must be a function of the whole batch, not {function!r}; write map=lambda x, y: (layer(x), y)"
            )
        self.name = _name_of(function)
        self._function = function
        self._seed = seed
        self._takes_rng = _takes_rng(function)

    def __call__(self, key: Key, batch: Any) -> Any:
        """Call the function on batch `key`: x; (x, y); or (x, y, w).

        Raises:
            Exception: what the function raised; from Python 3.11 on, with a note that names the batch.
            TypeError: if it returned None.
        """
        parts = batch if isinstance(batch, tuple) else (batch,)
        epoch, k = key
        options = {"rng": np.random.default_rng((self._seed, epoch, k))} if self._takes_rng else {}
        try:
            result = self._function(*parts, **options)
        except Exception as error:
            names = ", ".join(("x", "y", "w")[: len(parts)])
            if sys.version_info >= (3, 11):
                error.add_note(f"raised by map={self.name}({names}), for batch {k} of epoch {epoch}")
            raise
        if result is None:
            raise TypeError(f"map={self.name} returned None for batch {k} of epoch {epoch}; return the batch")
        return result


def _is_layer(function: object) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(function, keras.layers.Layer)


def _name_of(function: Callable[..., Any]) -> str:
    name: str = function.__qualname__ if hasattr(function, "__qualname__") else type(function).__qualname__
    return name


def _takes_rng(function: Callable[..., Any]) -> bool:
    if isinstance(function, partial) and "rng" in function.keywords:
        return False
    try:
        return "rng" in inspect.signature(function).parameters
    except ValueError:  # a function written in C
        return False
