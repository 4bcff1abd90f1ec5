"""The class methods of `Samples` that read shards and archives."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from fastseq._types import Self, StrPath
from fastseq.samples.class_labels import Labels
from fastseq.samples.inputs import Inputs
from fastseq.samples.path_table import PathTable
from fastseq.samples.sources.huggingface import read_huggingface
from fastseq.samples.sources.pack import read_pack
from fastseq.samples.sources.parquet import read_parquet
from fastseq.samples.sources.tar import read_tar
from fastseq.samples.sources.tfrecord import read_tfrecord
from fastseq.samples.sources.zip import read_zip


class ShardReaders:
    """A mixin for `Samples`."""

    @classmethod
    def _of(cls, table: PathTable, labels: Labels, inputs: Inputs | None = None) -> Self:
        """Combine what a source has read."""
        raise NotImplementedError

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

        Indexes of DALI beside shards in a store are read in place of these, where `fastseq index` has not been run.

        A `SamplesWarning` says what was left out: samples without an image, files without a dot in their name, links,
        further images of a sample (1.jpg and 1.2.jpg are of one), and the last sample of an archive that is cut off.

        Args:
            shards: the archives, as a path or a list of paths. `{00000..03071}` stands for numbers, `{a,b}` for one or
                the other, and `*`, `?` and `[...]` match the names of files, which are sorted. Or a list of shards:
                the JSON of wids, `.nv-meta/.info.json` of Megatron Energon, or the folder of a data set of the latter.
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
                label, or two images; if a shard is not what a list or an index of DALI says of it.
        """
        return cls._of(*read_tar(shards, image, label, label_sep, classes))

    @classmethod
    def from_pack(cls, folder: StrPath) -> Self:
        """The samples in a pack, a folder that `fastseq.pack` has written, with all labels and other inputs.

        Only the index is read; each image is read in place when its batch is loaded, and checked. The order is that of
        the pack, which is random already.

        Args:
            folder: its path or URL.

        Raises:
            OSError: if there is no such folder, or no finished pack in it; if a shard is missing.
            ValueError: if a shard does not have the size that it was packed with, or if the index is damaged.
        """
        return cls._of(*read_pack(folder))

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
        off; which shards are missing among files named -00000-of-00008; and which have other numbers of records than
        `dataset_info.json` of TensorFlow Datasets beside them says.

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
        disk. Of an archive in a store, the directory alone is read first, and images come by blocks of 2 MB.

        Args:
            path: the archive, or its URL. Its files must be stored or deflated, and not encrypted.
            folder: the folder in the archive that has the class folders, such as "photos/train". None to look for it:
                while a folder has images in a single folder of it, and not directly in that one, that one is taken.
            extensions: as in `from_directory`.
            classes: likewise.

        Raises:
            OSError: if the archive, or its store, cannot be read.
            ValueError: if it is not a zip archive, or not whole; if a file in it is encrypted, or compressed in another
                way; if there are no images or no class folders, or if `folder` or `classes` names one that does not
                exist.
        """
        table, labels, report = read_zip(path, folder, extensions, classes)
        report.warn(os.fspath(path))
        return cls._of(table, labels)

    @classmethod
    def from_parquet(
        cls,
        shards: StrPath | Iterable[StrPath],
        image: str = "inferred",
        label: str | None = "inferred",
        classes: Iterable[object] | None = None,
    ) -> Self:
        """The images in Parquet files, on a local disk or in a store, such as those of the Hugging Face Hub.

        Images that are neither compressed nor encoded, as `datasets` writes them, are read one by one, like those of a
        tar archive; where they lie is found first. Files in a store must be indexed for that, by `fastseq index`.

        Of others, only the footers and the labels are read first. A row group is what is read, and shuffled, together:
        its column of images is decompressed, by pyarrow unless it is by Snappy, and images are decoded from there. With
        `shuffle`, as many row groups are held as there are lanes, at least: those of 100 images do, those of 100 MB
        take gigabytes.

        Args:
            shards: the files, as for `from_tar`.
            image: the column with the encoded images: binary, or a struct with a field "bytes". "inferred" for the only
                `Image` of Hugging Face, or the only one that can be it.
            label: the column with the labels; None for no labels. "inferred" as for `from_huggingface`, which encodes
                them in the same way.
            classes: as for `from_huggingface`.

        Raises:
            ImportError: if pyarrow is not installed.
            OSError: if there is no such file, or if it cannot be read.
            TypeError: if an argument has the wrong type.
            UnknownLabelError: if a label is not in `classes`.
            ValueError: if a file is not a Parquet file, if files have other columns than the first one, if there is no
                such column, or if a label is missing.
        """
        return cls._of(*read_parquet(shards, image, label, classes))

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
