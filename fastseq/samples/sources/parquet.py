"""Samples from Parquet files with a column of encoded images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastseq._types import StrPath
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.executors import results_of
from fastseq.executors.threads import in_threads, one_by_one
from fastseq.samples.blocks import Blocks, is_sorted
from fastseq.samples.class_labels import Labels, checked_columns, listed
from fastseq.samples.index.kept_index import ShardsToIndex, local_index_of
from fastseq.samples.index.remote_index import find_remote_index
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import Ranges
from fastseq.samples.row_groups import RowGroups
from fastseq.samples.sources.huggingface_labels import encode_column, label_column
from fastseq.samples.sources.parquet_columns import features_of, image_column, leaf_of
from fastseq.samples.sources.parquet_image_column import ImageColumn
from fastseq.samples.sources.parquet_in_place import NotInPlaceError, shards_in_place
from fastseq.samples.sources.shard_errors import check_is_file
from fastseq.samples.sources.shard_paths import shard_paths
from fastseq.storage.store import ObjectInfo, StoreError, differ
from fastseq.storage.store_file import StoreFile
from fastseq.storage.stores import store_of
from fastseq.urls import is_url

_THREADS = 16  # that read footers and labels of objects
_Value = TypeVar("_Value")


def read_parquet(
    shards: StrPath | Iterable[StrPath], image: str, label: str | None, classes: Iterable[object] | None
) -> tuple[PathTable, Labels]:
    """Find the images and read the labels; see `Samples.from_parquet`."""
    fixed = checked_columns(image, label, classes, "a column")
    files, footers = _open(shards)
    schema = footers[0].schema.to_arrow_schema()
    features = features_of(schema)
    image = image_column(schema, features, image)
    label = label_column(features, image, label)
    _check_alike(files, footers, [name for name in (image, label) if name is not None])
    leaf = leaf_of(schema, image)
    columns = _image_columns(files, footers, leaf)
    table = _table_in_place(files, columns, leaf) or _table(files, footers, columns, leaf)
    if label is None:
        return table, Labels()
    column = _concatenated(_each(files, lambda file: file.read_column(label)))
    return table, encode_column(column, features[label], np.arange(len(table)), fixed, f"column {label!r}")


def parquet_shards(shards: StrPath | Iterable[StrPath], image: str) -> ShardsToIndex:
    """Parquet files whose images lie in them as they are, and how they are indexed; see `Samples.from_parquet`.

    Raises:
        ValueError: if they are compressed or encoded, and as `Samples.from_parquet` does.
    """
    files, footers = _open(shards)
    schema = footers[0].schema.to_arrow_schema()
    image = image_column(schema, features_of(schema), image)
    _check_alike(files, footers, [image])
    leaf, paths = leaf_of(schema, image), [file.path for file in files]
    columns = _image_columns(files, footers, leaf)
    if not all(column.is_in_place for column in columns):
        raise ValueError(
            f"{listed(paths)}: the images are compressed or encoded, so that they cannot be read one by one; "
            "from_parquet reads them by row groups, without an index. To index them, write them anew by "
            'write_table(..., compression="none", use_dictionary=False)'
        )
    return shards_in_place(paths, columns, leaf)


def _open(shards: StrPath | Iterable[StrPath]) -> tuple[list[_File], list[Any]]:
    """The files, and their footers."""
    files = [_File(path) for path in shard_paths(shards)]
    return files, _each(files, _File.read_footer)


class _File:
    """A Parquet file, or an object that is one."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.info: ObjectInfo | None = None
        self.version = (-1, 0)
        self._footer: Any = None

    def read_footer(self) -> Any:
        """The pyarrow.parquet.FileMetaData. OSError or ValueError if there is no such file, or if it is another one."""
        parquet = _pyarrow("pyarrow.parquet")
        if is_url(self.path):
            store, name = store_of(self.path)
            self.info = store.info(name)
            self.version = self.info.size, 0
        else:
            check_is_file(self.path)
            status = os.stat(self.path)
            self.version = status.st_size, status.st_mtime_ns
        try:
            self._footer = parquet.read_metadata(self._source())
        except StoreError:
            raise
        except (_pyarrow("pyarrow").ArrowException, OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.path} is not a Parquet file: {error}") from None
        return self._footer

    def read_column(self, name: str) -> Any:
        """A column as a pyarrow.ChunkedArray."""
        file = _pyarrow("pyarrow.parquet").ParquetFile(self._source(), metadata=self._footer, pre_buffer=True)
        try:
            return file.read([name]).column(name)
        except _pyarrow("pyarrow").ArrowException as error:
            raise ValueError(f"{self.path}: column {name!r} cannot be read: {error}") from None

    def _source(self) -> Any:
        if self.info is None:
            return self.path
        store, name = store_of(self.path)
        return StoreFile(store, name, self.info)


