"""The fingerprint of samples."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.inputs import Inputs
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.path_table import CHUNK, PathTable


def samples_fingerprint(
    table: PathTable,
    rows: NDArray[np.int64],
    labels: NDArray[Any] | MultiHot | None,
    classes: tuple[str, ...] | None,
    multi_label: bool,
    inputs: Inputs,
) -> str:
    """A hash, 16 hex digits, of the root, the paths, their order, the labels, the classes and the other inputs."""
    digest = hashlib.blake2b(digest_size=8, person=b"fastseq samples1")
    kind = None if labels is None else ("<i8" if labels.dtype == np.int32 else labels.dtype.str, labels.shape)
    digest.update(ascii((table.root, len(rows), classes, multi_label, kind)).encode())
    _add_paths(digest, table, rows)
    if isinstance(labels, MultiHot):
        digest.update(labels.offsets.data)
        digest.update(labels.columns.data)
    elif labels is not None:
        for start in range(0, len(labels), CHUNK):
            part = labels[start : start + CHUNK]
            part = part.astype(np.int64) if part.dtype == np.int32 else np.ascontiguousarray(part)
            digest.update(part.reshape(-1).data)
    if inputs.names:
        digest.update(ascii((inputs.image_names, [*inputs.columns])).encode())
    for further in inputs.further_rows.values():
        _add_paths(digest, table, further)
    for values in inputs.columns.values():
        digest.update(ascii((values.dtype.str, values.shape)).encode())
        if values.dtype.kind == "O":
            for text in values.tolist():
                digest.update(ascii(text).encode())  # in quotes, so that no two lists give the same
        else:
            digest.update(np.ascontiguousarray(values).reshape(-1).data)
    return digest.hexdigest()


def _add_paths(digest: hashlib.blake2b, table: PathTable, rows: NDArray[np.int64]) -> None:
    for lengths, blob in table.parts(rows):
        digest.update(lengths.data)
        digest.update(blob.data)
    if table.ranges is None:
        return
    offsets, *others = table.ranges.columns
    places = offsets[rows]
    if table.contents is not None:  # where an image is in memory differs from run to run
        places = np.where(table.buffer_numbers(rows) >= 0, table.contents.rows[rows], places)
    digest.update(places.data)
    for column in others:
        if column is not None:
            digest.update(column[rows].data)
