"""What may be meant by a path where there is no file."""

from __future__ import annotations

import mimetypes
import os
from itertools import islice

from fastseq.urls import is_url

_MAX_ENTRIES = 100_000  # of a folder; a larger one is not read to its end


def near_file_advice(path: str) -> str:
    """Advice on a path where there is no file: the file that may be meant, or the folder that is missing; else "".

    A URL is no path: for one it says how to read it.

    A file may be meant if its path differs by backslashes, by blanks or slashes at its ends, by upper and lower case,
    or by its extension.
    """
    if is_url(path):
        return (
            "it is a URL, and fastseq opens local files; copy the file to a local folder, mount the storage as one, or "
            "pass the contents of the file"
        )
    folder, name = os.path.split(path.replace("\\", "/").strip().rstrip("/"))
    near = _near_name(folder, name.strip())
    if near is not None:
        return f"did you mean {os.path.join(folder, near)!r}?"
    if folder and not os.path.isdir(folder):
        return f"there is no folder {folder!r}"
    return ""


def _near_name(folder: str, name: str) -> str | None:
    try:
        with os.scandir(folder or ".") as entries:
            distances = {
                entry.name: distance
                for entry in islice(entries, _MAX_ENTRIES)
                if (distance := _distance(name, entry.name)) is not None and entry.is_file()
            }
    except OSError:
        return None
    return min(distances, key=lambda file: (distances[file], file), default=None)


def _distance(name: str, file: str) -> int | None:
    """How much a file's name differs from one that is wanted; None if it has nothing to do with it."""
    if file == name:
        return 0
    name, file = name.lower(), file.lower()
    if file == name:
        return 1
    stem = os.path.splitext(file)[0]
    if stem in (name, os.path.splitext(name)[0]) and _is_image(file):
        return 2
    return None


def _is_image(file: str) -> bool:
    kind, _ = mimetypes.guess_type(file, strict=False)
    return kind is not None and kind.startswith("image/")
