"""Pages of Parquet files that no writer at hand writes, and damaged ones."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parquet_pages import (
    BIT_PACKED,
    PLAIN_DICTIONARY,
    RLE_DICTIONARY,
    data_page,
    data_page_v2,
    dictionary_page,
    index_page,
    plain,
    prefixed,
)
from reference.snappy import stream

from fastseq._native.shards import ParquetReader, decode_column
from native.native import STATUS, examples

A, B, C = b"a" * 300, b"", b"ccc"
TWO = dictionary_page(plain(A, C), 2)


def snappy(data):
    return stream([(data, 2)], len(data))


def decoded(pages, rows, max_level=0, out=None, begin=0):
    """The values of a column, or what is wrong with it."""
    status, reason, *places = decode_column(memoryview(pages), begin, rows, max_level, out)
    offsets, lengths = (memoryview(each).cast("q").tolist() for each in places)
    data = pages if out is None else out
    assert all(
        0 <= offset <= offset + max(length, 0) <= len(data) for offset, length in zip(offsets, lengths, strict=True)
    )
    if status != STATUS["OK"]:
        assert status == STATUS["CORRUPT"]
        return reason
    assert len(offsets) == rows
    return [
        None if length < 0 else bytes(data[offset : offset + length])
        for offset, length in zip(offsets, lengths, strict=True)
    ]


@pytest.mark.parametrize("level", [1, 2])
def test_levels_of_every_kind(level):
    runs = bytes([3 << 1, level, 2 << 1, 0])  # three of the level, two of 0
    packed = bytes([1 << 1 | 1]) + (b"\x07" if level == 1 else b"\x2a\x00")  # from the lowest bit on
    highest_first = b"\xe0" if level == 1 else b"\xa8\x00"
    values = plain(A, B, C)
    for levels in (runs, packed):
        assert decoded(data_page(prefixed(levels) + values, 5), 5, level) == [A, B, C, None, None]
        assert decoded(data_page_v2(levels, values, 5), 5, level) == [A, B, C, None, None]
    page = data_page(highest_first + values, 5, levels=BIT_PACKED)
    assert decoded(page, 5, level) == [A, B, C, None, None]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (b"\x01\x03\x05", [C, A, C]),  # packed; its padding is there
        (b"\x01\x03\x02", [A, C, A]),
        (b"\x01\x06\x01", [C, C, C]),  # a run
        (b"\x20\x04\x01\0\0\0\x02\0\0\0\0", [C, C, A]),  # of 32 bits
        (b"\x00\x06", [A, A, A]),  # of none
        (b"\x00\x03", [A, A, A]),
        (b"\x09\x03\x01\x00\x04\x00", [C, A, C]),  # packed; its padding is not there
    ],
)
@pytest.mark.parametrize("encoding", [PLAIN_DICTIONARY, RLE_DICTIONARY])
def test_numbers_of_dictionary_entries(numbers, expected, encoding):
    assert decoded(TWO + data_page(numbers, 3, encoding), 3) == expected
    assert decoded(TWO + data_page_v2(b"", numbers, 3, encoding), 3) == expected


def test_nulls_without_numbers():
    assert decoded(TWO + data_page(prefixed(b"\x06\x00"), 3, RLE_DICTIONARY), 3, 1) == [None] * 3


def test_pages_that_are_compressed_or_not():
    out = memoryview(bytearray(1000))
    values = plain(A, C)
    expected = [A, C] * 3 + [None, C]
    pages = (
        dictionary_page(snappy(values), 2, decoded_size=len(values))
        + index_page(b"123")
        + data_page(snappy(b"\x01\x03\x02"), 2, RLE_DICTIONARY, decoded_size=3)
        + data_page_v2(b"", snappy(values), 2, decoded_size=len(values))
        + data_page_v2(b"", values, 2, compressed=False)
        + data_page_v2(b"", b"", 0)
    )
    assert decoded(pages, 6, out=out) == expected[:6]
    nulls = data_page_v2(b"\x06\x00", b"", 3)
    assert decoded(nulls, 3, 1, out=memoryview(bytearray())) == [None] * 3


@pytest.mark.parametrize(("left", "is_right"), [(bytes(8), True), (bytes(9), False), (b"\0\1", False)])
def test_what_fastparquet_leaves_behind_the_values(tmp_path, left, is_right):
    page = data_page(plain(A, C) + left, 2)
    assert decoded(page, 2) == ([A, C] if is_right else "at byte 0: a page with too many values")
    (tmp_path / "pages").write_bytes(page)
    reader = ParquetReader(os.fsencode(tmp_path / "pages"))
    reader.start(0, len(page), 2, 0)
    reader.read(10)
    assert (reader.status == STATUS["OK"]) == is_right, reader.reason


BAD = {
    "no page": (b"", 1, {}),
    "a page that does not end within its column": (data_page(plain(A), 1)[:-1], 1, {}),
    "a page of an unknown type": (b"\x15\x0a\x15\x00\x15\x00\x00", 1, {}),
    "a page in another encoding than": (data_page(plain(A), 1, 6), 1, {}),
    "a page with too many rows": (data_page(plain(A, C), 2), 1, {}),
    "a page with too few values": (data_page(plain(A), 2), 2, {}),
    "a page with too many values": (data_page(plain(A, C), 1), 1, {}),
    "a value that does not end within its page": (data_page(plain(A)[:-1], 1), 1, {}),
    "a second dictionary": (TWO + TWO, 1, {}),
    "an encoded dictionary": (dictionary_page(plain(A), 1, RLE_DICTIONARY), 1, {}),
    "a dictionary that is too small": (dictionary_page(plain(A), 1 << 30), 1, {}),
    "a page without its dictionary": (data_page(b"\x01\x02\x00", 1, RLE_DICTIONARY), 1, {}),
    "numbers of dictionary entries of too many": (TWO + data_page(b"\x21\x02\x00", 1, RLE_DICTIONARY), 1, {}),
    "numbers of dictionary entries that are": (TWO + data_page(b"\x01\x00\x00", 1, RLE_DICTIONARY), 1, {}),
    "a value that is not in the dictionary": (TWO + data_page(b"\x02\x02\x02", 1, RLE_DICTIONARY), 1, {}),
    "levels that do not fit": (data_page(b"\xff\0\0\0\x02\x01", 1), 1, {"max_level": 1}),
    "levels that are damaged": (data_page(prefixed(b"\x04\x01") + plain(A), 1), 1, {"max_level": 1}),
    "levels in an unknown encoding": (data_page(plain(A), 1, levels=7), 1, {"max_level": 1}),
    "a page that is smaller than its levels": (
        data_page_v2(b"\x02\x01", b"", 1, decoded_size=-1),
        1,
        {"max_level": 1, "out": memoryview(bytearray(10))},
    ),
    "pages that are larger than": (data_page(snappy(A), 1, decoded_size=11), 1, {"out": memoryview(bytearray(10))}),
    "a page that cannot be decompressed": (
        data_page(b"\x0a", 1, decoded_size=10),
        1,
        {"out": memoryview(bytearray(10))},
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_pages_that_are_refused(message):
    pages, rows, options = BAD[message]
    page = decoded(pages, rows, begin=1000, **options)
    place = 1000 + len(TWO) * pages.startswith(TWO)
    assert page.startswith(f"at byte {place}: {message}"), page


def chunk():
    """Pages of every kind, of 6 rows with a level."""
    values = plain(A, C)
    return (
        dictionary_page(snappy(values), 2, decoded_size=len(values))
        + data_page(snappy(prefixed(b"\x04\x01") + b"\x01\x03\x02"), 2, RLE_DICTIONARY, decoded_size=9)
        + data_page_v2(b"\x03\x03", snappy(values), 2, decoded_size=len(values))
        + data_page_v2(b"\x04\x01", values, 2, compressed=False)
    )


def test_a_chunk_that_is_cut_off():
    out = memoryview(bytearray(2000))
    assert decoded(chunk(), 6, 1, out) == [A, C] * 3
    for end in range(len(chunk())):
        assert isinstance(decoded(chunk()[:end], 6, 1, out), str)


@examples(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, len(chunk()) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_chunk_that_is_damaged(changes):
    pages = bytearray(chunk())
    for place, value in changes:
        pages[place] = value
    decoded(bytes(pages), 6, 1, memoryview(bytearray(2000)))
