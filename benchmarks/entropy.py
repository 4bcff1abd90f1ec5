"""Count the instructions of entropy decoding alone: fastseq's against ``jpeg_read_coefficients``.

Builds ``entropy.cpp`` from the sources of this repository; needs valgrind, a C++ compiler and pkg-config.

Usage: python benchmarks/entropy.py [IMAGES_DIR] [--compiler CXX]
"""

from __future__ import annotations

import argparse
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from image_set import images_of

HERE = Path(__file__).parent
CORE = HERE.parent / "csrc"
SOURCES = (
    "io/exif.cpp",
    "jpeg/entropy_segment.cpp",
    "jpeg/block_decoder.cpp",
    "jpeg/huffman_table.cpp",
    "jpeg/frame.cpp",
    "jpeg/header.cpp",
    "jpeg/marker_search.cpp",
    "jpeg/baseline_scan.cpp",
)
FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-fno-tree-slp-vectorize")


def build(compiler: str, program: Path) -> None:
    """Compile entropy.cpp with the flags of the extension's kernels."""
    libraries = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libjpeg", "libhwy"], capture_output=True, text=True, check=True
    ).stdout.split()
    vectors = ["-msse4.2", "-mpopcnt"] if platform.machine() == "x86_64" else []
    sources = [str(CORE / name) for name in SOURCES]
    command = [compiler, *FLAGS, *vectors, f"-I{CORE}", str(HERE / "entropy.cpp"), *sources, *libraries]
    subprocess.run([*command, "-o", str(program)], check=True)


def instructions(program: Path, mode: str, paths: Sequence[str]) -> tuple[int, int]:
    """Return how many files one mode read, and how many instructions the whole run took."""
    with tempfile.NamedTemporaryFile(prefix="callgrind-") as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        done = subprocess.run([*tool, str(program), mode, *paths], capture_output=True, text=True, check=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted is not None, done.stderr
    return int(done.stdout), int(counted[1])


def main() -> None:
    """Count, and print millions of instructions per image and their ratio."""
    parser = argparse.ArgumentParser(description="Count the instructions of entropy decoding.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    for tool, package in (
        ("valgrind", "valgrind"),
        ("pkg-config", "pkg-config"),
        (options.compiler, "build-essential"),
    ):
        if shutil.which(tool) is None:
            raise SystemExit(f"entropy.py needs {tool}: apt-get install {package}")
    with images_of(options.images) as paths, tempfile.TemporaryDirectory(prefix="fastseq-entropy-") as scratch:
        program = Path(scratch) / "entropy"
        build(options.compiler, program)
        counts = {mode: instructions(program, mode, paths) for mode in ("nothing", "libjpeg", "ours")}
    if {read for read, _ in counts.values()} != {len(paths)}:
        raise SystemExit(
            f"of {len(paths)} files, only {counts['ours'][0]} are sequential with one scan: leave out the others"
        )
    rest = counts["nothing"][1]
    ours, theirs = (counts[mode][1] - rest for mode in ("ours", "libjpeg"))
    each = 1e6 * len(paths)
    print(f"{len(paths)} files, {options.compiler}, instructions per image: jpeg_read_coefficients ", end="")
    print(f"{theirs / each:.2f} M, fastseq {ours / each:.2f} M, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
