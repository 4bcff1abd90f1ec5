"""Count the instructions of decoding random resized crops to 224 x 224, with a crop index and without.

Builds ``crop_index.cpp`` from the sources of this repository; needs valgrind, a C++ compiler and pkg-config.

Usage: python benchmarks/crop_index.py [IMAGES_DIR] [--files N] [--crops N] [--compiler CXX]
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from entropy import CORE, FLAGS, HERE, SOURCES
from image_set import images_of

from fastseq._native.shards import crop_index

SIZE = 224
ALL_SOURCES = (
    *SOURCES,
    "base/platform_posix.cpp",
    "jpeg/baseline.cpp",
    "jpeg/idct.cpp",
    "jpeg/idct_reduced.cpp",
    "jpeg/plane_layout.cpp",
)
ENTROPY = tuple(f"fastseq::BaselineScan::{name}(*" for name in ("open", "read", "skip_to", "seek_row"))
WHOLE = ("decode_crop",)


def build(compiler: str, program: Path) -> None:
    """Compile crop_index.cpp with the flags of the extension's kernels."""
    query = ["pkg-config", "--cflags", "--libs", "libhwy"]
    libraries = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
    sources = [str(CORE / name) for name in ALL_SOURCES]
    target = ["-msse4.2", "-mpopcnt", f"-I{CORE}"]
    command = [compiler, *FLAGS, *target, str(HERE / "crop_index.cpp"), *sources, *libraries, "-o", str(program)]
    subprocess.run(command, check=True)


def random_crop(rng: np.random.Generator, height: int, width: int) -> tuple[int, int, int, int]:
    """Draw the window of a random resized crop as torchvision does: x0, y0, x1, y1."""
    for _ in range(10):
        area = height * width * rng.uniform(0.08, 1)
        ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
        w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            y0, x0 = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
            return x0, y0, x0 + w, y0 + h
    side = min(height, width)
    y0, x0 = (height - side) // 2, (width - side) // 2
    return x0, y0, x0 + side, y0 + side


def orders(indexes: Mapping[str, Path], crops: int) -> str:
    """The input of the program: each file and that of its index, its crops, and the DCT's reduction of each crop."""
    import cv2

    rng = np.random.default_rng(0)
    lines = []
    for path, index in indexes.items():
        height, width = cv2.imread(path, cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION).shape[:2]
        lines.append(f"{path} {index} {crops}")
        for _ in range(crops):
            x0, y0, x1, y1 = random_crop(rng, height, width)
            scale = next(s for s in (8, 4, 2, 1) if s == 1 or min(x1 - x0, y1 - y0) >= s * SIZE)
            lines.append(f"{x0} {y0} {x1} {y1} {scale}")
    return "\n".join(lines)


def count(program: Path, mode: str, text: str, functions: Sequence[str]) -> tuple[str, int]:
    """Return what the program prints, and the instructions that it spent in some functions."""
    with tempfile.NamedTemporaryFile(prefix="callgrind-") as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", "--collect-atstart=no"]
        tool += [f"--toggle-collect={function}" for function in functions]
        done = subprocess.run([*tool, str(program), mode], input=text, capture_output=True, text=True, check=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None, done.stderr
    return done.stdout, int(found[1])


def main() -> None:
    """Count, and print thousands of instructions per crop and their ratios."""
    parser = argparse.ArgumentParser(description="Count the instructions of decoding random resized crops.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--files", type=int, default=40, help="how many files to read (default: 40)")
    parser.add_argument("--crops", type=int, default=5, help="how many crops of each (default: 5)")
    parser.add_argument("--compiler", default="c++")
    options = parser.parse_args()
    for tool, package in (("valgrind", "valgrind"), ("pkg-config", "pkg-config"), (options.compiler, "g++")):
        if shutil.which(tool) is None:
            raise SystemExit(f"crop_index.py needs {tool}: apt-get install {package}")
    with images_of(options.images) as paths, tempfile.TemporaryDirectory(prefix="fastseq-crops-") as scratch:
        indexes: dict[str, Path] = {}
        for path in paths:
            index = crop_index(Path(path).read_bytes())
            if index and len(indexes) < options.files:
                indexes[path] = Path(scratch) / f"{len(indexes)}.index"
                indexes[path].write_bytes(index)
        if not indexes:
            raise SystemExit("none of the files has a crop index: they are sequential JPEGs of one scan")
        text = orders(indexes, options.crops)
        program = Path(scratch) / "crop_index"
        build(options.compiler, program)
        crops = len(indexes) * options.crops
        share = sum(file.stat().st_size for file in indexes.values()) / sum(Path(p).stat().st_size for p in indexes)
        print(f"{len(indexes)} files, {crops} crops, {options.compiler}; the indexes are {share:.2%} of the files")
        for name, functions in (("entropy decoding", ENTROPY), ("to planes, all in all", WHOLE)):
            (before, start), (after, index) = (count(program, mode, text, functions) for mode in ("start", "index"))
            if before != after:
                raise SystemExit("the planes differ")
            each = 1e3 * crops
            print(
                f"{name}: {start / each:.0f} k instructions from the start, {index / each:.0f} k by the index, ", end=""
            )
            print(f"ratio {index / start:.2f}")


if __name__ == "__main__":
    main()
