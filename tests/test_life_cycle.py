"""A loader is closed during use, used in spawned processes, and used for a long time."""

from __future__ import annotations

import shutil
import signal
import threading
from hashlib import blake2b
from pathlib import Path

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


def test_close_from_another_thread_during_iteration(loader, expected):
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


def test_close_from_a_signal_handler_during_iteration(loader, expected):
    before = signal.signal(signal.SIGALRM, lambda *_: loader.close())
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        assert [digest for _ in range(20) for digest in digests(loader)] == expected
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_spawned_processes_load_the_same_batches(image_folder):
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
        str(image_folder),
    )
    assert_silent(ran)


SMALL = """
import gc, time
def resources():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

import warnings
warnings.simplefilter("ignore", fastseq.BadSamplesWarning)
samples = fastseq.Samples.from_directory(sys.argv[1])
loader = fastseq.Loader(samples, (8, 8), 1, shuffle=True, transform=[fastseq.RandomFlip()], on_error=sys.argv[3],
    max_bad=None if sys.argv[3] == "raise" else 1.0)
left, before, begun = int(sys.argv[2]), None, time.monotonic()
while left > 0:
    for _ in loader:
        left -= 1
        if before is None and left < 0.8 * int(sys.argv[2]):
            gc.collect()
            before = resources()
gc.collect()
after = resources()
assert after[1:] == before[1:], (before, after)
print(after[0] - before[0], *after[1:], time.monotonic() - begun)
"""


@pytest.mark.parametrize("count", [10_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("policy", ["raise", "fill"])
def test_many_small_batches_leak_nothing(tree, tmp_path, policy, count, figure):
    root = Path(shutil.copytree(tree, tmp_path / "tree"))
    if policy == "fill":
        (root / "cat" / "000.jpg").write_bytes(b"")
    ran = run(SMALL, str(root), str(count), policy, timeout=60 + count / 500)
    assert_silent(ran)
    growth, threads, descriptors, seconds = map(float, ran.stdout.split())
    figure(f"{growth / 1024:.0f} KiB more, {threads:.0f} threads, {descriptors:.0f} descriptors, {seconds:.0f} s")
    assert growth <= 1 << 20
