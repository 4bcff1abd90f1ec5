"""Forks, exits and interrupts: nothing hangs or prints, and the loader still works."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from programs import assert_silent, run

from fastseq import Loader, Samples, decode_batch

SIZE = (32, 32)


def test_a_child_forked_mid_epoch_loads_the_same_batches(image_folder):
    ran = run(
        """
        loader = loader_of(threads=3)
        expected = [loader.batch(0, k).copy() for k in range(12)]
        for k, batch in enumerate(loader):
            assert (batch == expected[k]).all()
            pid = os.fork()
            if pid == 0:
                assert all((loader.batch(0, n) == expected[n]).all() for n in (k, 11 - k))
                assert len(list(loader)) == 12
                assert (batch == expected[k]).all()
                assert (fastseq.decode_batch([samples.path(0)], (32, 32), threads=3) > 0).any()
                sys.exit(7 if k == 5 else 0)
            _, status = os.waitpid(pid, 0)
            assert os.waitstatus_to_exitcode(status) == (7 if k == 5 else 0)
        assert k == 11
        """,
        str(image_folder),
    )
    assert_silent(ran)


def test_a_child_continues_its_parents_iterator(image_folder):
    ran = run(
        """
        loader = loader_of()
        expected = [loader.batch(0, k).copy() for k in range(12)]
        batches = iter(loader)
        next(batches)
        pid = os.fork()
        rest = list(batches)
        assert len(rest) == 11
        assert all((batch == expected[k]).all() for k, batch in enumerate(rest, 1))
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
        """,
        str(image_folder),
    )
    assert_silent(ran)


def test_a_fork_while_other_threads_load(image_folder):
    ran = run(
        """
        loader, stop = loader_of(), threading.Event()
        def load():
            while not stop.is_set():
                loader.batch(0, 3, [(0, 4), (0, 5)])
        threads = [threading.Thread(target=load) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(8):
            pid = os.fork()
            if pid == 0:
                os._exit(loader.batch(0, 1).shape != (2, 32, 32, 3))
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        for thread in threads:
            thread.join()
        """,
        str(image_folder),
    )
    assert_silent(ran)


def test_multiprocessing_with_fork(image_folder):
    ran = run(
        """
        import multiprocessing
        loader = loader_of()
        expected = [int(loader.batch(0, k).sum()) for k in range(12)]
        next(iter(loader))
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert [int(batch.sum()) for batch in pool.starmap(loader.batch, [(0, k) for k in range(12)])] == expected
        """,
        str(image_folder),
    )
    assert_silent(ran)


@pytest.mark.parametrize(
    ("end", "status"),
    [("pass", 0), ("sys.exit(3)", 3), ("del loader, batches", 0), ("batches.close(); loader.close()", 0)],
)
@pytest.mark.parametrize("threads", [1, 8])
def test_exiting_with_decodes_in_flight_is_silent(image_folder, end, status, threads):
    ran = run(f"loader = loader_of(threads={threads})\nbatches = iter(loader)\nnext(batches)\n{end}", str(image_folder))
    assert_silent(ran, status)


def test_only_the_exception_is_printed_when_decodes_are_in_flight(image_folder):
    ran = run("for batch in loader_of():\n    raise SystemExit('the end')", str(image_folder))
    assert (ran.returncode, ran.stderr) == (1, "the end\n")


def test_exiting_while_opencv_decodes_is_silent(image_folder):
    ran = run(
        """
        webps = [i for i in range(24) if i % 6 == 0] * 10
        loader = fastseq.Loader(samples.select(webps), (32, 32), 8)
        batches = iter(loader)
        next(batches), next(batches)
        """,
        str(image_folder),
    )
    assert_silent(ran)


def test_exiting_while_another_thread_iterates_is_silent(image_folder):
    ran = run(
        """
        jpegs = samples.select([i for i in range(24) if i % 6])
        loader, begun = fastseq.Loader(jpegs, (32, 32), 2), threading.Event()
        def load():
            while True:
                for batch in loader:
                    begun.set()
        threading.Thread(target=load, daemon=True).start()
        begun.wait()
        """,
        str(image_folder),
    )
    assert_silent(ran)


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_process(image_folder, signal_name):
    ran = run(
        f"""
        loader = loader_of()
        for k, batch in enumerate(loader):
            if k == 2:
                os.kill(os.getpid(), signal.{signal_name})
        """,
        str(image_folder),
    )
    assert ran.returncode == -getattr(signal, signal_name)
    assert ran.stderr.count("Traceback") == (signal_name == "SIGINT")
    assert not ran.stderr or ran.stderr.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize("form", ["jpeg", "webp"])
@pytest.mark.parametrize("delay", [0.001, 0.01, 0.03])
def test_the_loader_works_after_an_interrupt_mid_epoch(image_folder, delay, form):
    """A timer interrupts the loop at an arbitrary point; the following epochs must not depend on it."""
    files = [str(image_folder / f"{i:02d}") for i in range(24) if (i % 6 == 0) == (form == "webp")] * 6
    loader = Loader(Samples.from_files(files), SIZE, 8, shuffle=True)
    expected = loader.batch(5, 0)

    def loop():
        signal.setitimer(signal.ITIMER_REAL, delay)
        while True:
            for _ in loader:
                pass

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            loop()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    np.testing.assert_array_equal(loader.batch(5, 0), expected)
    assert sum(len(batch) for batch in loader) == len(files)


def _decode_for_ever(files):
    while True:
        decode_batch(files, SIZE)


def test_decode_batch_works_after_an_interrupt(image_folder):
    files = sorted(image_folder.iterdir()) * 10
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(KeyboardInterrupt):
            _decode_for_ever(files)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert decode_batch(files[:3], SIZE).any()


DATA_LOADER = """
    paths = list(samples.paths())
    loader = fastseq.DataLoader([(path, i) for i, path in enumerate(paths)], 2, size=(32, 32), threads=3)
    batches = iter(loader)
    first = next(batches)
"""


def test_a_forked_child_continues_an_epoch_of_a_data_loader(image_folder):
    ran = run(
        DATA_LOADER
        + """
    pid = os.fork()
    rest = list(batches)
    assert [i for _, y in (first, *rest) for i in y.tolist()] == list(range(24))
    whole = np.concatenate([x for x, _ in (first, *rest)])
    assert (whole == fastseq.decode_batch(paths, (32, 32))).all()
    assert pid == 0 or os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
        str(image_folder),
    )
    assert_silent(ran)


@pytest.mark.parametrize("rest", ["", "del batches", "batches.close()", "if os.fork(): os.wait()"])
def test_exiting_mid_epoch_of_a_data_loader_is_silent(image_folder, rest):
    assert_silent(run(f"{DATA_LOADER}    {rest}", str(image_folder)))
