"""Runs what the documentation shows: see `blocks` for what a page may say in comments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

RUNNER = Path(__file__).parent / "runner.py"


def run(items: Sequence[str], scratch: Path) -> dict[str, dict[str, str]]:
    """Run pages and scripts of the project in one process.

    Returns:
        For each of them "output", and "error": a traceback, or "".
    """
    path = os.pathsep.join(str(folder) for folder in (RUNNER.parents[1], RUNNER.parents[2] / "examples"))
    ran = subprocess.run(
        [sys.executable, RUNNER, scratch, *items],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    outcomes: dict[str, dict[str, str]] = json.loads(ran.stdout.splitlines()[-1])
    return outcomes
