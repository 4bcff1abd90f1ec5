"""Parquet files that no writer writes, or that have changed; some are opened in a process of their own."""

from __future__ import annotations

import io
import struct
import subprocess
import sys

import pytest
from images import jpeg, photo
from object_server import ObjectServer

import fastseq.samples.index.remote_index as remote_index
import fastseq.storage.stores as stores
from fastseq import Loader, Samples, SamplesWarning
from fastseq.cli.main import main
from fastseq.status import Status
from fastseq.storage.store import StoreError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("obstore")

OPEN = """
import resource, sys, warnings

import fastseq
warnings.simplefilter("ignore")
try:
    print(fastseq.Samples.from_parquet(sys.argv[1], "image", label=None))
except (ValueError, OSError) as error:
    print(type(error).__name__, error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


def opened(path):
    ran = subprocess.run([sys.executable, "-c", OPEN, path], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-500:]
    return ran.stdout


def images(n):
    return pa.array([jpeg(photo(20, 24, seed=i)) for i in range(n)], pa.binary())


def test_a_row_group_of_minus_30_rows_does_not_hang(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"image": images(30)}), path, compression="none", use_dictionary=False)
    data = path.read_bytes()
    start = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    place = data.rindex(b"\x16\x3c", start)  # an int64 field of 30: the rows of the row group come last
    path.write_bytes(data[: place + 1] + b"\x3b" + data[place + 2 :])
    assert parquet.read_metadata(path).row_group(0).num_rows == -30
    assert "ValueError" in opened(path)


def test_nulls_that_take_no_bytes(tmp_path):
    path, n = tmp_path / "a.parquet", 8 << 20
    column = pa.chunked_array([images(1), pa.nulls(n, pa.binary())])
    parquet.write_table(
        pa.table({"image": column}),
        path,
        compression="none",
        use_dictionary=False,
        max_rows_per_page=1 << 24,
        row_group_size=n + 1,
        write_statistics=False,
    )
    assert path.stat().st_size < 2500
    said = opened(path)
    assert "less than a byte for each image" in said, said


def test_footers_that_lack_the_column_name_the_file(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"image": images(3)}), path, compression="none", use_dictionary=False)
    data = path.read_bytes()
    start = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    names = [i for i in range(start, len(data)) if data[i : i + 5] == b"image"]
    path.write_bytes(data[: names[1]] + b"imagE" + data[names[1] + 5 :])  # path_in_schema of the chunk
    with pytest.raises(ValueError, match=r"a\.parquet: row group 0 has no column"):
        Samples.from_parquet(path, "image", label=None)


def file_of(rows):
    out = io.BytesIO()
    table = pa.table({"image": [jpeg(photo(20, 24, seed=i)) for i in rows], "label": list(rows)})
    parquet.write_table(table, out, compression="none", use_dictionary=False)
    return out.getvalue()


@pytest.mark.parametrize("now", [range(12), range(8), range(9, -1, -1)], ids=["more rows", "fewer", "another order"])
def test_a_file_that_was_written_anew_after_it_was_indexed(now, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(stores, "_stores", {})
    with ObjectServer() as server:
        server.objects["/a.parquet"] = file_of(range(10))
        server.objects["/b.parquet"] = file_of(range(5))
        urls = [server.url + "/a.parquet", server.url + "/b.parquet"]
        with pytest.raises(SystemExit) as stop:
            main(["index", *urls])
        assert not stop.value.code
        server.objects["/a.parquet"] = file_of(now)
        with pytest.warns(SamplesWarning, match=r"a\.parquet has changed since it was indexed"):
            samples = Samples.from_parquet(urls)
        assert samples.labels.tolist() == [*now, *range(5)]
        assert sum(len(x) for x, y in Loader(samples, (8, 8), 4)) == len(samples)


def test_a_store_that_may_not_be_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(stores, "_stores", {})

    class Store:
        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            return getattr(self._store, name)

        def names(self):
            raise StoreError("s3://bucket", Status.PERMISSION_DENIED, "AccessDenied: s3:ListBucket")

    real = remote_index.folder_store
    monkeypatch.setattr(remote_index, "folder_store", lambda folder: Store(real(folder)))
    with ObjectServer() as server:
        server.objects["/a.parquet"] = file_of(range(10))
        assert len(Samples.from_parquet(server.url + "/a.parquet")) == 10
