"""Run the tests of the native core with a wheel on ARM, under qemu: half an hour.

    .venv/bin/python .ci/wheels/native_tests.py dist/*cp311-abi3-manylinux*aarch64.whl [-- ARGUMENT OF PYTEST...]

Needs root, debootstrap and qemu-user-static. Left out are the tests that compile a program, which need a compiler.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from cache import ROOT
from chroot_pythons import python_for
from chroots import chroot
from wheelhouse import CERTIFICATES, Wheel, install_command, wheelhouse

SUITE, VERSION = "bookworm", "3.11"
PACKAGES = ("pytest", "hypothesis", "opencv-python-headless", "pillow")
COMPILED = ("test_cancelled_reads.py", "test_coefficients.py", "test_lost_threads.py")
# What else cannot be there: a compiler; memory as Linux counts it, under qemu; the version of libjpeg-turbo in djpeg,
# which smooths some progressive files; and the bits of Pillow for x86, as its wheel for ARM rounds ties in another way.
ELSEWHERE = (
    "test_headers.py::test_our_own_decoders_take_them",
    "test_limits.py::test_a_header_bomb_takes_no_memory",
    "test_decoder_pixels.py::test_progressive_files_without_their_last_refinements",
    "test_deep.py::test_bits_of_pillow",
    "test_pil.py::test_windows_equal_pillows_box",
)
LIMIT = 2 * 3600  # seconds


def main() -> int:
    """Run them, and return pytest's status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("arguments", nargs="*", default=["tests/native"], help="of pytest (default: tests/native)")
    options = parser.parse_args()
    wheel = Wheel.parse(options.wheel.absolute())
    place = chroot(SUITE, "arm64", ["libjpeg-turbo-progs"], purpose="native-tests")  # cjpeg, for files of rare kinds
    python = python_for(VERSION, wheel.libc, place)
    house = wheelhouse(wheel, VERSION, PACKAGES)
    if house is None:
        raise SystemExit(f"not all of {', '.join(PACKAGES)} have wheels for {wheel.machine}")
    binds = {house: "/wheelhouse", wheel.path.parent: "/dist", ROOT / "tests": "/project/tests"}
    binds |= {ROOT / "pyproject.toml": "/project/pyproject.toml", Path(CERTIFICATES): "/certificates", **python.binds}
    ignored = [f"--ignore=tests/native/{name}" for name in COMPILED]
    ignored += [f"--deselect=tests/native/{name}" for name in ELSEWHERE]
    ignored += [f"--deselect=tests/native/{name}" for name in ELSEWHERE]
    ignored += [f"--deselect=tests/native/{name}" for name in ELSEWHERE]
    ignored += [f"--deselect=tests/native/{name}" for name in ELSEWHERE]
    pytest = ["/venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored, *options.arguments]
    with place.session(binds) as session:
        script = f"""
            {install_command(python.command, wheel, PACKAGES)} &&
            cd /project && PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 {shlex.join(pytest)}
        """
        ran = session.run(script, timeout=LIMIT)
    print(ran.stdout[-20_000:], ran.stderr[-5_000:], sep="\n")
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
