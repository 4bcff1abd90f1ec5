"""Samples from a data set of Hugging Face's `datasets`, without importing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.arguments import kind
from fastseq.errors import SamplesWarning
from fastseq.samples.cells import at
from fastseq.samples.class_labels import Labels, checked_columns, listed
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.arrow_images import find_images, holds_images
from fastseq.samples.sources.arrow_table import arrow_table
from fastseq.samples.sources.huggingface_labels import encode_column, label_column
from fastseq.samples.sources.left_out import LeftOut
from fastseq.urls import check_local

_USED = ("features", "data", "format", "_indices")  # nothing public has what _indices has


def read_huggingface(
    dataset: Any, image: str, label: str | None, classes: Iterable[object] | None
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_huggingface`."""
    _check_dataset(dataset)
    fixed = checked_columns(image, label, classes, "a column")
    image = _image_column(dataset, image)
    label = label_column(dataset.features, image, label)
    what = f"column {image!r}"
    images = find_images(dataset.data.column(image), what)
    arrow_rows = _arrow_rows(dataset)
    has_path = np.zeros(len(images.numbers), np.bool_)
    has_path[list(images.paths)] = True
    is_there = (images.numbers >= 0) | has_path
    rows = np.flatnonzero(is_there[arrow_rows])
    if not len(rows):
        raise ValueError(f"{what} has no images" + (": it is empty in all rows" if len(dataset) else ""))
    _warn_of_missing(np.flatnonzero(~is_there[arrow_rows]), what)
    arrow_rows = arrow_rows[rows]
    for place in np.flatnonzero(has_path[arrow_rows]).tolist():
        _check_path(images.paths[int(arrow_rows[place])], at(what, int(rows[place])))
    table = arrow_table(images, arrow_rows, rows, _name(dataset))
    if label is None:
        return table, Labels()
    column = dataset.data.column(label).take(arrow_rows)
    return table, encode_column(column, dataset.features[label], rows, fixed, f"column {label!r}")


def _check_dataset(dataset: Any) -> None:
    if isinstance(dataset, Mapping):
        raise TypeError(
            f"dataset must be one data set, not a {type(dataset).__name__}; pass one of its splits, {listed(dataset)}, "
            "such as dataset['train']"
        )
    if type(dataset).__name__ == "IterableDataset":
        raise TypeError(
            "an IterableDataset is a stream, without rows to shuffle by; load the data set without streaming=True"
        )
    if isinstance(dataset, str):
        raise TypeError(f"dataset must be a data set, not its name; pass datasets.load_dataset({dataset!r}, split=...)")
    if not all(hasattr(dataset, name) for name in _USED):
        raise TypeError(f"dataset must be a datasets.Dataset, not {kind(dataset)}")
    if dataset.format["type"] == "custom":
        raise ValueError(
            "the data set has a transform, which would not be applied, as fastseq decodes the images. Pass "
            "dataset.with_format(None), and transform=... or map=... to what loads the samples"
        )


def _image_column(dataset: Any, image: str) -> str:
    features = dataset.features
    if image == "inferred":
        found: list[str] = [name for name, feature in features.items() if getattr(feature, "_type", None) == "Image"]
        if len(found) != 1:
            there = f"several columns are images: {listed(found)}" if found else "no column has the feature Image"
            raise ValueError(
                f"{there}; the columns are {listed(features)}. Name that of the encoded images: image=..., or convert "
                "a column of paths: dataset.cast_column(name, datasets.Image())"
            )
        image = found[0]
    if image not in features:
        raise ValueError(f"there is no column {image!r}; the columns are {listed(features)}")
    if not holds_images(type_ := dataset.data.column(image).type):
        raise ValueError(
            f"column {image!r} is of type {type_}, not of encoded images; convert a column of paths: "
            f"dataset.cast_column({image!r}, datasets.Image())"
        )
    return image


def _arrow_rows(dataset: Any) -> NDArray[np.int64]:
    """The row of the Arrow table that each row of the data set is: `select` and `shuffle` keep a column of them."""
    if dataset._indices is None:
        return np.arange(dataset.data.num_rows)
    rows: NDArray[np.int64] = dataset._indices.column(0).to_numpy().astype(np.int64)
    return rows


def _check_path(path: str, what: str) -> None:
    check_local(path, what)
    if "\0" in path or "://" in path:
        raise ValueError(f"{what}: {path!r} is not the path of a file")


def _warn_of_missing(rows: NDArray[np.int64], what: str) -> None:
    if not len(rows):
        return
    left_out = LeftOut()
    for row in rows.tolist():
        left_out.add(f"row {row}")
    warn_user(f"{what}: rows without an image were left out: {left_out}", SamplesWarning)


def _name(dataset: Any) -> str:
    """What the data set is called in messages."""
    fingerprint = getattr(dataset, "_fingerprint", None)
    return f"dataset {fingerprint[:8]}" if isinstance(fingerprint, str) else "dataset"
