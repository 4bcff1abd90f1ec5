"""Check the files of a release, upload them to an index on this machine, and install from it as a user would.

    python3 .ci/wheels/try_release.py dist

`dist` holds the wheels of build.py and, for a release, the source distribution of `python -m build --sdist`.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import first_batch
from cache import ROOT
from toolchain import tools


def main() -> None:
    """Run the checks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=Path)
    parser.add_argument(
        "--tag", help="the tag of the release, as in v0.1.0, to be the files' and the changelog's version"
    )
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.dist.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    wheels = [path for path in files if path.suffix == ".whl"]
    if not wheels:
        raise SystemExit(f"{arguments.dist} holds no wheels: python3 .ci/wheels/build.py --out {arguments.dist}")
    check_version(files, arguments.tag)
    run("twine", "check", "--strict", *files)
    if stable := [path for path in wheels if "-abi3-" in path.name]:
        run("abi3audit", "--strict", "--report", *stable)
    for wheel in wheels:
        check_platform(wheel)
    with tempfile.TemporaryDirectory() as scratch:
        install_from_index(files, Path(scratch))


def check_version(files: list[Path], tag: str | None) -> None:
    """All files are of the version that fastseq/__init__.py states, and of the tag, if there is one."""
    match = re.search(r'^__version__ = "([^"]+)"', (ROOT / "fastseq" / "__init__.py").read_text(), re.MULTILINE)
    assert match
    version = match[1]
    for file in files:
        if not file.name.startswith(f"fastseq_loader-{version}"):
            raise SystemExit(f"{file.name} is not of version {version}")
    if tag is None:
        return
    if tag != f"v{version}":
        raise SystemExit(f"the tag is {tag}, but fastseq/__init__.py says {version}")
    if not re.search(rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE):
        raise SystemExit(f"CHANGELOG.md has no section {version}")


def check_platform(wheel: Path) -> None:
    """The wheel needs no more of a system than its name says."""
    if "musllinux" in wheel.name:  # which auditwheel judges on musl alone
        if (needed := needed_libraries(wheel)) != {"libc.so"}:
            raise SystemExit(f"{wheel.name} needs {sorted(needed)}, and not musl's libc.so alone")
        print(f"{wheel.name}: musl's libc alone", flush=True)
        return
    shown = subprocess.run([tools() / "auditwheel", "show", wheel], check=True, capture_output=True, text=True).stdout
    text = " ".join(shown.split())
    match = re.search(r'consistent with the following platform tag: "(\S+)"', text)
    if not match or match[1] not in wheel.name:
        raise SystemExit(f"{wheel.name}: {text}")
    print(f"{wheel.name}: {match[1]}", flush=True)


def needed_libraries(wheel: Path) -> set[str]:
    """The libraries that the modules in a wheel are linked with, by auditwheel's own reader of ELF files."""
    program = """
import io, sys, zipfile
from elftools.elf.elffile import ELFFile

for name in (archive := zipfile.ZipFile(sys.argv[1])).namelist():
    if name.endswith(".so"):
        for tag in ELFFile(io.BytesIO(archive.read(name))).get_section_by_name(".dynamic").iter_tags("DT_NEEDED"):
            print(tag.needed)
"""
    command = [tools() / "python", "-c", program, wheel]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def install_from_index(files: list[Path], scratch: Path) -> None:
    """Upload the files, install from there into a fresh environment, and decode a batch."""
    with local_index(scratch / "index") as address:
        run(
            "twine",
            "upload",
            "--non-interactive",
            "--disable-progress-bar",
            "--repository-url",
            address,
            "-u",
            "",
            "-p",
            "",
            *files,
        )
        subprocess.run([sys.executable, "-m", "venv", scratch / "fresh"], check=True)
        python = scratch / "fresh" / "bin" / "python"
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*install, "--extra-index-url", f"{address}simple/", "fastseq-loader"], check=True)
        (scratch / "gray.jpg").write_bytes(first_batch.JPEG)
        subprocess.run([python, "-I", "-c", first_batch.PROGRAM, scratch / "gray.jpg"], check=True)


@contextlib.contextmanager
def local_index(folder: Path) -> Iterator[str]:
    """The address of a package index that keeps what is uploaded in a folder, until the end of the context."""
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        tools() / "pypi-server",
        "run",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-a",
        ".",
        "-P",
        ".",
        folder,
    ]
    server = subprocess.Popen(command)
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(100):
            with contextlib.suppress(OSError), urllib.request.urlopen(address):
                break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def run(tool: str, *arguments: str | Path) -> None:
    """One of the pinned tools; its failure is the failure of the check."""
    if code := subprocess.run([tools() / tool, *arguments], check=False).returncode:
        raise SystemExit(f"{tool} {arguments[0]} failed ({code})")


if __name__ == "__main__":
    main()
