"""The class methods of `Samples` that read files, folders and tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastseq._types import Self, StrPath
from fastseq.samples.shard_readers import ShardReaders
from fastseq.samples.sources.csv_file import read_csv
from fastseq.samples.sources.dataframe import DataFrame, read_dataframe
from fastseq.samples.sources.directory import read_directory
from fastseq.samples.sources.file_list import Files, read_files
from fastseq.samples.sources.table_inputs import Columns, Images


class Readers(ShardReaders):
    """A mixin for `Samples`: files, folders and tables, besides shards."""

    @classmethod
    def from_directory(
        cls,
        path: StrPath,
        *,
        extensions: Iterable[str] | None = None,
        classes: Iterable[str] | None = None,
        follow_links: bool = False,
    ) -> Self:
        """The images in a folder with one sub-folder for each class.

        Classes and files are in the order of `keras.utils.image_dataset_from_directory`; but classes whose names are
        all numbers are sorted as numbers, with a warning if that is another order. Folders inside a class folder belong
        to that class. Hidden files and folders are left out, and so are those that archives and file servers
        leave behind, such as `__MACOSX`. A `SamplesWarning` says what else was left out, and which classes are empty.
        The crop indexes that `fastseq index --crops` has made of the folder are used.

        Args:
            path: the folder, or the URL of one in a store that lists its objects: see docs/guides/object-stores.md.
            extensions: endings of image file names, in lower or upper case; None for all that fastseq decodes: .jpg,
                .jpeg, .jpe, .jfif, .pjpeg, .pjp, .png, .bmp, .gif, .webp, .tif, .tiff, .avif, .ppm, .pgm, .pbm, .pnm,
                .jp2, .j2k, .j2c and .jpx.
            classes: the sub-folders to use, in the order of their class numbers; None for all of them, sorted.
            follow_links: whether to follow links to folders below the class folders. Class folders may always be links.

        Raises:
            OSError: if a folder cannot be read.
            ValueError: if there are no images or no class folders, or if `classes` names a folder that does not exist.
        """
        table, labels, report = read_directory(path, extensions=extensions, classes=classes, follow_links=follow_links)
        report.warn(os.fspath(path))
        return cls._of(table, labels)

    @classmethod
    def from_dataframe(
        cls,
        df: DataFrame,
        image: Images = "image",
        label: str | Sequence[str] | None = "label",
        root: StrPath | None = None,
        label_sep: str | None = None,
        classes: Iterable[object] | None = None,
        columns: Columns | None = None,
    ) -> Self:
        """The images listed in a pandas DataFrame, or in one like it.

        Labels that are text or integers become class numbers; lists of text become several labels for a sample (none
        for an empty list), and lists of integers too if `classes` is given; floats stay numbers. The classes of a
        Categorical are its categories, in their order. Whitespace around text is ignored.

        Args:
            df: the data frame; its index is ignored.
            image: the column of paths. A list of columns, or a dict of them by the names of the inputs, for several
                images a row.
            label: the column of labels; a list of columns for numbers that stay as they are; None for no labels.
            root: the folder of relative paths, or its URL; None for the working directory. Or a zip archive that has
                the images, "photos.zip", or a folder in one, "photos.zip/train", also by its URL; see `from_zip`.
            label_sep: the separator between several labels in one text: with "_", "cat_dog" is a cat and a dog. A cell
                that is empty or missing has no labels.
            classes: the classes in the order of their numbers, such as the `.classes` of the training samples; None for
                those that occur, sorted: as numbers if all of them are numbers, otherwise as text.
            columns: columns that are inputs of the model besides the images: a list of them, or a dict by the names of
                the inputs, in which a list of columns becomes one input of rows, (n, k). Integers become int64, other
                numbers float32, booleans bool, lists of numbers rows (n, k), and text a NumPy array of str, without the
                whitespace around it, which Keras's `fit` does not take.

        With `columns`, or with `image` a list or a dict, the x of a batch is a dict of arrays by the names of the
        inputs: those of the images, then those of the columns. Where no other name is given, that of the column counts.

        Raises:
            TypeError: if `image` or `columns` is no list or dict of names.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a column or a value is missing, if labels or values of different kinds are mixed, if a value
                is infinite, if two inputs have the same name, or if a label is a list written as text.
        """
        return cls._of(*read_dataframe(df, image, label, root, label_sep, classes, columns))

    @classmethod
    def from_csv(
        cls,
        path: StrPath,
        image: Images = "image",
        label: str | Sequence[str] | None = "label",
        root: StrPath | None = None,
        label_sep: str | None = None,
        classes: Iterable[object] | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        columns: Columns | None = None,
    ) -> Self:
        """The images listed in a CSV file, as in `from_dataframe`.

        A label column holds integers or floats if all of its cells do, and `classes` and `label_sep` are None. "01" and
        "+1" are text, not the integer 1. The same is true of `columns`, which hold booleans if all cells are "True" or
        "False", in any case.

        Args:
            path: the file, with a header that names the columns.
            image: the column of paths. A list of columns, or a dict of them by the names of the inputs, for several
                images a row.
            label: the column of labels; a list of columns for numbers that stay as they are; None for no labels.
            root: the folder of relative paths, or a zip archive, as in `from_dataframe`; None for the folder of the CSV
                file.
            label_sep: the separator between several labels in one cell; an empty cell has none.
            classes: as in `from_dataframe`.
            delimiter: the character between two columns.
            encoding: of the file, by Python's name for it.
            columns: as in `from_dataframe`.

        Raises:
            OSError: if the file cannot be read.
            TypeError: as in `from_dataframe`.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a column or a cell is missing, if two inputs have the same name, or if it is not a CSV file
                with that delimiter and encoding.
        """
        return cls._of(*read_csv(path, image, label, root, label_sep, classes, delimiter, encoding, columns))

    @classmethod
    def from_files(
        cls,
        files: Files | Mapping[str, Files],
        labels: Any = None,
        classes: Iterable[object] | None = None,
        columns: Mapping[str, Any] | None = None,
    ) -> Self:
        """A list of files.

        With `columns`, or with `files` a dict, the x of a batch is a dict of arrays by the names of the inputs: those
        of the images, then those of the columns. The images of a plain list are called "image" there.

        Args:
            files: their paths, and a `FileRange` for each image that is a part of a file. For several images
                a sample, a dict of such lists by the names of the inputs, all of one length.
            labels: None, or one label for each file: text or integers for classes, lists of text for several classes
                (none for an empty list; lists of integers if `classes` is given), floats or rows of numbers for
                numbers, rows of booleans for multi-hot rows.
            classes: as in `from_dataframe`.
            columns: inputs of the model besides the images, by name: one value, or one row of numbers, for each sample,
                as in the columns of `from_dataframe`.

        Raises:
            TypeError: if `files`, `labels` or `columns` is not what is said here.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if there are no files, if a path, a label or a value is missing, if labels or values of
                different kinds are mixed, if a value is infinite, or if labels, values and files differ in number.
        """
        return cls._of(*read_files(files, labels, classes, columns))
