"""The Pythons that wheels are built for: those of this machine, or ones that were built for this."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

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
    """An interpreter of CPython `version` with headers of its own, as built from its sources; None if there is none.

    Debian's will not do: its headers lie in folders of the compiler of the system.
    """
    candidates = [folder("pythons") / version / "bin" / f"python{version}"]
    candidates += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    candidates += sorted(Path("/opt/python").glob(f"{version}/bin/python{version}"))
    return next((path for path in candidates if path.exists()), None)


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
