"""A thread whose read hangs is abandoned and replaced, and touches nothing when it returns.

Preloads the shim of ../faults behind whatever is preloaded already, so that sanitizers see it too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from images import jpeg, photo

SCRIPT = """
import ctypes, gc, os, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from fastseq._native.job import Pool
from native.native import finish, recipe, start

STALL = 6
shim = ctypes.CDLL(None)
made = recipe((16, 16))
path, log, threads = sys.argv[2].encode(), sys.argv[3].encode(), int(sys.argv[4])
on = Pool(threads)
expected = np.zeros((1, made.slot_bytes), np.uint8)
assert finish(start([path], made, expected, paths=True, on=on)) == ["OK"]

def tasks():
    return len(os.listdir("/proc/self/task"))

before = tasks()
for _ in range(20):
    shim.arm(STALL, 1, log)
    out = np.full((8, made.slot_bytes), 77, np.uint8)
    job = start([path] * 8, made, out, paths=True, on=on)
    while job.first_pending() < 0:
        pass
    job.cancel()
    assert finish(job) == ["CANCELLED"] * 8
    out[:] = 5
    del job
    gc.collect()
    shim.disarm()  # the reads return
    other = np.full((20, made.slot_bytes), 77, np.uint8)
    assert finish(start([path] * 20, made, other, paths=True, on=on)) == ["OK"] * 20
    assert (other == expected).all()
    assert (out == 5).all()
    if _ % 5 == 4:
        del on  # perhaps before the lost threads have come back
        on = Pool(threads)
while tasks() > before:
    os.sched_yield()
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_an_abandoned_read_that_returns_late(shim: Path, tmp_path: Path, threads: int) -> None:
    image = tmp_path / "a.jpg"
    image.write_bytes(jpeg(photo(40, 50, seed=1)))
    tests = Path(__file__).parents[1]
    preload = " ".join([os.environ.get("LD_PRELOAD", ""), str(shim)]).strip()
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, tests, image, tmp_path / "log", str(threads)],
        env={**os.environ, "LD_PRELOAD": preload},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
