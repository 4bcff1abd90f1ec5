"""Faults of the system in the midst of a run, by a shim that is preloaded: just those samples, and the run goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from images import encoded, folder, jpeg, photo
from native.test_limits import claiming
from programs import assert_silent, run_file
from programs import run as run_program

from fastseq import BadSamplesWarning, DecodeError, Loader, Samples, decode_batch
from fastseq.engine import pending_batch

HERE = Path(__file__).parent / "faults"
COUNT = 40
THREADS = [1, 4]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty good images."""
    return folder(tmp_path_factory.mktemp("faults") / "tree", ("a", "b"), COUNT // 2)


@pytest.fixture
def run(shim, tree, tmp_path):
    """Load the folder under a fault: what came of it, and what the shim did."""

    def call(fault: str, every: int = 1, threads: int = 1) -> tuple[dict[str, Any], list[str]]:
        log = tmp_path / f"{fault}.log"
        ran = subprocess.run(
            [sys.executable, HERE / "load.py", tree, log, fault, str(every), str(threads)],
            env={**os.environ, "LD_PRELOAD": str(shim)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert not ran.stderr
        return json.loads(ran.stdout), log.read_text().splitlines()

    return call


def paths_of(tree: Path, rows: list[int]) -> list[str]:
    samples = Samples.from_directory(tree)
    return [samples.path(row) for row in rows]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("every", [1, 3, 7])
def test_files_that_fail_to_be_read_are_the_ones_reported(run, tree, every, threads):
    sound, _ = run("none", threads=threads)
    found, failed = run("eio", every, threads)
    rows = [row for row, _, _ in found["errors"]]
    assert sorted(failed) == sorted(paths_of(tree, rows))
    assert len(rows) == COUNT // every
    assert {(status, reason) for _, status, reason in found["errors"]} == {
        ("READ_ERROR", "reading failed (Input/output error)")
    }
    for row, (digest, good) in enumerate(zip(found["rows"], sound["rows"], strict=True)):
        assert (digest == good) == (row not in rows)
    assert found["again"] == COUNT


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize(("fault", "every"), [("eintr", 2), ("short", 1), ("short", 3)])
def test_interrupted_and_short_reads_change_nothing(run, fault, every, threads):
    sound, _ = run("none", threads=threads)
    found, happened = run(fault, every, threads)
    assert happened
    assert found == sound
    assert not found["errors"]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize(("call", "every"), [("memory", 2), ("malloc", 1), ("malloc", 7), ("malloc", 50)])
def test_memory_that_is_not_there_costs_the_sample_alone(run, call, every, threads):
    sound, _ = run("none", threads=threads)
    found, happened = run(call, every, threads)
    rows = [row for row, _, _ in found["errors"]]
    assert happened or call == "malloc"  # in which nothing can be written down
    assert rows
    assert {status for _, status, _ in found["errors"]} == {"OUT_OF_MEMORY"}
    for row, (digest, good) in enumerate(zip(found["rows"], sound["rows"], strict=True)):
        assert (digest == good) == (row not in rows)
    assert found["again"] == COUNT


def test_threads_that_cannot_be_started(run):
    sound, _ = run("none", threads=4)
    fewer, happened = run("threads", 2, threads=4)
    assert happened
    assert fewer == sound
    none, _ = run("threads", 1, threads=4)
    assert "no thread to decode with could be started" in none["error"]
    assert "ulimit -u" in none["error"]
    assert none["again"] == COUNT


@pytest.mark.parametrize("threads", THREADS)
def test_a_file_that_keeps_everybody_waiting_is_named(run, threads):
    sound, _ = run("none", threads=threads)
    found, stalled = run("stall", 10, threads)
    (text,) = found.pop("stalled")
    assert text in [f"{path!r} has kept the loader waiting for 1 s: is its file system there?" for path in stalled]
    assert {**found, "stalled": []} == sound


@pytest.mark.parametrize("threads", THREADS)
def test_an_interrupt_while_a_read_never_returns(shim, tree, tmp_path, threads):
    """The thread that hangs is replaced, the loader goes on, and the process ends, though that read never does."""
    log = tmp_path / "log"
    ran = run_file(HERE / "stuck_read.py", tree, log, threads, shim=shim)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("interrupted after")
    assert len(log.read_text().splitlines()) == 1


def test_descriptors_that_run_out_are_reported_and_come_back(tree):
    loader = Loader(Samples.from_directory(tree), (24, 24), COUNT, on_error="fill", max_bad=1.0, threads=2)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert loader.batch(0, 0)[2].sum() == COUNT
    held = [os.open(os.devnull, os.O_RDONLY)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(held) + 1, before[1]))
        with pytest.warns(BadSamplesWarning, match="40 of 40 samples were bad"):
            _, _, weights = loader.batch(1, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        os.close(held[0])
    assert not weights.any()
    assert {found.reason for found in loader.errors} == {"reading failed (Too many open files)"}
    assert loader.batch(2, 0)[2].sum() == COUNT


def test_files_that_change_under_the_reader(tree, tmp_path):
    moving = tmp_path / "moving"
    shutil.copytree(tree, moving)
    samples = Samples.from_directory(moving)
    files = [Path(path) for path in samples.paths()]
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:300])
    files[2].write_bytes(files[2].read_bytes() + bytes(5000))
    files[3].unlink(), files[3].mkdir()
    files[4].unlink(), os.mkfifo(files[4])
    files[5].unlink(), files[5].symlink_to("/dev/zero")
    files[6].unlink(), files[6].symlink_to(files[6])
    loader = Loader(samples, (24, 24), COUNT, on_error="skip", max_bad=1.0)
    with pytest.warns(BadSamplesWarning, match="6 of 40"):
        assert len(loader.batch(0, 0)[0]) == COUNT - 6
    assert {found.index: found.status.name for found in loader.errors} == {
        **{0: "NOT_FOUND", 1: "TRUNCATED", 3: "NOT_A_FILE", 4: "NOT_A_FILE", 5: "NOT_A_FILE", 6: "READ_ERROR"}
    }


OUT_OF_MEMORY = """
import resource
big, small = samples.path(0), samples.path(1)
def status(path):
    try:
        fastseq.decode_batch([path], (32, 32), interpolation="cv2.linear", strict=True)
        return "OK"
    except fastseq.DecodeError as error:
        return error.status.name

assert status(small) == "OK"
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
before = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (used + (8 << 20), before[1]))
assert [status(big), status(small)] == ["OUT_OF_MEMORY", "OK"]
resource.setrlimit(resource.RLIMIT_AS, before)
assert [status(big), status(small)] == ["CORRUPT", "OK"]
"""


def test_an_image_that_is_too_large_for_the_memory_that_is_left(tmp_path):
    bomb = claiming(jpeg(photo(40, 50, seed=1), progressive=True, subsampling="4:2:0"), 9000, 9000)
    (tmp_path / "0.jpg").write_bytes(bomb)
    (tmp_path / "1.jpg").write_bytes(jpeg(photo(40, 50, seed=1)))
    assert_silent(run_program(OUT_OF_MEMORY, str(tmp_path)))


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path):
    samples = Samples.from_files([tmp_path / f"{k}.jpg" for k in range(300)], [0] * 300)
    loader = Loader(samples, (8, 8), 1, on_error="fill", max_bad=1.0)
    loader.batch(0, 0)
    kept = tmp_path / "bad.jsonl"
    loader.errors.write(kept)
    before = kept.read_bytes()
    for k in range(1, 299):
        loader.batch(0, k)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
        with pytest.raises(OSError, match="File too large"):
            loader.errors.write(kept)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jsonl"]
    assert kept.read_bytes() == before
    loader.errors.write(kept)
    assert len(kept.read_text().splitlines()) == 299


