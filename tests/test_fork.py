"""Forks, exits and interrupts: nothing hangs, nothing is printed, and the loader still works."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from programs import assert_silent, run

from fastseq import Loader, Samples, decode_batch

SIZE = (32, 32)


def test_a_child_that_is_forked_in_mid_epoch_makes_the_same_batches(pictures):
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
        str(pictures),
    )
    assert_silent(ran)


def test_a_child_goes_on_with_its_parents_iterator(pictures):
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
        str(pictures),
    )
    assert_silent(ran)


def test_a_fork_while_other_threads_load(pictures):
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
        str(pictures),
    )
    assert_silent(ran)


def test_multiprocessing_with_fork(pictures):
    ran = run(
        """
        import multiprocessing
        loader = loader_of()
        expected = [int(loader.batch(0, k).sum()) for k in range(12)]
        next(iter(loader))
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert [int(batch.sum()) for batch in pool.starmap(loader.batch, [(0, k) for k in range(12)])] == expected
        """,
        str(pictures),
    )
    assert_silent(ran)


@pytest.mark.parametrize(
    ("end", "status"),
    [("pass", 0), ("sys.exit(3)", 3), ("del loader, batches", 0), ("batches.close(); loader.close()", 0)],
)
@pytest.mark.parametrize("threads", [1, 8])
def test_an_exit_with_work_in_flight_is_silent(pictures, end, status, threads):
    ran = run(f"loader = loader_of(threads={threads})\nbatches = iter(loader)\nnext(batches)\n{end}", str(pictures))
    assert_silent(ran, status)


def test_an_exception_with_work_in_flight_is_all_that_is_printed(pictures):
    ran = run("for batch in loader_of():\n    raise SystemExit('the end')", str(pictures))
    assert (ran.returncode, ran.stderr) == (1, "the end\n")


def test_an_exit_while_other_formats_are_decoded_is_silent(pictures):
    ran = run(
        """
        pngs = [i for i in range(24) if i % 6 == 0] * 10
        loader = fastseq.Loader(samples.select(pngs), (32, 32), 8)
        batches = iter(loader)
        next(batches), next(batches)
        """,
        str(pictures),
    )
    assert_silent(ran)


def test_an_exit_from_another_threads_loop_is_silent(pictures):
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
        str(pictures),
    )
    assert_silent(ran)


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_process(pictures, signal_name):
    ran = run(
        f"""
        loader = loader_of()
        for k, batch in enumerate(loader):
            if k == 2:
                os.kill(os.getpid(), signal.{signal_name})
        """,
        str(pictures),
    )
    assert ran.returncode == -getattr(signal, signal_name)
    assert ran.stderr.count("Traceback") == (signal_name == "SIGINT")
    assert not ran.stderr or ran.stderr.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize("delay", [0.001, 0.01, 0.03])
def test_an_interrupt_in_mid_epoch_leaves_the_loader_usable(pictures, delay, form):
    """The timer decides where the loop is interrupted; what follows is the same wherever that is."""
    files = [str(pictures / f"{i:02d}") for i in range(24) if (i % 6 == 0) == (form == "png")] * 6
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


def test_an_interrupt_in_decode_batch_leaves_it_usable(pictures):
    files = sorted(pictures.iterdir()) * 10
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


def test_an_epoch_of_a_data_loader_goes_on_in_a_forked_child(pictures):
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
        str(pictures),
    )
    assert_silent(ran)


@pytest.mark.parametrize("rest", ["", "del batches", "batches.close()", "if os.fork(): os.wait()"])
def test_leaving_an_epoch_of_a_data_loader_is_clean(pictures, rest):
    assert_silent(run(f"{DATA_LOADER}    {rest}", str(pictures)))
