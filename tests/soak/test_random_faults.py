"""A long run with random read and allocation failures: no hang, no leak, and an exact list of bad samples."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from images import folder
from programs import run_file

SECONDS = float(os.environ.get("FASTSEQ_SOAK_SECONDS", "3600"))


@pytest.mark.soak
def test_an_hour_of_random_faults(shim, tmp_path, figure):
    tree = folder(tmp_path / "tree", ("a", "b"), 100)
    program = Path(__file__).parents[1] / "faults" / "random_faults.py"
    ran = run_file(program, tree, tmp_path / "log", SECONDS, shim=shim, timeout=SECONDS + 300)
    assert (ran.returncode, ran.stderr) == (0, "")
    seen = json.loads(ran.stdout)
    figure(f"{SECONDS:.0f} s: {seen}")
    assert seen["bad"] > 0
    assert seen["interrupted"] > 0
    assert seen["resumed"] > 0
    before, after = seen["before"], seen["after"]
    assert after[0] - before[0] <= 4 << 20
    assert after[1:] == before[1:]
