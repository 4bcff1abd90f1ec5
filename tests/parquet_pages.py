"""Pages of Parquet files, made by hand."""

from __future__ import annotations

from reference.snappy import varint

PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED, RLE_DICTIONARY = 0, 2, 3, 4, 8


def plain(*values: bytes) -> bytes:
    """The values of a page, or of a dictionary."""
    return b"".join(len(value).to_bytes(4, "little") + value for value in values)


def prefixed(levels: bytes) -> bytes:
    """Levels as pages of version 1 have them."""
    return len(levels).to_bytes(4, "little") + levels


def data_page(content, rows, encoding=PLAIN, levels=RLE, decoded_size=None):
    """A page of version 1; the content as it is stored."""
    return _page(0, content, decoded_size, 5, {1: rows, 2: encoding, 3: levels, 4: RLE})


def data_page_v2(levels, content, rows, encoding=PLAIN, *, compressed=True, decoded_size=None, repetition=0):
    """A page of version 2; the size that it decompresses to is that of the content alone."""
    size = None if decoded_size is None else decoded_size + len(levels)
    fields = {1: rows, 2: 0, 3: rows, 4: encoding, 5: len(levels), 6: repetition, 7: compressed}
    return _page(3, levels + content, size, 8, fields)


def dictionary_page(content, values, encoding=PLAIN, decoded_size=None):
    return _page(2, content, decoded_size, 7, {1: values, 2: encoding, 3: False})


def index_page(content=b""):
    return _page(1, content, None, 6, {})


def _page(kind, content, decoded_size, number, fields):
    decoded_size = len(content) if decoded_size is None else decoded_size
    return _struct({1: kind, 2: decoded_size, 3: len(content), number: _struct(fields)}) + content


def _struct(fields: dict[int, int | bytes]) -> bytes:
    """A struct in Thrift's compact protocol, of integers, booleans and structs."""
    out, last = b"", 0
    for number, value in fields.items():
        head = (number - last) << 4
        if isinstance(value, bool):
            out += bytes([head | (1 if value else 2)])
        elif isinstance(value, bytes):
            out += bytes([head | 12]) + value
        else:
            out += bytes([head | 5]) + varint(value << 1 if value >= 0 else (-value << 1) - 1)
        last = number
    return out + b"\0"