UNMOUNTED = """
import subprocess, warnings
warnings.simplefilter("ignore", fastseq.BadSamplesWarning)
tree, folder = sys.argv[1:]
subprocess.run(["cp", "-r", tree, folder], check=True)
samples = fastseq.Samples.from_directory(os.path.join(folder, os.path.basename(tree)))
loader = fastseq.Loader(samples, (24, 24), 4, on_error="fill", max_bad=1.0, prefetch_bytes=0)
batches = iter(loader)
assert all(next(batches)[2].all() for _ in range(5))
try:
    with open(os.path.join(folder, "filler"), "wb") as file:
        file.write(bytes(2 << 20))
except OSError:
    pass
try:
    loader.errors.write(os.path.join(folder, "list"))  # empty: takes no space
    loader.errors.add(fastseq.BadSample(0, "a" * 5000, fastseq.Status.EMPTY, "", 0))
    loader.errors.write(os.path.join(folder, "list"))
    raise AssertionError("there was space")
except OSError as error:
    assert "No space left" in str(error), error
assert open(os.path.join(folder, "list")).read() == ""
subprocess.run(["umount", "-l", folder], check=True)
assert not any(weights.any() for _, _, weights in batches)
assert {found.status.name for found in loader.errors if found.index} == {"NOT_FOUND"}
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], capture_output=True, check=False)


def test_a_file_system_that_is_full_and_goes_away(tree, small_disk):
    assert_silent(run_program(UNMOUNTED, str(tree), str(small_disk)))


ALL_STUCK = """
import ctypes, time
shim = ctypes.CDLL(None)
threads, batch_size = int(sys.argv[3]), int(sys.argv[4])
loader = fastseq.Loader(samples, (24, 24), batch_size, threads=threads)
shim.arm(6, 1, sys.argv[2].encode())
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    for _ in loader:
        pass
