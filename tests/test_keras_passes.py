"""KerasPasses: the calls that Keras makes, replayed without Keras."""

from __future__ import annotations

import random

import pytest

from fastseq.keras.passes import KerasPasses
from fastseq.keras.served import Loop

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
        self.order: list[int] | None = None
        self.hits = self.in_vain = 0

    def ask(self, k: int, log: list[tuple[int, int]]) -> None:
        served = self.passes.request_by_keras(k, DEPTH, self.order)
        self.hits += log is self.log and (served.epoch, k) in self.expected
        self.in_vain += len({*self.expected} - {*served.ahead, (served.epoch, k)})
        self.expected = list(served.ahead)
        log.append((served.epoch, k))

    def iterator(self, shuffle: bool) -> list[int]:
        """`_finite_generator`, up to its first request."""
        self.passes.on_iterator_created()
        self.order = list(range(self.batches))
        if shuffle:
            random.shuffle(self.order)
        return self.order.copy()

    def set_up(self, backend: str, built: bool = False) -> None:
        """An `EpochIterator` is made, the model is built, and `reset` called."""
        self.passes.on_adapter_created()
        self.passes.on_iterator_created()  # EpochIterator.__init__
        if backend == "tensorflow":
            self.passes.on_iterator_created()  # get_tf_dataset
            self.order = None
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
        self.passes.on_adapter_created(predict=True)
        self.passes.on_iterator_created()
        if backend == "tensorflow":
            self.passes.on_iterator_created()
            self.order = None
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
    assert (replay.hits, replay.in_vain) == (3 * 39, 0)
    assert replay.log[:5] != [(0, k) for k in range(5)]


@BACKENDS
def test_a_dataset_in_its_order_is_foreseen(backend):
    replay = Replay(40)
    replay.fit(backend, 2, shuffle=False)
    assert (replay.hits, replay.in_vain) == (2 * 39, 0)


@BACKENDS
def test_as_many_batches_as_asked_for_are_expected(backend):
    replay = Replay()
    replay.set_up(backend)
    for k in replay.iterator(shuffle=False):
        replay.ask(k, replay.log)
        assert replay.expected == [(0, n) for n in range(k + 1, min(k + 1 + DEPTH, N))]


def test_an_order_that_is_not_known_is_still_right_and_nothing_is_guessed():
    replay = Replay()
    replay.set_up("jax")
    for _ in range(2):
        replay.passes.on_iterator_created()
        replay.order = None
        for k in (0, 1, 5, 4, 3, 2):
            replay.ask(k, replay.log)
            assert replay.expected == []
        replay.passes.on_epoch_end(by_keras=True)
    assert replay.epochs() == [0, 1]


@BACKENDS
def test_nothing_is_expected_after_the_probes_of_an_order_that_keras_leaves(backend):
    replay = Replay()
    replay.set_up(backend)
    assert (replay.expected, replay.in_vain) == ([], 0)


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
def test_predict_reads_the_epoch_that_was_read_last_and_uses_nothing_up(backend):
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
    assert replay.epochs() == [1, 2]
    assert {epoch for epoch, _ in replay.probes[-2:]} <= {0, 1, 2}


@BACKENDS
def test_predict_that_builds_the_model_uses_nothing_up(backend):
    replay = Replay()
    replay.passes.on_adapter_created(predict=True)
    replay.ask(replay.iterator(shuffle=False)[0], replay.probes)
    replay.passes.on_epoch_end(by_keras=True)
    for k in replay.iterator(shuffle=False):
        replay.ask(k, replay.log)
    replay.fit(backend, 1, built=True)
    assert replay.epochs() == [0, 0]


@BACKENDS
def test_a_dataset_of_one_batch(backend):
    replay = Replay(1)
    replay.fit(backend, 3)
    assert replay.epochs() == [0, 1, 2]


def ask_all(passes: KerasPasses) -> list[int]:
    return [passes.request(k, DEPTH).epoch for k in range(N)]


def test_an_epoch_is_over_when_each_of_its_batches_was_served_once():
    passes = KerasPasses(N)
    assert [passes.request(k, DEPTH).epoch for k in (3, 0, 3, 5, 0, 1, 2)] == [0] * 7
    assert passes.request(4, DEPTH).epoch == passes.epoch == 0
    assert passes.request(4, DEPTH).epoch == passes.epoch == 1


def test_loops_of_the_users_own_go_on_with_or_without_on_epoch_end():
    passes = KerasPasses(N)
    for epoch in range(4):
        assert ask_all(passes) == [epoch] * N
        if epoch % 2:
            passes.on_epoch_end(by_keras=False)
            passes.on_epoch_end(by_keras=False)  # without a request in between
            assert passes.epoch == epoch + 1
    assert passes.request(0, DEPTH).epoch == 4
    passes.on_epoch_end(by_keras=False)
    assert ask_all(passes) == [5] * N


def test_single_requests_expect_others_only_once_they_have_come_in_order():
    passes = KerasPasses(N)
    ahead = [list(passes.request(k, DEPTH).ahead) for k in (0, 1, 3, 4, 5, 0, 0, 1, 2)]
    assert ahead == [[]] * 8 + [[(0, 3), (0, 4), (0, 5)]]
    assert [k for _, k in passes.request(3, DEPTH).ahead] == []  # the epoch was over before


