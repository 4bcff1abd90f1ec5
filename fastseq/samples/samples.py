"""The one thing that every source of images becomes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.exclusions import listed_paths
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.csv_file import read_csv
from fastseq.samples.sources.dataframe import DataFrame, read_dataframe
from fastseq.samples.sources.directory import EXTENSIONS, read_directory
from fastseq.samples.sources.file_list import read_files
from fastseq.samples.split import second_part


class Samples:
    """Images and their labels, in a fixed order. Its arrays cannot be written to.

    Attributes:
        table: the paths.
        table_rows: int64 (n,), the row of each sample in `table`.
        labels: None, or one label for each sample: int32 (n,) class numbers; bool (n, classes) where a sample
            can have several; float32 or int64, (n,) or (n, m), for numbers without classes.
        classes: the names of the classes in the order of their numbers; None for numbers and without labels.
        multi_label: whether a sample can have several labels.
    """

    def __init__(
        self,
        table: PathTable,
        rows: NDArray[np.int64] | None = None,
        labels: NDArray[Any] | None = None,
        classes: tuple[str, ...] | None = None,
        multi_label: bool = False,
    ) -> None:
        """Put together what a source of images has read; `rows` None is the whole table."""
        self.table = table
        self.table_rows = _read_only(np.arange(len(table)) if rows is None else rows)
        self.labels = None if labels is None else _read_only(labels)
        self.classes = classes
        self.multi_label = multi_label
        self._fingerprint: str | None = None
        if labels is not None and len(labels) != len(self.table_rows):
            raise ValueError(f"{len(self.table_rows)} samples but {len(labels)} labels")

    @classmethod
    def from_directory(
        cls,
        path: StrPath,
        *,
        extensions: Iterable[str] = EXTENSIONS,
        classes: Iterable[str] | None = None,
        follow_links: bool = False,
    ) -> Samples:
        """Take the images in a folder with one sub-folder for each class.

        Classes and files come in the order of `keras.utils.image_dataset_from_directory`. Folders in a class
        folder belong to the class. Class folders whose name starts with a dot are left out; other names with
        a dot are not.

        Args:
            path: the folder.
            extensions: how names of images end, in any case.
            classes: the sub-folders to take, in the order of their class numbers; None for all of them,
                sorted.
            follow_links: also look into linked folders below the class folders.

        Raises:
            OSError: if a folder cannot be read.
            ValueError: if there are no images or no class folders, or if `classes` names a folder that is not
                there.
        """
        return cls._of(*read_directory(path, extensions=extensions, classes=classes, follow_links=follow_links))

    @classmethod
    def from_dataframe(
        cls,
        df: DataFrame,
        image: str = "image",
        label: str | Sequence[str] | None = "label",
        root: StrPath | None = None,
        label_sep: str | None = None,
        classes: Iterable[object] | None = None,
    ) -> Samples:
        """Take the images that a pandas DataFrame, or one like it, names.

        Labels that are text or integers become class numbers, lists of text become several labels for a
        sample (none for an empty list), floats stay numbers. The files are not looked at.

        Args:
            df: the data frame; its index does not matter.
            image: the column with the paths.
            label: the column with the labels; a list of columns for numbers that stay as they are; None for
                no labels.
            root: folder of the relative paths; None for the working directory.
            label_sep: what stands between several labels in one text: with "_", "cat_dog" is a cat and a dog.
            classes: the classes in the order of their numbers; None for those that occur, sorted.

        Raises:
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a column or a value is missing, or if labels do not go together.
        """
        return cls._of(*read_dataframe(df, image, label, root, label_sep, classes))

    @classmethod
    def from_csv(
        cls,
        path: StrPath,
        image: str = "image",
        label: str | Sequence[str] | None = "label",
        root: StrPath | None = None,
        label_sep: str | None = None,
        classes: Iterable[object] | None = None,
    ) -> Samples:
        """Take the images that a CSV file names, as `from_dataframe` does.

        A label column is integers or floats if all of its cells are, and `classes` and `label_sep` are not
        given.

        Args:
            path: the file: UTF-8, commas, a header with the names of the columns.
            image: the column with the paths.
            label: the column with the labels; a list of columns for numbers that stay as they are; None for
                no labels.
            root: folder of the relative paths; None for the folder of the CSV file.
            label_sep: what stands between several labels in one cell.
            classes: the classes in the order of their numbers; None for those that occur, sorted.

        Raises:
            OSError: if the file cannot be read.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a column or a cell is missing, or if it is not a CSV file.
        """
        return cls._of(*read_csv(path, image, label, root, label_sep, classes))

    @classmethod
    def from_files(
        cls, files: Iterable[StrPath], labels: Any = None, classes: Iterable[object] | None = None
    ) -> Samples:
        """Take a list of files.

        Args:
            files: their paths.
            labels: one for each file: text or integers for classes, lists of text for several classes (none
                for an empty list), floats or rows of numbers for numbers, rows of booleans for marks of each
                class; or None.
            classes: the classes in the order of their numbers; None for those that occur, sorted.

        Raises:
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if there are no files, if a file or a label is missing, or if labels do not go
                together.
        """
        return cls._of(*read_files(files, labels, classes))

    @classmethod
    def _of(cls, table: PathTable, labels: Labels) -> Samples:
        return cls(table, None, labels.values, labels.classes, labels.multi_label)

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.table_rows)

    def path(self, i: int) -> str:
        """Give the path of sample `i`; -1 is the last one. IndexError if there is none."""
        return self.table.path(int(self.table_rows[i]))

    def paths(self) -> Iterator[str]:
        """Give the paths of all samples, one at a time."""
        return map(self.table.path, self.table_rows.tolist())

    def select(self, which: ArrayLike) -> Samples:
        """Take some samples; the table of paths is shared.

        Args:
            which: integers (m,), sample numbers in any order, also repeated; or booleans (n,), True for those
                to keep.

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
        labels = None if self.labels is None else self.labels[chosen]
        return Samples(self.table, self.table_rows[chosen], labels, self.classes, self.multi_label)

    def without(self, bad: StrPath | Iterable[StrPath]) -> Samples:
        """Take all samples but those of some files.

        Args:
            bad: the paths of the files, from the working directory if they are relative; or the path of a list that
                `fastseq check` or `loader.errors.write` has written.

        Raises:
            OSError: if the list cannot be read.
            ValueError: if it is no such list.
        """
        left_out = listed_paths(bad)
        kept = np.fromiter((os.path.abspath(path) not in left_out for path in self.paths()), np.bool_, len(self))
        return self.select(kept)

    def split(self, fraction: float, *, seed: int = 0, stratify: bool = True) -> tuple[Samples, Samples]:
        """Divide the samples in two, by chance but always in the same way; both parts keep the order.

        Args:
            fraction: 0 < fraction < 1, the share of the second part: round(fraction * n) samples, but never
                none or all.
            seed: 0 <= seed < 2**64.
            stratify: take that share of each class, rounded up or down; only for samples with one class each.

        Returns:
            The first part (for training) and the second part (for validation).

        Raises:
            ValueError: if `fraction` or `seed` is out of range, or if there are fewer than two samples.
        """
        groups = self.labels if stratify and self.classes is not None and not self.multi_label else None
        second = second_part(len(self), fraction, seed, groups)
        return self.select(~second), self.select(second)

    def fingerprint(self) -> str:
        """Give 16 hex digits that change with the root, the paths, their order, the labels or the classes."""
        if self._fingerprint is None:
            digest = hashlib.blake2b(digest_size=8, person=b"fastseq samples1")
            labels = self.labels
            kind = None if labels is None else (labels.dtype.str, labels.shape)
            digest.update(ascii((self.table.root, len(self), self.classes, self.multi_label, kind)).encode())
            for lengths, blob in self.table.parts(self.table_rows):
                digest.update(lengths.data)
                digest.update(blob.data)
            if labels is not None:
                digest.update(np.ascontiguousarray(labels).reshape(-1).data)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def __repr__(self) -> str:
        """Say how many, and which classes."""
        if self.classes is not None:
            about = f", {len(self.classes)} classes: {listed(self.classes)}"
        else:
            about = "" if self.labels is None else f", labels {self.labels.dtype} {self.labels.shape}"
        return f"<Samples: {len(self)} images{about}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out the part of the table that no sample needs."""
        if len(self.table_rows) < len(self.table):
            return Samples, (self.table.take(self.table_rows), None, self.labels, self.classes, self.multi_label)
        return Samples, (self.table, self.table_rows, self.labels, self.classes, self.multi_label)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.setflags(write=False)
    return view
