"""The labels of a batch, in the form that a loss expects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq import arguments
from fastseq.samples.samples import Samples

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
                "categorical" for one-hot rows, "multi_hot" for rows with any number of ones, "raw" for the values
                themselves, None for no labels. "auto" means None without labels, "multi_hot" if samples can have
                several labels, "int" with classes, otherwise "raw".

        Raises:
            ValueError: if the samples' labels cannot be encoded as `kind`.
        """
        kind = arguments.one_of("labels", kind, KINDS)
        self.kind = _automatic(samples) if kind == "auto" else kind
        self._labels = None if self.kind is None else samples.labels
        self._classes = samples.classes or ()
        problem = _problem(samples, self.kind)
        if problem:
            raise ValueError(f"labels={self.kind!r} does not fit: {problem}")
        self._used = _used_classes(samples)

    def __call__(self, indices: NDArray[np.int64]) -> NDArray[Any] | None:
        """Encode the labels of some samples.

        Args:
            indices: int64 (b,), sample numbers.

        Returns:
            A new array: int32 (b,) for "int"; float32 (b,) for "binary"; float32 (b, classes) for
            "categorical" and "multi_hot"; float32 or int64, (b,) or (b, m), for "raw"; None for None.
        """
        if self._labels is None:
            return None
        labels: NDArray[Any] = self._labels[indices]
        if self.kind in ("int", "raw"):
            return labels
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
    if samples.labels is None:
        return None
    if samples.multi_label:
        return "multi_hot"
    return "raw" if samples.classes is None else "int"


def _problem(samples: Samples, kind: str | None) -> str | None:
    """Why the labels of these samples cannot be encoded as `kind`, and what to do; None if they can."""
    if kind is None:
        return None
    if samples.labels is None:
        return "these samples have no labels; use labels=None, or add labels to them"
    if samples.multi_label:
        return None if kind == "multi_hot" else 'a sample can have several labels; use labels="multi_hot"'
    if samples.classes is None:
        if kind == "raw":
            return None
        return 'these labels are numbers without classes; use labels="raw", or labels of text or integers'
    if kind == "raw":
        return 'these labels are class numbers; use labels="int", or read numbers with label=["column"]'
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
