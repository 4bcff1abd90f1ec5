"""The strings of a tensor as the images of a batch: contents of files and paths, told apart."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.urls import is_url

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG")
_PATH_MAX = 4096  # bytes; Linux opens no longer path


class StringSources:
    """Contents of image files and paths; a `fastseq.engine.sources.Sources`."""

    def __init__(self, strings: NDArray[np.object_]) -> None:
        """Take the strings, bytes (n,).

        Raises:
            ValueError: if one of them is a URL.
        """
        self._items: list[Any] = [string if is_contents(string) else (string,) for string in strings]
        for place, item in enumerate(self._items):
            if type(item) is tuple and b"://" in item[0] and is_url(os.fsdecode(item[0])):
                raise ValueError(
                    f"{os.fsdecode(item[0])!r} (image {place} of the batch) is a URL, and fastseq opens local files "
                    "only; let TensorFlow read it first, before .batch(): .map(tf.io.read_file, "
                    "num_parallel_calls=tf.data.AUTOTUNE)"
                )

    def __len__(self) -> int:
        return len(self._items)

    def for_job(self) -> list[Any]:
        """See `Sources`."""
        return self._items

    def path(self, place: int) -> str | None:
        """See `Sources`."""
        item = self._items[place]
        return os.fsdecode(item[0]) if type(item) is tuple else None

    def content(self, place: int) -> memoryview | None:
        """See `Sources`."""
        item = self._items[place]
        return None if type(item) is tuple else memoryview(item)


def is_contents(string: bytes) -> bool:
    """Whether a string is the contents of a file rather than a path.

    A path is not empty, is shorter than 4096 bytes and has no NUL byte, which every image file has. The first bytes of
    JPEG and PNG are not looked for in paths either: a file that was cut off after them is no path.
    """
    return not string or string.startswith(_SIGNATURES) or len(string) >= _PATH_MAX or b"\0" in string
