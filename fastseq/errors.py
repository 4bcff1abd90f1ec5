"""The exceptions of fastseq."""

from __future__ import annotations

import os

from fastseq.status import Status, describe, remedy

StrPath = str | os.PathLike[str]


class UnknownLabelError(ValueError):
    """A label that is not among the classes that were given."""


class DecodeError(Exception):
    """A sample that could not be decoded.

    Attributes:
        path: the file, as it was given; None for bytes.
        index: the sample's number among the samples, or among the sources of `decode_batch`.
        status: what is wrong, as a `Status`.
        reason: the same in words, with the decoder's own where it had any.
    """

    def __init__(self, path: StrPath | None, index: int, status: Status, detail: str = "") -> None:
        """Say which sample failed and how; `detail` are the decoder's words."""
        super().__init__(path, index, status, detail)
        self.path = path
        self.index = index
        self.status = status
        self.reason = describe(status, detail)

    def __str__(self) -> str:
        """The file, what is wrong with it, and what to do."""
        source = f"sample {self.index}" if self.path is None else f"{os.fspath(self.path)!r} (sample {self.index})"
        return f"cannot decode {source}: {self.reason} [{self.status.name}]; {remedy(self.status)}"
