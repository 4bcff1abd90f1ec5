"""A state after every batch, each loaded in a new process with another number of threads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from test_state import digests, epochs, loader_of, walk

pytestmark = pytest.mark.soak

REST = """
import json, sys
sys.path.insert(0, sys.argv[1])
from fastseq import Samples
from test_state import digests, loader_of
state, threads, prefetch_bytes = json.loads(sys.argv[3])
loader = loader_of(Samples.from_directory(sys.argv[2]), threads=threads, prefetch_bytes=prefetch_bytes)
loader.load_state_dict(state)
print(json.dumps(digests(loader) + digests(loader)))
"""


def test_every_state_resumes_in_a_new_process(samples, tree, request, figure):
    tests = request.config.rootpath / "tests"
    loader = loader_of(samples, threads=1)
    expected, length = epochs(loader, 4), len(loader)
    for steps in range(2 * length + 1):
        first = loader_of(samples, threads=1)
        walk(first, steps)
        given = json.dumps([first.state_dict(), 1 + steps % 4, (0, 40_000, None)[steps % 3]])
        ran = subprocess.run(
            [sys.executable, "-c", REST, tests, tree, given], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout) == expected[steps : length * (2 + steps // length)]
    figure(f"{2 * length + 1} snapshots, each with the rest of its epoch and the next")
    assert digests(loader) == expected[:length]
