"""An interrupt comes through at once, whatever a loader waits for, and the loader works afterwards."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from images import encoded, photo

from fastseq import DataLoader, Loader, Samples, decode_batch
from fastseq.runtime import shared_threads

SIZE = (16, 16)


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Expect the block to end by an interrupt that comes then."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def files(tmp_path) -> list[str]:
    paths = [tmp_path / f"{i}.png" for i in range(6)]
    for i, path in enumerate(paths):
        path.write_bytes(encoded(photo(20, 30, seed=i), "png"))
    return [str(path) for path in paths]


WAYS: dict[str, Callable[[list[str]], Callable[[], list[np.ndarray]]]] = {
    "Loader": lambda files: lambda: list(Loader(Samples.from_files(files), SIZE, 2, threads=1)),
    "DataLoader": lambda files: lambda: list(DataLoader(files, 2, size=SIZE, threads=1)),
    "decode_batch": lambda files: lambda: [decode_batch(files, SIZE, threads=1)],
}


@pytest.mark.parametrize("way", WAYS)
def test_while_opencv_does_not_come_back(files, monkeypatch, way):
    load = WAYS[way](files)
    expected = load()
    let_go = threading.Event()
    imdecode = cv2.imdecode

    def stuck(*arguments):
        let_go.wait()
        return imdecode(*arguments)

    monkeypatch.setattr(cv2, "imdecode", stuck)
    with interrupted_after(0.1):
        load()
    monkeypatch.setattr(cv2, "imdecode", imdecode)
    try:
        again = load()  # the thread that does not come back is not needed
    finally:
        let_go.set()
    assert all((a == b).all() for a, b in zip(again, expected, strict=True))


def test_new_threads_for_one_loader_leave_another_its_own():
    threads = shared_threads(3)
    executor = threads.executor()  # of a loader that is about to begin a batch
    threads.renew_executor()  # by one that is interrupted
    assert executor.submit(threading.get_ident).result() != threads.executor().submit(threading.get_ident).result()
