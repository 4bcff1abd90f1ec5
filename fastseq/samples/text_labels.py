"""Labels that are text: one class for each sample, or several with a separator between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.cells import at, factorise, missing, row_of
from fastseq.samples.class_labels import Labels, class_order, listed, multi_hot, numbered, plain

_BRACKETS = re.compile(r"\[(|.*[,'\"].*|[\d\s.+-]+)\]", re.DOTALL)
_SEPARATORS = (";", "|", ",")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


def text_labels(
    codes: NDArray[np.integer[Any]], texts: Sequence[str], fixed: tuple[str, ...] | None, sep: str | None, what: str
) -> Labels:
    """Encode labels that are text: class numbers, or multi-hot rows where `sep` separates several.

    Whitespace around a label is ignored.

    Args:
        codes: int (n,), the position of each sample's text in `texts`.
        texts: the texts that occur.
        fixed: the classes in order; None for those that occur, in the order of `class_order`.
        sep: the separator between the labels of a sample, not empty; with it, an empty text has no labels.
        what: the name of the labels in messages.

    Raises:
        UnknownLabelError: if a label is not in `fixed`.
        ValueError: if a text is a list, such as "['cat', 'dog']"; if one is empty, without `sep`.
    """
    names = [plain(text).strip() for text in texts]
    check_no_lists(codes, names, fixed, what)
    if sep is not None:
        groups = [[label for part in name.split(sep) if (label := part.strip())] for name in names]
        return multi_hot(codes, groups, fixed, what, in_keras=False)
    if "" in names:
        raise missing(what, row_of(codes, names.index("")))
    if fixed is None:
        _warn_of_separator(names, what)
    if fixed is None and all(map(_DECIMAL_COMMA.fullmatch, names)):
        raise ValueError(
            f"{what}: labels such as {names[0]!r} are numbers with a decimal comma, or several labels; write numbers "
            'with a point, and pass label_sep="," for labels'
        )
    of_text, distinct = factorise(names)
    return numbered(of_text[codes], distinct, fixed or class_order(distinct, what))


def check_no_lists(
    codes: NDArray[np.integer[Any]], names: Sequence[str], fixed: tuple[str, ...] | None, what: str
) -> None:
    """Raise a ValueError for a label such as "['cat', 'dog']", unless it is one of the classes that the user gave."""
    for place, name in enumerate(names):
        if _is_list(name) and name not in (fixed or ()):
            raise ValueError(
                f"{at(what, row_of(codes, place))}: {name!r} is a list written as text. In a data frame, convert the "
                'column first: df["label"] = df["label"].map(ast.literal_eval). Or write "cat_dog" for a cat and a '
                'dog, and pass label_sep="_"'
            )


def _is_list(name: str) -> bool:
    """Whether a text is what Python or NumPy prints for a list, a tuple or a set."""
    if _BRACKETS.fullmatch(name):
        return True
    if not name.startswith(("(", "{")):
        return False
    try:
        return isinstance(ast.literal_eval(name), (list, tuple, set, dict))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _warn_of_separator(names: list[str], what: str) -> None:
    """Warn of classes that are made of a few parts each, such as 'cat;dog'."""
    for separator in _SEPARATORS:
        several = [name for name in names if separator in name]
        parts = {part.strip() for name in names for part in name.split(separator)}
        if len(several) > 1 and len(parts) < len(names):
            warn_user(
                f"{what}: {listed(several)} look like several labels each, and are one class each. Pass "
                f"label_sep={separator!r}, or a list of labels for each file; classes=... if they are single classes",
                SamplesWarning,
            )
            return
