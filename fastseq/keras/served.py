"""How a request for a batch is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Loop:
    """A `for` loop over a dataset.

    Attributes:
        epoch: the one that it reads, known from its first request on.
    """

    epoch: int | None = None


@dataclass(frozen=True)
class Served:
    """How a request is served.

    Attributes:
        epoch: the epoch that the batch belongs to.
        ahead: (epoch, k) of the batches that will be requested next, in that order.
        is_probe: whether the batch is not used up: Keras probes, or predicts.
        is_predict: whether it is for `predict`.
        order: in which Keras requests the batches of the pass, the same object all along; None if unknown.
    """

    epoch: int
    ahead: Sequence[tuple[int, int]] = ()
    is_probe: bool = False
    is_predict: bool = False
    order: Sequence[int] | None = None
