from __future__ import annotations

import gc
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from images import jpeg, photo
from programs import PYTHON

from fastseq._native.job import Job, Pool
from native.native import NAMES, OTHER_FORMAT, finish, one, recipe, run, start

SIZE = (16, 16)
FILES = [jpeg(photo(40 + k, 60 - k, seed=k), subsampling="4:2:0") for k in range(8)]
SLOW = jpeg(photo(1200, 1200, seed=1), progressive=True)
ENDLESS = 2000  # slow samples: more than any test waits for


def slots(count: int, made: Any) -> np.ndarray:
    return np.full((count, made.slot_bytes), 77, np.uint8)


def statuses_now(job: Any) -> set[str]:
    numbers = np.empty(len(job), np.int32)
    job.statuses(numbers)
    return {NAMES[int(number)] for number in numbers}


@pytest.fixture
def busy() -> Iterator[Any]:
    """A job that will not end by itself, on a pool of one thread."""
    job = endless(Pool(1))
    yield job
    job.cancel()


def endless(on: Any) -> Any:
    made = recipe(SIZE)
    return start([SLOW] * ENDLESS, made, slots(ENDLESS, made), on=on)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_many_jobs_at_once(threads: int) -> None:
    on = Pool(threads)
    assert on.threads == threads
    made = recipe(SIZE)
    expected = [one(data, SIZE).reshape(-1) for data in FILES]
    outs = [slots(len(FILES), made) for _ in range(50)]
    jobs = [start(FILES, made, out, on=on, urgent=k % 3 == 0) for k, out in enumerate(outs)]
    for job, out in zip(reversed(jobs), reversed(outs), strict=True):
        assert finish(job) == ["OK"] * len(FILES)
        assert job.ready()
        np.testing.assert_array_equal(out, expected)


def test_an_empty_job() -> None:
    assert run([], SIZE).statuses == []


