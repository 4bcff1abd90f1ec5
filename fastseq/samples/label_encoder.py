"""The labels of a batch, in the form that a loss expects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq import arguments
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import listed, number_in
from fastseq.samples.samples import Samples

_MANY = 20  # classes
KINDS = ("auto", "int", "binary", "categorical", "multi_hot", "raw", None)
_MAX_NUMBERS = 4  # of a row, for people to read


class LabelEncoder:
    """Encodes the labels of samples as one array.

    Attributes:
        kind: "int", "binary", "categorical", "multi_hot", "raw" or None.
    """

    def __init__(self, samples: Samples, kind: str | None = "auto") -> None:
        """Choose the kind of labels, and check that the samples have them.

        Args:
            samples: whose labels to encode.
            kind: "int" for class numbers, "binary" for 0.0 and 1.0 with two classes (empty folders not counted),
                "categorical" for one-hot rows, "multi_hot" for rows with any number of ones, "raw" for the numbers
                themselves, None for no labels. "auto" means None without labels, "multi_hot" if samples can have
                several labels, "int" with classes, otherwise "raw". It warns of integers that may not be what it takes
                them for.

        Raises:
            ValueError: if the samples' labels cannot be encoded as `kind`.
        """
        kind = arguments.one_of("labels", kind, KINDS)
        self.kind = _automatic(samples) if kind == "auto" else kind
        self._labels = None if self.kind is None else samples.stored_labels
        self._classes = samples.classes or ()
        problem = _problem(samples, self.kind)
        if problem:
            raise ValueError(f"labels={self.kind!r} does not fit: {problem}")
        self._used = _used_classes(samples)
        self._numbers = _numbers(samples.classes) if self.kind == "raw" and samples.classes is not None else None
        if kind == "auto" and samples.ambiguous_integers:
            _warn_of_integers(samples.classes)

    def __call__(self, indices: NDArray[np.int64]) -> NDArray[Any] | None:
        """Encode the labels of some samples.

        Args:
            indices: int64 (b,), sample numbers.

        Returns:
            A new array: int64 (b,) for "int"; float32 (b,) for "binary"; float32 (b, classes) for
            "categorical" and "multi_hot"; float32 or int64, (b,) or (b, m), for "raw"; None for None.
        """
        if self._labels is None:
            return None
        labels: NDArray[Any] = self._labels[indices]
        if self._numbers is not None:
            labels = self._numbers[labels]
        if self.kind in ("int", "raw"):
            return labels.astype(np.int64) if labels.dtype == np.int32 else labels
        if self.kind == "binary":
            positive: NDArray[np.bool_] = labels == self._used[-1]
            return positive.astype(np.float32)
        if labels.ndim == 2:
            return labels.astype(np.float32)
        hot = np.zeros((len(labels), len(self._classes)), np.float32)
        hot[np.arange(len(labels)), labels] = 1
        return hot

    def texts(self, labels: NDArray[Any]) -> list[str]:
        """The labels of a batch for people to read: the names of the classes, or the first few numbers."""
        names = self._classes
        if self.kind == "int":
            return [names[label] for label in labels]
        if self.kind == "binary":
            return [names[self._used[int(label)]] for label in labels]
        if self.kind == "raw":
            return [", ".join(f"{number:.4g}" for number in np.ravel(row)[:_MAX_NUMBERS]) for row in labels]
        if self.kind in ("categorical", "multi_hot"):
            return [", ".join(names[number] for number in np.flatnonzero(row)) for row in labels]
        return [""] * len(labels)


def _automatic(samples: Samples) -> str | None:
    if samples.stored_labels is None:
        return None
    if samples.multi_label:
        return "multi_hot"
    return "raw" if samples.classes is None else "int"


def _problem(samples: Samples, kind: str | None) -> str | None:
    """Why the labels of these samples cannot be encoded as `kind`, and what to do; None if they can."""
    if kind is None:
        return None
    if samples.stored_labels is None:
        return "these samples have no labels; use labels=None, or add labels to them"
    if samples.multi_label:
        return None if kind == "multi_hot" else 'a sample can have several labels; use labels="multi_hot"'
    if samples.classes is None:
        if kind == "raw":
            return None
        return 'these labels are numbers without classes; use labels="raw", or labels of text or integers'
    if kind == "raw" and _numbers(samples.classes) is None:
        name = next(name for name in samples.classes if number_in(name) is None)
        return f'the class {name!r} is no number; use labels="int", or read numbers with label=["column"]'
    if kind == "binary" and len(used := _used_classes(samples)) != 2:
        names = ", ".join(repr(samples.classes[number]) for number in used[:10]) + (", ..." if len(used) > 10 else "")
        return f'it needs two classes, not {len(used)} ({names}); use labels="int" or "categorical"'
    return None


def _used_classes(samples: Samples) -> list[int]:
    """The numbers of all classes if there are two, otherwise of those that are not empty folders."""
    classes = samples.classes or ()
    if len(classes) == 2:
        return [0, 1]
    return [number for number, name in enumerate(classes) if name not in samples.empty_classes]


def _numbers(classes: tuple[str, ...]) -> NDArray[Any] | None:
    """The numbers that classes are, int64 or float32 (classes,); None unless all of them are numbers."""
    numbers = [number for name in classes if (number := number_in(name)) is not None]
    if len(numbers) < len(classes):
        return None
    whole = all(isinstance(number, int) and abs(number) < 2**63 for number in numbers)
    return np.array(numbers, np.int64 if whole else np.float32)


def _warn_of_integers(classes: tuple[str, ...] | None) -> None:
    """Warn of integers that hardly number classes, such as ages, and of lists of integers, which may be classes.

    Integers number classes if none between them is left out, and if there are few or the first is 0 or 1.
    """
    if classes is None:
        warn_user(
            'the labels are lists of integers, and y is these numbers. Pass labels="raw" if they are numbers to '
            "predict, and classes=... to the samples if they are classes",
            SamplesWarning,
        )
        return
    count, first, last = len(classes), int(classes[0]), int(classes[-1])
    gaps = last - first >= count
    if (gaps and count > 2) or (first not in (0, 1) and count >= _MANY):
        warn_user(
            f"the labels are the integers {listed(classes)}, and y is their place among these, from 0 to {count - 1}. "
            'Pass labels="raw" if they are numbers to predict, such as an age; labels="int" if they are classes, and '
            "classes=... to the samples if some do not occur",
            SamplesWarning,
        )


def weights_of(weights: ArrayLike | None, samples: int, kind: str | None) -> NDArray[np.float32] | None:
    """Check the sample weights.

    Args:
        weights: one number for each sample, or None.
        samples: the number of samples.
        kind: of their labels.

    Returns:
        float32 (samples,), or None.

    Raises:
        TypeError: if they are not numbers.
        ValueError: if there is not one finite weight for each sample, or if there are no labels.
    """
    if weights is None:
        return None
    try:
        with np.errstate(over="ignore"):
            array = np.array(weights, np.float32)
    except (TypeError, ValueError):
        raise TypeError(f"sample_weight must be numbers, one for each sample, not {arguments.shown(weights)}") from None
    if array.shape != (samples,):
        raise ValueError(f"sample_weight must have one number for each of {samples} samples, not shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("sample_weight must be finite in float32, but holds NaN or infinity")
    if kind is None:
        raise ValueError("sample_weight needs labels: a batch with weights is (x, y, w)")
    return array
