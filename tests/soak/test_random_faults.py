"""A long run on a file system and a memory that fail at random: no hang, no growth, the list of bad samples exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from images import folder

SECONDS = float(os.environ.get("FASTSEQ_SOAK_SECONDS", "3600"))


@pytest.mark.soak
def test_an_hour(shim, tmp_path, figure):
    tree = folder(tmp_path / "tree", ("a", "b"), 100)
    program = Path(__file__).parents[1] / "faults" / "endure.py"
    ran = subprocess.run(
        [sys.executable, program, tree, tmp_path / "log", str(SECONDS)],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        timeout=SECONDS + 300,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    seen = json.loads(ran.stdout)
    figure(f"{SECONDS:.0f} s: {seen}")
    assert seen["bad"] > 0
    assert seen["interrupted"] > 0
    assert seen["resumed"] > 0
    before, after = seen["before"], seen["after"]
    assert after[0] - before[0] <= 4 << 20
    assert after[1:] == before[1:]
