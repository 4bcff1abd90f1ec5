"""Count the instructions of entropy decoding alone: ours against ``jpeg_read_coefficients``.

Builds ``entropy.cpp`` from the sources of this repository; needs valgrind, a C++ compiler and pkg-config.

Usage: python benchmarks/entropy.py [IMAGES_DIR] [--compiler CXX]
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pictures import make_set
from table import jpegs

HERE = Path(__file__).parent
CORE = HERE.parent / "csrc"
SOURCES = (
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
    """Build the program that decodes, as the extension's kernels are built."""
    libraries = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libjpeg", "libhwy"], capture_output=True, text=True, check=True
    ).stdout.split()
    vectors = ["-mssse3"] if platform.machine() == "x86_64" else []
    sources = [str(CORE / name) for name in SOURCES]
    command = [compiler, *FLAGS, *vectors, f"-I{CORE}", str(HERE / "entropy.cpp"), *sources, *libraries]
    subprocess.run([*command, "-o", str(program)], check=True)


def instructions(program: Path, mode: str, paths: Sequence[str]) -> tuple[int, int]:
    """Return how many files one mode read, and the instructions of the whole run."""
    with tempfile.NamedTemporaryFile(prefix="callgrind-") as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        done = subprocess.run([*tool, str(program), mode, *paths], capture_output=True, text=True, check=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted is not None, done.stderr
    return int(done.stdout), int(counted[1])


def main() -> None:
    """Count, and print millions of instructions an image and their ratio."""
    parser = argparse.ArgumentParser(description="Count the instructions of entropy decoding.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fastseq-entropy-") as scratch:
        paths = jpegs(options.images) if options.images else make_set(Path(scratch))
        program = Path(scratch) / "entropy"
        build(options.compiler, program)
        counts = {mode: instructions(program, mode, paths) for mode in ("nothing", "libjpeg", "ours")}
    if {read for read, _ in counts.values()} != {len(paths)}:
        raise SystemExit(
            f"of {len(paths)} files, {counts['ours'][0]} are sequential with one scan: leave out the others"
        )
    rest = counts["nothing"][1]
    ours, theirs = (counts[mode][1] - rest for mode in ("ours", "libjpeg"))
    each = 1e6 * len(paths)
    print(
        f"{len(paths)} files, {options.compiler}: jpeg_read_coefficients {theirs / each:.2f} M instructions an image, ",
        end="",
    )
    print(f"fastseq {ours / each:.2f} M, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
