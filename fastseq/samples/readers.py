"""The class methods of `Samples` that read a source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastseq._types import Self, StrPath
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import Labels
from fastseq.samples.inputs import Inputs
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.csv_file import read_csv
from fastseq.samples.sources.dataframe import DataFrame, read_dataframe
from fastseq.samples.sources.directory import read_directory
from fastseq.samples.sources.file_list import Files, read_files
from fastseq.samples.sources.folder_walk import WalkReport
from fastseq.samples.sources.huggingface import read_huggingface
from fastseq.samples.sources.table_inputs import Columns, Images
from fastseq.samples.sources.tar import read_tar
from fastseq.samples.sources.tfrecord import read_tfrecord
from fastseq.samples.sources.zip import read_zip


class Readers:
    """A mixin for `Samples`."""

    @classmethod
    def _of(cls, table: PathTable, labels: Labels, inputs: Inputs | None = None) -> Self:
        """Combine what a source has read."""
        raise NotImplementedError

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

        Args:
            path: the folder.
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
        _warn_of_what_was_left_out(path, report)
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
            root: the folder of relative paths; None for the working directory.
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
            root: the folder of relative paths; None for the folder of the CSV file.
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

    @classmethod
    def from_huggingface(
        cls,
        dataset: Any,
        image: str = "inferred",
        label: str | None = "inferred",
        classes: Iterable[object] | None = None,
    ) -> Self:
        """The images of a `datasets.Dataset` of Hugging Face, in its order, decoded by fastseq alone.

        The rows are those that the data set has after `select`, `shuffle`, `filter`, `train_test_split` and the like.
        No image is copied. Those in Arrow files that the data set has mapped into memory, such as its cache, are read
        in place when their batch is loaded: each is a `FileRange`. Those that it holds in memory stay there, with a
        name such as `<dataset 1f2e3d4c row 17>` in place of a path. Those that it knows by path are files.

        The format of the data set, and the arguments of its `Image`, such as a mode, have no effect. Rows without an
        image are left out, and a `SamplesWarning` says how many.

        Args:
            dataset: a single split, not streamed.
            image: the column with the encoded images: an `Image`, or binary. "inferred" for the only `Image`.
            label: the column with the labels; None for no labels. "inferred" for the only column of `ClassLabel`, or of
                lists of it; otherwise for "label" or "labels". The classes of a `ClassLabel` are its names, in their
                order, and lists of it are several labels for a sample. Other labels are encoded as in `from_files`.
            classes: the names in another order for a `ClassLabel`; otherwise as in `from_files`.

        Raises:
            TypeError: if `dataset` is not a `datasets.Dataset`, but a `DatasetDict` or an `IterableDataset`, say.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if there is no such column, if a column holds something else, if there are no images, if a
                label is missing, if a path is a URL, or if the data set has a transform.
        """
        return cls._of(*read_huggingface(dataset, image, label, classes))

    @classmethod
    def from_tar(
        cls,
        shards: StrPath | Iterable[StrPath],
        image: str | Sequence[str] | None = None,
        label: str | None = None,
        label_sep: str | None = None,
        classes: Iterable[object] | None = None,
    ) -> Self:
        """The images in tar archives on a local disk, in WebDataset's layout.

        The files of a sample are neighbours in an archive, and have the same name up to the first dot: 000017.jpg and
        000017.cls. Only the archives' headers and the labels are read; each image is read in place when its batch is
        loaded, so that shuffling is by sample over all shards. An archive must not be compressed.

        A `SamplesWarning` says what was left out: samples without an image, files without a dot in their name, links,
        further images of a sample (1.jpg and 1.2.jpg are of one), and the last sample of an archive that is cut off.

        Args:
            shards: the archives, as a path or a list of paths. `{00000..03071}` stands for numbers, `{a,b}` for one or
                the other, and `*`, `?` and `[...]` match the names of files, which are sorted.
            image: the kind of the files that are images: what follows the first dot, such as "jpg", in lower or upper
                case; or a list of kinds, or "jpg;png". None for the names that `from_directory` takes.
            label: the kind of the files that are labels, such as "cls", whose text is the label; None for no labels.
                They are encoded as the cells of a label column in `from_csv`; integers that are not 0, 1, 2, ...
                without a gap, whose class numbers are others, cause a `SamplesWarning`.
            label_sep: as in `from_csv`.
            classes: as in `from_csv`: `range(n)` for integers that are the class numbers; or the names of the classes,
                if the labels are their numbers, counted from 0.

        Raises:
            OSError: if there is no such archive, or if it cannot be read.
            TypeError: if `shards` is no path and no list of paths.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a file is not a tar archive, or compressed, or if there are no images; if a sample has no
                label, or two images.
        """
        return cls._of(*read_tar(shards, image, label, label_sep, classes))

    @classmethod
    def from_tfrecord(
        cls,
        shards: StrPath | Iterable[StrPath],
        image: str = "inferred",
        label: str | None = "inferred",
        classes: Iterable[object] | None = None,
    ) -> Self:
        """The images in TFRecord files on a local disk, whose records are `tf.train.Example`s. Needs no TensorFlow.

        Only the headers of records and features, and the labels, are read; each image is read in place when its batch
        is loaded, so that shuffling is by sample over all shards. Files must not be compressed. The checksum of a
        record's length is compared, that of its data is not.

        A `SamplesWarning` says what was left out: records without an image, and the last record of a file that is cut
        off; and which shards are missing among files named -00000-of-00008.

        Args:
            shards: the files, as for `from_tar`.
            image: the feature with the encoded images. "inferred" for the first of "image/encoded", "image" and
                "image_raw" that one of the first records has.
            label: the feature with the labels, one integer, float or text in each record; None for no labels.
                "inferred" for the first of "image/class/label", "label", "class" and "target" that one of the first
                records has. Integers are class numbers where TensorFlow Datasets has left a file with the names of the
                classes beside the shards, such as label.labels.txt. Otherwise integers and floats are encoded as in
                `from_files`, and text as in `from_csv`; integers that are not 0, 1, 2, ... without a gap, whose class
                numbers are others, cause a `SamplesWarning`.
            classes: the names of the classes, if labels are their numbers, counted from 0. Otherwise the labels
                themselves in the order of their class numbers, as in `from_files`: `range(n)` to keep integers as they
                are, `range(1, n + 1)` if they are counted from 1.

        Raises:
            OSError: if there is no such file, or if it cannot be read.
            TypeError: if `shards` is no path and no list of paths.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a file does not hold such records, or is compressed; if a feature is not there; if a record
                has several images, or not one label; if a shard is named twice, or shards are of two sets.
        """
        return cls._of(*read_tfrecord(shards, image, label, classes))

    @classmethod
    def from_zip(
        cls,
        path: StrPath,
        *,
        folder: str | None = None,
        extensions: Iterable[str] | None = None,
        classes: Iterable[str] | None = None,
    ) -> Self:
        """The images in a zip archive with one folder for each class, as in `from_directory`.

        Only the archive's central directory and the headers of the images are read; each image is read in place when
        its batch is loaded, inflated if it is deflated, and compared with its checksum. Nothing is unpacked to the
        disk.

        Args:
            path: the archive, on a local disk. Its files must be stored or deflated, and not encrypted.
            folder: the folder in the archive that has the class folders, such as "photos/train". None to look for it:
                while a folder has images in a single folder of it, and not directly in that one, that one is taken.
            extensions: as in `from_directory`.
            classes: likewise.

        Raises:
            OSError: if the archive cannot be read.
            ValueError: if it is not a zip archive, or not whole; if a file in it is encrypted, or compressed in another
                way; if there are no images or no class folders, or if `folder` or `classes` names one that does not
                exist.
        """
        table, labels, report = read_zip(path, folder, extensions, classes)
        _warn_of_what_was_left_out(path, report)
        return cls._of(table, labels)


def _warn_of_what_was_left_out(path: StrPath, report: WalkReport) -> None:
    if lines := report.lines():
        warn_user(f"{os.fspath(path)}: {'; '.join(lines)}", SamplesWarning)
