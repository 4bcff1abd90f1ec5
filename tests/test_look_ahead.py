"""LookAhead alone, with batches that only note what is done to them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from fastseq.engine import look_ahead
from fastseq.engine.look_ahead import LookAhead, depth_ahead
from fastseq.engine.pending_batch import GRACE_S

EVENTS = list[tuple[str, int]]


class Batch:
    """A batch of 10 bytes under way."""

    nbytes = 10

    def __init__(self, key: int, events: EVENTS, needs_poll: bool = False) -> None:
        self.key, self.events, self.needs_poll = key, events, needs_poll

    def poll(self) -> None:
        self.events.append(("poll", self.key))

    def stop(self) -> None:
        self.events.append(("stop", self.key))

    def cancel(self, grace_s: float = GRACE_S, /) -> None:
        self.events.append(("cancel", self.key))


class Consumer:
    """A look-ahead, and the events of its batches."""

    def __init__(self, max_bytes: int = 1000) -> None:
        self.events: EVENTS = []
        self.look_ahead: LookAhead[int, Batch] = LookAhead(max_bytes)

    def make(self, key: int) -> Batch:
        self.events.append(("begin", key))
        return Batch(key, self.events)

    def begin(self, *keys: int, make: Callable[[int], Batch | None] | None = None) -> list[int]:
        self.look_ahead.begin(keys, make or self.make, lambda key: Batch.nbytes)
        return list(self.look_ahead)


@pytest.mark.parametrize(
    ("max_bytes", "begun"), [(0, []), (1, [3]), (10, [3]), (19, [3]), (20, [3, 1]), (29, [3, 1]), (1000, [3, 1, 2])]
)
def test_batches_are_begun_in_order_up_to_the_cap(max_bytes, begun):
    consumer = Consumer(max_bytes)
    assert consumer.begin(3, 1, 2) == begun
    assert consumer.begin(3, 1, 2) == begun
    assert consumer.events == [("begin", key) for key in begun], "none twice"
    assert consumer.look_ahead.nbytes == 10 * len(begun)
    assert (len(consumer.look_ahead), 3 in consumer.look_ahead) == (len(begun), 3 in begun)


def test_take_cancels_what_is_not_kept_after_stopping_all_of_it():
    consumer = Consumer()
    consumer.begin(0, 1, 2, 3, 4)
    consumer.events.clear()
    taken = consumer.look_ahead.take(1, keep=(3,))
    assert taken.key == 1
    assert consumer.events == [*(("stop", key) for key in (0, 2, 4)), *(("cancel", key) for key in (0, 2, 4))]
    assert list(consumer.look_ahead) == [3]
    assert consumer.look_ahead.take(9, keep=(3,)) is None
    assert list(consumer.look_ahead) == [3]


def test_batches_share_one_period_of_grace(monkeypatch):
    clock, graces = [100.0], []

    class Slow(Batch):
        def cancel(self, grace_s: float = GRACE_S, /) -> None:
            graces.append(grace_s)
            clock[0] += 0.75 * GRACE_S

    monkeypatch.setattr(look_ahead, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    look_ahead.cancel_all(Slow(key, []) for key in range(3))
    assert graces == pytest.approx([GRACE_S, 0.25 * GRACE_S, 0])


def test_cancel_prefetch_and_the_end_of_the_consumer_cancel_all():
    consumer = Consumer()
    consumer.begin(0, 1)
    consumer.look_ahead.cancel_prefetch()
    assert sorted(consumer.events[2:]) == [("cancel", 0), ("cancel", 1), ("stop", 0), ("stop", 1)]
    assert consumer.begin(1) == [1]
    consumer.events.clear()
    del consumer.look_ahead
    assert consumer.events == [("stop", 1), ("cancel", 1)]


def test_only_batches_that_need_it_are_polled():
    consumer = Consumer()
    consumer.begin(0, 1, make=lambda key: Batch(key, consumer.events, needs_poll=key == 1))
    consumer.begin(0, 1)
    assert consumer.events == [("poll", 1)]
    assert sorted(consumer.look_ahead) == [0, 1]


def test_a_batch_whose_poll_fails_is_cancelled():
    class Failing(Batch):
        def poll(self) -> None:
            raise OSError("no memory for the next stage")

    consumer = Consumer()
    consumer.begin(0, make=lambda key: Failing(key, consumer.events, needs_poll=True))
    with pytest.raises(OSError, match="next stage"):
        consumer.begin(0)
    assert not consumer.look_ahead
    assert ("cancel", 0) in consumer.events


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_what_cannot_be_begun_ahead_is_left_for_later(error):
    consumer = Consumer()

    def make(key: int) -> Batch | None:
        if key == 2:
            raise error
        return consumer.make(key) if key else None

    assert consumer.begin(0, 1, 2, 3, make=make) == [1]


def test_a_batch_that_is_begun_while_all_is_cancelled_is_cancelled_too():
    consumer = Consumer()

    def make(key: int) -> Batch:
        if key == 1:
            consumer.look_ahead.cancel_prefetch()  # a signal handler or another thread closes the consumer
        return consumer.make(key)

    assert consumer.begin(0, 1, 2, make=make) == []
    assert consumer.events == [("begin", 0), ("stop", 0), ("cancel", 0), ("begin", 1), ("cancel", 1)]


def test_a_batch_that_is_there_already_wins():
    consumer = Consumer()

    def make(key: int) -> Batch:
        consumer.look_ahead.put(key, Batch(10 + key, consumer.events))
        return consumer.make(key)

    consumer.begin(0, make=make)
    assert consumer.events == [("begin", 0), ("cancel", 0)]
    assert consumer.look_ahead.take(0, keep=()).key == 10


def test_a_copy_has_the_cap_and_no_batches():
    consumer = Consumer(123)
    consumer.begin(0)
    twin = pickle.loads(pickle.dumps(consumer.look_ahead))
    assert (twin.max_bytes, len(twin)) == (123, 0)
    assert len(consumer.look_ahead) == 1


@pytest.mark.parametrize(
    ("threads", "batch_size", "depth"), [(1, 1, 4), (1, 2, 2), (8, 32, 2), (16, 32, 2), (17, 32, 3), (3, 5, 3)]
)
def test_the_depth_keeps_all_threads_busy(threads, batch_size, depth):
    assert depth_ahead(threads, batch_size) == depth
