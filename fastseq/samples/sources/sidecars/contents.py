"""Reads sidecars, whoever wrote them: bounded, and never more than JSON or text."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from fastseq.arguments import is_integer, shown
from fastseq.status import Status
from fastseq.storage.store import StoreError
from fastseq.storage.stores import store_of
from fastseq.urls import is_url

_MAX_JSON = 64 << 20  # bytes
_MAX_COUNT = 2**63


def read_bytes(file: str, max_bytes: int) -> bytes:
    """The contents of a file, given its path or its URL.

    Raises:
        OSError: if it cannot be read: a `StoreError` if it is an object.
        ValueError: if it is no regular file, or larger than `max_bytes`.
    """
    if is_url(file):
        store, name = store_of(file)
        try:
            return bytes(store.read_all(name, max_bytes))
        except StoreError as error:
            if error.status != Status.FILE_TOO_LARGE:
                raise
        raise _too_large(file, max_bytes)
    if not stat.S_ISREG(os.stat(file).st_mode):  # opening a pipe would wait for its other end
        raise ValueError(f"{file} is not a regular file")
    with open(file, "rb") as opened:
        contents = opened.read(max_bytes + 1)
    if len(contents) > max_bytes:
        raise _too_large(file, max_bytes)
    return contents


def read_if_there(file: str, max_bytes: int = _MAX_JSON) -> bytes | None:
    """Like `read_bytes`; None if there is no such file, or none that a store lets us see."""
    try:
        return read_bytes(file, max_bytes)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except StoreError as error:
        if error.status in (Status.NOT_FOUND, Status.PERMISSION_DENIED):
            return None
        raise


def read_json(file: str) -> dict[str, Any]:
    """The JSON object in a file; raises what `read_bytes` and `parse_json` raise."""
    return parse_json(read_bytes(file, _MAX_JSON), file)


def parse_json(contents: bytes, file: str) -> dict[str, Any]:
    """The JSON object that the contents of a file are. ValueError if they are none."""
    try:
        found = json.loads(contents.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not JSON: it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not JSON that can be read: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{file} is not a JSON object, but {described(found)}")
    return found


def count(value: object, what: str) -> int:
    """An integer that is not negative, or its digits, as protocol buffers write it. ValueError if it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not is_integer(value) or not isinstance(value, int) or not 0 <= value < _MAX_COUNT:
        raise ValueError(f"{what} is {described(value)}, not a number of something")
    return value


def described(value: object) -> str:
    """A value of JSON for a message: no list or object, which may be deep."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return "null" if value is None else shown(value)


def _too_large(file: str, max_bytes: int) -> ValueError:
    return ValueError(f"{file} has more than {max_bytes:,} bytes, too many for what it should be")
