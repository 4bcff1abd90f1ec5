"""The text that NVIDIA DALI keeps beside a tar archive, made by its `wds2idx`: where the files of each sample are.

The first line has the version and the number of samples. Each other line has a sample: `kind offset size name` for each
of its files in v1.2, `kind offset size` in v1.1.

`wds2idx` counts back from the file that comes next, and so puts a file too far when the next one has more than one
header, for a long name, or a time that is not a whole second, as WebDataset's TarWriter writes it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from fastseq.arguments import shown
from fastseq.samples.sources.tar_samples import TarFile

MAX_BYTES = 32 << 20
"""Larger ones are refused."""

MAX_DOUBTFUL = 4096
"""Of more files, it is not looked up whether they are where a text says."""

REMEDY = "Make the file again by wds2idx, or an index by fastseq index, which is used in its place"

_FIELDS = {b"v1.1": 3, b"v1.2": 4}
_BLOCK = 512  # bytes, of a tar archive: headers are as large, and contents begin at a multiple of it
_MAX_LINE = 1 << 20
_MAX_DIGITS = 18


@dataclass
class DaliIndex:
    """The text beside an archive.

    Attributes:
        file: its path or URL.
        contents: what is in it.
        archive_size: of the archive, bytes.
        has_names: whether it has the names of files.
        doubtful: the line and the file of those that do not begin one header after the one before them, at most
            `MAX_DOUBTFUL` and one, and of the last one. If these are right, so are all.
    """

    file: str
    contents: bytes
    archive_size: int
    has_names: bool = False
    doubtful: list[tuple[int, TarFile]] = field(default_factory=list)

    @staticmethod
    def is_one(contents: bytes) -> bool:
        """Whether a file is such a text by its beginning; Megatron Energon has binary files of the same name."""
        return contents.startswith(b"v")

    def files(self) -> Iterator[TarFile]:
        """Iterate over the files in the archive, in their order; without names, they are called "5.jpg" by their line.

        Raises:
            ValueError: if a line is not as it should be, or says what cannot be.
        """
        lines = io.BytesIO(self.contents)
        head = lines.readline(_MAX_LINE).split()
        if len(head) != 2 or head[0] not in _FIELDS or not _is_number(head[1]) or not int(head[1]):
            raise self._wrong(1, "is not the version, v1.1 or v1.2, and the number of samples")
        fields, samples, end = _FIELDS[head[0]], int(head[1]), 0
        self.has_names = fields == 4
        for line in range(2, samples + 2):
            words = lines.readline(_MAX_LINE).split()
            if not words or len(words) % fields:
                what = "kind, offset, size and name" if self.has_names else "kind, offset and size"
                raise self._wrong(line, f"does not have {what} of each file of a sample; names cannot have spaces")
            for start in range(0, len(words), fields):
                file = self._file(line, words[start : start + fields], end)
                if file[1] != _first(end) and len(self.doubtful) <= MAX_DOUBTFUL:
                    self.doubtful.append((line, file))
                end = file[1] + file[2]
                yield file
        self.doubtful.append((line, file))
        if lines.read().strip():
            raise self._wrong(samples + 2, f"is there, although there should be {samples:,} samples")

    def _file(self, line: int, words: list[bytes], end: int) -> TarFile:
        """The file that some words describe, which begins after the end of the one before it."""
        kind, *numbers = (word.decode("utf-8", "surrogateescape") for word in words)
        if not all(map(_is_number, words[1:3])):
            raise self._wrong(line, f"has {shown(numbers[0])} and {shown(numbers[1])} for an offset and a size")
        offset, size = map(int, numbers[:2])
        if offset % _BLOCK or offset < _first(end) or offset + size > self.archive_size:
            raise self._wrong(
                line,
                f"has a file of {size:,} bytes at {offset:,}, but in an archive of {self.archive_size:,} bytes, whose "
                f"file before it ends at {end:,}, none can be there",
            )
        name = numbers[2] if self.has_names else f"{line}.{kind}"
        named = name.rpartition("/")[2].partition(".")[2]
        if named and named != kind:
            raise self._wrong(line, f"has a file {name!r} of kind {kind!r}")
        return name, offset, size

    def _wrong(self, line: int, what: str) -> ValueError:
        return ValueError(f"{self.file}: line {line:,} {what}. {REMEDY}")


def _first(end: int) -> int:
    """Where a file begins, at the earliest, after the end of the one before it."""
    return -(-end // _BLOCK) * _BLOCK + _BLOCK


def _is_number(word: bytes) -> bool:
    return word.isdigit() and len(word) <= _MAX_DIGITS
