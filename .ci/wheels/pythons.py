"""The Pythons that wheels are built for: those of this machine, or ones built here."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from built_pythons import NotBuiltError, built
from cache import HERE, folder


@dataclass(frozen=True)
class Abi:
    """A Python's binary interface.

    Attributes:
        tag: the wheels' Python and ABI tags, as in "cp311-abi3".
        version: the Python to build with, as in "3.11" or "3.13t".
    """

    tag: str
    version: str

    @property
    def is_stable(self) -> bool:
        """Whether later Pythons load it too."""
        return self.tag.endswith("abi3")

    @property
    def soabi(self) -> str:
        """The part of a module's file name before the platform's."""
        return "cpython-" + self.version.replace(".", "")


ABIS = [
    Abi("cp310-cp310", "3.10"),
    Abi("cp311-abi3", "3.11"),
    Abi("cp313-cp313t", "3.13t"),
    Abi("cp314-cp314t", "3.14t"),
]


def find_python(version: str) -> Path | None:
    """An interpreter of CPython `version` with headers of its own; None if there is none, and none can be built.

    Debian's own will not do: its headers lie in folders of the compiler of the system.
    """
    local = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    if local:
        return local[-1]
    try:
        return built(version) / "bin" / f"python{version}"
    except NotBuiltError as error:
        print(f"CPython {version}: {error}", flush=True)
        return None


def build_environment(interpreter: Path) -> Path:
    """The Python of an environment with the pinned build requirements."""
    requirements = HERE / "requirements-build.txt"
    identity = f"{interpreter.resolve()}{interpreter.stat().st_mtime}".encode() + requirements.read_bytes()
    root = folder("tools") / f"{interpreter.name}-{sha256(identity).hexdigest()[:12]}"
    python = root / "bin" / "python"
    if not (root / "complete").exists():
        subprocess.run([interpreter, "-m", "venv", "--clear", root], check=True)
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements]
        subprocess.run(install, check=True)
        (root / "complete").touch()
    return python
