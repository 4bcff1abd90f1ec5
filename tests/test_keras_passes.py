"""KerasPasses: the calls that Keras makes, replayed without Keras."""

from __future__ import annotations

import random

import pytest

from fastseq.keras.passes import KerasPasses

N = 6
DEPTH = 3


class Replay:
    """What Keras's adapter and epoch iterator do with a dataset of `N` batches, on each back end.

    `log` has (epoch, k) of every request that a model sees; `hits` counts those that were expected before.
    """

    def __init__(self, batches: int = N) -> None:
        self.passes = KerasPasses(batches)
        self.batches = batches
        self.log: list[tuple[int, int]] = []
        self.probes: list[tuple[int, int]] = []
        self.expected: list[tuple[int, int]] = []
        self.hits = 0

    def ask(self, k: int, log: list[tuple[int, int]]) -> None:
        epoch, ahead = self.passes.request(k, DEPTH, by_keras=True)
        self.hits += log is self.log and (epoch, k) in self.expected
        self.expected = list(ahead)
        log.append((epoch, k))

    def iterator(self, shuffle: bool) -> list[int]:
        """`_finite_generator`, up to its first request."""
        self.passes.on_iterator_created()
        order = list(range(self.batches))
        if shuffle:
            random.shuffle(order)
        return order

    def set_up(self, backend: str, built: bool = False) -> None:
        """An `EpochIterator` is made, the model is built, and `reset` called."""
        self.passes.on_adapter_created()
        self.passes.on_iterator_created()  # EpochIterator.__init__
        if backend == "tensorflow":
            self.passes.on_iterator_created()  # get_tf_dataset
            for k in range(min(2, self.batches)):
                self.ask(k, self.probes)
        if not built:
            first = self.iterator(shuffle=True) if backend != "tensorflow" else []
            for k in first[:1]:
                self.ask(k, self.probes)
            if first:
                self.passes.on_epoch_end(by_keras=True)
        self.passes.on_iterator_created()  # reset
        self.passes.on_epoch_end(by_keras=True)

    def fit(self, backend: str, epochs: int, *, shuffle: bool = True, steps: int | None = None, built: bool = False):
        self.set_up(backend, built)
        left: list[int] = []
        for _ in range(epochs):
            for _ in range(steps or self.batches):
                left = left or self.iterator(shuffle)
                self.ask(left.pop(0), self.log)
            self.passes.on_epoch_end(by_keras=True)

    def evaluate(self, backend: str) -> None:
        self.fit(backend, 1, shuffle=False, built=True)

    def predict(self, backend: str) -> None:
        self.passes.on_adapter_created()
        self.passes.on_iterator_created()
        if backend == "tensorflow":
            self.passes.on_iterator_created()
            for k in range(2):
                self.ask(k, self.probes)
        for k in self.iterator(shuffle=False):
            self.ask(k, self.log)
        self.passes.on_epoch_end(by_keras=True)

    def epochs(self) -> list[int]:
        """The epoch of each whole pass in the log, each of which has every batch once."""
        passes = [self.log[i : i + self.batches] for i in range(0, len(self.log), self.batches)]
        assert all(sorted(k for _, k in one) == list(range(self.batches)) for one in passes), self.log
        assert all(len({epoch for epoch, _ in one}) == 1 for one in passes), self.log
        return [one[0][0] for one in passes]


BACKENDS = pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])


@BACKENDS
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_pass_of_fit_is_an_epoch_from_0(backend, shuffle):
    replay = Replay()
    replay.fit(backend, 4, shuffle=shuffle)
    assert replay.epochs() == [0, 1, 2, 3]
    assert {epoch for epoch, _ in replay.probes} == {0}


@BACKENDS
def test_the_order_of_shuffle_is_foreseen(backend):
    random.seed(3)
    replay = Replay(40)
    replay.fit(backend, 3)
    assert replay.hits == 3 * 39
    assert replay.log[:5] != [(0, k) for k in range(5)]


@BACKENDS
def test_a_dataset_in_its_order_is_foreseen(backend):
    replay = Replay(40)
    replay.fit(backend, 2, shuffle=False)
    assert replay.hits == 2 * 39


@BACKENDS
def test_as_many_batches_as_asked_for_are_expected(backend):
    replay = Replay()
    replay.set_up(backend)
    replay.passes.on_iterator_created()
    for k in range(N):
        replay.ask(k, replay.log)
        assert replay.expected == [(0, n) for n in range(k + 1, min(k + 1 + DEPTH, N))]


