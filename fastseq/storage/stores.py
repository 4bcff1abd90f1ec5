"""The store that a URL is in."""

from __future__ import annotations

from fastseq.storage.fsspec_store import FsspecStore
from fastseq.storage.obstore_store import SCHEMES, ObstoreStore
from fastseq.storage.store import Store

_stores: dict[str, Store] = {}  # by the URL of the folder; a store keeps its connections


def store_of(url: str) -> tuple[Store, str]:
    """The store of the folder that an object is in, and the object's name there.

    Raises:
        ImportError: if what reads this scheme is not installed.
        StoreError: if there cannot be such a store.
    """
    folder, _, name = url.rpartition("/")
    return folder_store(folder), name


def folder_store(folder: str) -> Store:
    """The store of a folder, whose URL has no slash at its end; otherwise like `store_of`."""
    store = _stores.get(folder)
    if store is None:
        scheme = folder.partition("://")[0].lower()
        store = _stores.setdefault(folder, ObstoreStore(folder) if scheme in SCHEMES else FsspecStore(folder))
    return store
