"""The warning about crop indexes that do not fit their files."""

from __future__ import annotations

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning


class CropMisfit:
    """Warns once of a file that is not the one that its crop index was made of."""

    def __init__(self) -> None:
        self._warned: dict[str, object] = {}

    def warn(self, path: object) -> None:
        """Warn of this file, unless there was a warning before; from any thread."""
        me = object()
        if self._warned.setdefault("first", me) is me:
            warn_user(
                f"{path} is not the file that its crop index was made of, and is decoded without it; make the index "
                "again by fastseq index --crops. There is no warning about further files like this one",
                SamplesWarning,
            )
