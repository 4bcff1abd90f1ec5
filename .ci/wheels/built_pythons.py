"""CPythons that this machine builds from Debian's sources.

`python built_pythons.py VERSION...` builds those versions, such as 3.13 or 3.13t, and prints their folders. Needs root.
"""

from __future__ import annotations

import functools
import shlex
import sys
from pathlib import Path

from cache import HERE, folder
from chroots import ChrootError, chroot
from python_sources import NoSourcesError, python_sources
from sources import fetch, read_sources

_BUILDER = "bullseye"  # the oldest glibc, so that one build runs here and in every chroot
_PACKAGES = {
    "glibc": ("gcc", "libc6-dev", "make", "pkg-config", "xz-utils", "libbz2-dev", "libffi-dev", "liblzma-dev",
              "libsqlite3-dev", "libssl-dev", "zlib1g-dev"),
    "musl": ("gcc", "make", "musl-tools", "pkg-config", "xz-utils"),
}  # fmt: skip

# A compiler that does not claim to be one for glibc, as Debian's musl-gcc does; and zlib, which pip needs.
_MUSL = """
cat >/usr/bin/musl-cc <<'END'
#!/bin/sh
[ "$1" != --print-multiarch ] || exec echo x86_64-linux-musl
exec musl-gcc "$@"
END
chmod +x /usr/bin/musl-cc
mkdir /libz
cd /libz
musl-cc -O2 -fPIC -DHAVE_UNISTD_H -c /zlib/*.c
ar rcs libz.a ./*.o
export PKG_CONFIG_LIBDIR=/libz CC=musl-cc ZLIB_CFLAGS=-I/zlib ZLIB_LIBS=/libz/libz.a
"""


class NotBuiltError(Exception):
    """There is no such Python, and it cannot be built here; the message says why."""


@functools.cache
def built(version: str, libc: str = "glibc") -> Path:
    """The prefix of a CPython for x86-64, built on first use. It works at this path alone, here and in chroots.

    Args:
        version: such as "3.13", or "3.13t" without the GIL.
        libc: "glibc", or "musl"; that one has no ctypes and no ssl.

    Raises:
        NotBuiltError: if it cannot be built.
    """
    prefix = folder("pythons") / (version if libc == "glibc" else f"{version}-{libc}")
    if not prefix.exists():
        print(f"CPython {version} for {libc}: to be built", flush=True)
        try:
            _build(version, libc, prefix)
        except (NoSourcesError, ChrootError) as error:
            raise NotBuiltError(str(error)) from error
    return prefix


def _build(version: str, libc: str, prefix: Path) -> None:
    archive = python_sources(version.removesuffix("t"))
    binds = {archive: "/python.tar", HERE / "build_python": "/build_python"}
    options = ["--disable-gil"] if version.endswith("t") else []
    setup = ""
    if libc == "musl":
        binds[fetch(read_sources()["zlib"])] = "/zlib"
        setup = _MUSL
    builder = chroot(_BUILDER, "amd64", _PACKAGES[libc], purpose="build")
    with builder.session(binds) as session:
        command = shlex.join(["/build_python", "/python.tar", str(prefix), *options])
        ran = session.run(f"set -e\n{setup}\n{command}", timeout=3 * 3600)
        if ran.returncode:
            raise ChrootError(f"Python {version} for {libc} cannot be built: {ran.stderr.strip()[-2000:]}")
        (session.scratch / "upper" / prefix.relative_to("/")).rename(prefix)


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(built(wanted))
