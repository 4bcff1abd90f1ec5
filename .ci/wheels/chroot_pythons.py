"""Every CPython that can be had for a chroot: Debian's own, one of this machine's, or one built from Debian's sources.

`python chroot_pythons.py VERSION...` builds those versions, such as 3.13 or 3.13t, and prints their folders.
"""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cache import folder
from chroots import Chroot, ChrootError, chroot, mirror

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")
SOURCE_SUITES = ("bookworm", "trixie", "testing", "sid")

# Built on the oldest glibc, so that one build runs in every chroot.
_BUILDER = "bullseye"
_BUILDER_PACKAGES = ("gcc", "libc6-dev", "make", "pkg-config", "xz-utils", "libbz2-dev", "libffi-dev", "liblzma-dev",
                     "libsqlite3-dev", "libssl-dev", "zlib1g-dev")  # fmt: skip
_LOCAL_LIBRARIES = ("libbz2-1.0", "libffi8", "liblzma5", "libreadline8", "libsqlite3-0", "libssl3", "zlib1g")

# Arguments: the prefix, then configure's. The libraries that are not glibc's go along with it.
_BUILD = """
set -e
prefix=$1
shift
mkdir /build && cd /build && tar -xf /sources/*.orig.tar.?z --strip-components=1
nice ./configure -q --prefix="$prefix" --disable-test-modules "$@" LDFLAGS="-Wl,-rpath,$prefix/lib"
nice make -s -j"$(nproc)" && make -s install
find "$prefix" -name '*.so' -exec ldd {} + | awk '$2 == "=>" && $3 ~ "^/" {print $3}' | sort -u |
  grep -vE '/(ld-linux|lib(c|m|dl|rt|util|pthread|nsl|crypt))[-.0-9a-z_]*[.]so' | xargs -I{} cp -Ln {} "$prefix/lib/"
find "$prefix" -name '__pycache__' -prune -exec rm -r {} +
tar -cf /made/python.tar -C / "${prefix#/}"
"""


@dataclass(frozen=True)
class Python:
    """A Python in a chroot: the command that starts it, and the folders that must be bound for it."""

    version: str
    origin: str
    command: str
    binds: dict[Path, str] = field(default_factory=dict)


class NoPythonError(Exception):
    """There is no such Python; the message says why."""


def python_for(version: str, place: Chroot) -> Python:
    """The best Python of a version for a chroot; raise `NoPythonError` if there is none."""
    reasons = []
    for find in (_debian, _local, _built):
        try:
            found = find(version, place)
            with place.session(found.binds) as session:
                ran = session.run(f"{found.command} -c 'import ssl, zlib, venv'")
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
    prefixes = [*Path.home().glob(f".pyenv/versions/{version}.*"), Path("/opt/python", version)]
    prefix = next((path for path in prefixes if (path / f"bin/python{version}").exists()), None)
    if place.arch != "amd64" or prefix is None:
        raise NoPythonError(f"none on this machine for {place.arch}")
    if place.suite != "bullseye":  # which has none of these libraries, and an older glibc than Pythons that want them
        place.install(*_LOCAL_LIBRARIES)
    return Python(version, "local", f"{prefix}/bin/python{version}", {prefix: str(prefix)})


def _built(version: str, place: Chroot) -> Python:
    if place.arch != "amd64":
        raise NoPythonError("not built under emulation")
    try:
        made = built(version)
    except ChrootError as error:
        raise NoPythonError(str(error)) from error
    prefix = f"/opt/python/{version}"
    return Python(version, "built", f"{prefix}/bin/python3", {made: prefix})


@functools.cache
def built(version: str) -> Path:
    """The folder of a Python for amd64 that this machine builds on first use, for /opt/python/VERSION in a chroot."""
    prefix = folder("chroot-pythons") / f"{version}-amd64"
    if prefix.exists():
        return prefix
    sources = python_sources(version.removesuffix("t"))
    flags = "--disable-gil" if version.endswith("t") else ""
    builder = chroot(_BUILDER, "amd64", _BUILDER_PACKAGES, purpose="build")
    with builder.session({sources: "/sources"}) as session, tempfile.TemporaryDirectory(dir=prefix.parent) as scratch:
        made = session.scratch / "upper/made"
        made.mkdir()
        ran = session.run(f"set -- /opt/python/{version} {flags}\n{_BUILD}", timeout=3 * 3600)
        if ran.returncode:
            raise ChrootError(f"Python {version} cannot be built: {ran.stderr.strip()[-800:]}")
        subprocess.run(["tar", "-xf", made / "python.tar", "-C", scratch], check=True)
        Path(scratch, "opt/python", version).rename(prefix)
    return prefix


def python_sources(version: str) -> Path:
    """A folder with Debian's source package of a Python, without Debian's patches unpacked."""
    sources = folder("python-sources") / version
    if sources.exists():
        return sources
    with tempfile.TemporaryDirectory(prefix="making-", dir=sources.parent) as scratch:
        apt = _apt_of_sources(Path(scratch))
        target = _made(Path(scratch, "target"))
        listed = subprocess.run(["apt-cache", *apt, "showsrc", f"python{version}"], capture_output=True, text=True)
        versions = list(dict.fromkeys(re.findall(r"^Version: (\S+)", listed.stdout, re.MULTILINE)))
        for one in versions:
            command = ["apt-get", *apt, "source", "--download-only", "-qq", f"python{version}={one}"]
            if subprocess.run(command, cwd=target, capture_output=True, check=False).returncode == 0:
                target.rename(sources)
                return sources
    said = f"the mirror lacks the files of {', '.join(versions)}" if versions else f"no suite has python{version}"
    raise ChrootError(f"no sources: {said}")


def _apt_of_sources(scratch: Path) -> list[str]:
    """Options that make apt use the sources of all suites, in a folder of its own."""
    lists, cache = _made(scratch / "lists/partial").parent, _made(scratch / "cache/archives/partial").parent.parent
    sources = scratch / "sources.list"
    sources.write_text("".join(f"deb-src {mirror()} {suite} main\n" for suite in SOURCE_SUITES))
    settings = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "/dev/null", "Dir::State::lists": lists,
                "Dir::Cache": cache, "APT::Sandbox::User": "root", "Acquire::Check-Valid-Until": "false"}  # fmt: skip
    options = [f"-o{name}={value}" for name, value in settings.items()]
    subprocess.run(["apt-get", *options, "update", "-qq"], capture_output=True, check=True, timeout=600)
    return options


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main(versions: Sequence[str]) -> None:
    """Build Pythons."""
    for version in versions:
        print(built(version))


if __name__ == "__main__":
    main(sys.argv[1:])