except KeyboardInterrupt:
    shim.disarm()
    assert sum(len(batch) for batch in loader) == len(samples)
    tasks = len(os.listdir("/proc/self/task"))
    assert tasks <= 3 * threads + 8, tasks
    print("interrupted")
"""


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 4), (4, 1), (16, 1)])
def test_an_interrupt_while_no_read_returns(shim, tree, tmp_path, monkeypatch, threads, batch_size):
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    ran = run_program(ALL_STUCK, str(tree / "a"), str(tmp_path / "log"), str(threads), str(batch_size))
    assert_silent(ran)
    assert ran.stdout == "interrupted\n"


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        *(("tensorflow", kind) for kind in ("ImageSequence", "Sequence", "dataset")),
        *((backend, kind) for backend in ("jax", "torch") for kind in ("ImageSequence", "Sequence")),
    ],
)
def test_an_interrupt_of_fit_while_a_read_never_returns(shim, tree, tmp_path, backend, kind):
    """TensorFlow waits for batches in threads of its own, which Python does not tell of signals."""
    ran = run_file(HERE / "stuck_fit.py", tree, tmp_path / "log", kind, shim=shim, timeout=120, KERAS_BACKEND=backend)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("interrupted after")


def test_a_file_that_opencv_decodes_is_read_once(tmp_path, monkeypatch):
    """The native core reads a file, finds that it does not decode it, and hands its bytes to OpenCV."""
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(photo(20, 30), "bmp"))
    expected = decode_batch([path], (8, 8))
    finish_sample = pending_batch.finish_sample

    def finish_without_file(*arguments):
        path.unlink()
        finish_sample(*arguments)

    monkeypatch.setattr(pending_batch, "finish_sample", finish_without_file)
    np.testing.assert_array_equal(decode_batch([path], (8, 8)), expected)


@pytest.mark.parametrize("error", [MemoryError(), cv2.error("Insufficient memory")])
def test_memory_that_opencv_does_not_get(tmp_path, monkeypatch, error):
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(photo(20, 30), "bmp"))
    if isinstance(error, cv2.error):
        error.code = cv2.Error.StsNoMem

    def failing(*_):
        raise error

    monkeypatch.setattr(cv2, "imdecode", failing)
    with pytest.raises(DecodeError) as caught:
        decode_batch([path], (8, 8))
    assert caught.value.status.name == "OUT_OF_MEMORY"
