"""Row groups of Parquet files: which fastseq decodes itself, that it finds what pyarrow does, and damage in them."""

from __future__ import annotations

import io
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import jpeg, photo
from reference.snappy import varint

from fastseq import BadSamplesWarning, DecodeError, Loader, Samples
from fastseq.loading.blocks.block_images import images_in
from fastseq.status import Status
from fastseq.storage.local_file import read_local
from fastseq.storage.store import StoreError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
EMPTY = (b"the row has no image", int(Status.EMPTY))
N = 12


def write(path, values, nullable=True, **options):
    """Write a column "image", and return the samples and whether fastseq decodes the row groups."""
    schema = pa.schema([pa.field("image", pa.binary(), nullable)])
    parquet.write_table(pa.table([values], schema), path, **options)
    return samples_of(path)


def samples_of(path):
    samples = Samples.from_parquet(path, label=None)
    groups = samples.table.row_groups
    return samples, groups is not None and groups.max_levels[0] is not None


def opened(table, block):
    """The images in a row group."""
    place = int(table.blocks.offsets[block]), int(table.blocks.lengths[block])
    return images_in(table, block, read_local(table.file(0), *place, table.versions[0].tolist()))


def rows_of(table):
    """Each row of a table: an image, or what is said in place of it."""
    groups = [opened(table, block) for block in range(len(table.blocks))]
    which = table.blocks.find(table.path_numbers, table.ranges.offsets)
    places = (table.ranges.offsets - table.blocks.offsets[which]).tolist()
    found = [groups[block].image(place, 1, -1, -1) for block, place in zip(which.tolist(), places, strict=True)]
    return [bytes(each) if isinstance(each, memoryview) else each for each in found]


@settings(deadline=None)
@given(st.data())
def test_values_are_those_of_pyarrow(tmp_path_factory, data):
    dictionary = data.draw(st.booleans())
    options = {
        "compression": data.draw(st.sampled_from(["snappy", "none"] if dictionary else ["snappy"])),
        "use_dictionary": dictionary,
        "dictionary_pagesize_limit": data.draw(st.sampled_from([1, 500, 1 << 20])),  # beyond it, pages are plain
        "data_page_size": data.draw(st.sampled_from([1, 100, 1 << 20])),
        "write_batch_size": data.draw(st.integers(1, 8)),
        "data_page_version": data.draw(st.sampled_from(["1.0", "2.0"])),
        "version": data.draw(st.sampled_from(["1.0", "2.6"])),
        "write_statistics": data.draw(st.booleans()),
        "write_page_checksum": data.draw(st.booleans()),
        "row_group_size": data.draw(st.integers(1, 40)),
    }
    nullable = data.draw(st.booleans())
    value = st.binary(max_size=30) | st.builds(lambda each, n: each * n, st.binary(max_size=50), st.integers(0, 3000))
    pool = data.draw(st.lists(value, min_size=1, max_size=8))
    value = st.sampled_from(pool) | value
    values = data.draw(st.lists(st.none() | value if nullable else value, min_size=1, max_size=60))
    path = tmp_path_factory.mktemp("values") / "x.parquet"
    samples, is_decoded = write(path, values, nullable, **options)
    assert is_decoded
    table = samples.table
    assert rows_of(table) == [EMPTY if each is None else each for each in values]
    by_pyarrow = replace(table, row_groups=replace(table.row_groups, max_levels=(None,)))
    assert rows_of(by_pyarrow) == rows_of(table)


