"""Sets of pictures that several files share, and a program."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import coefficients
import pytest
from images import folder

from fastseq import Samples


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three class folders with nine JPEGs each, of differing sizes."""
    return folder(tmp_path_factory.mktemp("pictures") / "tree", per_class=9)


@pytest.fixture(scope="session")
def samples(tree: Path) -> Samples:
    """The 27 pictures of `tree`."""
    return Samples.from_directory(tree)


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras on the lightest of its back ends: for what computes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "numpy")
        return importlib.import_module("keras")


@pytest.fixture(scope="session")
def compare_coefficients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of compare_coefficients.cpp."""
    return coefficients.build(tmp_path_factory.mktemp("compare"))
