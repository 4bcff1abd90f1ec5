"""Reads regular files only, without blocking; replaces files atomically."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO

from fastseq._types import StrPath
from fastseq.engine.platform import REGULAR_FILE_FLAGS


def replace_text(path: StrPath, text: str) -> None:
    """Write a file over another; a reader, or a run after a crash, finds the old one or the new one."""
    temporary = f"{os.fspath(path)}.new"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class NotRegularError(OSError):
    """A folder, a pipe or a device where a file is expected."""


def open_regular(path: str | bytes | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; refuse anything else without waiting for it.

    Raises:
        NotRegularError: if it is something else.
        OSError: if it cannot be opened.
    """
    descriptor = os.open(path, REGULAR_FILE_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(errno.EINVAL, "not a regular file", path)
    return os.fdopen(descriptor, "rb")
