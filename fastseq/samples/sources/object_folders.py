"""The folders of objects in a store, for a walk."""

from __future__ import annotations

from collections.abc import Iterator

from fastseq.samples.sources.folder_walk import Entry
from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.stores import folder_store


class ObjectFolders:
    """The objects whose URLs begin with that of a folder, listed once. A name with a slash at its end is a folder."""

    def __init__(self, root: str) -> None:
        """List them.

        Raises:
            ImportError: if what reads this scheme is not installed.
            OSError: if they cannot be listed: a `StoreError`.
            ValueError: if the store is a web server.
        """
        self._folders: dict[str, dict[str, bool]] = {"": {}}  # whether each name in a folder is a folder
        try:
            for name in folder_store(root).walk():
                self._add(name)
        except StoreError as error:
            if error.status != Status.UNSUPPORTED_FORMAT:
                raise
            raise ValueError(
                f"{root} cannot be listed, as it is on a web server; list its files in a table for from_csv(root=...)"
            ) from None

    def entries(self, where: str) -> Iterator[Entry]:
        """See `Folders`."""
        return (Entry(name, is_folder, False) for name, is_folder in self._folders[where].items())

    def identity(self, where: str) -> tuple[int, int]:
        """See `Folders`."""
        raise NotImplementedError("stores have no links to folders")

    def _add(self, name: str) -> None:
        where, _, base = name.rpartition("/")
        self._add_folder(where)
        if base:
            self._folders[where].setdefault(base, False)

    def _add_folder(self, folder: str) -> None:
        if folder in self._folders:
            return
        self._folders[folder] = {}
        parent, _, base = folder.rpartition("/")
        self._add_folder(parent)
        self._folders[parent][base] = True
