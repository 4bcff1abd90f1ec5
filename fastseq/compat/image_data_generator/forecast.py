"""Which batches a Keras image iterator will be asked for, and what NumPy's generator will have drawn by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq.keras.internals.image_iterator import Step, current_order, draw_order, seed_batch

State: TypeAlias = tuple[Any, ...]  # of np.random.get_state()


@dataclass(frozen=True)
class Request:
    """A batch as it is requested.

    Attributes:
        indices: int64 (b,), its samples.
        state: of NumPy's generator before the first image's parameters are drawn.
    """

    indices: NDArray[np.int64]
    state: State


def state_of(random: Any) -> State:
    """The state of a `RandomState`, or of NumPy's global generator if `random` is `np.random`."""
    state = random.get_state(legacy=True)
    assert isinstance(state, tuple)
    return state


def requests(iterator: Any, steps: Iterable[Step], random: np.random.RandomState) -> Iterator[Request]:
    """The batches of `steps`, provided that nobody else draws from NumPy's generator before they are requested.

    Args:
        iterator: a Keras image iterator that was just asked for the batch before them.
        steps: the batches it will be asked for.
        random: in the state of NumPy's generator after that batch. The caller draws the parameters of a batch's images
            from it before taking the next request.
    """
    order = current_order(iterator)
    for ahead, step in enumerate(steps):
        seed_batch(iterator, random, ahead)
        if step.new_order:
            order = draw_order(iterator, random)
        yield Request(order[step.first : step.first + iterator.batch_size], state_of(random))
