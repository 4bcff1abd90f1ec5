"""The index of tar archives in a store that have a text of DALI beside each: it is read in place of the archives."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from fastseq.samples.index.index_file import NotAnIndexError
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.index.shard_names import folder_of
from fastseq.samples.sources.csv_columns import TextColumn
from fastseq.samples.sources.sidecars.contents import read_if_there
from fastseq.samples.sources.sidecars.dali import MAX_BYTES, MAX_DOUBTFUL, DaliIndex
from fastseq.samples.sources.stored_labels import StoredLabels, read_labels
from fastseq.samples.sources.tar_samples import TarFile, TarImages, no_images
from fastseq.storage.store import ObjectInfo
from fastseq.storage.stores import store_of

_THREADS = 8  # each holds a text of at most `MAX_BYTES`
_HEADER = 512  # bytes
_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class _Archive:
    """An archive in a store, what is known of it, and the text beside it."""

    path: str
    info: ObjectInfo
    index: DaliIndex


_Doubtful: TypeAlias = tuple[_Archive, int, TarFile]  # and the line that has the file


def index_by_dali(
    paths: Sequence[str], image_kinds: tuple[str, ...], label: str | None, there: Mapping[str, ObjectInfo] | None
) -> ShardIndex | None:
    """The index of archives that have a text of DALI beside each; None if the first one has none.

    Args:
        paths: their URLs.
        image_kinds: the kinds of files that are images.
        label: the kind of those that are labels; None for none.
        there: the objects in the folder of the first one; None if they cannot be listed.

    Raises:
        NotAnIndexError: if it cannot be made of these texts alone.
        OSError: if something cannot be read: a `StoreError`.
        ValueError: if a text is wrong, or if a label is.
    """
    found = TarImages(image_kinds)
    labels = None if label is None else StoredLabels()
    doubtful: list[_Doubtful] = []
    for path, archive in zip(paths, _in_threads(lambda path: _archive(path, paths[0], there), paths), strict=True):
        if archive is None:
            if path == paths[0]:
                return None
            raise NotAnIndexError(f"{path} has no index of DALI beside it, unlike {paths[0]}")
        found.images.add_shard((0, 0), archive.info)
        for sample in found.samples(path, archive.index.files()):
            if found.add(path, sample, archive.index.has_names) and labels is not None and label is not None:
                labels.add(path, archive.info, *sample.label_place(path, label), f"{path}: {sample.key}.{label}")
        archive.index.contents = b""
        doubtful += [(archive, line, file) for line, file in archive.index.doubtful]
        if len(doubtful) > MAX_DOUBTFUL + len(paths):
            raise NotAnIndexError(
                f"the indexes of DALI beside the shards are not used: over {MAX_DOUBTFUL:,} files may be elsewhere, "
                "as they have several headers, or folders or links before them, where wds2idx errs"
            )
    if not found.images:
        raise no_images(paths, image_kinds, found.kinds)
    for _ in _in_threads(_check, doubtful):
        pass
    if labels is None:
        return found.images.index(paths, None)
    column = TextColumn()
    for texts in _in_threads(read_labels, labels.requests):
        column.add(texts)
    return found.images.index(paths, RawLabels.of_texts(*column.codes()))


def _in_threads(task: Callable[[_Item], _Value], items: Sequence[_Item]) -> Iterator[_Value]:
    """The results for all items in their order; those of a few items are there at a time."""
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(items), _THREADS):
            yield from threads.map(task, items[start : start + _THREADS])


def _archive(path: str, first: str, there: Mapping[str, ObjectInfo] | None) -> _Archive | None:
    """An archive with the text beside it; None if there is none."""
    folder = folder_of(first)
    for file in (f"{path.removesuffix('.tar')}.idx", f"{path}.idx"):
        if there is not None and folder_of(file) == folder and file.removeprefix(f"{folder}/") not in there:
            continue
        contents = read_if_there(file, MAX_BYTES)
        if contents is None or (file.endswith(".tar.idx") and not DaliIndex.is_one(contents)):
            continue
        store, name = store_of(path)
        info = store.info(name)
        return _Archive(path, info, DaliIndex(file, contents, info.size))
    return None


def _check(doubtful: _Doubtful) -> None:
    """Compare what a text says of a file with the header in the archive."""
    archive, line, (name, offset, size) = doubtful
    store, object_name = store_of(archive.path)
    header = bytes(store.read(object_name, offset - _HEADER, _HEADER, archive.info))
    try:
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        member = None
    if member is None or not member.isreg() or member.size != size:
        raise ValueError(
            f"{archive.index.file}: line {line:,} has {name!r} of {size:,} bytes at {offset:,}, but {archive.path} has "
            "no such file there. wds2idx puts some files too far that come before one with a long name, or with a time "
            "that is not a whole second. Make an index by fastseq index, which is used in its place"
        )
