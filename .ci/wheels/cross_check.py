"""Compiles the native core for macOS and Windows: object files only, without their SDKs, by zig's clang and headers.

Run by a Python that has ziglang 0.15.2, the last whose clang compiles Highway 1.3: `cross_check.py SOURCES`, a folder
with the sdists of `SDISTS`. Prints what the compiler says about each file that fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CORE = Path(__file__).parents[2] / "csrc"

# As csrc/CMakeLists.txt has them for the kernels.
TARGETS = {
    "aarch64-macos": ["-DHWY_DISABLED_TARGETS=HWY_ALL_SVE"],
    "x86_64-windows-gnu": ["-msse4.2", "-mpopcnt"],
}
OPTIONS = ["-std=c++17", "-O1", "-fno-slp-vectorize", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]

SDISTS = {
    "numpy-2.5.5": "numpy/_core/src/highway",
    "simplejpeg-1.9.0": "lib/libjpeg-turbo-3.1.2/src",
    "deflate-0.9.0": "libdeflate",
    "grpcio-1.85.3": "third_party/zlib",
}
"""The sdists whose vendored libraries the core is compiled against, and the folder of the headers in each."""


def unpack_headers(sources: Path, scratch: Path) -> list[Path]:
    """Unpack the headers of all libraries.

    Returns:
        The folders to search for them.
    """
    folders = []
    for sdist, folder in SDISTS.items():
        inside = f"{sdist}/{folder}/"
        with tarfile.open(sources / f"{sdist}.tar.gz") as archive:
            archive.extractall(scratch, [member for member in archive if member.name.startswith(inside)], filter="data")
        folders.append(scratch / inside)
    return [*folders, configure_jpeg(scratch / "simplejpeg-1.9.0" / SDISTS["simplejpeg-1.9.0"], scratch / "jpeg")]


def configure_jpeg(headers: Path, folder: Path) -> Path:
    """Write the jconfig.h that CMake would, and return its folder."""
    values = {"JPEG_LIB_VERSION": "62", "VERSION": "3.1.2", "LIBJPEG_TURBO_VERSION_NUMBER": "3001002"}
    text = (headers / "jconfig.h.in").read_text()
    text = re.sub(r"@(\w+)@", lambda match: values[match[1]], text)
    text = re.sub(r"#cmakedefine (RIGHT_SHIFT_IS_UNSIGNED) 1", r"#undef \1", text)
    folder.mkdir()
    (folder / "jconfig.h").write_text(text.replace("#cmakedefine", "#define"))
    return folder


def compile_core(target: str, includes: list[Path], scratch: Path) -> Iterator[tuple[Path, str]]:
    """Compile every file of the core.

    Yields:
        Each file that fails, and what the compiler says.
    """
    command = [sys.executable, "-m", "ziglang", "c++", "-target", target, *OPTIONS, *TARGETS[target], f"-I{CORE}"]
    command += [f"-isystem{folder}" for folder in includes]  # only warnings of the core itself are errors
    (scratch / target).mkdir()

    def compile_one(file: Path) -> str:
        name = "-".join(file.relative_to(CORE).parts)
        run = [*command, "-c", os.fspath(file), "-o", os.fspath(scratch / target / f"{name}.o")]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""

    files = sorted(CORE.glob("*/*.cpp"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, message in zip(files, pool.map(compile_one, files), strict=True):
            if message:
                yield file.relative_to(CORE), message


def main() -> None:
    """Exit with 1 if any file fails for any of the targets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", type=Path, help="the folder with the sdists")
    parser.add_argument("--target", choices=TARGETS, action="append", help="all, unless given")
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        includes = unpack_headers(arguments.sources, Path(scratch))
        for target in arguments.target or TARGETS:
            failures = dict(compile_core(target, includes, Path(scratch)))
            for file, message in failures.items():
                print(f"== {target}: {file}\n{message}")
            print(f"{target}: {len(failures)} files fail" if failures else f"{target}: every file compiles")
            failed = failed or bool(failures)
    sys.exit(failed)


if __name__ == "__main__":
    main()
