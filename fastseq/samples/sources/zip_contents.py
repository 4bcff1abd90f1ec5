"""The folders and files in a zip archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.shards import ZIP_MEMBER, ZipReader
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.sources.folder_walk import Entry
from fastseq.samples.sources.left_out import LeftOut
from fastseq.samples.sources.shard_errors import ZIP_ARCHIVE, check_is_file, unreadable
from fastseq.samples.sources.shard_files import shard_file
from fastseq.samples.sources.zip_directory import directory
from fastseq.status import Status

_MEMBERS = 1 << 13  # read at once, between two looks at signals
_DTYPE = np.dtype([(name, np.int64) for name in ZIP_MEMBER])
_NAME_IS_UTF8 = 1 << 11  # a flag
_DOS, _UNIX, _NTFS, _MACOS = 0, 3, 10, 19  # systems
_DOS_FOLDER = 0x10  # an attribute
_FOLDER = -1  # instead of the number of a file
_MAX_DEPTH = 100  # of folders in folders: each takes memory, and a name can hold 32,000


class ZipContents:
    """The folders and files in a zip archive, by their names without a slash at the end.

    Attributes:
        path: of the archive, or its URL.
        reader: of the archive; of a remote one, for its directory alone.
        info: what its store says of a remote one.
    """

    def __init__(self, path: str) -> None:
        """Read the central directory.

        Raises:
            OSError: if there is no such file, or if it cannot be read: a `StoreError`, for example.
            ValueError: if it is not a zip archive.
        """
        self.path = path
        with shard_file(path, directory) as file:
            self.info = file.info
            self._read(file.path)

    def _read(self, file: str) -> None:
        check_is_file(file)
        self.reader = ZipReader(os.fsencode(file))
        self._folders: dict[str, dict[str, int]] = {"": {}}  # the number of each file, or _FOLDER
        self._left_out = {reason: LeftOut() for reason in (_REPEATED, _CLASH, _LINKS)}
        parts = [np.zeros(0, _DTYPE)]
        while not self.reader.done:
            names, columns = self.reader.read(_MEMBERS)
            members = np.frombuffer(columns, _DTYPE)
            self._add(names, members, sum(map(len, parts)))
            parts.append(members)
        if self.reader.status != Status.OK:
            raise unreadable(self.path, self.reader, ZIP_ARCHIVE)
        self._members: NDArray[Any] = np.concatenate(parts)
        for reason, left_out in self._left_out.items():
            if left_out.count:
                warn_user(f"{self.path}: {reason}: {left_out}", SamplesWarning)

    def __contains__(self, folder: str) -> bool:
        return folder in self._folders

    def has_file(self, name: str) -> bool:
        """Whether there is a file of a name."""
        where, _, base = name.rpartition("/")
        return self._folders.get(where, {}).get(base, _FOLDER) != _FOLDER

    def nearest(self, name: str) -> str:
        """The folder that a file would be in, or the innermost one around it that there is."""
        while name not in self._folders:
            name = name.rpartition("/")[0]
        return name

    @property
    def folders(self) -> Iterator[str]:
        """The names of all folders but the outermost, which is ""."""
        return filter(None, self._folders)

    def entries(self, where: str) -> Iterator[Entry]:
        """Iterate over what is in a folder."""
        return (Entry(name, number == _FOLDER, False) for name, number in self._folders[where].items())

    def member(self, name: str) -> dict[str, int]:
        """What the central directory says of a file; see csrc/io/zip_reader.h."""
        where, _, base = name.rpartition("/")
        return dict(zip(ZIP_MEMBER, self._members[self._folders[where][base]].tolist(), strict=True))

    def ends(self, header_offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the next member or the directory begins after each of these headers of members."""
        begins = np.append(np.sort(self._members["header_offset"]), self.reader.directory_offset)
        return begins[np.searchsorted(begins[:-1], header_offsets, "right")]

    def _add(self, names: bytes, members: NDArray[Any], first: int) -> None:
        start = 0
        columns = (members[column].tolist() for column in ("name_end", "flags", "system", "attributes", "size"))
        for number, (end, flags, system, attributes, size) in enumerate(zip(*columns, strict=True), first):
            raw = _decoded(names[start:end], bool(flags & _NAME_IS_UTF8), system)
            start = end
            name = plain_name(raw)
            if name.count("/") > _MAX_DEPTH:
                raise ValueError(f"{self.path} has folders that are more than {_MAX_DEPTH} deep: {name[:80]!r}...")
            is_folder = size == 0 and system in (_DOS, _NTFS) and bool(attributes & _DOS_FOLDER)
            if raw.endswith("/") or is_folder:
                self._add_folder(name)
            elif system in (_UNIX, _MACOS) and stat.S_ISLNK(attributes >> 16):
                self._left_out[_LINKS].add(name)
            elif name:
                self._add_file(name, number)

    def _add_file(self, name: str, number: int) -> None:
        where, _, base = name.rpartition("/")
        self._add_folder(where)
        before = self._folders[where].get(base)
        if before == _FOLDER:
            self._left_out[_CLASH].add(name)
            return
        if before is not None:
            self._left_out[_REPEATED].add(name)
        self._folders[where][base] = number

    def _add_folder(self, folder: str) -> None:
        missing = []
        while folder not in self._folders:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for folder in reversed(missing):
            self._folders[folder] = {}
            above, _, base = folder.rpartition("/")
            if base in self._folders[above]:
                self._left_out[_CLASH].add(folder)
            self._folders[above][base] = _FOLDER


_REPEATED = "several files have the same name, and the last one counts"
_CLASH = "files that have the name of a folder were left out"
_LINKS = "links were left out"


def plain_name(name: str) -> str:
    """A name as unpacking has it: relative, and without "." and ".."."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def joined(where: str, name: str) -> str:
    """The name of something in a folder of an archive."""
    return f"{where}/{name}" if where and name else where or name


def _decoded(raw: bytes, is_utf8: bool, system: int) -> str:
    """A name as text. Where nothing says that it is UTF-8, programs for Unix and macOS write that all the same."""
    name = raw.decode("cp437")
    if system in (_UNIX, _MACOS) or is_utf8:
        with suppress(UnicodeDecodeError):
            name = raw.decode("utf-8")
    if system in (_DOS, _NTFS) and "/" not in name:
        name = name.replace("\\", "/")  # as some programs for Windows write it
    return name