def test_a_for_loop_reads_one_epoch_whatever_else_is_requested():
    passes = KerasPasses(N)
    passes.request(N - 1, DEPTH)
    first, second = Loop(), Loop()
    for k in range(N):
        for loop in (first, second):
            served = passes.request(k, DEPTH, loop)
            assert served.epoch == 0
            assert list(served.ahead) == [(0, n) for n in range(k + 1, min(k + 1 + DEPTH, N))]
    assert passes.request(0, DEPTH, Loop()).epoch == 1


def test_a_for_loop_that_was_left_leaves_its_epoch_to_the_next():
    passes = KerasPasses(N)
    left, whole = Loop(), Loop()
    assert {passes.request(k, DEPTH, left).epoch for k in range(3)} == {0}
    assert {passes.request(k, DEPTH, whole).epoch for k in range(N)} == {0}
    assert passes.request(0, DEPTH, Loop()).epoch == 1


@BACKENDS
def test_what_predict_and_a_loop_of_the_users_own_read_after_fit_agrees(backend):
    for predict_first in (False, True):
        replay = Replay()
        replay.fit(backend, 2)
        replay.log.clear()
        read = []
        for predict in (predict_first, not predict_first):
            if predict:
                replay.predict(backend)
            else:
                replay.passes.on_keras_left()
                read = ask_all(replay.passes)
        assert replay.epochs() == [1 + (not predict_first)]
        assert read == replay.epochs() * N
        replay.passes.on_keras_left()
        assert ask_all(replay.passes) == [read[0] + 1] * N
        replay.fit(backend, 1, built=True)
        assert replay.epochs()[1:] == [read[0] + 2]


@BACKENDS
def test_a_loop_that_predicts_after_each_epoch_goes_on(backend):
    replay = Replay()
    replay.fit(backend, 1)
    for epoch in range(1, 5):
        replay.passes.on_keras_left()
        assert ask_all(replay.passes) == [epoch] * N
        replay.log.clear()
        replay.predict(backend)
        assert replay.epochs() == [epoch]


@BACKENDS
def test_a_look_after_predict_does_not_make_fit_repeat_an_epoch(backend):
    replay = Replay()
    replay.fit(backend, 1)
    replay.predict(backend)
    replay.passes.on_keras_left()
    assert replay.passes.request(0, DEPTH).epoch == 0
    replay.log.clear()
    replay.fit(backend, 1, built=True)
    assert replay.epochs() == [1]


@BACKENDS
def test_set_epoch_says_what_the_next_pass_reads(backend):
    replay = Replay()
    replay.passes.set_epoch(7)
    replay.fit(backend, 2)
    assert replay.epochs() == [7, 8]
    assert {epoch for epoch, _ in replay.probes} == {7}
    replay.passes.set_epoch(3)
    replay.log.clear()
    replay.fit(backend, 1, built=True)
    assert replay.epochs() == [3]


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
    replay.passes.request(0, DEPTH)
    replay.fit(backend, 2)
    assert replay.epochs() == [0, 1]


@BACKENDS
@pytest.mark.parametrize("steps", [None, 4])
def test_the_user_may_look_at_any_batch_while_keras_fits(backend, steps):
    replay = Replay()
    ask = replay.ask

    def ask_and_look(k: int, log: list[tuple[int, int]]) -> None:
        before = len(replay.log)
        ask(k, log)
        look = replay.passes.request(0, DEPTH)
        assert list(look.ahead) == replay.expected
        assert look.epoch == log[-1][0]
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
def test_a_loop_of_the_users_own_after_fit_reads_the_next_epochs(backend):
    replay = Replay()
    replay.fit(backend, 2)
    replay.passes.on_keras_left()
    for epoch in (2, 3):
        assert ask_all(replay.passes) == [epoch] * N
        replay.passes.on_epoch_end(by_keras=False)
    replay.log.clear()
    replay.fit(backend, 2)
    assert replay.epochs() == [4, 5]


def test_what_is_expected_stays_expected_until_it_is_requested():
    """A dataset of the user's own asks for batches in an order of its own, in which some are where Keras has them."""
    passes, order = KerasPasses(8), [3, 1, 0, 2, 5, 4, 7, 6]
    passes.on_adapter_created()
    passes.on_epoch_end(by_keras=True)
    passes.on_iterator_created()
    begun: set[int] = set()
    for asked, k in zip(order, [3, 7, 0, 6, 4, 1, 2, 5], strict=True):
        served = passes.request_by_keras(k, 2, order) if asked == k else passes.request_aside(k)
        assert served.epoch == 0
        ahead = {n for _, n in served.ahead}
        assert begun - {k} <= ahead
        begun = ahead
    assert begun == set()
    assert passes.request_by_keras(3, 2, order[:]).epoch == 1


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
        replay.order = order
        for k in order:
            replay.ask(k, replay.log)
        assert replay.passes.in_order == in_order


@BACKENDS
def test_a_loop_in_a_callback_reads_the_epoch_that_keras_reads(backend):
    replay = Replay()
    replay.fit(backend, 2)
    for _ in range(2):
        assert ask_all(replay.passes) == [1] * N
    replay.log.clear()
    replay.fit(backend, 1, built=True)
    assert replay.epochs() == [2]


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
