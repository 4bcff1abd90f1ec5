"""The benchmark scripts run with what the test environment has, and leave out rivals that are not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(script: str, *arguments: object, pythonpath: Path | str = "") -> subprocess.CompletedProcess[str]:
    """Run a benchmark script; modules in `pythonpath` hide installed ones."""
    return subprocess.run(
        [sys.executable, BENCHMARKS / script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(pythonpath)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


def test_a_rival_whose_shared_library_is_missing_is_left_out(tree: Path, tmp_path: Path) -> None:
    module = "class TurboJPEG:\n    def __init__(self):\n        raise RuntimeError('no library')\n"
    (tmp_path / "turbojpeg.py").write_text(module)
    options = ("--rounds", 1, "--threads", 1, "--workloads", "crop", "--only", "TurboJPEG")
    ran = run("table.py", tree, *options, pythonpath=tmp_path)
    assert "PyTurboJPEG with DCT scaling, thread pool is left out: " in ran.stderr
    assert "apt-get install libturbojpeg0" in ran.stderr
    assert "| cv2, plain loop" in ran.stdout
    assert "| PyTurboJPEG" not in ran.stdout


def test_a_rival_that_is_not_installed_is_left_out(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text("raise ModuleNotFoundError('No module named pandas', name='pandas')\n")
    options = ("--rounds", 1, "--threads", 1, "--workloads", "tutorial", "--only", "tutorial's DataGenerator")
    ran = run("table.py", tree, *options, pythonpath=tmp_path)
    assert "DataGenerator, Keras workers is left out: no module pandas: pip install pandas" in ran.stderr
    assert "DataGenerator" not in ran.stdout


def test_two_builds_are_compared(tree: Path) -> None:
    python = sys.executable
    options = ("--rounds", 2, "--processes", 1, "--only", "Loader, cv2.linear")
    ran = run("compare_builds.py", tree, "--base", python, "--new", python, *options)
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if "fastseq.Loader" in line]
    assert len(rows) == 2  # the whole image, and the tutorial's pipeline
    assert all(0 < float(row[1]) < 1000 and 0 < float(row[2]) < 1000 for row in rows)


def test_shards_are_measured(tree: Path) -> None:
    pytest.importorskip("datasets")
    ran = run("shards.py", tree, "--rounds", 1, "--threads", 1, "--copies", 1, "--index-gb", 0)
    titles = ("| files", "| tar", "| TF", "| Arrow", "| Parquet", "| zip")
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if line.startswith(titles)]
    assert len(rows) == 9
    assert all(0 < float(row[2]) < 1000 for row in rows)
    assert f"Index: {len(list(tree.rglob('*.jpg')))} images in 1 shards" in ran.stdout


def test_pngs_are_measured() -> None:
    ran = run("png.py", "--files", 2, "--rounds", 1)
    rows = [line.split(" | ") for line in ran.stdout.splitlines()[2:]]
    assert len(rows) == 8
    assert all(0 < float(row[-1].rstrip(" |")) < 1000 for row in rows)


def test_the_order_is_measured() -> None:
    ran = run("order.py", "--samples", 50_000, "--rounds", 1, "--mixed", 100_000)
    costs, mixing = (part.splitlines() for part in ran.stdout.split("\n\n", 1))
    rows = [line.split(" | ") for line in costs[2:]]
    units = ["ms", "ms", "µs", "µs", "µs", "MB", "ms", "µs", "MB", "s,", "s,"]
    assert [row[1].split()[1] for row in rows] == units
    assert [line.count(" | ") for line in mixing[-3:]] == [2, 2, 2]


def test_remote_shards_are_measured(tree: Path) -> None:
    pytest.importorskip("obstore")
    ran = run("remote.py", tree, "--rounds", 1, "--mb", 1, "--delay-ms", 1, "--faults", 0.1)
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if line.startswith(("| shards", "| behind"))]
    assert len(rows) == 3
    assert "First batch after" in ran.stdout


def test_packs_are_measured(tree: Path) -> None:
    ran = run("pack.py", tree, "--copies", 1, "--rounds", 1)
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if line.startswith(("| the", "| fastseq", "| files"))]
    assert [row[0] for row in rows] == [
        "| the bare work",
        "| fastseq.pack, 1 process",
        "| fastseq.pack, 2 processes",
        "| files in a folder",
        "| the pack",
    ]


def test_encodings_are_compared(tree: Path) -> None:
    ran = run("pack_encodings.py", tree, "--rounds", 1)
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if line.startswith(("| 7", "| 8", "| 9"))]
    assert len(rows) == 8
    assert all(20 < float(row[5]) < 60 for row in rows)


def test_the_pixel_cache_is_measured(tree: Path) -> None:
    ran = run("pixel_cache.py", tree, "--images", 8, "--epochs", 2)
    rows = [line.split(" | ") for line in ran.stdout.splitlines()[2:]]
    assert len(rows) == 8
    assert all(float(row[2].replace(",", "")) > 0 for row in rows)
