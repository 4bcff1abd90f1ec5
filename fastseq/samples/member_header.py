"""The headers of members of zip archives, before their contents. After PKWARE's APPNOTE.TXT, version 6.3.10."""

from __future__ import annotations

import struct

MEMBER_HEADER = 30
"""The size of a header, bytes; a name and extra fields follow."""

_FIELDS = struct.Struct("<4s22xHH")


def contents_offset(data: memoryview, offset: int) -> int:
    """Where the contents of a member begin whose header is at an offset of some bytes; -1 if there is no header."""
    if not 0 <= offset <= data.nbytes - MEMBER_HEADER:
        return -1
    magic, name, extra = _FIELDS.unpack_from(data, offset)
    return offset + MEMBER_HEADER + name + extra if magic == b"PK\3\4" else -1
