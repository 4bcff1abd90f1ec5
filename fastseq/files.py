"""Files that must be whole or not there."""

from __future__ import annotations

import os
from contextlib import suppress

from fastseq.errors import StrPath


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
