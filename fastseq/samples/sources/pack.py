"""Samples from a pack, a folder that `fastseq.pack` has written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from fastseq._types import StrPath
from fastseq.samples.class_labels import Labels
from fastseq.samples.index.index_file import NotAnIndexError
from fastseq.samples.index.pack_index import PackIndex
from fastseq.samples.index.remote_index import DEFAULT_NAME, read_copy
from fastseq.samples.inputs import Inputs
from fastseq.samples.path_table import PathTable
from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.stores import folder_store
from fastseq.urls import folder_url, is_url


def read_pack(folder: StrPath) -> tuple[PathTable, Labels, Inputs]:
    """Find the images and read the labels; see `Samples.from_pack`."""
    place = os.fspath(folder)
    index = _remote(folder_url(place.rstrip("/"), "folder")) if is_url(place) else _local(Path(place))
    return index.images.table(), index.labels, index.inputs


def _local(folder: Path) -> PackIndex:
    try:
        index = PackIndex.read(folder / DEFAULT_NAME)
    except FileNotFoundError:
        raise FileNotFoundError(_no_pack(str(folder), folder.exists())) from None
    paths = [str(folder / name) for name in index.images.paths]
    versions = np.empty((len(paths), 2), np.int64)
    for i, path in enumerate(paths):
        status = os.stat(path)
        _check_size(path, status.st_size, int(index.images.versions[i, 0]))
        versions[i] = status.st_size, status.st_mtime_ns
    return replace(index, images=replace(index.images, paths=tuple(paths), versions=versions))


def _remote(url: str) -> PackIndex:
    store = folder_store(url)
    try:
        info = store.info(DEFAULT_NAME)
    except StoreError as error:
        if error.status == Status.NOT_FOUND:
            raise FileNotFoundError(_no_pack(url, True)) from None
        raise
    index = read_copy(url, DEFAULT_NAME, info, PackIndex.read)
    names = index.images.paths
    try:
        there = store.names()
    except StoreError as error:
        if error.status != Status.UNSUPPORTED_FORMAT:  # of a web server, which does not list its files
            raise
        there = {name: store.info(name) for name in names}
    etags = []
    for i, name in enumerate(names):
        if name not in there:
            raise StoreError(f"{url}/{name}", Status.NOT_FOUND)
        _check_size(f"{url}/{name}", there[name].size, int(index.images.versions[i, 0]))
        etags.append(there[name].etag)
    paths = tuple(f"{url}/{name}" for name in names)
    return replace(index, images=replace(index.images, paths=paths, etags=tuple(etags)))


def _check_size(path: str, size: int, expected: int) -> None:
    if size != expected:
        raise NotAnIndexError(
            f"{path} has {size} bytes, and {expected} when it was packed: it is cut off, or of another pack. Copy the "
            "pack again, or make it again by fastseq pack"
        )


def _no_pack(folder: str, is_there: bool) -> str:
    if not is_there:
        return f"{folder}: there is no such folder"
    return f"{folder} has no {DEFAULT_NAME}: it is no pack, or one that was not finished; fastseq pack goes on with it"
