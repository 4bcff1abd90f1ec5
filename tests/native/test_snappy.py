"""Snappy's decompressor, as pages of Parquet files reach it, against a plain one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parquet_pages import data_page
from reference.snappy import decompress, stream, varint

from fastseq._native.shards import decode_column
from native.native import STATUS, examples


def native(data: bytes, size: int) -> bytes | None:
    """What a page of a stream is decompressed to, whatever the page makes of it; None if it is damaged."""
    out = memoryview(bytearray(size))
    status, reason, _, _ = decode_column(memoryview(data_page(data, 1, decoded_size=size)), 0, 1, 0, out)
    assert status in (STATUS["OK"], STATUS["CORRUPT"])
    return None if "cannot be decompressed" in reason else bytes(out)


def assert_same(data: bytes, size: int) -> bytes | None:
    expected = decompress(data, size)
    assert native(data, size) == expected
    return expected


@st.composite
def elements(draw):
    """Elements of every kind, and how many bytes they decompress to."""
    made, size = [], 0
    for _ in range(draw(st.integers(1, 12))):
        width = draw(st.integers(0, 4))
        if size == 0 or draw(st.booleans()):
            length = draw(st.integers(1, {0: 60, 1: 1 << 8, 2: 1 << 16}.get(width, 70_000)))
            made.append((random.Random(length).randbytes(length), width))
        else:
            width = draw(st.sampled_from([1, 2, 4]))
            longest = min(size, {1: (1 << 11) - 1, 2: (1 << 16) - 1, 4: size}[width])
            length = draw(st.integers(4, 11) if width == 1 else st.integers(1, 64))
            made.append((draw(st.integers(1, longest)), length, width))
        size += length
    return made, size


@examples(max_examples=200)
@given(elements())
def test_every_kind_of_element(made):
    assert assert_same(stream(*made), made[1]) is not None


@examples(max_examples=300)
@given(
    elements(),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=3),
    st.none() | st.integers(0, 2**20),
)
def test_damage(made, changes, cut):
    damaged, size = bytearray(stream(*made)), made[1]
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    if cut is not None:
        del damaged[cut % len(damaged) :]
    assert_same(bytes(damaged), size)


@examples(max_examples=300)
@given(st.binary(max_size=40), st.integers(0, 200))
def test_any_bytes(data, size):
    if data or size:  # no stream for no bytes is taken as one
        assert_same(data, size)
        assert_same(varint(size) + data, size)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (stream([(b"a", 0), (2, 4, 1)], 5), 5),  # a copy from before the beginning
        (stream([(b"a", 0), (0, 4, 2)], 5), 5),
        (stream([(b"a", 0), (1, 4, 1)], 4), 4),  # past the end of the output
        (stream([(b"abc", 0)], 2), 2),
        (stream([(b"abc", 0)], 4), 4),  # less than it says
        (stream([(b"abc", 0)], 4), 3),  # it says more than the page
        (b"\xff\xff\xff\xff\xff\xff", 3),
        (b"\x83\x80\x80\x80\x10" + stream([(b"abc", 0)], 3)[1:], 3),  # 2 ** 32 + 3
        (b"\x03\xfc\xff\xff\xff\xff" + b"abc", 3),  # a literal of 4 GiB
        (b"\x03\xf0", 3),
        (b"", 3),
    ],
)
def test_streams_that_are_refused(data, size):
    assert assert_same(data, size) is None


@pytest.mark.parametrize("size", [0, 1, 70_000, 1 << 20])
def test_what_pyarrow_writes(size):
    pa = pytest.importorskip("pyarrow")
    generator = random.Random(size)
    words = [generator.randbytes(generator.randint(1, 40)) for _ in range(20)]
    data = b"".join(generator.choices(words, k=size // 20)) + generator.randbytes(size)
    assert native(pa.compress(data, codec="snappy", asbytes=True), len(data)) == data
    assert len(data) > 1 << 16 or assert_same(pa.compress(data, codec="snappy", asbytes=True), len(data)) == data