def test_several_threads_wait() -> None:
    on = Pool(2)
    made = recipe(SIZE)
    expected = [one(data, SIZE).reshape(-1) for data in FILES]
    shared_out = slots(len(FILES) * 20, made)
    shared = start(FILES * 20, made, shared_out, on=on)
    wrong: list[int] = []

    def use(number: int) -> None:
        for _ in range(10):
            out = slots(len(FILES), made)
            if finish(start(FILES, made, out, on=on)) != ["OK"] * len(FILES) or (out != expected).any():
                wrong.append(number)
        if finish(shared) != ["OK"] * len(FILES) * 20:
            wrong.append(number)

    threads = [threading.Thread(target=use, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    np.testing.assert_array_equal(shared_out, expected * 20)


def test_an_urgent_job_goes_first() -> None:
    on = Pool(1)
    first = endless(on)
    made = recipe(SIZE)
    out = slots(1, made)
    assert finish(start(FILES[:1], made, out, on=on, urgent=True)) == ["OK"]
    assert not first.ready()
    first.cancel()


def test_a_job_that_is_waited_for_goes_first() -> None:
    on = Pool(1)
    others = [endless(on) for _ in range(3)]
    made = recipe(SIZE)
    job = start(FILES, made, slots(len(FILES), made), on=on)
    assert finish(job) == ["OK"] * len(FILES)
    assert not any(other.ready() for other in others)


def test_cancel(busy: Any) -> None:
    busy.cancel()
    assert busy.ready()
    busy.wait()
    assert "CANCELLED" in statuses_now(busy)
    assert statuses_now(busy) <= {"OK", "CANCELLED"}


@pytest.mark.parametrize("form", [{}, {"progressive": True}, {"progressive": True, "arithmetic": True}])
def test_cancel_stops_the_running_sample(form: dict[str, Any]) -> None:
    """Baseline and progressive images in our decoders, arithmetic coding in libjpeg."""
    made = recipe(SIZE, interpolation="cv2.linear")
    large = jpeg(photo(3000, 3000, seed=2), **form)
    on = Pool(1)
    for _ in range(10):  # in case this thread sleeps until the sample has ended
        job = start([large], made, slots(1, made), on=on)
        while job.first_pending() < 0 and not job.ready():
            pass
        job.cancel()
        if statuses_now(job) == {"CANCELLED"}:
            return
    pytest.fail("the sample was decoded to its end each time")


def test_cancelling_twice_and_after_the_end() -> None:
    made = recipe(SIZE)
    job = start(FILES, made, slots(len(FILES), made))
    assert finish(job) == ["OK"] * len(FILES)
    job.cancel()
    job.cancel()
    assert finish(job) == ["OK"] * len(FILES)


def test_a_job_that_is_dropped_writes_no_more() -> None:
    on = Pool(2)
    made = recipe(SIZE)
    for _ in range(10):
        out = slots(100, made)
        job = start([SLOW] * 100, made, out, on=on)
        del job
        gc.collect()
        before = out.copy()
        assert finish(start(FILES, made, slots(len(FILES), made), on=on)) == ["OK"] * len(FILES)
        np.testing.assert_array_equal(out, before)


def test_a_running_job_held_by_a_cycle_is_collected() -> None:
    on = Pool(2)
    made = recipe(SIZE)
    for _ in range(5):
        out = slots(100, made)
        cycle: list[Any] = [start([SLOW] * 100, made, out, on=on)]
        cycle.append(cycle)
        del cycle
        gc.collect()
        before = out.copy()
        assert finish(start(FILES, made, slots(len(FILES), made), on=on)) == ["OK"] * len(FILES)
        np.testing.assert_array_equal(out, before)


def test_a_job_keeps_what_it_needs() -> None:
    made = recipe(SIZE)
    out = slots(200, made)
    job = Job(
        Pool(2),
        made,
        out.reshape(-1),
        np.zeros((200, 0)),
        [bytearray(FILES[0]) for _ in range(200)],
    )
    del made
    gc.collect()
    assert set(finish(job)) == {"OK"}
    np.testing.assert_array_equal(out, [one(FILES[0], SIZE).reshape(-1)] * 200)


def test_pools_come_and_go() -> None:
    made = recipe(SIZE)
    for k in range(50):
        on = Pool(1 + 2 * (k % 2))
        running = start([SLOW] * 100, made, slots(100, made), on=on)
        job = start(FILES, made, slots(len(FILES), made), on=on, urgent=True)
        if k % 5:
            assert finish(job) == ["OK"] * len(FILES)
        if k % 3:
            running.cancel()
            assert running.ready()
        if k % 4:
            del on
        del running, job


def test_a_sample_that_is_decoded_elsewhere_is_waited_for() -> None:
    made = recipe(SIZE)
    job = start([OTHER_FORMAT, FILES[0]], made, slots(2, made))
    assert finish(job) == ["NEEDS_DECODER", "OK"]
    assert job.begin_fetch(0)
    assert not job.ready()
    assert not job.wait(0.01)
    assert job.first_pending() == 0
    job.fail(0, 0, "")
    assert finish(job) == ["OK", "OK"]


@pytest.mark.parametrize("late", ["pixels", "failure"])
def test_a_sample_that_is_decoded_elsewhere_is_given_up(late: str) -> None:
    made = recipe(SIZE)
    out = slots(1, made)
    job = start([OTHER_FORMAT], made, out)
    assert finish(job) == ["NEEDS_DECODER"]
    assert job.begin_fetch(0)
    job.cancel()
    out[:] = 5
    if late == "pixels":
        job.put_pixels(0, photo(9, 9), False)
    else:
        job.fail(0, 0, "late")
    assert finish(job) == ["CANCELLED"]
    assert job.reason(0) == ""
    assert (out == 5).all()
    assert not job.begin_fetch(0)


def test_an_interrupt_ends_the_wait(busy: Any) -> None:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.02, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        busy.wait()
    timer.join()
    assert busy.ready()
    assert "CANCELLED" in statuses_now(busy)


def test_a_handler_that_raises_nothing_lets_the_wait_go_on() -> None:
    seen: list[int] = []
    made = recipe(SIZE)
    job = start([SLOW] * 20, made, slots(20, made), on=Pool(1))
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGUSR1)
        assert finish(job) == ["OK"] * 20
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


def in_a_process(body: str) -> None:
    """Run a script that ends well and says nothing."""
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import numpy as np
from fastseq._native.job import Job, Pool
from native.native import finish, recipe, start
from native.test_pool import ENDLESS, FILES, SIZE, endless, slots
made = recipe(SIZE)
def decode(on):
    assert finish(start(FILES, made, slots(len(FILES), made), on=on)) == ["OK"] * len(FILES)
{body}
"""
    result = subprocess.run([*PYTHON, "-c", script], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_forked_child_makes_its_own_pool() -> None:
    in_a_process("""
from fastseq._native.buffers import BufferPool
on, buffers = Pool(2), BufferPool(1 << 20)
lease = buffers.allocate(1000)
decode(on)
running = endless(on)
for _ in range(2):
    child = os.fork()
    if child == 0:
        del running, on, lease, buffers
        decode(Pool(2))
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
decode(on)
running.cancel()
""")


def test_a_child_that_only_exits() -> None:
    in_a_process("""
on = Pool(2)
running = endless(on)
child = os.fork()
if child == 0:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
running.cancel()
""")


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(0)",
        "os._exit(0)",
        "import builtins; builtins.kept = (on, running)",
        "del on",
        "del running",
    ],
)
def test_exit_with_work_under_way(end: str) -> None:
    in_a_process(f"on = Pool(2)\nrunning = endless(on)\n{end}\n")
