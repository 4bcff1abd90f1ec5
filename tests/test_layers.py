"""The layers of the Python packages: imports only go down, and never in a circle."""

from __future__ import annotations

import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fastseq"
ABOVE_ROOT = ("fastseq.cli", "fastseq.demo")  # may import `fastseq` itself, which imports everything below


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import between modules of fastseq, those for type checkers included."""
    return grimp.build_graph("fastseq", cache_dir=None)


def test_the_contracts_of_pyproject_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", sys.path.copy())  # import-linter adds to it
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_modules_import_each_other(graph: grimp.ImportGraph) -> None:
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which lists the modules


def test_only_the_commands_import_the_package_itself(graph: grimp.ImportGraph) -> None:
    importers = graph.find_modules_that_directly_import("fastseq")
    assert [module for module in importers if not module.startswith(ABOVE_ROOT)] == []


def test_the_binding_imports_nothing_above_it() -> None:
    """Cython files are not in the graph."""
    files = sorted((PACKAGE / "_native").glob("*.p[yx][xd]*"))
    assert files
    above = [
        f"{path.name}: {line}"
        for path in files
        for line in path.read_text().splitlines()
        if re.match(r"\s*(from|c?import)\s+fastseq\b(?!\._native\b)", line)
    ]
    assert above == []
