"""Which batches a Keras image iterator will be asked for, and what NumPy's generator will have drawn by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

State: TypeAlias = tuple[Any, ...]  # of np.random.get_state()


@dataclass(frozen=True)
class Step:
    """A batch to come.

    Attributes:
        first: the place in the order where it begins.
        new_order: whether a new order is drawn before it.
    """

    first: int
    new_order: bool = False


@dataclass(frozen=True)
class Request:
    """A batch as it is asked for.

    Attributes:
        indices: int64 (b,), its samples.
        state: of NumPy's generator, before the first picture's parameters are drawn.
    """

    indices: NDArray[np.int64]
    state: State


def state_of(random: Any) -> State:
    """What a `RandomState` will go on from, or, for `np.random` itself, NumPy's global generator."""
    state = random.get_state(legacy=True)
    assert isinstance(state, tuple)
    return state


def steps_by_iterating(iterator: Any, count: int) -> Iterator[Step]:
    """The next batches of Keras's endless iteration: what its `_flow_index` will do."""
    index = iterator.batch_index
    for _ in range(count):
        first = index * iterator.batch_size % max(iterator.n, 1)
        yield Step(first, index == 0)
        index = index + 1 if iterator.n > first + iterator.batch_size else 0


def requests(iterator: Any, steps: Iterable[Step], random: np.random.RandomState) -> Iterator[Request]:
    """The batches of `steps`, if nobody else draws from NumPy's generator meanwhile.

    Args:
        iterator: a `keras.preprocessing.image.Iterator` that has been asked for the batch before them.
        steps: what it will be asked for.
        random: NumPy's generator after that batch. Whoever takes a request draws from it what its pictures need
            before the next is taken.
    """
    order = iterator.index_array
    for ahead, step in enumerate(steps):
        if iterator.seed is not None:
            random.seed(iterator.seed + iterator.total_batches_seen + ahead)
        if step.new_order:
            order = random.permutation(iterator.n) if iterator.shuffle else np.arange(iterator.n)
        yield Request(order[step.first : step.first + iterator.batch_size], state_of(random))
