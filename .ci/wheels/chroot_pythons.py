"""Every CPython that can be had for a chroot: Debian's own, one of this machine's, or one built for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from built_pythons import NotBuiltError, built
from chroots import Chroot, ChrootError

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")
MUSL_VERSIONS = ("3.13", "3.13t")
_LOCAL_LIBRARIES = ("libbz2-1.0", "libffi8", "liblzma5", "libreadline8", "libsqlite3-0", "libssl3", "zlib1g")


@dataclass(frozen=True)
class Python:
    """A Python in a chroot: the command that starts it, and the folders that must be bound for it."""

    version: str
    origin: str
    command: str
    binds: dict[Path, str] = field(default_factory=dict)


class NoPythonError(Exception):
    """There is no such Python; the message says why."""


def python_for(version: str, libc: str, place: Chroot) -> Python:
    """The best Python of a version for a chroot; raise `NoPythonError` if there is none."""
    finders: list[Callable[[str, Chroot], Python]] = [_debian, _local, _built]
    modules = "ssl, zlib, venv"
    if libc == "musl":
        finders = [functools.partial(_built, libc=libc)]
        modules = "zlib, venv"
    reasons = []
    for find in finders:
        try:
            found = find(version, place)
            with place.session(found.binds) as session:
                ran = session.run(f"{found.command} -c 'import {modules}'")
            if ran.returncode == 0:
                return found
            reasons.append(f"{found.origin}: {ran.stderr.strip().splitlines()[-1]}")
        except NoPythonError as error:
            reasons.append(str(error))
    raise NoPythonError("; ".join(reasons))


def _debian(version: str, place: Chroot) -> Python:
    if (place.root / f"usr/lib/python{version}/ensurepip").exists():
        return Python(version, "Debian", f"python{version}")
    package = f"python{version}-venv"
    with place.session() as session:
        known = session.run(f"apt-cache show {package}").returncode == 0
    if not known:
        raise NoPythonError(f"{place.suite} has no {package}")
    try:
        place.install(package)
    except ChrootError as error:
        raise NoPythonError(str(error)) from error
    return Python(version, "Debian", f"python{version}")


def _local(version: str, place: Chroot) -> Python:
    prefixes = Path.home().glob(f".pyenv/versions/{version}.*")
    prefix = next((path for path in prefixes if (path / f"bin/python{version}").exists()), None)
    if place.arch != "amd64" or prefix is None:
        raise NoPythonError(f"none on this machine for {place.arch}")
    if place.suite != "bullseye":  # which has none of these libraries, and an older glibc than Pythons that want them
        place.install(*_LOCAL_LIBRARIES)
    return Python(version, "local", f"{prefix}/bin/python{version}", {prefix: str(prefix)})


def _built(version: str, place: Chroot, libc: str = "glibc") -> Python:
    if place.arch != "amd64":
        raise NoPythonError("not built under emulation")
    if libc == "musl":
        place.install("musl")
    try:
        prefix = built(version, libc)
    except NotBuiltError as error:
        raise NoPythonError(str(error)) from error
    return Python(version, "built", f"{prefix}/bin/python3", {prefix: str(prefix)})
