"""Run `smoke.py` with every wheel in every distribution, on every Python there is, and print the table.

    .venv/bin/python .ci/wheels/test_wheels.py dist/*.whl             # all of it; an hour where the cache is empty
    .venv/bin/python .ci/wheels/test_wheels.py --quick dist/*.whl     # Debian 12 alone, on x86-64 and ARM

Needs root, debootstrap and qemu-user-static, and here numpy, OpenCV and Pillow, whose pixels are the truth elsewhere.
What it makes is kept in $FASTSEQ_WHEEL_CACHE (~/.cache/fastseq-wheels). Exits with 1 if a cell fails.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pictures
from chroot_pythons import MUSL_VERSIONS, VERSIONS, NoPythonError, Python, python_for
from chroots import MACHINES, Chroot, ChrootError, chroot
from table import Cell, markdown, write_between_marks
from wheelhouse import CERTIFICATES, Wheel, install_command, wheelhouse

SUITES = {
    ("x86_64", "glibc"): ("bullseye", "bookworm", "trixie", "sid"),
    ("aarch64", "glibc"): ("bookworm", "trixie", "sid"),
    ("x86_64", "musl"): ("trixie",),  # NumPy's wheels have a libgcc with DT_RELR, which musl before 1.2.4 does not know
}
ARCHITECTURES = {machine: arch for arch, machine in MACHINES.items()}
QUICK = ("bookworm", "3.11")  # the suite, and its own Python
WITH_TENSORFLOW = {("bookworm", "3.11"), ("trixie", "3.13")}  # half a gigabyte each; JAX for the others
LIMIT = 3600  # seconds for a step of a cell, under qemu or with TensorFlow to install
HERE = Path(__file__).resolve().parent


@dataclass
class Run:
    """One run over many cells."""

    pictures: Path
    quick: bool
    own_pixels: dict[str, str] = field(default_factory=dict)

    def test(self, cell: Cell, wheel: Wheel) -> None:
        """Run a cell; whatever goes wrong is noted in it."""
        try:
            place = chroot(cell.suite, ARCHITECTURES[cell.machine])
            python = python_for(cell.version, cell.libc, place)
            cell.origin = python.origin
            self._smoke(cell, wheel, place, python)
        except NoPythonError as error:
            cell.not_run = str(error)
        except (ChrootError, RuntimeError, subprocess.TimeoutExpired) as error:
            cell.failures.append(str(error))

    def _smoke(self, cell: Cell, wheel: Wheel, place: Chroot, python: Python) -> None:
        extra, house = self._wheelhouse(cell, wheel)
        binds = {house: "/wheelhouse", wheel.path.parent: "/dist", self.pictures: "/pictures", HERE: "/tests"}
        binds[Path(CERTIFICATES)] = "/certificates"
        binds |= python.binds
        with place.session(binds) as session:
            made = session.run(install_command(python.command, wheel, extra), timeout=LIMIT)
            if made.returncode:
                raise RuntimeError(f"pip install: {made.stderr.strip()[-1500:]}")
            ran = session.run("/venv/bin/python /tests/smoke.py /pictures", timeout=LIMIT)
        self._read(cell, ran.stdout)
        if ran.returncode or not cell.passed:
            cell.failures.append(f"smoke.py: {ran.stderr.strip()[-1500:]}")

    def _wheelhouse(self, cell: Cell, wheel: Wheel) -> tuple[tuple[str, ...], Path]:
        for extra in self._extras(cell):
            folder = wheelhouse(wheel, cell.version, extra)
            if folder is not None:
                return extra, folder
        raise RuntimeError("what the wheel requires has no wheels there")

    def _extras(self, cell: Cell) -> Iterator[tuple[str, ...]]:
        """What to install besides the wheel's own requirements: the first of these that has wheels."""
        if (cell.machine, cell.libc) == ("x86_64", "glibc") and not self.quick:
            if (cell.suite, cell.version) in WITH_TENSORFLOW:
                yield "pillow", "keras>=3.8", "tensorflow"
            yield "pillow", "keras>=3.8", "jax"
        yield ("pillow",)
        yield ()

    def _read(self, cell: Cell, lines: str) -> None:
        for result in map(json.loads, lines.splitlines()):
            name, outcome, detail = result["check"], result["outcome"], result["detail"]
            if name == "own pixels" and outcome == "passed":
                self.own_pixels = self.own_pixels or detail
                if detail != self.own_pixels:
                    outcome, detail = "failed", f"{detail}, in the first cell {self.own_pixels}"
            if outcome == "failed":
                cell.failures.append(f"{name}: {detail}")
            elif outcome == "passed":
                cell.passed.append(name)
            cell.details[name] = detail


def cells(wheels: list[Wheel], quick: bool) -> Iterator[tuple[Cell, Wheel]]:
    """What to run: those of this machine's own architecture first."""
    for (machine, libc), suites in SUITES.items():
        for wheel in wheels:
            if (wheel.machine, wheel.libc) != (machine, libc):
                continue
            for version in filter(wheel.installs_on, VERSIONS if libc == "glibc" else MUSL_VERSIONS):
                for suite in suites:
                    if not quick or (suite, version) == QUICK:
                        yield Cell(wheel.name, machine, libc, suite, version), wheel


def main() -> int:
    """Run the cells and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", nargs="+", type=Path)
    parser.add_argument("--quick", action="store_true", help="Debian 12 alone, with Debian's Python, without Keras")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="cells whose names hold this text; may be repeated"
    )
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the table into this page too")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what a cell has written is removed
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)
        dist = Path(scratch, "dist")
        dist.mkdir()
        # Copies, since a run takes long and wheels may be built anew meanwhile.
        wheels = [Wheel.parse(Path(shutil.copy(path, dist))) for path in sorted(options.wheels)]
        todo = [
            one for one in cells(wheels, options.quick) if any(text in one[0].name for text in options.only or [""])
        ]
        run = Run(Path(scratch, "pictures"), options.quick)
        pictures.write(run.pictures)
        for number, (cell, wheel) in enumerate(todo, 1):
            start = time.monotonic()
            run.test(cell, wheel)
            print(f"[{number}/{len(todo)}] {cell.line()} ({time.monotonic() - start:.0f} s)", flush=True)
    for wheel in wheels:
        if (wheel.machine, wheel.libc) not in SUITES:
            print(f"{wheel.path.name}: not run: no {wheel.libc} Python for {wheel.machine} is to be had")
    done = [cell for cell, _ in todo]
    print("\n" + markdown(done))
    if options.docs:
        write_between_marks(options.docs, markdown(done))
    return any(cell.failures for cell in done) or not any(cell.passed for cell in done)


if __name__ == "__main__":
    sys.exit(main())
