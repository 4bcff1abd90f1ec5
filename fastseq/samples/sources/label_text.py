"""Labels in shards that are text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fastseq.arguments import shown
from fastseq.samples.class_labels import Labels, number_in
from fastseq.samples.index.shard_index import RawLabels
from fastseq.samples.sources.class_numbers import are_names, numbers_of_classes, warn_of_other_numbers
from fastseq.samples.sources.csv_columns import TextColumn

MAX_LABEL_BYTES = 1 << 16


def label_text(contents: bytes, name: str) -> str:
    """Decode a label.

    Args:
        contents: its bytes.
        name: what messages call it.

    Raises:
        ValueError: if it is not text in UTF-8, or empty.
    """
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"{name} is not text: {shown(contents[:20])}")
    if not text.strip():
        raise ValueError(f"{name} is empty")
    return text


def too_long(name: str, size: int) -> ValueError:
    """The error for a label of more than `MAX_LABEL_BYTES`."""
    return ValueError(f"{name} has {size:,} bytes, too many for a label")


def encoded_text(raw: RawLabels, fixed: tuple[str, ...] | None, label_sep: str | None, what: str, label: str) -> Labels:
    """Encode labels that are text as the cells of a label column in a CSV file are.

    Args:
        raw: the labels.
        fixed: the classes in order; or their names, where the labels are their numbers. None for those that occur.
        label_sep: the separator between several labels in one text; None if there is none.
        what: the name of the labels in messages.
        label: what the user calls them.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if labels of different kinds are mixed.
    """
    assert raw.texts is not None
    numbers = [number_in(text.strip()) for text in raw.texts]
    if fixed is not None and label_sep is None and all(isinstance(number, int) for number in numbers):
        values = np.array(numbers, np.int64)[raw.values]
        if are_names(fixed, values):
            return numbers_of_classes(values, fixed, what)
    try:
        labels = raw.spread(_one_each(raw.texts).labels(fixed, label_sep, what))
    except ValueError:  # so that the error names the row
        labels = TextColumn.from_codes(raw.values, raw.texts).labels(fixed, label_sep, what)
    if fixed is None:
        warn_of_other_numbers(labels.classes or (), repr(label))
    return labels


def _one_each(texts: Sequence[str]) -> TextColumn:
    return TextColumn.from_codes(np.arange(len(texts), dtype=np.int32), texts)
