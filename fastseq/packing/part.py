"""What is known of one shard of a pack: the note that a worker leaves beside it until the pack is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.errors import BadSample
from fastseq.samples.index.index_file import NotAnIndexError, read_columns, read_header, write_index
from fastseq.status import Status

_FACTS = ("plan", "shard", "size", "crc", "bytes_read")
_COLUMNS = ("numbers", "offsets", "lengths", "crcs", "crop_sizes", "crop_rows", "ends")


@dataclass(frozen=True, eq=False)
class Part:
    """A shard.

    Attributes:
        plan: a hash of the whole pack's samples and settings.
        shard: its number.
        size: of the file, bytes.
        crc: CRC-32C of the file.
        bytes_read: of the images that were read for it.
        numbers: int64 (n,), the numbers of its samples in the set that is packed, in the order of the shard.
        offsets: int64 (images, n), where each image begins in the shard, bytes.
        lengths: int64 (images, n), the size of each, bytes.
        crcs: int64 (images, n), CRC-32C of each.
        crop_sizes: int64 (images, n), the size of the crop index of each, bytes; 0 for none.
        crop_rows: uint8, these crop indexes one after the other.
        ends: int64 (n,), where the last file of each sample ends.
        bad: the samples that were left out, and those that were decoded from damaged data.
    """

    plan: str
    shard: int
    size: int
    crc: int
    bytes_read: int
    numbers: NDArray[np.int64]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    crcs: NDArray[np.int64]
    crop_sizes: NDArray[np.int64]
    crop_rows: NDArray[np.uint8]
    ends: NDArray[np.int64]
    bad: Sequence[BadSample]

    def write(self, path: Path) -> None:
        """Write it to a file."""
        header = {name: getattr(self, name) for name in _FACTS}
        header["bad"] = [asdict(sample) | {"path": str(sample.path)} for sample in self.bad]
        write_index(path, header, {name: getattr(self, name) for name in _COLUMNS})

    @classmethod
    def read(cls, path: Path) -> Part:
        """Read such a file.

        Raises:
            NotAnIndexError: if it is something else.
            OSError: if it cannot be read.
        """
        header = read_header(path)
        columns = read_columns(path, header)
        try:
            bad = [_bad_sample(record) for record in header["bad"]]
            values: dict[str, Any] = {name: header[name] for name in _FACTS}
            return cls(**values | {name: columns[name] for name in _COLUMNS}, bad=bad)
        except (KeyError, TypeError, ValueError) as error:
            raise NotAnIndexError(f"{path} is no part of a pack") from error


def _bad_sample(record: dict[str, Any]) -> BadSample:
    return BadSample(**record | {"status": Status(record["status"])})
