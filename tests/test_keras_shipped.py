"""fastseq's classes pass every test shipped with Keras that Keras's own classes pass."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

PLUGINS = Path(__file__).parent / "shipped"
ADAPTER = ["trainers/data_adapters/py_dataset_adapter_test.py", "trainers/epoch_iterator_test.py"]
DIRECTORY = ["utils/image_dataset_utils_test.py"]


def begun(backend: str, files: list[str], report: Path, *options: str) -> subprocess.Popen[str]:
    """Start pytest without this project's settings; it writes the tests that passed to `report`."""
    (root,) = find_spec("keras").submodule_search_locations
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    arguments = ["-q", "-c", os.devnull, "-p", "no:cacheprovider", f"--rootdir={report.parent}", f"--junitxml={report}"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments, *options, *(f"{root}/src/{file}" for file in files)],
        env={**environment, **quiet, "KERAS_BACKEND": backend, "PYTHONPATH": str(PLUGINS)},
        cwd=report.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def passed(run: subprocess.Popen[str], report: Path) -> tuple[set[str], str]:
    """Return the names of the tests that passed, and the output of the run."""
    try:
        output, _ = run.communicate(timeout=600)
    finally:
        run.kill()
    assert report.exists(), output
    cases = ElementTree.parse(report).iter("testcase")
    return {f"{case.get('classname')}.{case.get('name')}" for case in cases if case.find("*") is None}, output


@pytest.mark.parametrize(
    ("backend", "files"), [("tensorflow", [*ADAPTER, *DIRECTORY]), ("jax", ADAPTER), ("torch", ADAPTER)]
)
def test_what_passes_with_keras_passes_with_ours(backend, files, tmp_path):
    with (
        begun(backend, files, tmp_path / "theirs.xml") as theirs,
        begun(backend, files, tmp_path / "ours.xml", "-p", "fastseq_in_keras") as ours,
    ):
        expected, _ = passed(theirs, tmp_path / "theirs.xml")
        actual, output = passed(ours, tmp_path / "ours.xml")
    assert len(expected) >= 40
    assert expected <= actual, f"{sorted(expected - actual)}\n{output}"
