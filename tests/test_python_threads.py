"""TaskThreads: every call that is accepted is made, whatever threads are lost or cannot be started."""

from __future__ import annotations

import _thread
import threading

import pytest
from reentrance import called_at_every_line

from fastseq.engine import python_threads
from fastseq.engine.python_threads import TaskThreads

TIMEOUT = 60  # seconds; only a hang comes near it


class Starter:
    """Stands in for `_thread.start_new_thread`: starts threads late, or not at all."""

    def __init__(self) -> None:
        self.late: list[tuple] = []
        self.delays = self.fails = False

    def __call__(self, function, arguments):
        if self.fails:
            raise RuntimeError("can't start new thread")
        if self.delays:
            self.late.append((function, arguments))
        else:
            _thread.start_new_thread(function, arguments)

    def start_late_ones(self) -> None:
        self.delays = False
        for function, arguments in self.late:
            _thread.start_new_thread(function, arguments)


@pytest.fixture
def starter(monkeypatch) -> Starter:
    made = Starter()
    monkeypatch.setattr(python_threads, "_thread", type("", (), {"allocate_lock": _thread.allocate_lock}))
    monkeypatch.setattr(python_threads._thread, "start_new_thread", made, raising=False)
    return made


class Stuck:
    """A call that returns when it is told to."""

    def __init__(self) -> None:
        self.began, self.let_go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.began.set()
        self.let_go.wait(TIMEOUT)


def made_by(threads: TaskThreads) -> bool:
    done = threading.Event()
    threads.submit(done.set)
    return done.wait(TIMEOUT)


@pytest.mark.parametrize("count", [1, 3])
def test_calls_are_made_by_at_most_count_threads(count):
    threads, stuck = TaskThreads(count), [Stuck() for _ in range(count)]
    for each in stuck:
        threads.submit(each)
    assert all(each.began.wait(TIMEOUT) for each in stuck)
    behind = threading.Event()
    threads.submit(behind.set)
    assert not behind.is_set()
    stuck[0].let_go.set()
    assert behind.wait(TIMEOUT)
    for each in stuck:
        each.let_go.set()


def test_after_a_lost_thread_each_accepted_call_is_made(starter):
    """Two calls come before the first thread runs; it is lost, and no other can be started."""
    threads, stuck = TaskThreads(1), Stuck()
    starter.delays = True
    task = threads.submit(stuck)
    threads.submit(lambda: None)
    starter.start_late_ones()
    assert stuck.began.wait(TIMEOUT)
    starter.fails = True
    threads.abandon([task])
    with pytest.raises(RuntimeError, match="can't start"):
        threads.submit(lambda: None)
    with pytest.raises(RuntimeError, match="can't start"):
        threads.ensure_running()
    starter.fails = False
    assert made_by(threads)
    stuck.let_go.set()


def call_behind_a_lost_thread(threads, stuck, starter):
    """Lose the only thread in `stuck`, while no other can be started; what a call queued behind it will set."""
    behind = threading.Event()
    task = threads.submit(stuck)
    assert stuck.began.wait(TIMEOUT)
    threads.submit(behind.set)
    starter.fails = True
    threads.abandon([task])
    return behind


def test_calls_behind_a_lost_thread_are_made_once_a_thread_can_be_started(starter):
    threads, stuck = TaskThreads(1), Stuck()
    behind = call_behind_a_lost_thread(threads, stuck, starter)
    starter.fails = False
    threads.ensure_running()
    assert behind.wait(TIMEOUT)
    stuck.let_go.set()


def test_a_lost_thread_that_returns_is_used_again(starter):
    threads, stuck = TaskThreads(1), Stuck()
    behind = call_behind_a_lost_thread(threads, stuck, starter)
    stuck.let_go.set()
    assert behind.wait(TIMEOUT)
    assert made_by(threads)


def test_an_abandoned_call_is_not_made():
    threads, stuck, made = TaskThreads(1), Stuck(), []
    threads.submit(stuck)
    assert stuck.began.wait(TIMEOUT)
    threads.abandon([threads.submit(lambda: made.append("abandoned"))])
    stuck.let_go.set()
    assert made_by(threads)
    assert not made


def test_a_thread_that_cannot_be_started_is_an_error_only_where_there_is_none(starter):
    threads = TaskThreads(2)
    starter.fails = True
    with pytest.raises(RuntimeError, match="can't start"):
        threads.submit(lambda: None)
    starter.fails = False
    assert made_by(threads)
    starter.fails = True
    assert made_by(threads)


def test_a_handler_may_submit_a_call_and_wait_for_it_at_any_line():
    threads, stuck, made = TaskThreads(2), Stuck(), []
    with called_at_every_line(lambda: made.append(made_by(threads))):
        task = threads.submit(stuck)
        assert made_by(threads)
        assert stuck.began.wait(TIMEOUT)
        threads.abandon([task])
        threads.ensure_running()
        assert made_by(threads)
    stuck.let_go.set()
    assert len(made) > 10
    assert all(made)


def test_threads_end_with_their_owner():
    threads = TaskThreads(2)
    assert made_by(threads)
    alive = threads._shared.alive
    (thread,) = alive
    del threads
    assert thread.acquire(timeout=TIMEOUT)
