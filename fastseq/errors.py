"""The exceptions of fastseq."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastseq.status import Status, describe, remedy

if TYPE_CHECKING:
    from fastseq.loading.bad_sample_log import BadSample

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


class TooManyBadSamples(Exception):  # noqa: N818
    """An epoch had more bad samples than `max_bad` allows.

    Attributes:
        samples: those of the epoch so far, in the order of the samples; after a resume, those met since.
        count: how many the epoch has had.
    """

    def __init__(self, samples: Sequence[BadSample], count: int, most: int, total: int) -> None:
        """Say which, how many, how many there may be, and of how many samples."""
        super().__init__(samples, count, most, total)
        self.samples = list(samples)
        self.count = count
        self._most = most
        self._total = total

    def __str__(self) -> str:
        """How many, of what kinds, the first of them, and what to do."""
        shown = "\n".join(f"  {found}" for found in self.samples[:5])
        rest = len(self.samples) - 5
        return (
            f"{self.count} of {self._total} samples are bad ({kinds(self.samples)}), and max_bad allows "
            f"{self._most}; take them out, or raise max_bad if that is what you expect:\n{shown}"
            + (f"\n  and {rest} more in .samples" if rest > 0 else "")
        )


class BadSamplesWarning(UserWarning):
    """An epoch had bad samples, which its policy has dealt with."""


class StalledWarning(UserWarning):
    """A file keeps the loader waiting."""


def kinds(samples: Sequence[BadSample]) -> str:
    """How many of each status, the most frequent first."""
    counts = Counter(found.status.name for found in samples)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
