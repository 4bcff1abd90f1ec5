"""The status of a sample: the native enum, and what it means."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from fastseq._native import tables

_TABLE = tables.status_table()

if TYPE_CHECKING:

    class Status(IntEnum):
        """What became of a sample; the members are those of csrc/base/status.h."""

        OK = 0
        PENDING = 1
        CANCELLED = 2
        RECOVERED = 3
        NEEDS_DECODER = 4
        NOT_FOUND = 10
        PERMISSION_DENIED = 11
        NOT_A_FILE = 12
        READ_ERROR = 13
        EMPTY = 14
        CHANGED = 15
        NOT_AN_IMAGE = 20
        UNSUPPORTED_FORMAT = 21
        UNSUPPORTED_JPEG = 22
        NOT_A_MASK = 23
        CORRUPT = 30
        TRUNCATED = 31
        FILE_TOO_LARGE = 40
        TOO_MANY_PIXELS = 41
        TOO_MANY_SCANS = 42
        TOO_MUCH_SCAN_WORK = 43
        TOO_MUCH_MEMORY = 44
        OUT_OF_MEMORY = 45
        INTERNAL = 50
else:
    Status = IntEnum("Status", {name: number for number, name, _, _ in _TABLE}, module=__name__)
    Status.__doc__ = "What became of a sample; the members are those of csrc/base/status.h."

_TEXTS = {number: (reason, remedy) for number, _, reason, remedy in _TABLE}


def is_good(status: int) -> bool:
    """Whether the sample's slot holds its image."""
    return status in (Status.OK, Status.RECOVERED)


def describe(status: int, detail: str = "") -> str:
    """What is wrong, in one clause, with the decoder's own words if there are any."""
    reason = _TEXTS[status][0]
    return f"{reason} ({detail})" if detail else reason


def remedy(status: int) -> str:
    """What the user can do about a status."""
    return _TEXTS[status][1]
