"""A loader is closed in the midst of its use, and used in processes that are spawned."""

from __future__ import annotations

import signal
import threading
from hashlib import blake2b

import pytest
from programs import assert_silent, run

from fastseq import Loader, RandomFlip


def digests(batches) -> list[str]:
    return [blake2b(x.tobytes() + y.tobytes(), digest_size=8).hexdigest() for x, y in batches]


@pytest.fixture
def loader(samples) -> Loader:
    return Loader(samples, (20, 24), 3, shuffle=True, transform=[RandomFlip()], threads=2)


@pytest.fixture
def expected(loader) -> list[str]:
    return digests(loader.batch(epoch, k) for epoch in range(20) for k in range(len(loader)))


def test_close_from_another_thread_while_the_loop_runs(loader, expected):
    over = threading.Event()

    def close():
        while not over.is_set():
            loader.close()

    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert [digest for _ in range(20) for digest in digests(loader)] == expected
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_close_from_a_signal_handler_while_the_loop_runs(loader, expected):
    before = signal.signal(signal.SIGALRM, lambda *_: loader.close())
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        assert [digest for _ in range(20) for digest in digests(loader)] == expected
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_spawned_processes_make_the_same_batches(pictures):
    ran = run(
        """
        import multiprocessing
        if __name__ == "__main__":
            loader = loader_of(threads=2)
            next(iter(loader))
            expected = [loader.batch(1, k) for k in range(12)]
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                made = pool.starmap(loader.batch, [(1, k) for k in range(12)])
            assert all((a == b).all() for a, b in zip(made, expected, strict=True))
        """,
        str(pictures),
    )
    assert_silent(ran)
