"""Build the wheels of the last commit, for each Linux, processor and Python, with their libraries inside.

    python3 .ci/wheels/build.py --out dist

Two builds of one commit give the same bytes. Needs CPython 3.11 or later, git and NASM; compilers, CMake and the
libraries' sources come from the package index, pinned.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from pathlib import Path

from cache import ROOT, folder
from contents import add_contents
from libraries import build_libraries
from pythons import ABIS, Abi, build_environment, find_python
from toolchain import Platform, run, toolchain
from unwinder import link_stub

PLATFORMS = [Platform(arch, libc) for libc in ("glibc", "musl") for arch in ("x86_64", "aarch64")]
MAX_BYTES = 3_000_000


def main() -> None:
    """Build them, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the wheels (default: dist)")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT", help="wheels whose names hold one of these texts"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    tree, commit_time = export_commit()
    for platform in PLATFORMS:
        for abi in ABIS:
            name = f"{abi.tag}-{platform.wheel_tag}"
            if not any(text in name for text in arguments.only):
                continue
            interpreter = find_python(abi.version)
            if interpreter is None:
                print(f"{name}: not built, there is no CPython {abi.version} here", flush=True)
                continue
            started = time.monotonic()
            wheel = build_wheel(tree, commit_time, platform, abi, interpreter, arguments.out)
            size, seconds = wheel.stat().st_size, time.monotonic() - started
            if size > MAX_BYTES:
                raise SystemExit(f"{wheel.name} takes {size:,} bytes, more than {MAX_BYTES:,}")
            print(f"{wheel.name}: {size:,} bytes in {seconds:.0f} s", flush=True)


def export_commit() -> tuple[Path, str]:
    """The files of the last commit, and its time, which becomes that of every file in the wheels."""
    tree = folder("commit")
    shutil.rmtree(tree)
    tree.mkdir()
    archive = folder("builds") / "commit.tar"
    subprocess.run(["git", "-C", ROOT, "archive", "-o", archive, "HEAD"], check=True)
    subprocess.run(["tar", "-xf", archive, "-C", tree], check=True)
    archive.unlink()
    show = ["git", "-C", ROOT, "log", "-1", "--format=%ct"]
    return tree, subprocess.run(show, check=True, capture_output=True, text=True).stdout.strip()


def build_wheel(tree: Path, commit_time: str, platform: Platform, abi: Abi, interpreter: Path, out: Path) -> Path:
    """One wheel, in `out`."""
    prefix = build_libraries(platform)
    libc = "gnu" if platform.libc == "glibc" else "musl"
    python = build_environment(interpreter)
    build = folder("builds") / str(platform)  # the same for each Python, for ccache
    shutil.rmtree(build, ignore_errors=True)
    environment = toolchain(platform)
    environment |= {
        "PATH": f"{python.parent}{os.pathsep}{environment['PATH']}",
        "SOURCE_DATE_EPOCH": commit_time,
        "CCACHE_COMPILERTYPE": "clang",
        "PKG_CONFIG_LIBDIR": str(prefix / "lib" / "pkgconfig"),
        "_PYTHON_HOST_PLATFORM": f"linux-{platform.arch}",  # the tag's, whatever machine this is
        "SETUPTOOLS_EXT_SUFFIX": f".{abi.soabi}-{platform.arch}-linux-{libc}.so",
    }
    flags = f"-ffile-prefix-map={tree}=fastseq -ffile-prefix-map={build}=build -ffile-prefix-map={prefix}=libraries"
    # Not as a cross build, for which CMake does not find free-threaded Pythons: none of its checks runs a program.
    options = [
        f"CMAKE_AR={environment['AR']}",
        f"CMAKE_RANLIB={environment['RANLIB']}",
        f"CMAKE_CXX_FLAGS={flags}",
        f"CMAKE_C_FLAGS={flags}",
        f"CMAKE_MODULE_LINKER_FLAGS=-s {link_stub(environment) if platform.libc == 'glibc' else ''}",
        f"CMAKE_PREFIX_PATH={prefix}",
        "ZLIB_USE_STATIC_LIBS=ON",
        f"ZLIB_ROOT={prefix}",
        "FASTSEQ_WERROR=ON",
    ]
    if shutil.which("ccache"):
        options.append("CMAKE_CXX_COMPILER_LAUNCHER=ccache")
    settings = [f"cmake.define.{option}" for option in options]
    settings += [f"build-dir={build / 'cmake'}", "install.strip=false"]
    if abi.is_stable:
        settings.append(f"wheel.py-api={abi.tag.split('-')[0]}")
    made = build / "wheel"
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        made,
        tree,
    ]
    run([*command, *(f"--config-settings={setting}" for setting in settings)], environment)
    (wheel,) = made.glob("*.whl")
    finished = add_contents(wheel, platform.wheel_tag, environment)
    wheel = Path(shutil.move(finished, out / finished.name))
    shutil.rmtree(build)
    return wheel


if __name__ == "__main__":
    main()
