"""The sources of the libraries inside the wheels, fetched from the package index and checked (see sources.toml)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import tomllib
from cache import HERE, folder


@dataclass(frozen=True)
class Source:
    """A library: its version, the source distribution that carries it, and where it lies in there."""

    name: str
    version: str
    release: str
    sha256: str
    path: str
    license: str
    license_files: tuple[str, ...]

    @property
    def project(self) -> str:
        """The project on the package index."""
        return self.release.rsplit("-", 1)[0]


def read_sources() -> dict[str, Source]:
    """Every library of sources.toml by its name."""
    tables = tomllib.loads((HERE / "sources.toml").read_text())
    return {
        name: Source(
            name,
            table["version"],
            table["release"],
            table["sha256"],
            table["path"],
            table["license"],
            tuple(table["license-files"]),
        )
        for name, table in tables.items()
    }


def fetch(source: Source) -> Path:
    """The folder of a library's sources.

    Raises:
        SystemExit: if the package index does not have the release, or it has another digest.
    """
    unpacked = folder("sources") / f"{source.name}-{source.version}-{source.sha256[:12]}"
    if not unpacked.exists():
        archive = _download(source)
        part = unpacked.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        subprocess.run(["tar", "-xzf", archive, "-C", part, source.path], check=True)
        (part / source.path).rename(unpacked)
        shutil.rmtree(part)
    return unpacked


def _download(source: Source) -> Path:
    archive = folder("downloads") / source.release
    if not archive.exists():
        part = archive.with_suffix(".part")
        with urllib.request.urlopen(_address(source), timeout=60) as response, part.open("wb") as file:
            shutil.copyfileobj(response, file)
        part.rename(archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != source.sha256:
        archive.unlink()
        raise SystemExit(f"{source.release} has the SHA-256 {digest}, not {source.sha256} as sources.toml says")
    return archive


def _address(source: Source) -> str:
    """Where the release lies, from the index that pip is set up with."""
    page = f"{_index_url().rstrip('/')}/{source.project}/"
    request = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        files = json.load(response)["files"]
    for file in files:
        if file["filename"] == source.release:
            return urllib.parse.urljoin(page, file["url"])
    raise SystemExit(f"the package index has no {source.release}")


def _index_url() -> str:
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if configured:
        return configured
    from pip._internal.models.index import PyPI  # pip's own default

    return str(PyPI.simple_url)
