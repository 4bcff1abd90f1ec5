"""`Samples`: images and their labels, whatever their source."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastseq import arguments
from fastseq._lazy import lazy_property
from fastseq._types import Self
from fastseq.samples.class_labels import Labels, listed
from fastseq.samples.exclusions import Bad, identity, listed_paths
from fastseq.samples.fingerprint import samples_fingerprint
from fastseq.samples.groups import file_numbers, group_numbers, joined, warn_of_repeated_files
from fastseq.samples.inputs import Inputs
from fastseq.samples.label_rows import LabelRows
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.path_table import PathTable
from fastseq.samples.readers import Readers
from fastseq.samples.split import second_part
from fastseq.samples.views import FilePaths, Sample


class Samples(Readers):
    """Images and their labels, in a fixed order. The arrays are read-only.

    Files are opened lazily: a missing file is reported when its batch is loaded. `samples[i]` is one sample,
    `path, label = samples[0]`; a slice is `Samples` again. If a sample has several images, its path is that of the
    first one, here and in `path`, `paths` and `file_paths`; `image_paths` has the others.

    Attributes:
        table: the paths.
        stored_labels: `labels`, but class numbers may be int32, as they lie in an index.
        classes: the names of the classes in the order of their numbers; None for numbers and without labels.
        multi_label: whether a sample can have several labels.
        empty_classes: the classes whose folders had no image; labels="binary" does not count them.
        ambiguous_integers: whether the labels are integers, or lists of them, and nothing says if these are classes or
            numbers.
        inputs: what samples have besides their first image; see `columns` and `input_names`.
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
        inputs: Inputs | None = None,
    ) -> None:
        """Combine what a source has read.

        Args:
            table: the paths.
            rows: int64 (n,), the row of each sample in `table`; None for all rows in order.
            labels: see `labels`; class numbers may be int32.
            classes: likewise.
            multi_label: likewise.
            empty_classes: likewise.
            ambiguous_integers: likewise.
            inputs: likewise; None if there are no others.

        Raises:
            TypeError: if `table` is not a table, but a list of files for example.
            ValueError: if there is not one label and one value of each input for each sample.
        """
        if not isinstance(table, PathTable):
            raise TypeError(
                f"table must be a path table, not {type(table).__name__}; use Samples.from_files, from_directory, "
                "from_csv or from_dataframe"
            )
        self.table = table
        self._rows = None if rows is None else _read_only(rows)
        if multi_label and isinstance(labels, np.ndarray):
            labels = MultiHot.from_dense(labels)
        self.stored_labels = _read_only(labels) if isinstance(labels, np.ndarray) else labels
        self.classes = classes
        self.multi_label = multi_label
        self.empty_classes = empty_classes
        self.ambiguous_integers = ambiguous_integers
        self.inputs = Inputs() if inputs is None else inputs
        self._fingerprint: str | None = None
        if labels is not None and len(labels) != len(self):
            raise ValueError(f"{len(self)} samples but {len(labels)} labels")
        self.inputs.check_length(len(self))

    @classmethod
    def _of(cls, table: PathTable, labels: Labels, inputs: Inputs | None = None) -> Self:
        rows = None if inputs is None or inputs.image_count == 1 else np.arange(len(table) // inputs.image_count)
        return cls(table, rows, *labels, inputs)

    def __len__(self) -> int:
        return len(self.table) if self._rows is None else len(self._rows)

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
        source = self.table.source(self._row(i))
        label = None if self.stored_labels is None else self.stored_labels[i]
        return Sample(source, label.item() if isinstance(label, np.generic) else label)

    def __iter__(self) -> Iterator[Sample]:
        return (self[i] for i in range(len(self)))

    @lazy_property
    def labels(self) -> NDArray[Any] | MultiHot | None:
        """None, or one label for each sample.

        int64 (n,) class numbers; bool (n, classes) if a sample can have several, as a `MultiHot`, which stores only
        those that are True; float32 or int64, (n,) or (n, m), for numbers without classes.
        """
        stored = self.stored_labels
        if isinstance(stored, np.ndarray) and stored.dtype == np.int32:
            return _read_only(stored.astype(np.int64))
        return stored

    @property
    def table_rows(self) -> NDArray[np.int64]:
        """The row of each sample, of its first image, in `table`: int64 (n,), made anew if it is 0, 1, 2, ..."""
        return _read_only(np.arange(len(self.table))) if self._rows is None else self._rows

    @property
    def are_all_rows(self) -> bool:
        """Whether the samples are known to be the rows of `table` as they are."""
        return self._rows is None

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes as a list, as Keras's datasets have it; None if there are no classes."""
        return None if self.classes is None else list(self.classes)

    @property
    def class_indices(self) -> dict[str, int] | None:
        """The number of each class by its name, as Keras's iterators have it; None if there are no classes."""
        return None if self.classes is None else {name: number for number, name in enumerate(self.classes)}

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The values of samples that are inputs besides the images, by name: read-only, (n,) or (n, k); {} for none."""
        return dict(self.inputs.columns)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs, in the order of the dict that x is; () if x is an array of images."""
        return self.inputs.names

    def image_paths(self, name: str) -> FilePaths:
        """The paths of the images with this name, one for each sample, like `file_paths`.

        Raises:
            ValueError: if there are no images with this name.
        """
        images = dict(zip(self.inputs.image_names, self._image_paths(), strict=False))
        if name not in images:
            there = f"the images are {listed(images)}" if images else "they have no names: use file_paths"
            raise ValueError(f"there are no images {name!r}; {there}")
        return images[name]

    def _image_paths(self) -> list[FilePaths]:
        return [self.file_paths, *(FilePaths(self.table, rows) for rows in self.inputs.further_rows.values())]

    def image_rows(self, which: Any = slice(None)) -> NDArray[np.int64]:
        """The rows in `table` of all images of some samples.

        Args:
            which: an index of arrays: the samples' numbers; all of them by default.

        Returns:
            int64 (images, b), in the order of the images.
        """
        return np.stack([self._first_rows(which), *(rows[which] for rows in self.inputs.further_rows.values())])

    def _first_rows(self, which: Any) -> NDArray[np.int64]:
        """`table_rows[which]`, without the rows of all samples where these are the numbers themselves."""
        numbers = np.asarray(None if isinstance(which, slice) else which)
        is_list = self._rows is None and numbers.size > 0 and numbers.dtype.kind in "iu"
        if is_list and 0 <= numbers.min() <= numbers.max() < len(self):
            return numbers.astype(np.int64)
        rows: NDArray[np.int64] = self.table_rows[which]
        return rows

    def _row(self, i: int) -> int:
        number = range(len(self))[i]
        return number if self._rows is None else int(self._rows[number])

    @property
    def file_paths(self) -> FilePaths:
        """The paths of all samples in their order, as a read-only list that takes no memory of its own."""
        return FilePaths(self.table, range(len(self)) if self._rows is None else self._rows)

    def take(self, n: int) -> Samples:
        """The first `n` samples; all of them if there are fewer."""
        return self[: arguments.integer("n", n, minimum=0)]

    def path(self, i: int) -> str:
        """The path of sample `i`; -1 is the last one. IndexError if it does not exist."""
        return self.table.path(self._row(i))

    def paths(self) -> Iterator[str]:
        """Iterate over the paths of all samples."""
        return iter(self.file_paths)

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
        labels = self.stored_labels
        if labels is not None:
            labels = labels.take(chosen) if isinstance(labels, MultiHot) else labels[chosen]
        return Samples(self.table, self._first_rows(chosen), labels, *self._label_facts, self.inputs.take(chosen))

    def without(self, bad: Bad) -> Samples:
        """All samples except those with an image in one of some files.

        Args:
            bad: the paths of the files, relative to the working directory if they are not absolute, and a `FileRange`
                for each image that is a part of a file; or `loader.errors`, whose RECOVERED samples are kept; or the
                path of a list written by `fastseq check` or `loader.errors.write`, likewise.

        Raises:
            OSError: if the list cannot be read.
            ValueError: if it is not such a list.
        """
        left_out = listed_paths(bad)
        is_bad = np.array(
            [[identity(self.table.source(row)) in left_out for row in rows] for rows in self.image_rows().tolist()],
            np.bool_,
        )
        return self.select(~is_bad.any(axis=0))

    def split(
        self,
        fraction: float,
        *,
        seed: int = 0,
        stratify: bool = True,
        groups: Iterable[Hashable] | Callable[[str], Hashable] | None = None,
    ) -> tuple[Samples, Samples]:
        """Split the samples in two at random, reproducibly; both parts keep the order.

        The samples of one file are never in both parts, whichever of their images it is; without `groups`, a
        `SamplesWarning` says so if a file has several.

        Args:
            fraction: 0 < fraction < 1, the share of the second part: round(fraction * n) samples, at least 1 and at
                most n - 1; or as near to that as whole files and groups allow.
            seed: 0 <= seed < 2**64.
            stratify: whether each class contributes that share, as nearly as its samples allow. Where possible, a class
                of two samples is in both parts. Ignored without classes.
            groups: what must not be in both parts, such as the patient: one value for each sample, or a function of
                the path, that of the first image, that returns it.

        Returns:
            The first part (for training) and the second part (for validation).

        Raises:
            TypeError: if an argument has the wrong type.
            ValueError: if `fraction` or `seed` is out of range, if there are fewer than two samples or groups, or if
                there is not one group for each sample.
        """
        rows = self.image_rows()
        memberships = file_numbers(self.table, rows.ravel()).reshape(rows.shape)
        if groups is None:
            warn_of_repeated_files(memberships, FilePaths(self.table, rows.ravel()))
        else:
            numbers = group_numbers(groups, self.paths(), len(self))
            memberships = np.vstack([memberships, memberships.max(initial=-1) + 1 + numbers])
        together = joined(memberships)
        labels = None
        if stratify and self.classes is not None and self.labels is not None:
            labels = LabelRows.from_labels(self.labels)
        second = second_part(together, fraction, seed, labels)
        return self.select(~second), self.select(second)

    def fingerprint(self) -> str:
        """A hash, 16 hex digits, of the root, the paths, their order, the labels, the classes and the other inputs."""
        if self._fingerprint is None:
            self._fingerprint = samples_fingerprint(
                self.table, self.table_rows, self.stored_labels, self.classes, self.multi_label, self.inputs
            )
        return self._fingerprint

    def __repr__(self) -> str:
        if self.classes is not None:
            about = f", {len(self.classes)} classes: {listed(self.classes)}"
        else:
            about = "" if self.labels is None else f", labels {self.labels.dtype} {self.labels.shape}"
        what = f"samples of {listed(self.input_names)}" if self.input_names else "images"
        return f"<Samples: {len(self)} {what}{about}>"

    @property
    def _label_facts(self) -> tuple[tuple[str, ...] | None, bool, tuple[str, ...], bool]:
        return self.classes, self.multi_label, self.empty_classes, self.ambiguous_integers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only those rows of the table that a sample uses."""
        table, rows, inputs = self.table, self._rows, self.inputs
        if len(self) * inputs.image_count < len(table):
            table = table.take(self.image_rows().ravel())
            inputs = inputs.with_rows_in_blocks(len(self))
            rows = None if inputs.image_count == 1 else np.arange(len(self))
        return Samples, (table, rows, self.stored_labels, *self._label_facts, inputs)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.setflags(write=False)
    return view
