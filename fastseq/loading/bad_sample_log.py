"""The bad samples that were met, each of them once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from fastseq.engine.files import replace_text
from fastseq.errors import StrPath
from fastseq.status import Status


@dataclass(frozen=True)
class BadSample:
    """A sample that could not be decoded.

    Attributes:
        row: the sample's number among the samples.
        path: its file.
        status: what is wrong.
        reason: the same in words, with the decoder's own where it had any.
        epoch: in which it was met first, counted from 0.
    """

    row: int
    path: str
    status: Status
    reason: str
    epoch: int

    def __str__(self) -> str:
        """The file and what is wrong with it."""
        return f"{self.path!r} (sample {self.row}): {self.reason} [{self.status.name}]"


class Ledger(Sequence[BadSample]):
    """Bad samples in the order of the samples. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with none."""
        # Only added to, and copied before it is walked through: one step each for other threads, and no lock that can
        # be held at a fork.
        self._by_row: dict[int, BadSample] = {}

    def add(self, found: BadSample) -> None:
        """List it, if its sample is not listed yet."""
        self._by_row.setdefault(found.row, found)

    def write(self, path: StrPath) -> None:
        """Write JSON lines, one for each sample, over what the file had; a reader finds the old list or the new one."""
        records = ({**vars(found), "status": found.status.name} for found in self)
        replace_text(path, "".join(json.dumps(record) + "\n" for record in records))

    def read(self, path: StrPath) -> None:
        """Add what `write` has written, so that a run that goes on lists what it met before.

        Raises:
            OSError: if the file cannot be read.
            ValueError: if it is no such list; the message names the line.
        """
        with open(path, encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                try:
                    record = json.loads(line)
                    found = BadSample(**{**record, "status": Status[record["status"]]})
                except (ValueError, TypeError, KeyError):
                    raise ValueError(f"line {number} of {os.fspath(path)!r} is no record of a bad sample") from None
                self.add(found)

    def of_rows(self, rows: Iterable[int]) -> list[BadSample]:
        """Those of some samples, in the order of the samples."""
        return [self._by_row[row] for row in sorted(rows) if row in self._by_row]

    def _sorted(self) -> list[BadSample]:
        return [found for _, found in sorted(self._by_row.copy().items())]

    def __len__(self) -> int:
        """How many."""
        return len(self._by_row)

    def __iter__(self) -> Iterator[BadSample]:
        """They, as they are now."""
        return iter(self._sorted())

    @overload
    def __getitem__(self, which: int) -> BadSample: ...
    @overload
    def __getitem__(self, which: slice) -> list[BadSample]: ...
    def __getitem__(self, which: int | slice) -> BadSample | list[BadSample]:
        """One, or some of them."""
        return self._sorted()[which]

    def __repr__(self) -> str:
        """The first of them."""
        lines = [f"<{len(self)} bad samples>", *map(str, self[:5]), *["..."] * (len(self) > 5)]
        return "\n  ".join(lines)

    def __getstate__(self) -> dict[str, object]:
        """What is listed now."""
        return {"_by_row": self._by_row.copy()}
