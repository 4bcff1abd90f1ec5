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


# The Debian suites that have the sources of a Python, and what configure is told.
_SOURCES = {
    "3.11": ("bookworm", "python3.11"),
    "3.13t": ("trixie", "python3.13", "--disable-gil"),
    "3.14t": ("forky", "python3.14", "--disable-gil"),
}


def find_python(version: str) -> Path | None:
    """An interpreter of CPython `version` with headers of its own; None without one, and sources to build it from.

    Debian's own will not do: its headers lie in folders of the compiler of the system.
    """
    prefix = folder("pythons") / version
    built = prefix / "bin" / f"python{version}"
    here = [built, *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))]
    found = next((path for path in here if path.exists()), None)
    if found is None and version in _SOURCES:
        suite, package, *options = _SOURCES[version]
        print(f"CPython {version}: to be built from the sources of {package} in {suite}", flush=True)
        ended = subprocess.run([HERE / "build_python", suite, package, prefix, *options], check=False)
        found = built if ended.returncode == 0 else None
    return found


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