def test_an_order_that_is_not_foreseen_is_still_right():
    replay = Replay()
    replay.set_up("jax")
    for _ in range(2):
        replay.passes.on_iterator_created()
        for k in (4, 1, 5, 0, 3, 2):
            replay.ask(k, replay.log)
        replay.passes.on_epoch_end(by_keras=True)
    assert replay.epochs() == [0, 1]


def test_foreseeing_leaves_pythons_random_alone():
    random.seed(5)
    replay = Replay()
    replay.passes.on_adapter_created()
    replay.passes.on_iterator_created()
    replay.passes.request(0, DEPTH, by_keras=True)
    drawn = random.random()
    random.seed(5)
    assert drawn == random.random()


@BACKENDS
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_with_fewer_steps_a_pass_goes_on_in_the_next_epoch_of_keras(backend, steps):
    replay = Replay()
    replay.fit(backend, 3 * N // steps, steps=steps)
    assert replay.epochs() == [0, 1, 2]


@BACKENDS
def test_a_pass_that_was_left_is_not_taken_up_by_the_next_fit(backend):
    replay = Replay()
    replay.fit(backend, 1, steps=4)
    replay.log.clear()
    replay.fit(backend, 2, built=True)
    assert replay.epochs() == [1, 2]


@BACKENDS
def test_repeated_fits_go_on_with_the_epochs(backend):
    replay = Replay()
    for built in (False, True, True):
        replay.fit(backend, 2, built=built)
    assert replay.epochs() == [0, 1, 2, 3, 4, 5]


@BACKENDS
def test_evaluate_is_a_pass(backend):
    replay = Replay()
    replay.evaluate(backend)
    replay.evaluate(backend)
    assert replay.epochs() == [0, 1]
    assert [k for _, k in replay.log] == [*range(N)] * 2


@BACKENDS
def test_validation_within_fit_keeps_both_whole(backend):
    train, valid = Replay(), Replay(4)
    train.set_up(backend)
    valid_is_set_up = False
    for _ in range(3):
        for k in train.iterator(shuffle=True):
            train.ask(k, train.log)
        train.passes.on_epoch_end(by_keras=True)
        if not valid_is_set_up:
            valid.passes.on_adapter_created()
            valid.passes.on_iterator_created()
            valid_is_set_up = True
        if backend == "tensorflow" and not valid.log:
            valid.ask(0, valid.probes)
            valid.ask(1, valid.probes)
        valid.passes.on_iterator_created()  # reset, at each evaluate
        valid.passes.on_epoch_end(by_keras=True)
        for k in valid.iterator(shuffle=False):
            valid.ask(k, valid.log)
        valid.passes.on_epoch_end(by_keras=True)
    assert train.epochs() == [0, 1, 2]
    assert valid.epochs() == [0, 1, 2]


@BACKENDS
def test_predict_promises_the_order_alone_and_uses_nothing_up(backend):
    replay = Replay()
    for _ in range(2):
        replay.predict(backend)
    assert replay.epochs() == [0, 0]
    assert [k for _, k in replay.log] == [*range(N)] * 2
    replay.log.clear()
    replay.fit(backend, 2)
    assert replay.epochs() == [0, 1]
    replay.log.clear()
    replay.predict(backend)
    replay.fit(backend, 1, built=True)
    assert replay.epochs()[1] == 2


@BACKENDS
def test_a_dataset_of_one_batch(backend):
    replay = Replay(1)
    replay.fit(backend, 3)
    assert replay.epochs() == [0, 1, 2]


def ask_all(passes: KerasPasses) -> list[int]:
    return [passes.request(k, DEPTH, by_keras=False)[0] for k in range(N)]


def test_a_loop_of_the_users_own_goes_on_with_on_epoch_end():
    passes = KerasPasses(N)
    for epoch in range(3):
        assert ask_all(passes) == [epoch] * N
        assert ask_all(passes) == [epoch] * N
        passes.on_epoch_end(by_keras=False)
    passes.on_epoch_end(by_keras=False)  # without a request in between
    assert ask_all(passes) == [3] * N


def test_a_loop_of_the_users_own_expects_the_next_batches():
    passes = KerasPasses(N)
    ahead = [list(passes.request(k, DEPTH, by_keras=False)[1]) for k in (0, 4, 5)]
    assert ahead == [[(0, 1), (0, 2), (0, 3)], [(0, 5)], []]


@BACKENDS
def test_a_fit_after_a_loop_of_the_users_own_begins_a_new_epoch(backend):
    replay = Replay()
    ask_all(replay.passes)
    replay.fit(backend, 2)
    assert replay.epochs() == [1, 2]
    assert {epoch for epoch, _ in replay.probes} == {1}


@BACKENDS
def test_looking_at_one_batch_before_fit_does_not_split_a_pass(backend):
    replay = Replay()
    replay.passes.request(0, DEPTH, by_keras=False)
    replay.fit(backend, 2)
    assert replay.epochs() == [1, 2]


@BACKENDS
@pytest.mark.parametrize("steps", [None, 4])
def test_the_user_may_look_at_any_batch_while_keras_fits(backend, steps):
    replay = Replay()
    ask = replay.ask

    def ask_and_look(k: int, log: list[tuple[int, int]]) -> None:
        before = len(replay.log)
        ask(k, log)
        epoch, ahead = replay.passes.request(0, DEPTH, by_keras=False)
        assert set(replay.expected) <= set(ahead)
        assert epoch == log[-1][0]
        assert len(replay.log) - before <= 1

    replay.ask = ask_and_look
    replay.fit(backend, 3, steps=steps)
    assert replay.epochs() == [0, 1, 2][: len(replay.log) // N]
    assert replay.hits >= len(replay.log) - len(replay.epochs())


@BACKENDS
def test_a_call_of_on_epoch_end_by_a_callback_does_not_split_a_pass(backend):
    replay = Replay()
    ask = replay.ask

    def ask_and_end(k: int, log: list[tuple[int, int]]) -> None:
        ask(k, log)
        replay.passes.on_epoch_end(by_keras=False)

    replay.ask = ask_and_end
    replay.fit(backend, 2)
    assert replay.epochs() == [0, 1]


@BACKENDS
def test_a_loop_of_the_users_own_after_fit_goes_on_with_on_epoch_end(backend):
    replay = Replay()
    replay.fit(backend, 2)
    assert ask_all(replay.passes) == [1] * N
    for epoch in (2, 3):
        replay.passes.on_epoch_end(by_keras=False)
        assert ask_all(replay.passes) == [epoch] * N
        assert list(replay.passes.request(1, DEPTH, by_keras=False)[1]) == [(epoch, k) for k in (2, 3, 4)]
    replay.log.clear()
    replay.fit(backend, 2)
    assert replay.epochs() == [4, 5]


def test_running_is_while_keras_fits():
    replay = Replay()
    assert not replay.passes.running
    replay.set_up("torch")
    assert replay.passes.running
    replay.passes.on_adapter_created()
    assert not replay.passes.running


@BACKENDS
def test_predicting_is_known_once_more_is_requested_than_a_probe(backend):
    replay, seen = Replay(), []
    ask = replay.ask

    def ask_and_look(k: int, log: list[tuple[int, int]]) -> None:
        ask(k, log)
        if log is replay.log:
            seen.append((replay.passes.requested, replay.passes.predicting, replay.passes.in_order))

    replay.ask = ask_and_look
    replay.predict(backend)
    assert seen == [(k + 1, k >= 2, True) for k in range(N)]
    seen.clear()
    replay.fit(backend, 1, shuffle=False)
    assert seen == [(k + 1, False, True) for k in range(N)]


def test_in_order_is_of_one_pass():
    replay = Replay()
    replay.set_up("torch")
    for order, in_order in (([0, 2], False), ([0, 1, 2], True), ([1, 0, 2], False), ([0, 1], True)):
        replay.passes.on_iterator_created()
        for k in order:
            replay.ask(k, replay.log)
        assert replay.passes.in_order == in_order


@BACKENDS
def test_predict_after_fit_leaves_the_epoch_alone(backend):
    replay = Replay()
    replay.fit(backend, 2)
    replay.predict(backend)
    assert replay.passes.epoch == 1


def test_requests_that_no_iterator_announced_are_served():
    replay = Replay()
    replay.passes.on_adapter_created()
    replay.ask(2, replay.probes)
    assert (replay.probes, replay.expected) == ([(0, 2)], [])
    replay.passes.on_iterator_created()
    replay.passes.on_epoch_end(by_keras=True)
    for k in (*range(N), *range(N)):
        replay.ask(k, replay.log)
    assert replay.epochs() == [0, 1]
