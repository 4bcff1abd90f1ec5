"""`Samples`: images and their labels, whatever their source."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.file_range import FileRange
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.exclusions import listed_paths
from fastseq.samples.fingerprint import samples_fingerprint
from fastseq.samples.groups import file_numbers, group_numbers, joined, warn_of_repeated_files
from fastseq.samples.label_rows import LabelRows
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.path_table import PathTable
from fastseq.samples.readers import Readers
from fastseq.samples.split import second_part
from fastseq.samples.views import FilePaths, Sample


class Samples(Readers):
    """Images and their labels, in a fixed order. The arrays are read-only.

    Files are opened lazily: a missing file is reported when its batch is loaded. `samples[i]` is one sample,
    `path, label = samples[0]`; a slice is `Samples` again.

    Attributes:
        table: the paths.
        table_rows: int64 (n,), the row of each sample in `table`.
        labels: None, or one label for each sample: int64 (n,) class numbers; bool (n, classes) if a sample can have
            several, as a `MultiHot`, which stores only those that are True; float32 or int64, (n,) or (n, m), for
            numbers without classes.
        classes: the names of the classes in the order of their numbers; None for numbers and without labels.
        multi_label: whether a sample can have several labels.
        empty_classes: the classes whose folders had no image; labels="binary" does not count them.
        ambiguous_integers: whether the labels are integers, or lists of them, and nothing says if these are classes or
            numbers.
    """

    def __init__(
        self,
        table: PathTable,
        rows: NDArray[np.int64] | None = None,
        labels: NDArray[Any] | MultiHot | None = None,
        classes: tuple[str, ...] | None = None,
        multi_label: bool = False,
        empty_classes: tuple[str, ...] = (),
        ambiguous_integers: bool = False,
    ) -> None:
        """Combine what a source has read.

        Args:
            table: the paths.
            rows: int64 (n,), the row of each sample in `table`; None for all rows in order.
            labels: see `Samples`.
            classes: likewise.
            multi_label: likewise.
            empty_classes: likewise.
            ambiguous_integers: likewise.

        Raises:
            TypeError: if `table` is not a table, but a list of files for example.
            ValueError: if there is not one label for each sample.
        """
        if not isinstance(table, PathTable):
            raise TypeError(
                f"table must be a path table, not {type(table).__name__}; use Samples.from_files, from_directory, "
                "from_csv or from_dataframe"
            )
        self.table = table
        self.table_rows = _read_only(np.arange(len(table)) if rows is None else rows)
        if multi_label and isinstance(labels, np.ndarray):
            labels = MultiHot.from_dense(labels)
        self.labels = _read_only(labels) if isinstance(labels, np.ndarray) else labels
        self.classes = classes
        self.multi_label = multi_label
        self.empty_classes = empty_classes
        self.ambiguous_integers = ambiguous_integers
        self._fingerprint: str | None = None
        if labels is not None and len(labels) != len(self.table_rows):
            raise ValueError(f"{len(self.table_rows)} samples but {len(labels)} labels")

    @classmethod
    def _of(cls, table: PathTable, labels: Labels) -> Self:
        return cls(table, None, *labels)

    def __len__(self) -> int:
        return len(self.table_rows)

    @overload
    def __getitem__(self, i: int) -> Sample: ...

    @overload
    def __getitem__(self, i: slice) -> Samples: ...

    def __getitem__(self, i: int | slice) -> Sample | Samples:
        """Sample `i`, a pair of its path and its label; -1 is the last one. Or the samples of a slice.

        Raises:
            IndexError: if there is no such sample.
            TypeError: if `i` is neither; `select` takes lists and masks.
        """
        if isinstance(i, slice):
            return self.select(np.arange(len(self))[i])
        if not arguments.is_integer(i):
            raise TypeError(f"samples[...] takes a number or a slice, not {arguments.shown(i)}; use samples.select")
        source = self.table.source(int(self.table_rows[i]))
        label = None if self.labels is None else self.labels[i]
        return Sample(source, label.item() if isinstance(label, np.generic) else label)

    def __iter__(self) -> Iterator[Sample]:
        return (self[i] for i in range(len(self)))

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes as a list, as Keras's datasets have it; None if there are no classes."""
        return None if self.classes is None else list(self.classes)

    @property
    def class_indices(self) -> dict[str, int] | None:
        """The number of each class by its name, as Keras's iterators have it; None if there are no classes."""
        return None if self.classes is None else {name: number for number, name in enumerate(self.classes)}

    @property
    def file_paths(self) -> FilePaths:
        """The paths of all samples in their order, as a read-only list that takes no memory of its own."""
        return FilePaths(self.table, self.table_rows)

    def take(self, n: int) -> Samples:
        """The first `n` samples; all of them if there are fewer."""
        return self[: arguments.integer("n", n, minimum=0)]

    def path(self, i: int) -> str:
        """The path of sample `i`; -1 is the last one. IndexError if it does not exist."""
        return self.table.path(int(self.table_rows[i]))

    def paths(self) -> Iterator[str]:
        """Iterate over the paths of all samples."""
        return map(self.table.path, self.table_rows.tolist())

    def select(self, which: ArrayLike) -> Samples:
        """Select samples; the table of paths is shared.

        Args:
            which: integers (m,), sample numbers in any order, repetitions allowed; or booleans (n,), True for the
                samples to keep.

        Raises:
            IndexError: if there is no such sample, or if there are not n booleans.
            TypeError: if they are neither integers nor booleans.
        """
        chosen = np.asarray(which)
        if not chosen.size:
            chosen = chosen.astype(np.bool_ if chosen.dtype == np.bool_ else np.int64)
        if chosen.ndim != 1 or chosen.dtype.kind not in "biu":
            given = f"{chosen.dtype} of shape {chosen.shape}"
            raise TypeError(f"select takes a list of integers or of booleans, not {given}")
        labels = self.labels
        if labels is not None:
            labels = labels.take(chosen) if isinstance(labels, MultiHot) else labels[chosen]
        return Samples(self.table, self.table_rows[chosen], labels, *self._label_facts)

    def without(self, bad: StrPath | Iterable[StrPath | FileRange]) -> Samples:
        """All samples except those of some files.

        Args:
            bad: the paths of the files, relative to the working directory if they are not absolute, and a `FileRange`
                for each image that is a part of a file; or the path of a list written by `fastseq check` or
                `loader.errors.write`, whose RECOVERED samples are kept.

        Raises:
            OSError: if the list cannot be read.
            ValueError: if it is not such a list.
        """
        left_out = listed_paths(bad)
        kept = np.fromiter((os.path.abspath(path) not in left_out for path in self.paths()), np.bool_, len(self))
        return self.select(kept)

    def split(
        self,
        fraction: float,
        *,
        seed: int = 0,
        stratify: bool = True,
        groups: Iterable[Hashable] | Callable[[str], Hashable] | None = None,
    ) -> tuple[Samples, Samples]:
        """Split the samples in two at random, reproducibly; both parts keep the order.

        The samples of one file are never in both parts; without `groups`, a `SamplesWarning` says so if a file has
        several.

        Args:
            fraction: 0 < fraction < 1, the share of the second part: round(fraction * n) samples, at least 1 and at
                most n - 1; or as near to that as whole files and groups allow.
            seed: 0 <= seed < 2**64.
            stratify: whether each class contributes that share, as nearly as its samples allow. Where possible, a class
                of two samples is in both parts. Ignored without classes.
            groups: what must not be in both parts, such as the patient: one value for each sample, or a function of
                the path that returns it.

        Returns:
            The first part (for training) and the second part (for validation).

        Raises:
            TypeError: if an argument has the wrong type.
            ValueError: if `fraction` or `seed` is out of range, if there are fewer than two samples or groups, or if
                there is not one group for each sample.
        """
        together = file_numbers(self.table, self.table_rows)
        if groups is None:
            warn_of_repeated_files(together, self.file_paths)
        else:
            together = joined(together, group_numbers(groups, self.paths(), len(self)))
        rows = None
        if stratify and self.classes is not None and self.labels is not None:
            rows = LabelRows.from_labels(self.labels)
        second = second_part(together, fraction, seed, rows)
        return self.select(~second), self.select(second)

    def fingerprint(self) -> str:
        """A hash, 16 hex digits, of the root, the paths, their order, the labels and the classes."""
        if self._fingerprint is None:
            self._fingerprint = samples_fingerprint(
                self.table, self.table_rows, self.labels, self.classes, self.multi_label
            )
        return self._fingerprint

    def __repr__(self) -> str:
        if self.classes is not None:
            about = f", {len(self.classes)} classes: {listed(self.classes)}"
        else:
            about = "" if self.labels is None else f", labels {self.labels.dtype} {self.labels.shape}"
        return f"<Samples: {len(self)} images{about}>"

    @property
    def _label_facts(self) -> tuple[tuple[str, ...] | None, bool, tuple[str, ...], bool]:
        return self.classes, self.multi_label, self.empty_classes, self.ambiguous_integers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only those rows of the table that a sample uses."""
        if len(self.table_rows) < len(self.table):
            table, rows = self.table.take(self.table_rows), None
        else:
            table, rows = self.table, self.table_rows
        return Samples, (table, rows, self.labels, *self._label_facts)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.setflags(write=False)
    return view
