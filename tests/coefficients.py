"""Programs that call the decoders: their build, and what the one that compares coefficients says of files."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The rooms of csrc/ that the decoders need, and no more: the kernels would take the compiler most of its time.
ROOMS = ("base", "io", "jpeg", "rows")
# A sanitizer that is preloaded for Python is neither for the compiler nor for its program.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


@dataclass
class Verdict:
    """What became of a file: `word` is equal, left (to libjpeg) or different; where it is different, `where`."""

    word: str
    progressive: bool
    where: str


def build_decoders(folder: Path) -> Path:
    """Compile the decoders into a static library in `folder`."""
    sources = [source for room in ROOMS for source in sorted((ROOT / "csrc" / room).glob("*.cpp"))]
    objects = [folder / f"{source.stem}.o" for source in sources]
    for source, made in zip(sources, objects, strict=True):
        _compile("-c", str(source), "-o", str(made))
    library = folder / "decoders.a"
    subprocess.run(["ar", "rcs", library, *objects], check=True, env=ENVIRONMENT)
    return library


def build(name: str, decoders: Path) -> Path:
    """Compile tests/native/{name}.cpp and link it with the library of `build_decoders`, beside it."""
    program = decoders.parent / name
    _compile(str(ROOT / "tests" / "native" / f"{name}.cpp"), str(decoders), *_packages("--libs"), "-o", str(program))
    return program


def _compile(*arguments: str) -> None:
    options = ["-std=c++17", "-O1", *["-msse4.2", "-mpopcnt"] * (os.uname().machine == "x86_64"), f"-I{ROOT / 'csrc'}"]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, *options, *_packages("--cflags"), *arguments]
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert built.returncode == 0, built.stderr


@functools.cache
def _packages(option: str) -> list[str]:
    command = ["pkg-config", option, "libjpeg", "libhwy"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return shlex.split(found.stdout)


def compare(program: Path, files: Sequence[Path]) -> list[Verdict]:
    """Let the program judge files."""
    command = [str(program), *map(str, files)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.splitlines()
    assert len(lines) == len(files)
    return [Verdict(word, kind == "progressive", where) for word, kind, where in (line.split("\t") for line in lines)]
