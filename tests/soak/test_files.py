"""Hostile, damaged and good files: what each costs, and that each gets the right status."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from images import jpeg, photo
from native.native import run as decode
from native.test_limits import claiming, with_scans
from programs import run
from test_corpus import CLEAN, read

from fastseq import DecodeError, Loader, Samples, TooManyBadSamples

pytestmark = pytest.mark.soak

SIZE = (64, 64)
CORPUS = os.environ.get("FASTSEQ_CORPUS")


def milliseconds_of(data: bytes, status: str) -> float:
    """Return the best of five times to decode one file on one thread, in milliseconds."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        assert decode([data], SIZE, threads=1).statuses == [status]
        times.append(1000 * (time.perf_counter() - begun))
    return min(times)


def test_decompression_bombs_are_cheap_to_reject(figure):
    """Their memory use is tested in native/test_limits.py."""
    header = claiming(jpeg(photo(8, 8)), 56321, 7789)[:304]
    progressive = jpeg(photo(64, 64, seed=1), subsampling="4:2:0", progressive=True)
    many, wide = with_scans(progressive, 501), claiming(with_scans(progressive, 400), 3000, 3000)
    took = [
        milliseconds_of(header, "TOO_MANY_PIXELS"),
        milliseconds_of(many, "TOO_MANY_SCANS"),
        milliseconds_of(wide, "TOO_MUCH_SCAN_WORK"),
    ]
    figure("header bomb {:.2f} ms, scan bombs {:.2f} and {:.2f} ms".format(*took))
    assert took[0] < 5
    assert max(took[1:]) < 50


KINDS = ({}, {"progressive": True}, {"restart": 1}, {"gray": True}, {"optimize": True}, {"orientation": 6})


def test_good_files_are_accepted_and_truncated_ones_rejected(figure):
    rng = np.random.default_rng(1)
    files = []
    for k in range(1000):
        height, width = (int(side) for side in rng.integers(1, 200, 2))
        sampling = ("4:4:4", "4:2:0", "4:2:2")[k % 3]
        files.append(jpeg(photo(height, width, seed=k), int(rng.integers(1, 101)), sampling, **KINDS[k % len(KINDS)]))
    damaged = [data[: int(rng.integers(len(data) // 2, len(data) - 2))] for data in files]
    damaged += [data[: len(data) // 2] + bytes(len(data) - len(data) // 2) for data in files]
    files += [read(row) for row in CLEAN]
    assert set(decode(files, SIZE).statuses) == {"OK"}
    statuses = decode(damaged, SIZE).statuses
    assert "OK" not in statuses, [k for k, status in enumerate(statuses) if status == "OK"]
    figure(f"{len(files)} good files, none refused; {len(damaged)} cut or half zeroed ones, all flagged")


@pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning")
@pytest.mark.parametrize("policy", ["skip", "fill", "substitute"])
@pytest.mark.parametrize("max_bad", [None, 1.0])
def test_a_set_with_only_bad_files(tmp_path, policy, max_bad, figure):
    paths = [tmp_path / f"{k}.jpg" for k in range(20_000)]
    for path in paths[::2]:
        path.write_bytes(b"\xff\xd8\xff")
    loader = Loader(Samples.from_files(paths, [0] * len(paths)), SIZE, 64, on_error=policy, max_bad=max_bad)
    begun = time.monotonic()
    try:
        for _ in loader:
            pass
        ended = "at its end"
    except (TooManyBadSamples, DecodeError) as error:
        ended = f"by {type(error).__name__}"
    took = time.monotonic() - begun
    figure(f"20,000 bad files, {policy}, max_bad={max_bad}: {took:.2f} s, ended {ended}")
    assert took < 2


SILENT = """
paths = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names]
found = [0, 0]
for path in sorted(paths):
    if not open(path, "rb").read(2) == b"\\xff\\xd8":
        continue  # decoded by OpenCV
    for strict in (True, False):
        try:
            fastseq.decode_batch([path], (64, 64), strict=strict)
            found[0] += 1
        except fastseq.DecodeError:
            found[1] += 1
print(*found)
"""


@pytest.mark.skipif(not CORPUS, reason="FASTSEQ_CORPUS is not set")
def test_nothing_is_printed_to_stderr(figure):
    ran = run(SILENT, str(CORPUS), timeout=600)
    assert (ran.returncode, ran.stderr) == (0, "")
    good, bad = map(int, ran.stdout.split())
    figure(f"{good} decoded, {bad} refused, not a word")
