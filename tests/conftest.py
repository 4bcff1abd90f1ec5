"""Image sets and programs that several test files share, and a summary of what long runs measured."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import coefficients
import pytest
from images import encoded, folder, jpeg, photo
from object_server import ObjectServer

from fastseq import Samples

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three class folders with nine JPEGs of different sizes each."""
    return folder(tmp_path_factory.mktemp("images") / "tree", per_class=9)


@pytest.fixture(scope="session")
def samples(tree: Path) -> Samples:
    """The 27 images of `tree`."""
    return Samples.from_directory(tree)


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 larger files; every sixth is a WebP, which OpenCV decodes."""
    root = tmp_path_factory.mktemp("big")
    for i in range(24):
        image = photo(500, 700, seed=i % 4)
        (root / f"{i:02d}").write_bytes(jpeg(image, subsampling="4:2:0") if i % 6 else encoded(image, "webp"))
    return root


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of faults/shim.c, for LD_PRELOAD."""
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    compiler, source = os.environ.get("CC", "cc"), Path(__file__).parent / "faults" / "shim.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", source, "-o", library, "-ldl"], check=True)
    return library


@pytest.fixture
def run_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `fastseq check` in `tmp_path`; takes its words, and returns typer's result."""
    import typer
    from typer.testing import CliRunner

    from fastseq.cli.check import check

    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(check)

    def call(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "120"}, catch_exceptions=False)

    return call


class EverySource(NamedTuple):
    """A set of images as each kind of source; see backends/sources.py.

    Attributes:
        folder: those on the disk.
        url: the store; "" if what reads it is not installed.
        alone: the numbers of the images in each batch of each epoch, as one process reads them, by source.
        environment: variables for the processes that read them.
    """

    folder: Path
    url: str
    alone: dict[str, list[list[list[int]]]]
    environment: dict[str, str]


@pytest.fixture(scope="session")
def every_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EverySource]:
    """A set of 22 images as each kind of source."""
    from backends.sources import publish, read_sources, write_sources

    folder, count = tmp_path_factory.mktemp("sources"), 22
    write_sources(count, folder)
    environment = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    with ObjectServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        url = publish(folder, server) if importlib.util.find_spec("obstore") else ""
        alone = read_sources(folder, url)
        patch.undo()
        for epochs in alone.values():
            for batches in epochs:
                assert sorted(i for batch in batches for i in batch) == list(range(count))
        yield EverySource(folder, url, alone, environment)


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Keras on its NumPy back end, for tests that train nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "numpy")
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")  # JAX, which it imports, sets a lower one for programs
        return importlib.import_module("keras")


@pytest.fixture(scope="session")
def keras_image(keras: ModuleType) -> ModuleType:
    """The module of Keras's ImageDataGenerator."""
    return importlib.import_module("keras.src.legacy.preprocessing.image")


@pytest.fixture(scope="session")
def generators(keras_image: ModuleType) -> tuple[type, type]:
    """The two ImageDataGenerator classes, fastseq's first."""
    from fastseq.compat import ImageDataGenerator

    return ImageDataGenerator, keras_image.ImageDataGenerator


@pytest.fixture
def lock_folders(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make folders unreadable whose paths end with a text, also for root."""
    scandir = os.scandir

    def lock(end: str) -> None:
        def refuse(path: Any) -> Any:
            if str(path).endswith(end):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return lock


@pytest.fixture(scope="session")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The native decoders as a static library, for programs that call them."""
    return coefficients.build_decoders(tmp_path_factory.mktemp("decoders"))


@pytest.fixture(scope="session")
def compare_coefficients(decoders: Path) -> Path:
    """The program of compare_coefficients.cpp."""
    return coefficients.build("compare_coefficients", decoders)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function that adds a line to the figures printed at the end of the run."""
    said = request.config.stash.setdefault(FIGURES, [])
    return lambda text: said.append(f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    said = config.stash.get(FIGURES, [])
    if said:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(said))
