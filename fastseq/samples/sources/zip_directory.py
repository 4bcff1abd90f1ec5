"""The folders and files in a zip archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.shards import ZIP_MEMBER, ZipReader
from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.sources.folder_walk import Entry
from fastseq.samples.sources.left_out import LeftOut
from fastseq.status import Status, describe

_MEMBERS = 1 << 14  # read at once, between two looks at signals
_DTYPE = np.dtype([(name, np.int64) for name in ZIP_MEMBER])
_UTF_8 = 1 << 11  # a bit of the flags
_DOS, _UNIX = 0, 3  # systems


class ZipDirectory:
    """The folders and files in a zip archive, by their names without a slash at the end.

    Attributes:
        path: of the archive.
        reader: of the archive.
    """

    def __init__(self, path: str) -> None:
        """Read the directory.

        Raises:
            OSError: if there is no such file, or if it cannot be read.
            ValueError: if it is not a zip archive.
        """
        self.path = path
        os.stat(path)  # the system's own error
        self.reader = ZipReader(os.fsencode(path))
        self._folders: dict[str, dict[str, int]] = {"": {}}  # the number of each file; -1 for a folder
        self._repeated, self._links = LeftOut(), LeftOut()
        parts = [np.zeros(0, _DTYPE)]
        while not self.reader.done:
            names, columns = self.reader.read(_MEMBERS)
            members = np.frombuffer(columns, _DTYPE)
            self._add(names, members, sum(map(len, parts)))
            parts.append(members)
        self._members: NDArray[Any] = np.concatenate(parts)
        if self.reader.status != Status.OK:
            reason = self.reader.reason or describe(self.reader.status)
            raise ValueError(f"{path} cannot be read as a zip archive: {reason}; is it whole?")
        for left_out, what in (
            (self._repeated, "several files have the same name, and the last one counts"),
            (self._links, "links were left out"),
        ):
            if left_out.count:
                warn_user(f"{path}: {what}: {left_out}", SamplesWarning)

    def __contains__(self, folder: str) -> bool:
        return folder in self._folders

    def folders_in(self, where: str) -> list[str]:
        """The names of the folders in a folder."""
        return [entry.name for entry in self.entries(where) if entry.is_folder]

    def entries(self, where: str) -> Iterator[Entry]:
        """Iterate over what is in a folder."""
        return (Entry(name, number < 0, False) for name, number in self._folders[where].items())

    def member(self, name: str) -> dict[str, int]:
        """What the directory says of a file; see csrc/io/zip_reader.h."""
        where, _, base = name.rpartition("/")
        return dict(zip(ZIP_MEMBER, self._members[self._folders[where][base]].tolist(), strict=True))

    def _add(self, names: bytes, members: NDArray[Any], first: int) -> None:
        start = 0
        columns = (members[column].tolist() for column in ("name_end", "flags", "system", "attributes"))
        for number, (end, flags, system, attributes) in enumerate(zip(*columns, strict=True), first):
            raw = names[start:end].decode("utf-8" if flags & _UTF_8 else "cp437", "surrogateescape")
            start = end
            if system == _DOS and "/" not in raw:
                raw = raw.replace("\\", "/")  # as some programs for Windows write it
            name = plain_name(raw)
            if raw.endswith("/"):
                self._add_folder(name)
            elif system == _UNIX and stat.S_ISLNK(attributes >> 16):
                self._links.add(name)
            elif name:
                where, _, base = name.rpartition("/")
                self._add_folder(where)
                if self._folders[where].get(base, -1) >= 0:
                    self._repeated.add(name)
                self._folders[where][base] = number

    def _add_folder(self, folder: str) -> None:
        missing = []
        while folder not in self._folders:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for folder in reversed(missing):
            self._folders[folder] = {}
            above, _, base = folder.rpartition("/")
            self._folders[above][base] = -1


def plain_name(name: str) -> str:
    """A name as unpacking has it: relative, and without "." and ".."."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def joined(where: str, name: str) -> str:
    """The name of something in a folder of an archive."""
    return f"{where}/{name}" if where and name else where or name
