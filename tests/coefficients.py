"""The program that compares coefficients with libjpeg's: its build, and what it says of files."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The rooms of csrc/ that the decoders need, and no more: the kernels would take the compiler most of its time.
ROOMS = ("base", "jpeg")
# A sanitizer that is preloaded for Python is neither for the compiler nor for its program.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


@dataclass
class Verdict:
    """What became of a file: `word` is equal, left (to libjpeg) or different; where it is different, `where`."""

    word: str
    progressive: bool
    where: str


def build(folder: Path) -> Path:
    """Compile the program into `folder`."""
    program = folder / "compare_coefficients"
    packages = ["pkg-config", "--cflags", "--libs", "libjpeg", "libhwy"]
    libraries = subprocess.run(packages, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout
    core = [source for room in ROOMS for source in sorted((ROOT / "csrc" / room).glob("*.cpp"))]
    sources = [ROOT / "tests/native/compare_coefficients.cpp", *core]
    options = ["-std=c++17", "-O1", *["-mssse3"] * (os.uname().machine == "x86_64"), f"-I{ROOT / 'csrc'}"]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, *options, *map(str, sources), *shlex.split(libraries), "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert built.returncode == 0, built.stderr
    return program


def compare(program: Path, files: Sequence[Path]) -> list[Verdict]:
    """Let the program judge files."""
    command = [str(program), *map(str, files)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.splitlines()
    assert len(lines) == len(files)
    return [Verdict(word, kind == "progressive", where) for word, kind, where in (line.split("\t") for line in lines)]
