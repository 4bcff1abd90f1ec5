"""The index of a pack: where its images are, their labels and all other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.class_labels import Labels
from fastseq.samples.index.columns import columns_of, index_from_columns, name_table
from fastseq.samples.index.index_file import NotAnIndexError, read_columns, read_header, write_index
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.inputs import Inputs
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.name_table import NameTable, are_offsets

PACK = "pack"
"""What the header says of where the index is from."""

_FORMAT = 1
_INDEX = "image "  # begin the names of the columns
_INPUT = "input "  # and its number
_OFFSETS = " offsets"
_BOOLEANS = " booleans"


@dataclass(frozen=True, eq=False)
class PackIndex:
    """What is in a pack.

    Attributes:
        images: where they are: all first images of the samples, then all second ones, and so on.
        labels: of the samples.
        inputs: of the samples; the rows of images are those of `images`.
        facts: what else the header says: "plan", "settings", "crcs" (of the shards), "bytes_read" (of all images), and
            "bad", the samples that were left out or decoded from damaged data.
    """

    images: ShardIndex
    labels: Labels
    inputs: Inputs
    facts: Mapping[str, Any]

    def write(self, path: Path) -> None:
        """Write the index to a file, with the paths of the shards as they are."""
        columns = {_INDEX + name: column for name, column in columns_of(self.images).items()}
        header: dict[str, Any] = {
            **self.facts,
            "format": _FORMAT,
            "source": PACK,
            "paths": self.images.paths,
            "classes": self.labels.classes,
            "multi_label": self.labels.multi_label,
            "empty_classes": self.labels.empty_classes,
            "ambiguous_integers": self.labels.ambiguous_integers,
            "image_names": self.inputs.image_names,
            "inputs": list(self.inputs.columns),
        }
        values = self.labels.values
        if isinstance(values, MultiHot):
            columns |= {"labels": values.columns.astype(np.int32), "label offsets": values.offsets}
            header["width"] = values.width
        elif values is not None:
            columns["labels"] = values
        for i, column in enumerate(self.inputs.columns.values()):
            columns |= _input_columns(f"{_INPUT}{i}", column)
        write_index(path, header, columns)

    @classmethod
    def read(cls, path: Path) -> PackIndex:
        """Read such a file.

        Raises:
            NotAnIndexError: if it is something else, or damaged.
            OSError: if it cannot be read.
        """
        header = read_header(path)
        if (header.get("format"), header.get("source")) != (_FORMAT, PACK):
            raise NotAnIndexError(f"{path} is not the index of a pack")
        columns = read_columns(path, header)
        of_images = {name.removeprefix(_INDEX): columns[name] for name in columns if name.startswith(_INDEX)}
        try:
            images = index_from_columns(list(map(str, header["paths"])), of_images, {}, None, str(path))
            names = tuple(map(str, header["image_names"]))
            n = len(images.shards) // max(len(names), 1)
            labels = _labels(header, columns)
            rows = {name: np.arange(n) + n * j for j, name in enumerate(names) if j}
            inputs = {str(name): _input(f"{_INPUT}{i}", columns) for i, name in enumerate(header["inputs"])}
            found = Inputs(names[0] if names else None, rows, inputs)
            found.check_length(n)
        except (KeyError, TypeError, ValueError) as error:
            raise NotAnIndexError(f"{path} is a damaged index of a pack: {error}") from error
        if n * max(len(names), 1) != len(images.shards) or (labels.values is not None and len(labels.values) != n):
            raise NotAnIndexError(f"{path} has columns that do not fit together")
        return cls(images, labels, found, header)


def _labels(header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> Labels:
    classes = None if header["classes"] is None else tuple(map(str, header["classes"]))
    values: NDArray[Any] | MultiHot | None = columns.get("labels")
    if "label offsets" in columns:
        values = MultiHot(columns["label offsets"], columns["labels"].view(np.uint32), int(header["width"]))
        if not are_offsets(values.offsets, values.columns):
            raise ValueError("offsets that are not in order")
        if len(values.columns) and int(values.columns.max()) >= values.width:
            raise ValueError("a label that is no class")
    elif isinstance(values, np.ndarray) and classes is not None and not _are_classes(values, len(classes)):
        raise ValueError("a label that is no class")
    empty = tuple(map(str, header["empty_classes"]))
    return Labels(values, classes, bool(header["multi_label"]), empty, bool(header["ambiguous_integers"]))


def _are_classes(values: NDArray[Any], count: int) -> bool:
    return values.dtype.kind == "i" and 0 <= values.min(initial=0) <= values.max(initial=0) < count


def _input_columns(name: str, column: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if column.dtype.kind == "O":
        texts = NameTable.of(column.tolist())
        return {name: texts.blob, name + _OFFSETS: texts.offsets}
    if column.dtype.kind == "b":
        return {name + _BOOLEANS: column.astype(np.uint8)}
    return {name: column}


def _input(name: str, columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if name + _BOOLEANS in columns:
        return columns[name + _BOOLEANS].astype(np.bool_)
    if name + _OFFSETS not in columns:
        return columns[name]
    table = name_table(columns, name, name + _OFFSETS)
    assert table is not None
    texts = np.empty(len(table), object)
    texts[:] = [table.name(i) for i in range(len(table))]
    return texts
