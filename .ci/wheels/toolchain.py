"""Zig's clang as a compiler for old Linuxes and other processors: it brings the headers and stubs of each libc."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from cache import HERE, folder

_COMMANDS = ("cc", "c++", "ar", "ranlib")
_GLIBC = "2.17"


@dataclass(frozen=True)
class Platform:
    """What a wheel runs on.

    Attributes:
        arch: the processor, "x86_64" or "aarch64".
        libc: "glibc" or "musl".
    """

    arch: str
    libc: str

    @property
    def zig_target(self) -> str:
        """Zig's name of it, with the oldest glibc to run on."""
        return f"{self.arch}-linux-gnu.{_GLIBC}" if self.libc == "glibc" else f"{self.arch}-linux-musl"

    @property
    def wheel_tag(self) -> str:
        """The platform tag of its wheels."""
        if self.libc == "glibc":
            return f"manylinux_2_17_{self.arch}.manylinux2014_{self.arch}"
        return f"musllinux_1_2_{self.arch}"

    def __str__(self) -> str:
        return f"{self.arch}-{self.libc}"


@cache
def tools() -> Path:
    """The `bin` folder of an environment with the pinned build tools."""
    requirements = HERE / "requirements.txt"
    name = f"{sha256(requirements.read_bytes()).hexdigest()[:12]}-{sys.version_info.major}.{sys.version_info.minor}"
    root = folder("tools") / name
    if not (root / "complete").exists():
        venv.create(root, with_pip=True, clear=True)
        install: list[str | Path] = [
            root / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            requirements,
        ]
        subprocess.run(install, check=True)
        (root / "complete").touch()
    return root / "bin"


def zig() -> Path:
    """The zig program of the tools."""
    (program,) = tools().parent.glob("lib/python*/site-packages/ziglang/zig")
    return program


def run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    """Run a command, whose output is told only if it fails.

    Raises:
        SystemExit: if it fails.
    """
    ended = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"{ended.stdout[-10_000:]}\nfailed ({ended.returncode}): {' '.join(map(str, command))}")


def toolchain(platform: Platform) -> dict[str, str]:
    """Environment variables for builds for a platform: CC, CXX, AR, RANLIB, and where zig keeps what it builds."""
    home = folder("toolchains", str(platform))
    for command in _COMMANDS:
        target = f" -target {platform.zig_target}" if command in ("cc", "c++") else ""
        script = home / command
        script.write_text(f'#!/bin/sh\nexec "{zig()}" {command}{target} "$@"\n')
        script.chmod(0o755)
    return {
        **os.environ,
        "CC": str(home / "cc"),
        "CXX": str(home / "c++"),
        "AR": str(home / "ar"),
        "RANLIB": str(home / "ranlib"),
        "ZIG_GLOBAL_CACHE_DIR": str(folder("zig")),
        "ZIG_LOCAL_CACHE_DIR": str(folder("zig")),
        "PATH": f"{tools()}{os.pathsep}{os.environ['PATH']}",
    }
