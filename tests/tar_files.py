"""Tar archives for tests."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def tar(files: Iterable[tuple[str, bytes]], form: str = "gnu") -> bytes:
    """An archive of files with these names and contents, in one of the `FORMATS`."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=FORMATS[form]) as archive:
        for name, contents in files:
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    return stream.getvalue()
