"""The fingerprint of samples."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.path_table import PathTable


def samples_fingerprint(
    table: PathTable,
    rows: NDArray[np.int64],
    labels: NDArray[Any] | MultiHot | None,
    classes: tuple[str, ...] | None,
    multi_label: bool,
) -> str:
    """A hash, 16 hex digits, of the root, the paths, their order, the labels and the classes; see `Samples`."""
    digest = hashlib.blake2b(digest_size=8, person=b"fastseq samples1")
    kind = None if labels is None else (labels.dtype.str, labels.shape)
    digest.update(ascii((table.root, len(rows), classes, multi_label, kind)).encode())
    for lengths, blob in table.parts(rows):
        digest.update(lengths.data)
        digest.update(blob.data)
    for column in (table.range_offsets, table.range_lengths):
        if column is not None:
            digest.update(column[rows].data)
    if isinstance(labels, MultiHot):
        digest.update(labels.offsets.data)
        digest.update(labels.columns.data)
    elif labels is not None:
        digest.update(np.ascontiguousarray(labels).reshape(-1).data)
    return digest.hexdigest()
