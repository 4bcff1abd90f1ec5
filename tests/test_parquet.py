"""Parquet files: the images, labels and names that are in them, on a disk and behind URLs."""

from __future__ import annotations

import itertools
import json
import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from object_server import ObjectServer

import fastseq.storage.stores as stores
from fastseq import BadSamplesWarning, DecodeError, Loader, Samples, decode_batch
from fastseq.cli.main import main
from fastseq.errors import SamplesWarning, UnknownLabelError
from fastseq.status import Status

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
N = 30
SIZE = (16, 20)
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CLASSES = {"label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}}


@pytest.fixture(scope="module")
def images():
    """JPEGs, and a PNG among them."""
    return [encoded(photo(30, 40, seed=i), "png") if i == 5 else jpeg(photo(30 + i, 40, seed=i)) for i in range(N)]


def run_cli(*arguments):
    """Run the command line and return its exit status."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return stop.value.code or 0


def table_of(images, kind=STRUCT, features=None, **columns):
    """A table with a column "image", and others."""
    is_struct = kind == STRUCT
    values = [{"bytes": data, "path": f"{i}.jpg"} if is_struct else data for i, data in enumerate(images)]
    table = pa.table({"image": pa.array(values, kind), **columns})
    if features is None:
        return table
    said = {"info": {"features": {"image": {"_type": "Image"}, **features}}}
    return table.replace_schema_metadata({"huggingface": json.dumps(said)})


def write(table, folder, cuts=(17,), **options):
    """Write the rows of a table to files, in row groups of 4."""
    folder.mkdir(exist_ok=True)
    cuts = [0, *cuts, len(table)]
    for number, (begin, end) in enumerate(itertools.pairwise(cuts)):
        path = folder / f"train-{number}.parquet"
        parquet.write_table(table.slice(begin, end - begin), path, row_group_size=4, **options)
    return f"{folder}/*.parquet"


@pytest.fixture
def labels():
    return [i % 3 for i in range(N)]


@pytest.fixture
def pattern(images, labels, tmp_path):
    return write(table_of(images, features=CLASSES, label=labels), tmp_path / "set")


def assert_loads(samples, images, labels=None, **settings):
    """Check two epochs of a loader, image by image."""
    expected = decode_batch(images, size=SIZE)
    loader = Loader(samples, SIZE, 8, **settings)
    for _ in range(2):
        seen = []
        for k, batch in enumerate(loader):
            x, y = batch if isinstance(batch, tuple) else (batch, None)
            numbers = loader.indices(k)
            np.testing.assert_array_equal(x, expected[numbers])
            if labels is not None:
                assert y.tolist() == [labels[i] for i in numbers]
            seen += numbers.tolist()
        assert sorted(seen) == list(range(len(images)))


@pytest.mark.parametrize("shuffle", [False, True, "blocks"])
def test_batches(pattern, images, labels, shuffle):
    samples = Samples.from_parquet(pattern)
    assert samples.classes == ("cat", "dog", "owl")
    assert len(samples.table.blocks) == 5 + 4
    assert_loads(samples, images, labels, shuffle=shuffle)
    assert_loads(pickle.loads(pickle.dumps(samples)), images, labels, shuffle=shuffle, window_bytes=100_000)


def test_row_groups_that_take_more_than_the_window(pattern):
    with pytest.warns(SamplesWarning, match=r"8 lanes, .* hold a block of 0 MB each: more than window_bytes allows"):
        Loader(Samples.from_parquet(pattern), SIZE, 8, shuffle=True, window_bytes=1000)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), STRUCT], ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"compression": "zstd"}, {"use_dictionary": False, "data_page_version": "2.0"}]
)
def test_types_and_encodings(images, tmp_path, kind, options):
    samples = Samples.from_parquet(write(table_of(images, kind), tmp_path / "set", **options), label=None)
    assert_loads(samples, images, shuffle=True)


def test_names(pattern, tmp_path):
    samples = Samples.from_parquet(pattern)
    assert samples.path(3) == f"{tmp_path}/set/train-0.parquet row 3"
    assert samples.path(20) == f"{tmp_path}/set/train-1.parquet row 3"
    assert len(samples.without([samples.path(20)])) == N - 1
    train, validation = samples.split(0.2)
    assert len(validation) == 6
    assert not {*train.paths()} & {*validation.paths()}


def test_labels(images, tmp_path):
    texts = ["x", "y", "z"] * 10
    lists = [[i % 2, 2] if i % 2 == 0 else [1] for i in range(N)]
    features = {"tags": {"feature": CLASSES["label"], "_type": "List"}}
    columns = {"text": texts, "tags": lists, "score": [i / 2 for i in range(N)]}
    pattern = write(table_of(images, features=features, **columns), tmp_path / "set")
    assert Samples.from_parquet(pattern).multi_label
    assert Samples.from_parquet(pattern, label="text").classes == ("x", "y", "z")
    assert Samples.from_parquet(pattern, label="score").labels.tolist() == columns["score"]
    with pytest.raises(UnknownLabelError):
        Samples.from_parquet(pattern, label="text", classes=["x", "y"])


def test_rows_without_an_image(images, labels, tmp_path):
    for kind, empty in ((STRUCT, {"bytes": None, "path": "x"}), (STRUCT, None), (pa.binary(), None)):
        table = table_of(images, kind, label=labels)
        values = table.column("image").to_pylist()
        values[9] = empty
        table = table.set_column(0, "image", pa.array(values, kind))
        samples = Samples.from_parquet(write(table, tmp_path / "set"))
        loader = Loader(samples, SIZE, 8, on_error="skip", max_bad=1)
        with pytest.warns(BadSamplesWarning):
            assert sum(len(y) for _, y in loader) == N - 1
        assert [(bad.index, bad.status, bad.detail) for bad in loader.errors] == [
            (9, Status.EMPTY, "the row has no image")
        ]


def test_a_file_that_changes(pattern, tmp_path):
    samples = Samples.from_parquet(pattern)
    os.utime(tmp_path / "set" / "train-1.parquet", ns=(5, 5))
    with pytest.raises(DecodeError, match=r"train-1\.parquet row 0.*has changed"):
        list(Loader(samples, SIZE, 8))
    (tmp_path / "set" / "train-1.parquet").unlink()
    with pytest.raises(DecodeError, match=r"train-1\.parquet row 0.*no such file"):
        list(Loader(samples, SIZE, 8))


def test_damage_costs_a_row_group(pattern, tmp_path):
    file = tmp_path / "set" / "train-0.parquet"
    data = bytearray(file.read_bytes())
    data[4:60] = bytes(56)
    file.write_bytes(data)
    samples = Samples.from_parquet(pattern)
    loader = Loader(samples, SIZE, 8, on_error="skip", max_bad=4)
    with pytest.warns(BadSamplesWarning):
        assert sum(len(y) for _, y in loader) == N - 4
    assert {bad.status for bad in loader.errors} == {Status.CORRUPT}
    assert [bad.index for bad in loader.errors] == [0, 1, 2, 3]
    assert all("row group 0" in bad.detail for bad in loader.errors)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "absent"}, "there is no column 'absent'; the columns are"),
        ({"image": "label"}, "column 'label' is of type int64, not of encoded images"),
        ({"label": "absent"}, "there is no column 'absent' of labels"),
        ({"label": None, "classes": ["x"]}, "classes without labels"),
    ],
)
def test_columns_that_are_not_there(pattern, options, message):
    with pytest.raises(ValueError, match=message):
        Samples.from_parquet(pattern, **options)


def test_files_that_are_wrong(images, labels, tmp_path):
    table = table_of(images, label=labels)
    with pytest.raises(FileNotFoundError):
        Samples.from_parquet(tmp_path / "absent.parquet")
    (tmp_path / "x.parquet").write_bytes(b"no Parquet file" * 10)
    with pytest.raises(ValueError, match=r"x\.parquet is not a Parquet file"):
        Samples.from_parquet(tmp_path / "x.parquet")
    parquet.write_table(table.slice(0, 0), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="no rows"):
        Samples.from_parquet(tmp_path / "x.parquet")
    parquet.write_table(table, tmp_path / "x.parquet")
    parquet.write_table(table.drop_columns(["label"]), tmp_path / "y.parquet")
    with pytest.raises(ValueError, match=r"y\.parquet has no column 'label' of type int64"):
        Samples.from_parquet(f"{tmp_path}/[xy].parquet")
    parquet.write_table(pa.table({"a": images, "b": images}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="several columns may be images: 'a', 'b'"):
        Samples.from_parquet(tmp_path / "x.parquet")
    parquet.write_table(pa.table({"image": images, "label": [None, *labels[1:]]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="row 0"):
        Samples.from_parquet(tmp_path / "x.parquet")


@pytest.fixture
def server(pattern, tmp_path, monkeypatch):
    """A server with the files."""
    pytest.importorskip("obstore")
    monkeypatch.setattr(stores, "_stores", {})
    with ObjectServer() as server:
        for path in (tmp_path / "set").iterdir():
            server.objects[f"/set/{path.name}"] = path.read_bytes()
        yield server


def test_behind_urls(server, images, labels, tmp_path):
    samples = Samples.from_parquet(f"{server.url}/set/train-{{0..1}}.parquet")
    assert samples.path(20) == f"{server.url}/set/train-1.parquet row 3"
    server.requests.clear()
    assert_loads(samples, images, labels, shuffle=True, cache=tmp_path / "cache")
    assert len(server.requests) == len(samples.table.blocks), "each row group is fetched once, and then kept"
    server.objects["/set/train-1.parquet"] += b"0"
    with pytest.raises(DecodeError, match=r"train-1\.parquet row 0.*has changed"):
        list(Loader(samples, SIZE, 8))


IN_PLACE = {"compression": "none", "use_dictionary": False}


@pytest.mark.parametrize("kind", [pa.binary(), STRUCT], ids=str)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("shuffle", [True, "blocks"])
def test_images_that_lie_in_place(images, labels, tmp_path, kind, version, shuffle):
    table = table_of(images, kind, CLASSES, label=labels)
    samples = Samples.from_parquet(write(table, tmp_path / "set", data_page_version=version, **IN_PLACE))
    assert samples.table.row_groups is None
    source = samples[20].path
    assert (source.path, source.name) == (f"{tmp_path}/set/train-1.parquet", "row 3")
    with open(source.path, "rb") as file:
        assert file.read()[source.offset : source.offset + source.length] == images[20]
    assert len(samples.without([samples.path(20)])) == N - 1
    assert_loads(samples, images, labels, shuffle=shuffle)
    assert_loads(pickle.loads(pickle.dumps(samples)), images, labels, shuffle=shuffle)


@given(st.data())
def test_where_values_lie(tmp_path_factory, data):
    options = {
        "data_page_size": data.draw(st.sampled_from([1, 100, 1 << 20])),
        "write_batch_size": data.draw(st.integers(1, 8)),
        "data_page_version": data.draw(st.sampled_from(["1.0", "2.0"])),
        "write_statistics": data.draw(st.booleans()),
        "write_page_checksum": data.draw(st.booleans()),
        "row_group_size": data.draw(st.integers(1, 40)),
    }
    nullable = data.draw(st.booleans())
    size = data.draw(st.sampled_from([0, 20, 3000, 6000]))  # beyond what is read at once
    value = st.binary(min_size=size, max_size=size + 30)
    values = data.draw(st.lists(st.none() | value if nullable else value, min_size=1, max_size=60))
    path = tmp_path_factory.mktemp("values") / "x.parquet"
    schema = pa.schema([pa.field("image", pa.binary(), nullable)])
    parquet.write_table(pa.table([values], schema), path, **IN_PLACE, **options)
    samples = Samples.from_parquet(path, label=None)
    assert samples.table.row_groups is None
    contents = path.read_bytes()
    sources = [sample.path for sample in samples]
    assert [contents[each.offset : each.offset + each.length] for each in sources] == [each or b"" for each in values]


def test_rows_without_an_image_in_place(images, tmp_path):
    table = table_of([*images[:9], None, *images[10:]], pa.binary())
    samples = Samples.from_parquet(write(table, tmp_path / "set", **IN_PLACE), label=None)
    loader = Loader(samples, SIZE, 8, on_error="skip", max_bad=1)
    with pytest.warns(BadSamplesWarning, match="1 EMPTY"):
        assert sum(map(len, loader)) == N - 1
    assert [(bad.index, bad.path.rpartition("] ")[2], bad.status) for bad in loader.errors] == [
        (9, "row 9", Status.EMPTY)
    ]


def test_damage_in_place_costs_an_image(images, tmp_path):
    pattern = write(table_of(images), tmp_path / "set", **IN_PLACE)
    source = Samples.from_parquet(pattern, label=None)[2].path
    with open(source.path, "r+b") as file:
        file.seek(source.offset)
        file.write(bytes(source.length))
    loader = Loader(Samples.from_parquet(pattern, label=None), SIZE, 8, on_error="skip", max_bad=1)
    with pytest.warns(BadSamplesWarning, match="1 NOT_AN_IMAGE"):
        assert sum(map(len, loader)) == N - 1


def test_pages_that_are_damaged(images, tmp_path):
    pattern = write(table_of(images), tmp_path / "set", **IN_PLACE)
    source = Samples.from_parquet(pattern, label=None)[0].path
    with open(source.path, "r+b") as file:
        file.seek(source.offset - 4)
        file.write(b"\xff" * 4)
    with pytest.warns(SamplesWarning, match=r"train-0\.parquet: row group 0 is not as the file's footer says"):
        samples = Samples.from_parquet(pattern, label=None)
    loader = Loader(samples, SIZE, 8, on_error="skip", max_bad=4)
    with pytest.warns(BadSamplesWarning):
        assert sum(map(len, loader)) == N - 4


def test_in_place_behind_urls(images, labels, tmp_path, monkeypatch):
    pytest.importorskip("obstore")
    monkeypatch.setattr(stores, "_stores", {})
    write(table_of(images, features=CLASSES, label=labels), tmp_path / "set", **IN_PLACE)
    with ObjectServer() as server:
        for path in (tmp_path / "set").iterdir():
            server.objects[f"/set/{path.name}"] = path.read_bytes()
        url = f"{server.url}/set/train-{{0..1}}.parquet"
        assert Samples.from_parquet(url).table.row_groups is not None, "without an index, it is read by row groups"
        assert_loads(Samples.from_parquet(url), images, labels, shuffle=True)
        assert run_cli("index", url) == 0
        samples = Samples.from_parquet(url)
        assert samples.table.row_groups is None
        server.requests.clear()
        assert_loads(samples, images, labels, shuffle=True, cache=tmp_path / "cache")
        assert len(server.requests) == len(samples.table.blocks), "each block is fetched once, and then kept"


def test_the_index_of_images_that_do_not_lie_in_place(pattern, capsys):
    assert run_cli("index", pattern) != 0
    assert "the images are compressed or encoded" in " ".join(capsys.readouterr().err.split())