@pytest.mark.parametrize(
    ("options", "is_decoded"),
    [
        ({}, True),
        ({"compression": "none"}, True),
        ({"data_page_version": "2.0", "version": "1.0"}, True),
        ({"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}, False),
        ({"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY", "compression": "none"}, False),
        *(({"compression": each}, False) for each in ("zstd", "gzip", "lz4", "brotli")),
    ],
)
def test_what_is_decoded_by_fastseq(tmp_path, options, is_decoded):
    values = [b"1" * 100, None, b"", b"22"] * 10
    samples, found = write(tmp_path / "x.parquet", values, row_group_size=16, **options)
    assert found is is_decoded
    assert rows_of(samples.table) == [EMPTY if each is None else each for each in values]


def test_images_outlive_their_row_group(tmp_path):
    values = [bytes([i]) * 100_000 for i in range(40)]
    samples, _ = write(tmp_path / "x.parquet", values, row_group_size=4)
    kept = opened(samples.table, 0).image(2, 1, -1, -1)
    assert rows_of(samples.table) == values
    assert kept == values[2]


@pytest.fixture(scope="module")
def images():
    return [jpeg(photo(30 + i, 40, seed=i)) for i in range(N)]


PAGES = [
    {},
    {"compression": "none"},
    {"data_page_version": "2.0"},
    {"use_dictionary": False, "data_page_version": "2.0", "data_page_size": 100, "write_batch_size": 1},
]


@pytest.mark.parametrize("options", PAGES, ids=str)
def test_damage(images, tmp_path, options):
    path = tmp_path / "x.parquet"
    samples, is_decoded = write(path, images, row_group_size=4, **options)
    assert is_decoded
    begin = int(samples.table.blocks.offsets[1])
    data = bytearray(path.read_bytes())
    data[begin : begin + 20] = bytes(20)
    path.write_bytes(data)
    samples, _ = samples_of(path)
    loader = Loader(samples, (16, 20), 8, on_error="skip", max_bad=4)
    with pytest.warns(BadSamplesWarning):
        assert sum(map(len, loader)) == N - 4
    assert [(bad.index, bad.status) for bad in loader.errors] == [(i, Status.CORRUPT) for i in range(4, 8)]
    assert all(bad.detail.startswith(f"row group 1: at byte {begin}: ") for bad in loader.errors)
    with pytest.raises(DecodeError, match=rf"x\.parquet row 4.*row group 1: at byte {begin}"):
        list(Loader(samples, (16, 20), 4))


@pytest.mark.parametrize("options", PAGES, ids=str)
@settings(deadline=None)
@given(data=st.data())
def test_random_damage_is_reported_or_does_not_matter(images, tmp_path_factory, options, data):
    path = tmp_path_factory.mktemp("damage") / "x.parquet"
    samples, _ = write(path, images, row_group_size=4, **options)
    table = samples.table
    begin, length = int(table.blocks.offsets[1]), int(table.blocks.lengths[1])
    chunk = bytearray(path.read_bytes()[begin : begin + length])
    for _ in range(data.draw(st.integers(1, 3))):
        chunk[data.draw(st.integers(0, len(chunk) - 1) | st.integers(0, 60))] = data.draw(st.integers(0, 255))
    found = None
    try:
        found = images_in(table, 1, memoryview(bytes(chunk)))
    except StoreError as error:
        said = error.status, error.detail[:20]
    if found is None:
        assert said == (Status.CORRUPT, "row group 1: at byte")
    else:
        assert all(len(found.image(row, 1, -1, -1)) >= 0 for row in range(4))


@pytest.mark.parametrize(
    ("claim", "status", "message"),
    [
        (1 << 40, Status.FILE_TOO_LARGE, "row group 0"),
        (1 << 30, Status.CORRUPT, r"row group 0: \d+ bytes cannot be decompressed to 1073741824"),
        (1 << 14, Status.CORRUPT, "row group 0: at byte 4: pages that are larger than the file's footer says"),
    ],
)
def test_a_footer_with_another_size_than_its_pages(tmp_path, claim, status, message):
    stream = io.BytesIO()
    values = [os.urandom(1000) for _ in range(100)]
    schema = pa.schema([pa.field("image", pa.binary())])
    parquet.write_table(pa.table([values], schema), stream)
    data = stream.getvalue()
    chunk = parquet.read_metadata(stream).row_group(0).column(0)
    size = chunk.total_uncompressed_size
    # The sizes are fields 6 and 7 of the column's metadata: 64 bits each, in zigzag.
    compressed = b"\x16" + varint(chunk.total_compressed_size << 1)
    said, place = b"\x16" + varint(size << 1) + compressed, data.rindex(b"\x16" + varint(size << 1) + compressed)
    footer = int.from_bytes(data[-8:-4], "little")
    changed = b"\x16" + varint(claim << 1) + compressed
    data = data[:place] + changed + data[place + len(said) : -8]
    data += (footer + len(changed) - len(said)).to_bytes(4, "little") + b"PAR1"
    (tmp_path / "x.parquet").write_bytes(data)
    samples, is_decoded = samples_of(tmp_path / "x.parquet")
    assert is_decoded
    assert samples.table.row_groups.footers[0].row_group(0).column(0).total_uncompressed_size == claim
    with pytest.raises(StoreError, match=message) as error:
        opened(samples.table, 0)
    assert error.value.status == status
