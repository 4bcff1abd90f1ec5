"""Exceptions, warnings, and the record of a bad sample that they report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fastseq._types import StrPath
from fastseq._warn import warn_user
from fastseq.near_files import near_file_advice
from fastseq.status import Status, describe, is_good, remedy


class UnknownLabelError(ValueError):
    """A label is not among the given classes."""


@dataclass(frozen=True)
class BadSample:
    """A sample that could not be decoded, or that was decoded from damaged data (status RECOVERED).

    Attributes:
        index: the sample's number in the `Samples`, or the position of the source passed to `decode_batch`.
        path: its file, as given, the bad one if it has several; None for bytes.
        status: what is wrong.
        detail: the decoder's or the operating system's own words; "" if there are none.
        epoch: the epoch, counted from 0, in which the problem was first seen.
        remedy: what you can do, with the setting that would accept the file if there is one; what its status suggests
            if "" was given.
    """

    index: int
    path: StrPath | None
    status: Status
    detail: str = ""
    epoch: int = 0
    remedy: str = ""

    def __post_init__(self) -> None:
        if not self.remedy:
            object.__setattr__(self, "remedy", remedy(self.status))

    @property
    def is_good(self) -> bool:
        """Whether the image is usable nevertheless (RECOVERED)."""
        return is_good(self.status)

    @property
    def reason(self) -> str:
        """What is wrong, in one clause, with the detail."""
        return describe(self.status, self.detail)

    @property
    def message(self) -> str:
        """The full text: the file, what is wrong with it, and what to do."""
        source = f"sample {self.index}" if self.path is None else f"{os.fspath(self.path)!r} (sample {self.index})"
        return f"{source}: {self.reason} [{self.status.name}]; {self.remedy}"

    def __str__(self) -> str:
        return self.message

    def with_advice(self) -> BadSample:
        """This report; if there is no such file, its remedy names one that may be meant. Reads the file's folder."""
        if self.status is not Status.NOT_FOUND or self.path is None:
            return self
        advice = near_file_advice(os.fsdecode(self.path))
        return replace(self, remedy=f"{self.remedy}: {advice}") if advice else self

    def to_error(self) -> DecodeError:
        """The exception for this sample."""
        advised = self.with_advice()
        return DecodeError(self.path, self.index, self.status, self.detail, advised.remedy)


class DecodeError(Exception):
    """A sample could not be decoded.

    Attributes:
        path: its file, as given, the bad one if it has several; None for bytes.
        index: the sample's number in the `Samples`, or the position of the source passed to `decode_batch`.
        status: what is wrong.
        detail: the decoder's or the operating system's own words; "" if there are none.
        reason: what is wrong, in one clause, with the detail.
        remedy: what you can do; see `BadSample`.
    """

    def __init__(self, path: StrPath | None, index: int, status: Status, detail: str = "", remedy: str = "") -> None:
        super().__init__(path, index, status, detail, remedy)
        sample = BadSample(index, path, status, detail, remedy=remedy)
        self.path = path
        self.index = index
        self.status = status
        self.detail = detail
        self.reason = sample.reason
        self.remedy = sample.remedy
        self._message = sample.message

    def __str__(self) -> str:
        return f"cannot decode {self._message}"


class TooManyBadSamples(Exception):  # noqa: N818
    """An epoch had more bad samples than `max_bad` allows.

    Attributes:
        samples: the epoch's bad samples so far, sorted by index; after a resume, those since the resume.
        count: the number of the epoch's bad samples so far.
        max_bad: how many were allowed.
        total: the number of samples in the set.
    """

    def __init__(self, samples: Sequence[BadSample], count: int, max_bad: int, total: int) -> None:
        super().__init__(samples, count, max_bad, total)
        self.samples = list(samples)
        self.count = count
        self.max_bad = max_bad
        self.total = total

    def __str__(self) -> str:
        shown = "\n".join(f"  {bad.with_advice()}" for bad in self.samples[:5])
        rest = len(self.samples) - 5
        return (
            f"{self.count} of {self.total} samples are bad ({count_by_status(self.samples)}), and max_bad allows "
            f"{self.max_bad}; remove them, or raise max_bad if you expected this:\n{shown}"
            + (f"\n  and {rest} more in .samples" if rest > 0 else "")
        )


class BadSamplesWarning(UserWarning):
    """There were bad samples, which were handled by `on_error`, or images that were decoded from damaged data."""


class SamplesWarning(UserWarning):
    """A source left something out, or the samples look wrong: a class without images, a file in several rows."""


class StalledWarning(UserWarning):
    """The loader has been waiting for one file for a long time."""


def raise_first_bad(samples: Iterable[BadSample]) -> None:
    """Raise `DecodeError` for the first sample that is not usable, if there is one."""
    for sample in samples:
        if not sample.is_good:
            raise sample.to_error()


def warn_of_recovered(count: int, images: int) -> None:
    """Warn that some of a number of images were decoded from damaged data, if there are any."""
    if count:
        warn_user(
            f"{count} of {images} images were decoded from damaged data; strict=True refuses them, and names the first",
            BadSamplesWarning,
        )


def count_by_status(samples: Iterable[BadSample]) -> str:
    """The number of samples with each status, the most frequent first."""
    counts = Counter(sample.status.name for sample in samples)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
