"""The command line: the parts of the demo, its error messages, and one complete run."""

from __future__ import annotations

import importlib.metadata
import io
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import images
import numpy as np
import pytest
import typer
from PIL import Image
from rich.console import Console

import fastseq
from fastseq.cli.demo import GRID, LIMIT, demo
from fastseq.cli.main import main
from fastseq.demo.images import PHOTOGRAPHS, make_set
from fastseq.demo.speeds import Speed, speed_table


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.jpeg(images.photo(40, 50)))


@pytest.fixture
def rejected(tmp_path, monkeypatch, capsys):
    """Run the demo on a folder, in `tmp_path`, and return its error message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")

    def run(folder: Path | None) -> str:
        with pytest.raises(typer.Exit) as exit_:
            demo(folder)
        assert exit_.value.exit_code == 1
        return capsys.readouterr().err

    return run


def test_the_generated_set_has_jpegs_of_realistic_size(tmp_path):
    samples = make_set(tmp_path, per_class=2)
    assert samples.classes == tuple(sorted(PHOTOGRAPHS))
    assert np.bincount(samples.labels).tolist() == [2] * len(PHOTOGRAPHS)
    for path in samples.paths():
        with Image.open(path) as image:
            image.load()
            assert (image.format, sorted(image.size)) == ("JPEG", [375, 500])


def test_the_generated_set_is_deterministic_and_has_no_duplicates(tmp_path):
    sets = []
    for name in "ab":
        (tmp_path / name).mkdir()
        sets.append([Path(p).read_bytes() for p in make_set(tmp_path / name, per_class=3).paths()])
    assert sets[0] == sets[1]
    assert len(set(sets[0])) == len(sets[0])


def test_table_shows_each_speed():
    out = io.StringIO()
    Console(file=out, width=80).print(speed_table([Speed("one way", 1, 900.4), Speed("another", 2, 12345)]))
    assert [row.split("│")[1:4] for row in out.getvalue().splitlines() if "│" in row] == [
        [" one way ", "       1 ", "        900 "],
        [" another ", "       2 ", "     12,345 "],
    ]


EXTRAS = ("cv2", "typer", "rich", "matplotlib", "PIL", "xxhash", "skimage", "keras", "tensorflow")


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where only what fastseq always needs is installed."""
    absent = "".join(f"sys.modules[{name!r}] = None; " for name in EXTRAS)
    code = f"import sys; {absent}from fastseq.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_needs_no_extra(option):
    ran = bare(option)
    assert (ran.returncode, ran.stderr) == (0, "")
    for word in ("check", "index", "demo", "--version"):
        assert word in ran.stdout


def test_version_needs_no_extra_and_matches_the_distribution():
    ran = bare("--version")
    lines = [f"{name}: {text}" for name, text in fastseq.build_info().items()]
    expected = "\n".join([f"fastseq {fastseq.__version__}", *lines, ""])
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, expected, "")
    assert importlib.metadata.version("fastseq-loader") == fastseq.__version__


def test_the_module_is_the_command():
    command = [sys.executable, "-m", "fastseq", "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.startswith(f"fastseq {fastseq.__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("chekc",), ("--chekc",)])
def test_no_command_prints_help(arguments):
    ran = bare(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Usage: fastseq" in ran.stderr
    assert all(f"there is no command '{name}'" in ran.stderr for name in arguments)


@pytest.mark.parametrize(
    ("command", "needs", "extra"),
    [
        ("check", "typer and rich and matplotlib and PIL and xxhash", "check"),
        ("index", "typer and rich", "cli"),
        ("demo", "typer and rich and matplotlib and cv2", "demo"),
    ],
)
def test_a_command_names_the_extra_it_needs(command, needs, extra):
    ran = bare(command, "photos")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f'fastseq: {command} needs {needs}: pip install "fastseq-loader[{extra}]"\n'


@pytest.mark.parametrize("command", ["check", "index", "demo"])
def test_a_command_has_help_of_its_own(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert f"fastseq {command}" in capsys.readouterr().out


def test_without_scikit_image_one_line_says_what_to_install(rejected, monkeypatch):
    monkeypatch.delitem(sys.modules, "skimage.data", raising=False)
    monkeypatch.setitem(sys.modules, "skimage", None)
    message = rejected(None)
    assert message.startswith("fastseq: the demo needs skimage")
    assert message.endswith(': pip install "fastseq-loader[demo]"\n')


def test_a_missing_folder_is_rejected(rejected, tmp_path):
    assert f"{tmp_path / 'nowhere'} is not a folder" in rejected(tmp_path / "nowhere")


def test_a_folder_without_images_is_rejected(rejected, tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "notes.txt").touch()
    message = rejected(tmp_path)
    assert str(tmp_path) in message
    assert ".jpg" in message


def test_a_folder_without_class_folders_is_rejected(rejected, tmp_path):
    write_image(tmp_path / "0.jpg")
    assert "class folder" in rejected(tmp_path)


def test_a_single_class_is_rejected(rejected, tmp_path):
    write_image(tmp_path / "set" / "cat" / "0.jpg")
    (tmp_path / "set" / "dog").mkdir()
    message = rejected(tmp_path / "set")
    assert "one class folder only" in message
    assert "class folders without images: 'dog'" in message


def test_a_bad_image_is_named(rejected, tmp_path):
    bad = images.folder(tmp_path / "set") / "dog" / "001.jpg"
    bad.write_bytes(b"not an image")
    assert str(bad) in rejected(tmp_path / "set")


def test_an_unwritable_output_is_named(rejected, tmp_path):
    (tmp_path / GRID).mkdir()
    assert GRID in rejected(images.folder(tmp_path / "set"))


def test_trains_on_a_folder(tmp_path):
    images.folder(tmp_path / "set", per_class=LIMIT // 3 + 2)
    script = Path(sysconfig.get_path("scripts")) / "fastseq"
    # JAX, where an earlier test has imported it, leaves TensorFlow's log level in the environment.
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([script, "demo", "set"], cwd=tmp_path, env=quiet, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{LIMIT} of them are used" in done.stdout
    for words in ("Accuracy", "images / s", "fastseq.Loader", "cv2", "fastseq.ImageSequence"):
        assert words in done.stdout
    with Image.open(tmp_path / GRID) as grid:
        assert grid.format == "PNG"


def test_what_a_pack_gains(tmp_path):
    images.folder(tmp_path / "set")
    script = Path(sysconfig.get_path("scripts")) / "fastseq"
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [script, "demo", "--pack", "set"]
    done = subprocess.run(command, cwd=tmp_path, env=quiet, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("fastseq.pack, once", "random crops from its files", "random crops from the pack"):
        assert words in done.stdout
