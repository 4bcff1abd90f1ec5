"""An interrupt gets through immediately, whatever the loader waits for, and the loader works afterwards."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from images import encoded, photo
from programs import assert_silent, run

from fastseq import DataLoader, Loader, Samples, decode_batch

SIZE = (16, 16)


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt the block after some seconds and expect it to raise KeyboardInterrupt."""
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
    paths = [tmp_path / f"{i}.bmp" for i in range(6)]
    for i, path in enumerate(paths):
        path.write_bytes(encoded(photo(20, 30, seed=i), "bmp"))
    return [str(path) for path in paths]


WAYS: dict[str, Callable[[list[str]], Callable[[], list[np.ndarray]]]] = {
    "Loader": lambda files: lambda: list(Loader(Samples.from_files(files), SIZE, 2, threads=1)),
    "DataLoader": lambda files: lambda: list(DataLoader(files, 2, size=SIZE, threads=1)),
    "decode_batch": lambda files: lambda: [decode_batch(files, SIZE, threads=1)],
}


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_while_opencv_hangs(files, monkeypatch, way):
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
        again = load()  # the hung thread is not needed
    finally:
        let_go.set()
    assert all((a == b).all() for a, b in zip(again, expected, strict=True))


@pytest.fixture
def hung_once(monkeypatch) -> Iterator[threading.Event]:
    """Make the next call of OpenCV hang; the event is set once it does."""
    let_go, begun = threading.Event(), threading.Event()
    imdecode = cv2.imdecode

    def stuck(*arguments):
        if not begun.is_set():
            begun.set()
            let_go.wait()
        return imdecode(*arguments)

    monkeypatch.setattr(cv2, "imdecode", stuck)
    yield begun
    let_go.set()


def test_batches_queued_behind_a_hung_decode_complete(files, hung_once):
    """Batches of this loader and of another on the same threads were begun before the interrupt."""
    loader, other = (Loader(Samples.from_files(files), SIZE, 2, threads=1) for _ in range(2))
    with interrupted_after(0.3):
        loader.batch(0, 0, [(0, 1)])
    assert hung_once.is_set()
    assert loader.batch(0, 1).any()
    assert other.batch(0, 2).any()


def test_another_thread_waiting_behind_a_hung_decode_continues(files, hung_once):
    loader, other = (Loader(Samples.from_files(files), SIZE, 2, threads=1) for _ in range(2))
    made = []

    def load():
        hung_once.wait()
        made.append(other.batch(0, 1))

    thread = threading.Thread(target=load)
    thread.start()
    with interrupted_after(0.5):
        loader.batch(0, 0)
    thread.join()
    assert made[0].any()


STUCK = """
import cv2
begun = threading.Event()

def stuck(*arguments):
    begun.set()
    threading.Event().wait()

loader = fastseq.Loader(samples, (32, 32), 2, threads=2)
loader.batch(0, 0)  # which imports OpenCV
cv2.imdecode = stuck
"""


@pytest.mark.parametrize("interrupted", [True, False])
def test_exiting_while_opencv_hangs(files, tmp_path, interrupted):
    wait = "loader.batch(0, 0)" if interrupted else "loader.batch(0, 0, [(0, 1)])"
    end = f"""
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    {wait}
except KeyboardInterrupt:
    sys.exit(3)
"""
    threaded = f"""
threading.Thread(target=lambda: {wait}, daemon=True).start()
begun.wait()
sys.exit(3)
"""
    assert_silent(run(STUCK + (end if interrupted else threaded), str(tmp_path)), 3)
