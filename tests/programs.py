"""Helpers that run a program in a subprocess."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

TIMEOUT = 60  # seconds; only a hang comes near it
PYTHON = (sys.executable, "-W", "ignore:This process:DeprecationWarning")  # 3.12 and later warn of forks beside threads


def run(code: str, *arguments: str, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[str]:
    """Run code with `fastseq`, `np` and `samples`, the files of the folder in the first argument, already defined."""
    start = """
        import os, sys, signal, threading
        import numpy as np
        import fastseq
        samples = fastseq.Samples.from_files(sorted(os.path.join(sys.argv[1], n) for n in os.listdir(sys.argv[1])))
        def loader_of(**options):
            return fastseq.Loader(samples, (32, 32), 2, shuffle=True, **options)
    """
    program = textwrap.dedent(start) + textwrap.dedent(code)
    command = [*PYTHON, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def run_file(
    file: Path, *arguments: object, shim: Path, timeout: float = TIMEOUT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python file with the shim preloaded."""
    return subprocess.run(
        [sys.executable, file, *map(str, arguments)],
        env={**os.environ, "LD_PRELOAD": str(shim), **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def assert_silent(ran: subprocess.CompletedProcess[str], status: int = 0) -> None:
    assert (ran.returncode, ran.stderr) == (status, ""), ran
