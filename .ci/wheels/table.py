"""The table of wheels, distributions and Pythons, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUITE_NAMES = {"bullseye": "Debian 11", "bookworm": "Debian 12", "trixie": "Debian 13", "sid": "sid"}
MARKS = ("<!-- wheels: written by .ci/wheels/test_wheels.py -->", "<!-- end of wheels -->")


@dataclass
class Cell:
    """What became of one wheel in one place."""

    wheel: str
    machine: str
    libc: str
    suite: str
    version: str
    origin: str = ""
    not_run: str = ""
    passed: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """All that tells it from others."""
        return f"{self.wheel} {self.libc} {self.machine}, {self.suite}, Python {self.version}"

    def line(self) -> str:
        """One line of progress, and the failures."""
        if self.not_run:
            return f"{self.name}: not run: {self.not_run}"
        said = "".join(f"\n    {failure}" for failure in self.failures)
        return f"{self.name} ({self.origin}): {len(self.passed)} passed, {len(self.failures)} failed{said}"

    def text(self) -> str:
        """What the table shows."""
        if self.not_run:
            return ""
        if self.failures:
            return "failed: " + ", ".join(failure.split(":")[0] for failure in self.failures)
        fit = self.details.get("fit", "")
        backend = next((name for name in ("TensorFlow", "JAX") if name.lower() in fit.split()), None)
        return f"{len(self.passed)} ({', '.join(filter(None, (self.origin, backend)))})"


def markdown(cells: list[Cell]) -> str:
    """The table: a row for each wheel and Python that ran somewhere, a column for each distribution."""
    ran = {(cell.wheel, cell.machine, cell.libc, cell.version) for cell in cells if not cell.not_run}
    cells = [cell for cell in cells if (cell.wheel, cell.machine, cell.libc, cell.version) in ran]
    suites = [suite for suite in SUITE_NAMES if any(cell.suite == suite for cell in cells)]
    rows: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.wheel, f"{cell.machine}, {cell.libc}", cell.version), {})[cell.suite] = cell
    lines = ["| wheel | machine | Python | " + " | ".join(SUITE_NAMES[suite] for suite in suites) + " |"]
    lines.append("| --- " * (3 + len(suites)) + "|")
    for names, by_suite in rows.items():
        texts = [by_suite[suite].text() if suite in by_suite else "" for suite in suites]
        lines.append("| " + " | ".join([*names, *texts]) + " |")
    return "\n".join(lines)


def write_between_marks(page: Path, text: str) -> None:
    """Replace what a page has between the marks."""
    before, _, rest = page.read_text().partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        raise ValueError(f"{page} lacks the lines {MARKS[0]} and {MARKS[1]}")
    page.write_text(f"{before}{MARKS[0]}\n{text}\n{end}{after}")
