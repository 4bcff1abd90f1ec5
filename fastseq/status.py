"""How a sample ended: the native enum, and what it means in words."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from fastseq._native import tables

_TABLE = tables.status_table()

if TYPE_CHECKING:

    class Status(IntEnum):
        """How a sample ended; the members are those of csrc/status.h."""

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
        NOT_AN_IMAGE = 20
        UNSUPPORTED_FORMAT = 21
        UNSUPPORTED_JPEG = 22
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
    Status.__doc__ = "How a sample ended; the members are those of csrc/status.h."

_WORDS = {number: (reason, remedy) for number, _, reason, remedy in _TABLE}


def is_good(status: int) -> bool:
    """Whether the sample's slot holds its picture."""
    return status in (Status.OK, Status.RECOVERED)


def describe(status: int, detail: str = "") -> str:
    """What is wrong, in one clause: the status in words and, where there are any, the decoder's own."""
    reason = _WORDS[status][0]
    return f"{reason} ({detail})" if detail else reason


def remedy(status: int) -> str:
    """What the user can do about it."""
    return _WORDS[status][1]
