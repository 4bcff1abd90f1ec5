"""The libraries inside the wheels, as static archives.

    python3 .ci/wheels/libraries.py PREFIX

builds them with the compilers of this machine, for a build that does not use zig; CMake and Ninja must be there.
"""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from cache import HERE, folder
from sources import Source, fetch, read_sources
from toolchain import Platform, run, toolchain

# What the native core calls, and no more: no TurboJPEG API, no programs; of libdeflate, inflating and CRC-32 ("gzip").
_OPTIONS = {
    "libjpeg-turbo": ["ENABLE_SHARED=OFF", "WITH_TURBOJPEG=OFF", "WITH_TOOLS=OFF", "WITH_TESTS=OFF", "REQUIRE_SIMD=ON"],
    "highway": ["BUILD_SHARED_LIBS=OFF", "HWY_ENABLE_CONTRIB=OFF", "HWY_ENABLE_EXAMPLES=OFF", "HWY_ENABLE_TESTS=OFF"],
    "libdeflate": [
        "LIBDEFLATE_BUILD_SHARED_LIB=OFF",
        "LIBDEFLATE_BUILD_GZIP=OFF",
        "LIBDEFLATE_COMPRESSION_SUPPORT=OFF",
    ],
}
_ZLIB_FILES = ["adler32.c", "crc32.c", "inffast.c", "inflate.c", "inftrees.c", "zutil.c"]
_FLAGS = "-fvisibility=hidden -fPIC"


def build_libraries(platform: Platform) -> Path:
    """Build them for a platform with zig, unless they are there.

    Returns:
        The prefix that they are installed in, with archives in `lib` and headers in `include`.
    """
    recipe = (HERE / "sources.toml").read_bytes() + Path(__file__).read_bytes()
    prefix = folder("libraries") / f"{platform}-{sha256(recipe).hexdigest()[:12]}"
    if not (prefix / "complete").exists():
        shutil.rmtree(prefix, ignore_errors=True)
        environment = toolchain(platform)
        install_libraries(prefix, environment, cmake_options(platform, environment))
        (prefix / "complete").touch()
    return prefix


def install_libraries(prefix: Path, environment: dict[str, str], options: list[str]) -> None:
    """Build them into a prefix, with the compilers of the environment and more options of CMake."""
    sources = read_sources()
    for source in sources.values():
        if source.name in _OPTIONS:
            _by_cmake(source, prefix, environment, options)
    _zlib(sources["zlib"], prefix, environment)


def _by_cmake(source: Source, prefix: Path, environment: dict[str, str], options: list[str]) -> None:
    tree = fetch(source)
    build = folder("builds") / f"{source.name}-{prefix.name}"
    shutil.rmtree(build, ignore_errors=True)
    flags = f"{_FLAGS} -ffile-prefix-map={tree}={source.name}"
    options = [
        *options,
        "CMAKE_BUILD_TYPE=Release",
        f"CMAKE_INSTALL_PREFIX={prefix}",
        "CMAKE_INSTALL_LIBDIR=lib",
        "CMAKE_POSITION_INDEPENDENT_CODE=ON",
        f"CMAKE_C_FLAGS={flags}",
        f"CMAKE_CXX_FLAGS={flags}",
        *_OPTIONS[source.name],
    ]
    configure: list[str | Path] = [
        "cmake",
        "-G",
        "Ninja",
        "-S",
        tree,
        "-B",
        build,
        *(f"-D{option}" for option in options),
    ]
    for command in (configure, ["cmake", "--build", build], ["cmake", "--install", build]):
        run(command, environment)
    shutil.rmtree(build)


def cmake_options(platform: Platform, environment: dict[str, str]) -> list[str]:
    """What tells CMake of a platform; a name of the system makes it a cross build, which runs none of its programs."""
    return [
        "CMAKE_SYSTEM_NAME=Linux",
        f"CMAKE_SYSTEM_PROCESSOR={platform.arch}",
        f"CMAKE_AR={environment['AR']}",
        f"CMAKE_RANLIB={environment['RANLIB']}",
    ]


def _zlib(source: Source, prefix: Path, environment: dict[str, str]) -> None:
    """The inflating half of zlib."""
    tree = fetch(source)
    build = folder("builds") / f"zlib-{prefix.name}"
    objects = [build / file.replace(".c", ".o") for file in _ZLIB_FILES]
    build.mkdir(exist_ok=True)
    for file, target in zip(_ZLIB_FILES, objects, strict=True):
        compile_it = [environment["CC"], "-O3", "-DHAVE_HIDDEN", *_FLAGS.split(), f"-ffile-prefix-map={tree}=zlib"]
        run([*compile_it, "-c", tree / file, "-o", target], environment)
    run([environment["AR"], "rcs", prefix / "lib" / "libz.a", *objects], environment)
    for header in ("zlib.h", "zconf.h"):
        shutil.copy(tree / header, prefix / "include" / header)
    shutil.rmtree(build)


if __name__ == "__main__":
    install_libraries(Path(sys.argv[1]).absolute(), {"CC": "cc", "AR": "ar", **os.environ}, [])
