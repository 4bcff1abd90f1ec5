"""The log of bad samples: each sample once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.files import replace_text
from fastseq.errors import BadSample
from fastseq.status import Status


class BadSampleLog(Sequence[BadSample]):
    """Bad and recovered samples, sorted by index. Safe to use from several threads."""

    def __init__(self) -> None:
        # Other threads see each change as one step: entries are only added, and the dict is copied before iterating.
        # There is no lock that a fork could leave locked.
        self._by_index: dict[int, BadSample] = {}

    def add(self, sample: BadSample) -> bool:
        """Log a sample unless it is logged already; a bad one replaces its own RECOVERED entry.

        Returns:
            Whether its index is new.
        """
        is_new = sample.index not in self._by_index
        logged = self._by_index.setdefault(sample.index, sample)
        if logged.is_good and not sample.is_good:
            self._by_index[sample.index] = sample
        return is_new

    def write(self, path: StrPath) -> None:
        """Write the log as JSON lines, atomically replacing an existing file.

        Each line has the fields of `BadSample` and its `message`.
        """
        replace_text(path, "".join(json.dumps(_to_record(sample)) + "\n" for sample in self))

    def read(self, path: StrPath) -> None:
        """Add the samples of a file written by `write`, so that a resumed run lists those of the run before.

        Raises:
            OSError: if the file cannot be read.
            ValueError: if it is not such a log; the message names the line.
        """
        with open(path, encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                try:
                    self.add(_from_record(json.loads(line)))
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    what = error if isinstance(error, _OldFormatError) else "is not a record of a bad sample"
                    raise ValueError(f"line {number} of {os.fspath(path)!r} {what}") from None

    def select(self, indices: Iterable[int]) -> list[BadSample]:
        """The logged ones among the samples with these numbers, sorted by index."""
        return [self._by_index[index] for index in sorted(indices) if index in self._by_index]

    def _sorted(self) -> list[BadSample]:
        return [sample for _, sample in sorted(self._by_index.copy().items())]

    def __len__(self) -> int:
        return len(self._by_index)

    def __iter__(self) -> Iterator[BadSample]:
        """Iterate over a snapshot."""
        return iter(self._sorted())

    @overload
    def __getitem__(self, which: int) -> BadSample: ...
    @overload
    def __getitem__(self, which: slice) -> list[BadSample]: ...
    def __getitem__(self, which: int | slice) -> BadSample | list[BadSample]:
        return self._sorted()[which]

    def __repr__(self) -> str:
        lines = [f"<{len(self)} bad samples>", *map(str, self[:5]), *["..."] * (len(self) > 5)]
        return "\n  ".join(lines)

    def __getstate__(self) -> dict[str, object]:
        return {"_by_index": self._by_index.copy()}


class _OldFormatError(ValueError):
    """A record with the field names of an earlier version."""


def _to_record(sample: BadSample) -> dict[str, Any]:
    return {
        "index": sample.index,
        "path": None if sample.path is None else os.fspath(sample.path),
        "status": sample.status.name,
        "message": sample.message,
        "detail": sample.detail,
        "epoch": sample.epoch,
        "remedy": sample.remedy,
    }


def _from_record(record: dict[str, Any]) -> BadSample:
    if "row" in record and "index" not in record:
        raise _OldFormatError(
            "was written by an earlier version of fastseq, which called a sample's index its row; delete the file"
        )
    return BadSample(
        arguments.integer("index", record["index"], minimum=0),
        record["path"],
        Status[record["status"]],
        record["detail"],
        arguments.integer("epoch", record["epoch"], minimum=0),
        str(record.get("remedy", "")),
    )
