"""ImageSequence and the drop-ins on each back end: the scenarios of backends/driver.py, in one process for each."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from backends.drop_ins import CASES

DRIVER = Path(__file__).parent / "backends" / "driver.py"
SCENARIOS = [
    node.name
    for node in ast.parse(DRIVER.read_text()).body
    if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "scenario" for d in node.decorator_list)
] + [*CASES]


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory) -> dict[str, str]:
    backend = request.param
    ran = subprocess.run(
        [sys.executable, DRIVER, tmp_path_factory.mktemp(backend)],
        env={**os.environ, "KERAS_BACKEND": backend},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    results = json.loads(ran.stdout.splitlines()[-1])
    assert list(results) == SCENARIOS
    return results


@pytest.mark.parametrize("outcomes", ["tensorflow", "jax", "torch"], indirect=True, scope="module")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(outcomes, scenario):
    assert outcomes[scenario] == "ok", outcomes[scenario]
