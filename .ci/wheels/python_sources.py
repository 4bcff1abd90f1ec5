"""The sources of CPython, from Debian's source packages.

`python python_sources.py 3.13` prints the path of the archive.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cache import folder
from chroots import mirror

SUITES = ("bookworm", "trixie", "testing", "sid")


class NoSourcesError(Exception):
    """No suite of Debian has them; the message says more."""


def python_sources(version: str) -> Path:
    """Upstream's archive, checked by apt against the suite's signature; Debian's patches are not applied.

    Args:
        version: such as "3.13".
    """
    sources = folder("python-sources") / version
    if not sources.exists():
        _download(version, sources)
    (archive,) = sources.glob("*.orig.tar.?z")
    return archive


def _download(version: str, sources: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="making-", dir=sources.parent) as scratch:
        apt = _apt_of_sources(Path(scratch))
        target = Path(scratch, "target")
        target.mkdir()
        listed = subprocess.run(
            ["apt-cache", *apt, "showsrc", f"python{version}"], capture_output=True, text=True, check=False
        )
        releases = list(dict.fromkeys(re.findall(r"^Version: (\S+)", listed.stdout, re.MULTILINE)))
        for release in releases:
            command = ["apt-get", *apt, "source", "--download-only", "-qq", f"python{version}={release}"]
            if subprocess.run(command, cwd=target, capture_output=True, check=False).returncode == 0:
                target.rename(sources)
                return
    if releases:
        raise NoSourcesError(f"the mirror lacks the files of {', '.join(releases)}")
    raise NoSourcesError(f"no suite has python{version}")


def _apt_of_sources(scratch: Path) -> list[str]:
    """Options that make apt use the sources of all suites, in a folder of its own."""
    lists, cache = scratch / "lists", scratch / "cache"
    (lists / "partial").mkdir(parents=True)
    (cache / "archives/partial").mkdir(parents=True)
    entries = scratch / "sources.list"
    entries.write_text("".join(f"deb-src {mirror()} {suite} main\n" for suite in SUITES))
    settings = {"Dir::Etc::sourcelist": entries, "Dir::Etc::sourceparts": "/dev/null", "Dir::State::lists": lists,
                "Dir::Cache": cache, "APT::Sandbox::User": "root", "Acquire::Check-Valid-Until": "false"}  # fmt: skip
    options = [f"-o{name}={value}" for name, value in settings.items()]
    subprocess.run(["apt-get", *options, "update", "-qq"], capture_output=True, check=True, timeout=600)
    return options


if __name__ == "__main__":
    print(python_sources(sys.argv[1]))
