"""Decodes batches in another process with libjpeg-turbo only."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from native.native import Batch, run

Order = tuple[tuple[Any, ...], dict[str, Any]]  # args and kwargs of `run`


def run_with_libjpeg(orders: Iterable[Order]) -> list[Batch]:
    """Call `run` with each of the arguments in a process with FASTSEQ_DECODER=libjpeg."""
    environment = {"FASTSEQ_DECODER": "libjpeg", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-m", "native.libjpeg_process"],
        input=pickle.dumps(list(orders)),
        capture_output=True,
        env=os.environ | environment,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b""), ran.stderr
    batches: list[Batch] = pickle.loads(ran.stdout)
    return batches


if __name__ == "__main__":
    pickle.dump([run(*arguments, **options) for arguments, options in pickle.load(sys.stdin.buffer)], sys.stdout.buffer)
