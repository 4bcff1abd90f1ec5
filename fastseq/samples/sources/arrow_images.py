"""Where the encoded images of an Arrow column are, from its buffers: no image is copied, and no row looped over."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_OFFSET_TYPES: dict[str, type[np.signedinteger[Any]]] = {"binary": np.int32, "large_binary": np.int64}


class ArrowImages(NamedTuple):
    """The images of a column, by row.

    Attributes:
        buffers: the Arrow data that they are in, uint8 (bytes,) each.
        numbers: int32 (n,), the buffer of each image; -1 for a row without bytes.
        offsets: int64 (n,), where each image begins in its buffer.
        lengths: int64 (n,), their sizes, bytes.
        paths: those of the rows that have a path and no bytes.
    """

    buffers: list[NDArray[np.uint8]]
    numbers: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    paths: dict[int, str]


def holds_images(kind: Any) -> bool:
    """Whether a type of pyarrow is that of encoded images: binary, or a struct with a binary field "bytes"."""
    if hasattr(kind, "get_field_index"):
        index = kind.get_field_index("bytes")
        return index >= 0 and str(kind.field(index).type) in _OFFSET_TYPES
    return str(kind) in _OFFSET_TYPES


def find_images(column: Any, what: str) -> ArrowImages:
    """Find the images of a pyarrow.ChunkedArray whose type `holds_images`.

    Raises:
        ValueError: if an image is not within its buffer; the message begins with `what`.
    """
    buffers = _Buffers()
    numbers, places, paths, first = [np.zeros(0, np.int32)], [np.zeros((2, 0), np.int64)], {}, 0
    for chunk in column.chunks:
        is_struct = hasattr(chunk, "field")
        encoded = chunk.field("bytes") if is_struct else chunk
        is_null = _nulls(chunk) | _nulls(encoded)
        number = buffers.add(encoded.buffers()[2])
        offsets, lengths = places_in_chunk = _places(encoded)
        beyond = offsets + lengths > len(buffers.arrays[number])
        if (beyond | (offsets < 0) | (lengths < 0))[~is_null].any():
            raise ValueError(f"{what}: an image ends beyond the data of its Arrow chunk; the data set is damaged")
        numbers.append(np.where(is_null, -1, number).astype(np.int32))
        places.append(places_in_chunk)
        if is_struct and is_null.any():
            paths.update(_paths(chunk, is_null, first))
        first += len(chunk)
    all_offsets, all_lengths = np.concatenate(places, axis=1)
    return ArrowImages(buffers.arrays, np.concatenate(numbers), all_offsets, all_lengths, paths)


class _Buffers:
    """The buffers found so far; one that several chunks share counts once."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[np.uint8]] = []
        self._numbers: dict[tuple[int, int], int] = {}

    def add(self, buffer: Any) -> int:
        """The number of a pyarrow.Buffer, which Arrow may leave out if it is empty."""
        is_empty = buffer is None or not buffer.size
        number = self._numbers.setdefault((0, 0) if is_empty else (buffer.address, buffer.size), len(self.arrays))
        if number == len(self.arrays):
            self.arrays.append(np.zeros(0, np.uint8) if is_empty else np.frombuffer(buffer, np.uint8))
        return number


def _places(encoded: Any) -> NDArray[np.int64]:
    """The offsets and lengths, (2, n), of the values of a binary array in its data."""
    if not len(encoded):
        return np.zeros((2, 0), np.int64)
    offsets = np.frombuffer(encoded.buffers()[1], _OFFSET_TYPES[str(encoded.type)])
    ends = offsets[encoded.offset : encoded.offset + len(encoded) + 1].astype(np.int64)
    return np.stack([ends[:-1], np.diff(ends)])


def _nulls(array: Any) -> NDArray[np.bool_]:
    if not array.null_count:
        return np.zeros(len(array), np.bool_)
    is_null: NDArray[np.bool_] = array.is_null().to_numpy(zero_copy_only=False)
    return is_null


def _paths(chunk: Any, is_null: NDArray[np.bool_], first: int) -> dict[int, str]:
    """The paths, by row, of those rows of a chunk that have no bytes; its first row is `first`."""
    if chunk.type.get_field_index("path") < 0:
        return {}
    paths = chunk.field("path").to_pylist()
    is_there = ~_nulls(chunk)
    return {first + row: paths[row] for row in np.flatnonzero(is_null & is_there).tolist() if paths[row]}
