"""Compile the native core for macOS and Windows: object files only, without their SDKs, by zig's clang and headers.

    python3 .ci/wheels/cross_check.py

Prints what the compiler says about each file that fails. The libraries' headers are those of the wheels for Linux.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cache import ROOT
from libraries import build_libraries
from toolchain import Platform, zig

CORE = ROOT / "csrc"
TARGETS = {  # with what csrc/CMakeLists.txt adds for the kernels
    "aarch64-macos": ["-DHWY_DISABLED_TARGETS=HWY_ALL_SVE"],
    "x86_64-windows-gnu": ["-msse4.2", "-mpopcnt"],
}
OPTIONS = ["-std=c++17", "-O1", "-fno-slp-vectorize", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]


def compile_core(target: str, includes: Path) -> Iterator[tuple[Path, str]]:
    """Compile every file of the core.

    Yields:
        Each file that fails, and what the compiler says.
    """
    command = [zig(), "c++", "-target", target, *OPTIONS, *TARGETS[target], f"-I{CORE}"]
    command.append(f"-isystem{includes}")  # only warnings of the core itself are errors

    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:

        def compile_one(file: Path) -> str:
            target_file = Path(scratch) / f"{file.parent.name}-{file.name}.o"
            done = subprocess.run(
                [*command, "-c", file, "-o", target_file], capture_output=True, text=True, check=False
            )
            return done.stderr if done.returncode else ""

        files = sorted(CORE.glob("*/*.cpp"))
        for file, message in zip(files, pool.map(compile_one, files), strict=True):
            if message:
                yield file.relative_to(CORE), message


def main() -> int:
    """Return 1 if any file fails for any of the targets."""
    includes = build_libraries(Platform("x86_64", "glibc")) / "include"
    failed = False
    for target in TARGETS:
        failures = dict(compile_core(target, includes))
        for file, message in failures.items():
            print(f"== {target}: {file}\n{message}")
        print(f"{target}: {len(failures)} files fail" if failures else f"{target}: every file compiles", flush=True)
        failed = failed or bool(failures)
    return failed


if __name__ == "__main__":
    sys.exit(main())
