"""What a wheel needs, downloaded here as wheels for another Python, so that it can be installed without a network."""

from __future__ import annotations

import email
import hashlib
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cache import folder

GLIBC_MINORS = range(31, 16, -1)  # 2.31 is the oldest among the chroots
MUSL_MINORS = range(2, 0, -1)


@dataclass(frozen=True)
class Wheel:
    """A wheel file of fastseq, by the tags in its name."""

    path: Path
    python: str
    abi: str
    libc: str
    machine: str

    @classmethod
    def parse(cls, path: Path) -> Wheel:
        """Read the tags of names such as x-1.0-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl."""
        python, abi, platforms = path.stem.split("-")[-3:]
        match = re.match(r"(many|musl)linux.*?_(x86_64|aarch64)(\.|$)", platforms)
        if match is None:
            raise ValueError(f"{path.name}: neither manylinux nor musllinux of a known machine")
        return cls(path, python, abi, {"many": "glibc", "musl": "musl"}[match[1]], match[2])

    @property
    def name(self) -> str:
        """Short, for tables."""
        return f"{self.python}-{self.abi}"

    def installs_on(self, version: str) -> bool:
        """Whether pip takes it for a Python, such as "3.13t"."""
        threaded = version.endswith("t")
        minor = int(version.removesuffix("t").split(".")[1])
        if self.abi == "abi3":
            return not threaded and minor >= int(self.python.removeprefix("cp3"))
        return self.abi == f"cp3{minor}" + "t" * threaded

    def requirements(self) -> list[str]:
        """Its Requires-Dist lines."""
        with zipfile.ZipFile(self.path) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            return email.message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


def wheelhouse(wheel: Wheel, version: str, extra: tuple[str, ...]) -> Path | None:
    """A folder with the wheels of everything that `wheel` and `extra` require; None if some have no wheel there."""
    key = hashlib.sha256(repr((sorted(wheel.requirements()), extra)).encode()).hexdigest()[:8]
    house = folder("wheelhouse") / f"{version}-{wheel.libc}-{wheel.machine}-{key}"
    if house.exists():
        return house
    with tempfile.TemporaryDirectory(prefix="making-", dir=house.parent) as scratch:
        target = Path(scratch, "target")
        command = [sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:", "--dest", str(target)]
        command += [*_tags(wheel, version), str(wheel.path), *extra]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
        if "No matching distribution" in ran.stderr or "ResolutionImpossible" in ran.stderr:
            return None
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)}: {ran.stderr.strip()[-800:]}")
        (target / wheel.path.name).unlink(missing_ok=True)  # it is named when it is installed
        target.rename(house)
    return house


CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def install_command(python: str, wheel: Wheel, extra: tuple[str, ...]) -> str:
    """The shell's command that makes /venv with a wheel in /dist, and what it and `extra` require in /wheelhouse.

    `CERTIFICATES` of this machine must be there as /certificates: Debian's pip does not start without any.
    """
    certificates = f"{{ [ -e {CERTIFICATES} ] || install -D /certificates {CERTIFICATES}; }}"
    pip = "/venv/bin/python -m pip install -q --disable-pip-version-check --no-index --find-links /wheelhouse"
    return f"{certificates} && {python} -m venv /venv && {pip} {shlex.join([f'/dist/{wheel.path.name}', *extra])}"


def _tags(wheel: Wheel, version: str) -> list[str]:
    """Options of pip for what a Python takes."""
    digits = version.removesuffix("t").replace(".", "")
    abis = [f"cp{digits}t", "none"] if version.endswith("t") else [f"cp{digits}", "abi3", "none"]
    if wheel.libc == "musl":
        platforms = [f"musllinux_1_{minor}_{wheel.machine}" for minor in MUSL_MINORS]
    else:
        platforms = [f"manylinux_2_{minor}_{wheel.machine}" for minor in GLIBC_MINORS]
        platforms.append(f"manylinux2014_{wheel.machine}")
    options = ["--implementation", "cp", "--python-version", version.removesuffix("t")]
    for abi in abis:
        options += ["--abi", abi]
    for platform in platforms:
        options += ["--platform", platform]
    return options