def _each(files: Sequence[_File], read: Callable[[_File], _Value]) -> list[_Value]:
    """What is read of each file, in their order; of objects in several threads."""
    executor = in_threads(_THREADS) if is_url(files[0].path) else one_by_one
    return results_of([partial(read, file) for file in files], executor)


def _check_alike(files: Sequence[_File], footers: Sequence[Any], names: Sequence[str]) -> None:
    """ValueError if a file has other columns than the first one."""
    first = footers[0].schema.to_arrow_schema()
    for file, footer in zip(files, footers, strict=True):
        schema = footer.schema.to_arrow_schema()
        for name in names:
            if name not in schema.names or schema.field(name).type != first.field(name).type:
                raise ValueError(
                    f"{file.path} has no column {name!r} of type {first.field(name).type}, as {files[0].path} has; its "
                    f"columns are {listed(schema.names)}"
                )


def _image_columns(files: Sequence[_File], footers: Sequence[Any], leaf: str) -> list[ImageColumn]:
    return [ImageColumn(file.path, footer, leaf) for file, footer in zip(files, footers, strict=True)]


def _table_in_place(files: Sequence[_File], columns: Sequence[ImageColumn], leaf: str) -> PathTable | None:
    """The table of images that lie in the files as they are; None for others, and for objects without an index."""
    if not any(any(column.rows) for column in columns) or not all(column.is_in_place for column in columns):
        return None
    shards = shards_in_place([file.path for file in files], columns, leaf)
    try:
        index = find_remote_index(shards) if shards.is_remote else local_index_of(shards)
        if index is None:
            return None
        _check_current(index, files, columns)
    except NotInPlaceError as error:
        warn_user(f"{error}; images are read by row groups, as far as that is possible", SamplesWarning)
        return None
    return index.table()


def _check_current(index: ShardIndex, files: Sequence[_File], columns: Sequence[ImageColumn]) -> None:
    """NotInPlaceError if an index is not of the files as they are now."""
    for i, (file, column) in enumerate(zip(files, columns, strict=True)):
        known = ObjectInfo(int(index.versions[i, 0]), None if index.etags is None else index.etags[i])
        if int(index.counts[i]) != sum(column.rows) or (file.info is not None and differ(known, file.info)):
            raise NotInPlaceError(f"{file.path} has changed since it was indexed")


class _Group(NamedTuple):
    """A row group: the numbers of its file, and of it there; where its images begin, bytes; its size; its rows."""

    shard: int
    number: int
    start: int
    length: int
    rows: int
    first_row: int


def _groups(shard: int, column: ImageColumn) -> Iterator[_Group]:
    """Iterate over the row groups of a file that have rows."""
    first_row = 0
    for number, (chunk, rows) in enumerate(zip(column.chunks, column.rows, strict=True)):
        pages = (chunk.dictionary_page_offset, chunk.data_page_offset)
        start, length = min(offset for offset in pages if offset is not None), chunk.total_compressed_size
        if rows:
            yield _Group(shard, number, start, length, rows, first_row)
        first_row += rows


def _table(files: Sequence[_File], footers: Sequence[Any], columns: Sequence[ImageColumn], leaf: str) -> PathTable:
    paths = [file.path for file in files]
    groups = [group for shard, column in enumerate(columns) for group in _groups(shard, column)]
    if not groups:
        raise ValueError(f"{listed(paths)}: the files have no rows")
    shards, numbers, starts, lengths, counts, first_rows = np.array(groups, np.int64).T
    blocks = Blocks(shards.astype(np.int32), starts, lengths)
    if not is_sorted(blocks.shards, blocks.offsets):
        raise ValueError(f"{listed(paths)}: row groups are not in the order of their data")
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    etags = [None if file.info is None else file.info.etag for file in files]
    remote = is_url(paths[0])
    return replace(
        PathTable.from_urls(paths, etags) if remote else PathTable.from_strings(paths),
        path_numbers=np.repeat(blocks.shards, counts),
        ranges=Ranges(np.repeat(starts, counts) + rows, np.ones(len(rows), np.int64)),
        versions=np.array([file.version for file in files], np.int64),
        blocks=blocks,
        row_groups=RowGroups(
            leaf,
            tuple(footers),
            numbers.astype(np.int32),
            first_rows,
            tuple(column.max_level if column.can_be_decoded else None for column in columns),
        ),
    )


def _concatenated(columns: Sequence[Any]) -> Any:
    chunks: list[NDArray[Any]] = [chunk for column in columns for chunk in column.chunks]
    return _pyarrow("pyarrow").chunked_array(chunks, type=columns[0].type)


def _pyarrow(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError('Parquet files are read by pyarrow: pip install "fastseq-loader[parquet]"') from error
