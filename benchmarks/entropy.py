"""Count the instructions of entropy decoding alone: fastseq's against ``jpeg_read_coefficients``.

Builds ``entropy.cpp`` from the sources of this repository; needs valgrind, a C++ compiler and pkg-config. For aarch64
it needs instead a cross compiler, qemu-user, and a folder with an arm64 system that has libjpeg and Highway.

Usage: python benchmarks/entropy.py [IMAGES_DIR] [--compiler CXX]
       python benchmarks/entropy.py [IMAGES_DIR] --compiler aarch64-linux-gnu-g++ --arm-root DIR
"""

from __future__ import annotations

import argparse
import functools
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
    "io/crc32c.cpp",
    "io/exif.cpp",
    "jpeg/crop_index.cpp",
    "jpeg/entropy_segment.cpp",
    "jpeg/block_decoder.cpp",
    "jpeg/huffman_table.cpp",
    "jpeg/frame.cpp",
    "jpeg/header.cpp",
    "jpeg/marker_search.cpp",
    "jpeg/baseline_scan.cpp",
)
NO_SVE = ["-DHWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)"]
FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-fno-tree-slp-vectorize")


def build(compiler: str, arm_root: Path | None, program: Path) -> None:
    """Compile entropy.cpp with the flags of the extension's kernels."""
    query = ["pkg-config", "--cflags", "--libs", "libjpeg", "libhwy"]
    if arm_root is None:
        libraries = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
        target = ["-msse4.2", "-mpopcnt"] if platform.machine() == "x86_64" else NO_SVE
    else:
        folder = arm_root / "usr/lib/aarch64-linux-gnu"
        libraries = [f"-idirafter{arm_root / name}" for name in ("usr/include", "usr/include/aarch64-linux-gnu")]
        libraries += [str(folder / "libjpeg.so"), str(folder / "libhwy.so"), f"-Wl,-rpath-link,{folder}"]
        target = NO_SVE
    sources = [str(CORE / name) for name in SOURCES]
    command = [compiler, *FLAGS, *target, f"-I{CORE}", str(HERE / "entropy.cpp"), *sources, *libraries]
    subprocess.run([*command, "-o", str(program)], check=True)


def build_plugin(plugin: Path) -> None:
    """Compile the plugin that counts instructions in qemu."""
    source = str(HERE / "count_instructions.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", source, "-o", str(plugin)], check=True)


def by_valgrind(program: Path, mode: str, paths: Sequence[str]) -> tuple[int, int]:
    """Return how many files one mode read, and how many instructions the whole run took."""
    with tempfile.NamedTemporaryFile(prefix="callgrind-") as out:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
        done = subprocess.run([*tool, str(program), mode, *paths], capture_output=True, text=True, check=True)
    return int(done.stdout), _counted(r"Collected : (\d+)", done.stderr)


def by_qemu(program: Path, mode: str, paths: Sequence[str], arm_root: Path, plugin: Path) -> tuple[int, int]:
    """Return the same of a program for aarch64."""
    tool = ["qemu-aarch64", "-L", str(arm_root), "-plugin", str(plugin)]
    done = subprocess.run([*tool, str(program), mode, *paths], capture_output=True, text=True, check=True)
    return int(done.stdout), _counted(r"instructions: (\d+)", done.stderr)


def _counted(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found is not None, text
    return int(found[1])


def main() -> None:
    """Count, and print millions of instructions per image and their ratio."""
    parser = argparse.ArgumentParser(description="Count the instructions of entropy decoding.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--arm-root", type=Path, help="arm64 system for a cross compiler, such as debootstrap makes")
    options = parser.parse_args()
    tools = [("valgrind", "valgrind"), ("pkg-config", "pkg-config"), (options.compiler, "build-essential")]
    if options.arm_root is not None:
        tools = [("qemu-aarch64", "qemu-user"), ("cc", "build-essential"), (options.compiler, "g++-aarch64-linux-gnu")]
    for tool, package in tools:
        if shutil.which(tool) is None:
            raise SystemExit(f"entropy.py needs {tool}: apt-get install {package}")
    with images_of(options.images) as paths, tempfile.TemporaryDirectory(prefix="fastseq-entropy-") as scratch:
        program = Path(scratch) / "entropy"
        build(options.compiler, options.arm_root, program)
        if options.arm_root is None:
            count = functools.partial(by_valgrind, program)
        else:
            plugin = Path(scratch) / "count_instructions.so"
            build_plugin(plugin)
            count = functools.partial(by_qemu, program, arm_root=options.arm_root, plugin=plugin)
        counts = {mode: count(mode, paths=paths) for mode in ("nothing", "libjpeg", "ours")}
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
