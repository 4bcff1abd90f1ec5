"""The names of classes that TensorFlow Datasets keeps beside its shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from fastseq.samples.class_labels import listed
from fastseq.samples.index.shard_names import folder_of
from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.stores import store_of
from fastseq.urls import is_url


def class_names(shards: Iterable[str], label: str) -> tuple[str, ...] | None:
    """The names of the classes of a feature, in the order of their numbers; None if there are none.

    Raises:
        OSError: if they cannot be read.
        ValueError: if the shards lie in folders with different names, or if a file of names is not one.
    """
    files = {f"{folder_of(shard)}/{label.replace('/', '-')}.labels.txt" for shard in shards}
    found = {file: _read(file) for file in sorted(files)}
    if len(set(found.values())) > 1:
        raise ValueError(
            f"these shards have different class names beside them: {listed(list(found))}; read one set at a "
            "time, or pass classes=..."
        )
    return next(iter(found.values()))


def _read(file: str) -> tuple[str, ...] | None:
    try:
        text = _contents(file).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except StoreError as error:
        if error.status == Status.NOT_FOUND:
            return None
        raise
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8; correct it, or pass classes=...") from None
    names = tuple(name.rstrip("\r") for name in text.removesuffix("\n").split("\n"))
    wrong = [name for name, times in Counter(names).items() if times > 1 or not name]
    if wrong:
        raise ValueError(f"{file} has the names {listed(wrong)} several times, or empty ones; pass classes=...")
    return names


def _contents(file: str) -> bytes:
    if not is_url(file):
        return Path(file).read_bytes()
    store, name = store_of(file)
    contents = BytesIO()
    store.download(name, contents)
    return contents.getvalue()
