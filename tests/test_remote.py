"""Shards behind URLs: the same batches as from a disk, each block fetched once, and every fault survived or named."""

from __future__ import annotations

import _thread
import gc
import os
import pickle
import subprocess
import sys
import threading
import warnings
import weakref
from collections import Counter

import keras
import numpy as np
import pytest
import typer
from images import encoded, jpeg, photo
from object_server import ObjectServer
from same_batches import assert_same, batches
from tar_files import tar
from tfrecord_files import tfrecords

import fastseq.samples.blocks as blocks_module
import fastseq.storage.obstore_store as obstore_store
import fastseq.storage.stores as stores
from fastseq import (
    BadSamplesWarning,
    DecodeError,
    ImageSequence,
    Limits,
    Loader,
    RandomFlip,
    Samples,
    TooManyBadSamples,
)
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning, StalledWarning
from fastseq.loading.blocks.fetch_plan import FetchPlan
from fastseq.order.lanes import BlockRun
from fastseq.samples.blocks import Blocks
from fastseq.samples.index.index_file import read_columns, read_header, write_index
from fastseq.status import Status
from fastseq.storage.store import ObjectInfo

pytest.importorskip("obstore")
N = 24
SIZE = (16, 20)


@pytest.fixture(scope="module")
def images():
    """JPEGs, and a PNG among them."""
    return [encoded(photo(30, 40, seed=i), "png") if i == 5 else jpeg(photo(30 + i, 40, seed=i)) for i in range(N)]


@pytest.fixture
def files(images):
    """Three tar archives and three files of TFRecords, by name."""
    found = {}
    for shard, numbers in enumerate((range(9), range(9, 10), range(10, N))):
        members = [(f"{i:02}.{kind}", data) for i in numbers for kind, data in (("jpg", images[i]), ("cls", b"%d" % i))]
        found[f"{shard}.tar"] = tar(members)
        found[f"{shard}.tfrecord"] = tfrecords([{"image": images[i], "label": i % 3} for i in numbers])
    return found


@pytest.fixture
def folder(files, tmp_path):
    """A folder with them."""
    path = tmp_path / "shards"
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def server(files, tmp_path, monkeypatch):
    """A server with them, and an empty cache folder. Blocks have about two images, and what stalls is repeated soon."""
    of_images = Blocks.of_images.__func__
    small = classmethod(lambda cls, *columns: of_images(cls, *columns, 4096))
    monkeypatch.setattr(blocks_module.Blocks, "of_images", small)
    monkeypatch.setattr(obstore_store, "_STALLED_S", 0.5)
    monkeypatch.setattr(obstore_store, "_RETRIES", 3)
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ObjectServer() as server:
        server.objects.update({f"/set/{name}": data for name, data in files.items()})
        yield server


@pytest.fixture
def url(server):
    """The pattern of its tar archives, which have been indexed."""
    pattern = f"{server.url}/set/{{0..2}}.tar"
    index([pattern], image="jpg", label="cls")
    server.requests.clear()
    return pattern


@pytest.fixture
def remote(url):
    return Samples.from_tar(url, image="jpg", label="cls")


@pytest.fixture
def local(server, folder):
    return Samples.from_tar(f"{folder}/*.tar", image="jpg", label="cls")


SETTINGS = {"size": SIZE, "batch_size": 4, "transform": [RandomFlip()], "seed": 3}
BY_BLOCKS = SETTINGS | {"shuffle": "blocks", "window_bytes": 40_000}


@pytest.mark.parametrize("settings", [SETTINGS, BY_BLOCKS, SETTINGS | {"drop_last": True}], ids=str)
def test_batches_are_those_of_local_shards_and_each_block_is_fetched_once(server, remote, local, settings):
    here, there = Loader(local, **settings), Loader(remote, **settings)
    for _ in range(2):
        server.requests.clear()
        assert_same(batches(here), batches(there))
        fetched = [(request.path, request.begin) for request in server.requests]
        assert len(set(fetched)) == len(fetched) == len(remote.table.blocks)


def test_a_shuffle_is_by_blocks(remote, local):
    assert_same(batches(Loader(local, **BY_BLOCKS)), batches(Loader(remote, **BY_BLOCKS | {"shuffle": True})))


def test_samples_are_those_of_local_shards(server, remote, local):
    assert remote.classes == local.classes
    assert remote.labels.tolist() == local.labels.tolist()
    for i in range(N):
        assert remote.path(i).rpartition("/")[2] == local.path(i).rpartition("/")[2]
        assert remote.path(i).startswith(f"{server.url}/set/")
    train, validation = remote.split(0.25, stratify=False)
    bad = remote.without([remote.path(3)])
    for part in (train, validation, bad, remote[::-1], pickle.loads(pickle.dumps(train))):
        labels = [label for _, y in Loader(part, **SETTINGS) for label in y.tolist()]
        assert labels == part.labels.tolist()


def test_tfrecords(server, folder):
    server.objects["/set/label.labels.txt"] = b"cat\ndog\nowl\n"
    (folder / "label.labels.txt").write_text("cat\ndog\nowl\n")
    pattern = f"{server.url}/set/{{0..2}}.tfrecord"
    with pytest.raises(
        ValueError, match=r"reads all 3 shards, once: fastseq index 'http://.*' --image image --label l"
    ):
        Samples.from_tfrecord(pattern)
    index([pattern])
    remote, local = Samples.from_tfrecord(pattern), Samples.from_tfrecord(f"{folder}/*.tfrecord")
    assert remote.classes == local.classes == ("cat", "dog", "owl")
    assert_same(batches(Loader(local, **BY_BLOCKS)), batches(Loader(remote, **BY_BLOCKS)))


def test_without_an_index_nothing_is_read(server):
    with pytest.raises(
        ValueError, match=r"has no index.*To make one reads all 3 shards, once: fastseq index '.*\.tar'$"
    ):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")
    assert [request.method for request in server.requests] == []  # none that found something


def test_an_index_of_other_images_does_not_count(url):
    with pytest.raises(ValueError, match="no index of these shards for these images and labels"):
        Samples.from_tar(url, image="jpg")


def test_an_index_is_copied_once(server, url):
    for _ in range(2):
        Samples.from_tar(url, image="jpg", label="cls")
    whole = len(server.objects["/set/index.fsi"])
    assert sum(request.method == "GET" and request.end - request.begin == whole for request in server.requests) == 1


def test_an_index_in_a_local_file(server, url, tmp_path, capsys):
    index([url], image="jpg", out=f"{tmp_path}/own.fsi")
    assert "It is used once it lies in the folder of the first shard." in capsys.readouterr().out
    server.objects["/set/index.fsi"] = (tmp_path / "own.fsi").read_bytes()
    assert len(Samples.from_tar(url, image="jpg")) == N


def test_an_index_of_other_shards_is_not_replaced(url, capsys):
    with pytest.raises(typer.Exit):
        index([url], image="jpg")
    assert "is an index of other shards, or of other images or labels: pass --force" in capsys.readouterr().err
    index([url], image="jpg", force=True)
    assert len(Samples.from_tar(url, image="jpg")) == N


@pytest.mark.parametrize("fault", ["503", "reset", "cut", "stall"])
def test_faults_that_pass(server, remote, local, fault):
    seen = set()

    def first_time(request):
        key = request.path, request.end
        is_first = key not in seen
        seen.add(key)
        return fault if is_first and request.number % 4 == 0 else None

    server.fault = first_time
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(batches(Loader(local, **BY_BLOCKS)), batches(Loader(remote, **BY_BLOCKS)))


@pytest.mark.parametrize(
    ("fault", "status"), [("503", Status.READ_ERROR), ("404", Status.NOT_FOUND), ("403", Status.PERMISSION_DENIED)]
)
def test_faults_that_last(server, remote, fault, status):
    server.fault = lambda request: fault if request.path.endswith("1.tar") else None
    loader = Loader(remote, **SETTINGS)
    with pytest.raises(DecodeError) as caught:
        batches(loader)
    assert caught.value.status is status
    assert caught.value.path == remote.path(9)
    assert caught.value.path.startswith(f"{server.url}/set/1.tar[")
    tolerant = Loader(remote, on_error="skip", max_bad=1, **SETTINGS)
    with pytest.warns(BadSamplesWarning):
        assert sum(len(y) for _, y in tolerant) == N - 1
    assert [(bad.index, bad.status) for bad in tolerant.errors] == [(9, status)]
    server.fault = lambda request: None
    assert len(batches(loader)) == 6


def test_a_shard_that_changes_under_the_run(server, remote):
    server.objects["/set/2.tar"] = server.objects["/set/2.tar"] + bytes(512)
    with pytest.raises(DecodeError, match=r"/set/2\.tar\[.*has changed.*make the samples anew"):
        batches(Loader(remote, **SETTINGS))
    with pytest.raises(TooManyBadSamples):
        batches(Loader(remote, on_error="skip", max_bad=3, **SETTINGS))


@pytest.mark.parametrize("had_etags", [True, False])
@pytest.mark.parametrize("same", ["size", "ETag", "nothing"])
def test_changes_that_a_server_without_etags_does_not_tell(server, files, had_etags, same, monkeypatch):
    """Such a server ignores If-Match too."""
    pattern = f"{server.url}/set/{{0..2}}.tar"
    if not had_etags:
        monkeypatch.setattr("object_server.etag", lambda data: None)
    index([pattern], image="jpg", label="cls")
    remote = Samples.from_tar(pattern, image="jpg", label="cls")
    assert len(batches(Loader(remote, **SETTINGS))) == 6
    monkeypatch.setattr("object_server.etag", lambda data: None)
    if same == "size":
        server.modified = "Tue, 01 Dec 2026 00:00:01 GMT"
    elif same == "nothing":
        server.objects["/set/2.tar"] = files["2.tar"][:6000]
    if same == "ETag" and not had_etags:
        assert len(batches(Loader(remote, **SETTINGS))) == 6
        return
    with pytest.raises(DecodeError, match=r"/set/\d\.tar\[.*has changed"):
        batches(Loader(remote, **SETTINGS))


def test_weak_etags(server, monkeypatch):
    monkeypatch.setattr("object_server.etag", lambda data: f'W/"{len(data)}"')
    pattern = f"{server.url}/set/{{0..2}}.tar"
    index([pattern], image="jpg", label="cls")
    remote = Samples.from_tar(pattern, image="jpg", label="cls")
    assert len(batches(Loader(remote, **SETTINGS))) == 6
    monkeypatch.setattr("object_server.etag", lambda data: 'W/"other"')
    with pytest.raises(DecodeError, match="has changed"):
        batches(Loader(remote, **SETTINGS))


def test_a_bad_image_costs_no_other(server, files, images):
    data = files["2.tar"].replace(images[12], b"no" + images[12][2:])
    server.objects["/set/2.tar"] = data
    index([f"{server.url}/set/2.tar"], image="jpg", label="cls")
    samples = Samples.from_tar(f"{server.url}/set/2.tar", image="jpg", label="cls", classes=range(N))
    loader = Loader(samples, on_error="skip", max_bad=1, **SETTINGS)
    with pytest.warns(BadSamplesWarning):
        labels = [label for _, y in loader for label in y.tolist()]
    assert [bad.path.rpartition("] ")[2] for bad in loader.errors] == ["12.jpg"]
    assert labels == [label for label in range(10, N) if label != 12]


def test_a_record_that_does_not_match_its_checksum(server, files, images):
    data = bytearray(files["2.tfrecord"])
    data[data.index(images[12]) + len(images[12]) - 9] ^= 1
    server.objects["/set/2.tfrecord"] = bytes(data)
    index([f"{server.url}/set/2.tfrecord"])
    loader = Loader(Samples.from_tfrecord(f"{server.url}/set/2.tfrecord"), on_error="skip", max_bad=1, **SETTINGS)
    with pytest.warns(BadSamplesWarning):
        assert sum(len(y) for _, y in loader) == N - 11
    assert ["the record does not match its checksum" in bad.message for bad in loader.errors] == [True]


def test_substitutes_are_fetched(server, remote):
    server.fault = lambda request: "404" if request.path.endswith("1.tar") else None
    loader = Loader(remote, on_error="substitute", max_bad=1, **SETTINGS)
    with pytest.warns(BadSamplesWarning):
        assert [len(y) for _, y in loader] == [4] * 6


def test_a_stalled_request_is_named(server, remote):
    server.fault = lambda request: None if server.stalled.is_set() else "stall"
    with pytest.warns(
        StalledWarning, match=rf"'{server.url}/set/\d\.tar\[\d+:\d+\] \d\d\.jpg' has kept the loader waiting"
    ):
        batches(Loader(remote, stall_warn_s=0.1, **SETTINGS))


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_ranks_fetch_blocks_of_their_own(server, remote, local, world_size):
    alone = Loader(local, **BY_BLOCKS)
    server.requests.clear()
    parts = [batches(Loader(remote, rank=rank, world_size=world_size, **BY_BLOCKS)) for rank in range(world_size)]
    assert len(server.requests) <= len(remote.table.blocks) + world_size - 1  # which are split between two ranks
    together = [tuple(map(np.concatenate, zip(*(part[k] for part in parts), strict=True))) for k in range(6)]
    assert_same(batches(alone), together)


def test_a_run_resumes(remote):
    loader = Loader(remote, **BY_BLOCKS)
    whole = batches(loader)
    loader = Loader(remote, **BY_BLOCKS)
    first = iter(loader)
    next(first), next(first)
    state = loader.state_dict()
    resumed = Loader(pickle.loads(pickle.dumps(remote)), **BY_BLOCKS)
    resumed.load_state_dict(state)
    assert_same(batches(resumed), whole[2:])


def test_batches_in_any_order(remote, local):
    here, there = Loader(local, **BY_BLOCKS), Loader(remote, **BY_BLOCKS)
    for epoch, k in ((0, 5), (0, 1), (3, 2), (0, 0), (0, 5), (1, 3), (1, 2), (1, 1)):
        assert_same([here.batch(epoch, k)], [there.batch(epoch, k, [(epoch, (k + 1) % 6)])])


@pytest.mark.parametrize("settings", [SETTINGS, BY_BLOCKS, BY_BLOCKS | {"window_bytes": 16_000}], ids=str)
def test_batches_begun_beyond_the_end_of_an_epoch_fetch_no_block_twice(server, remote, local, settings):
    keys = [(epoch, k) for epoch in range(2) for k in range(6)]
    server.requests.clear()
    here, there = Loader(local, **settings), Loader(remote, **settings)
    for i, key in enumerate(keys):
        assert_same([here.batch(*key)], [there.batch(*key, keys[i + 1 : i + 1 + there.depth])])
    fetched = Counter((request.path, request.begin) for request in server.requests)
    assert len(fetched) == len(remote.table.blocks)
    assert max(fetched.values()) <= 2


def test_a_sequence_that_goes_on_from_within_an_epoch_fetches_no_block_twice(server, remote):
    sequence = ImageSequence(remote, **BY_BLOCKS)
    sequence.load_state_dict(sequence.loader.state_at(0, 3))
    server.requests.clear()
    for epochs in (2, 3):  # of which it has read a part
        assert len(batches(sequence)) == 6
        fetched = Counter((request.path, request.begin) for request in server.requests)
        assert max(fetched.values()) <= epochs


def test_maps_and_threads(remote, local):
    def mapped(x, y):
        return x, y + 1

    here, there = (Loader(samples, map=mapped, **BY_BLOCKS) for samples in (local, remote))
    assert_same(batches(here), batches(there))
    plain = batches(Loader(local, **BY_BLOCKS))
    loader = Loader(remote, **BY_BLOCKS)
    found = [{} for _ in range(4)]

    def read(number):
        for k in range(number, 6 + number):
            found[number][k % 6] = tuple(part.copy() for part in loader.batch(0, k % 6))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        assert_same(plain, [each[k] for k in range(6)])


def test_fit(remote, local):
    def weights_after(samples):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(N)])
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        train = ImageSequence(samples, dtype="float32", scale=1 / 255, **BY_BLOCKS)
        validation = ImageSequence(samples, dtype="float32", scale=1 / 255, **SETTINGS)
        model.fit(train, validation_data=validation, epochs=2, verbose=0)
        return model.get_weights()

    for one, other in zip(weights_after(local), weights_after(remote), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_cache_is_read_in_later_epochs_and_runs(server, remote, local, tmp_path):
    for seed in (3, 3, 9):
        settings = BY_BLOCKS | {"seed": seed}
        loader = pickle.loads(pickle.dumps(Loader(remote, cache=tmp_path / "nvme", cache_bytes="1GB", **settings)))
        assert_same(batches(Loader(local, **settings)), batches(loader))
    fetched = [request for request in server.requests if request.path.endswith(".tar")]
    assert len(fetched) == len(remote.table.blocks)


def test_a_cache_of_half_the_set_saves_half_of_the_requests(server, remote, tmp_path):
    total = int(remote.table.blocks.lengths.sum())
    loader = Loader(remote, cache=tmp_path, cache_bytes=total // 2, **BY_BLOCKS)
    for epoch in range(3):
        server.requests.clear()
        batches(loader)
        assert server.bytes_requested <= (1.0 if epoch == 0 else 0.6) * total


def test_a_cache_of_a_changed_shard_is_not_read(server, remote, files, tmp_path):
    batches(Loader(remote, cache=tmp_path, **SETTINGS))
    server.objects["/set/1.tar"] = files["1.tar"] + bytes(512)
    pattern = f"{server.url}/set/{{0..2}}.tar"
    index([pattern], image="jpg", force=True)
    changed = Samples.from_tar(pattern, image="jpg")
    server.requests.clear()
    list(Loader(changed, SIZE, 4, cache=tmp_path))
    assert {request.path for request in server.requests} == {"/set/1.tar"}


def test_a_cache_that_cannot_be_written(remote, local, tmp_path, monkeypatch):
    monkeypatch.setattr("fastseq.storage.block_cache._write_all", lambda *_: os.stat("/absent"))
    loader = Loader(remote, cache=tmp_path, **BY_BLOCKS)
    with pytest.warns(SamplesWarning, match="cannot be kept in .*No such file.* fetched again") as caught:
        assert_same(batches(Loader(local, **BY_BLOCKS)), batches(loader))
    assert len(caught) == 1


def test_without_etags_nothing_is_kept(server, tmp_path, monkeypatch):
    monkeypatch.setattr(obstore_store, "_info", lambda meta: ObjectInfo(meta["size"], None))
    index([f"{server.url}/set/0.tar"])
    with pytest.warns(SamplesWarning, match="tells neither ETags nor times of change"):
        samples = Samples.from_tar(f"{server.url}/set/0.tar")
    with pytest.warns(SamplesWarning, match=r"0\.tar has no ETag, so that it is not kept in"):
        loader = Loader(samples, cache=tmp_path / "nvme", **SETTINGS)
    assert sum(len(x) for x in loader) == 9
    assert not list(tmp_path.rglob("*.data"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cache_bytes": 5}, ValueError, "pass its folder too"),
        ({"cache": "x", "cache_bytes": 0}, ValueError, "cache_bytes must be at least 1"),
        ({"cache": 5}, TypeError, "cache must be the path of a folder"),
        ({"cache": b"x"}, TypeError, "cache must be the path of a folder"),
        ({"cache": ""}, ValueError, "cache must be a folder on a local disk"),
        ({"cache": "s3://bucket/x"}, ValueError, "cache must be a folder on a local disk"),
        ({"window_bytes": 2**80}, ValueError, "window_bytes must be at most"),
        ({"window_bytes": "much"}, ValueError, 'such as "400GB"'),
    ],
)
def test_settings_of_caches(remote, options, error, message):
    with pytest.raises(error, match=message):
        Loader(remote, **options)


def test_local_shards_have_no_cache(local):
    with pytest.raises(ValueError, match="cache is for shards in a store"):
        Loader(local, cache="x")


def test_a_cache_that_cannot_be_opened(remote, local, tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(SamplesWarning, match="cache=.*/file' cannot be used, and blocks are fetched each time"):
        loader = Loader(remote, cache=tmp_path / "file", **BY_BLOCKS)
    assert_same(batches(Loader(local, **BY_BLOCKS)), batches(loader))


def test_a_damaged_copy_of_an_index_is_made_again(server, url, tmp_path, capsys):
    Samples.from_tar(url, image="jpg", label="cls")
    (copy,) = tmp_path.glob("cache/fastseq/indexes/*.fsi")
    copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    assert len(Samples.from_tar(url, image="jpg", label="cls")) == N
    data = server.objects["/set/index.fsi"]
    server.objects["/set/index.fsi"] = data[:-1] + b"?"
    with pytest.raises(ValueError, match=r"no index .* \(.*is a damaged column\)\. To make one reads all 3 shards"):
        Samples.from_tar(url, image="jpg", label="cls")
    server.objects["/set/index.fsi"] = data
    assert len(Samples.from_tar(url, image="jpg", label="cls")) == N
    assert len(list(tmp_path.glob("cache/fastseq/indexes/*"))) == 1, "older copies go"


def test_without_a_cache_folder(url, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/absent")
    assert len(Samples.from_tar(url, image="jpg", label="cls")) == N


def test_an_index_that_cannot_be_uploaded_is_kept(server, remote, capsys):
    pattern = f"{server.url}/set/{{0..1}}.tar"
    del server.objects["/set/index.fsi"]
    server.fault = lambda request: "403" if request.method == "PUT" else None
    index([pattern], image="jpg", label="cls")
    said = capsys.readouterr()
    assert "permission denied" in said.err
    assert "It is used by you alone. To share it, copy it to the folder of the shards." in said.out
    assert len(Samples.from_tar(pattern, image="jpg", label="cls")) == 10


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/0.tar?sig=a/b", "has a query, as signed URLs have"),
        ("//0.tar", "two slashes"),
        ("/0.tar/", "names no object"),
        ("", "names no object"),
    ],
)
def test_urls_that_stores_would_take_for_others(server, name, message):
    with pytest.raises(ValueError, match=message):
        Samples.from_tar(f"{server.url}{name and '/set'}{name}")


def test_ways_to_write_a_url(server, url):
    for scheme, folder in (("http", "s%65t"), ("HTTP", "set")):
        other = url.replace("http", scheme).replace("/set/", f"/{folder}/")
        assert len(Samples.from_tar(other, image="jpg", label="cls")) == N
    with pytest.raises(ValueError, match="the same shard more than once"):
        Samples.from_tar([f"{server.url}/set/0.tar", f"{server.url.upper().replace('HTTP', 'Http')}/set/0.tar"])


def test_an_empty_image(server, images):
    server.objects["/set/3.tar"] = tar([("0.jpg", b""), ("1.jpg", images[1])])
    index([f"{server.url}/set/3.tar"], image="jpg")
    loader = Loader(Samples.from_tar(f"{server.url}/set/3.tar", image="jpg"), SIZE, 2, on_error="skip", max_bad=1)
    with pytest.warns(BadSamplesWarning):
        assert sum(len(x) for x in loader) == 1
    assert [bad.status for bad in loader.errors] == [Status.EMPTY]


def test_a_server_without_ranges_is_noticed_when_its_shards_are_indexed(server, capsys):
    server.ranges = False
    with pytest.raises(typer.Exit):
        index([f"{server.url}/set/0.tar"], image="jpg")
    assert f"{server.url}/set/0.tar: reading failed" in capsys.readouterr().err


def test_a_thread_that_cannot_be_started_costs_no_block(remote, local, monkeypatch):
    loader, start = Loader(remote, **BY_BLOCKS), _thread.start_new_thread
    times = iter(range(100))

    def fail_sometimes(*arguments):
        if next(times) in (0, 2, 3):
            raise RuntimeError("can't start new thread")
        return start(*arguments)

    monkeypatch.setattr(_thread, "start_new_thread", fail_sometimes)
    for _ in range(4):
        try:
            found = batches(loader)
        except RuntimeError:
            loader.set_epoch(0)
        else:
            break
    assert_same(batches(Loader(local, **BY_BLOCKS)), found)


def test_a_finalizer_in_the_thread_that_begins_a_batch(remote, monkeypatch):
    """The garbage collector may find a loader while a batch of that loader is being allocated."""
    loader = Loader(remote, **BY_BLOCKS)
    begin, cancelled = loader._prefetcher.decoder.begin, threading.Event()

    def cancel_and_begin(*arguments, **options):
        if threading.current_thread() is not threading.main_thread():
            loader.close()
            cancelled.set()
        return begin(*arguments, **options)

    monkeypatch.setattr(loader._prefetcher.decoder, "begin", cancel_and_begin)
    key = 0, 0
    loader._prefetcher.look_ahead.put(key, loader._prefetcher.begin(key))
    assert cancelled.wait(60)
    loader.close()


def test_memory_that_is_there_later(remote, local, monkeypatch):
    loader = Loader(remote, **BY_BLOCKS)
    allocate, times = loader._prefetcher.decoder.memory.allocate, iter(range(100))

    def fail_once(*arguments):
        if next(times) == 1:
            raise MemoryError
        return allocate(*arguments)

    monkeypatch.setattr(loader._prefetcher.decoder.memory, "allocate", fail_once)
    assert_same(batches(Loader(local, **BY_BLOCKS)), batches(loader))


def test_a_loader_that_is_dropped_fetches_no_more(server, url, monkeypatch):
    server.delay_s = 0.05
    loader = Loader(Samples.from_tar(url, image="jpg", label="cls"), **SETTINGS)
    loader.batch(0, 0)
    fetcher = weakref.ref(loader._prefetcher._blocks._fetcher)
    del loader
    gc.collect()
    for _ in range(6000):  # the requests that are under way hold it
        if fetcher() is None:
            return
        threading.Event().wait(0.01)
    raise AssertionError("it is still there")


def test_an_index_that_puts_images_elsewhere(server, url, tmp_path):
    file = tmp_path / "index.fsi"
    file.write_bytes(server.objects["/set/index.fsi"])
    header, columns = read_header(file), {name: c.copy() for name, c in read_columns(file, read_header(file)).items()}
    columns["lengths"][4] += 9000
    write_index(file, header, columns)
    server.objects["/set/index.fsi"] = file.read_bytes()
    with pytest.raises(DecodeError, match="the index puts it where its block is not"):
        batches(Loader(Samples.from_tar(url, image="jpg", label="cls"), **SETTINGS))


def test_blocks_that_are_too_large_are_not_fetched(server, remote, monkeypatch):
    monkeypatch.setattr("fastseq.loading.blocks.block_prefetcher.BLOCK_BYTES", 0)
    with pytest.raises(DecodeError, match="larger than the limit"):
        batches(Loader(remote, limits=Limits(file_bytes=100), **SETTINGS))
    assert not any(request.path.endswith(".tar") for request in server.requests)


LOOP = """
import os, signal, sys, threading, time
import fastseq

def main():
    samples = fastseq.Samples.from_tar(sys.argv[1], image="jpg", label="cls")
    loader = fastseq.Loader(samples, (16, 20), 4, seed=3)
    print("begin", flush=True)
    {code}

try:
    main()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start(url, code):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    program = LOOP.format(code=code)
    return subprocess.Popen([sys.executable, "-c", program, url], env=environment, stdout=subprocess.PIPE, text=True)


def test_ctrl_c_ends_a_stalled_wait(server, url):
    server.fault = lambda request: "stall" if request.path.endswith(".tar") else None
    with start(url, "list(loader)") as program:
        assert program.stdout.readline() == "begin\n"
        assert server.stalled.wait(60)
        program.send_signal(2)
        try:
            assert program.communicate(timeout=60)[0] == "interrupted\n"
        finally:
            program.kill()


def test_close_does_not_wait_for_a_stalled_request(server, url):
    server.fault = lambda request: "stall" if request.path.endswith("2.tar") else None
    code = "next(iter(loader)); begin = time.monotonic(); loader.close(); print(time.monotonic() - begin < 5)"
    with start(url, code) as program:
        try:
            assert program.communicate(timeout=60)[0] == "begin\nTrue\n"
        finally:
            program.kill()
    assert program.returncode == 0


FORK = """
    next(iter(loader))
    pid = os.fork()
    if pid == 0:
        try:
            list(loader)
        except fastseq.DecodeError as error:
            print("forked from one that reads" in str(error), "spawn" in str(error), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print(len(list(loader)))
"""


def test_a_forked_child_does_not_hang(url):
    with start(url, FORK) as program:
        try:
            assert program.communicate(timeout=60)[0] == "begin\nTrue True\n6\n"
        finally:
            program.kill()


def test_fsspec_reads_other_schemes(server, files, local):
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    for name, data in files.items():
        system.pipe_file(f"/bucket/{name}", data)
    try:
        index(["memory://bucket/*.tar"], image="jpg", label="cls")
        remote = Samples.from_tar("memory://bucket/*.tar", image="jpg", label="cls")
        assert_same(batches(Loader(local, **BY_BLOCKS)), batches(Loader(remote, **BY_BLOCKS)))
        with pytest.raises(FileNotFoundError, match=r"memory://bucket/\?\.zip"):
            Samples.from_tar("memory://bucket/?.zip")
        system.pipe_file("/bucket/1.tar", files["0.tar"])
        with pytest.raises(DecodeError, match=r"memory://bucket/1\.tar\[.*has changed"):
            batches(Loader(remote, **SETTINGS))
        with (
            pytest.warns(SamplesWarning, match=r"memory://bucket/1\.tar has changed since it was indexed"),
            pytest.raises(ValueError, match="no index"),
        ):
            Samples.from_tar("memory://bucket/*.tar", image="jpg", label="cls")
        system.rm_file("/bucket/1.tar")
        with pytest.raises(DecodeError, match=r"memory://bucket/1\.tar\[.*no such file"):
            batches(Loader(remote, **SETTINGS))
    finally:
        system.rm("/bucket", recursive=True)


@pytest.mark.parametrize("url", ["s3://bucket/*/x-*.tar", "nowhere://bucket/x.tar"])
def test_urls_that_cannot_be_read(url):
    with pytest.raises((ValueError, OSError, ImportError), match=r"wildcards in a URL|nowhere"):
        Samples.from_tar(url)


def runs(*streams):
    return lambda epoch, k: [(BlockRun(*run[:2], np.array(run[2])) for run in s if run[1] >= k) for s in streams]


def test_a_plan_wants_what_is_in_use_and_what_fits():
    streams = [(0, 3, [0, 1]), (4, 7, [2, 3]), (8, 9, [4])], [(0, 1, [5]), (2, 8, [6]), (8, 9, [4, 7])]
    plan = FetchPlan(runs(*streams), lambda block: 10, 40)
    assert plan.move_to(0, 0) == ([0, 1, 5, 6], [])
    assert plan.move_to(0, 1) == ([], [])
    assert plan.move_to(0, 2) == ([], [5])
    assert plan.move_to(0, 3) == ([2, 3], [])  # of the next batch, though they do not fit
    assert plan.move_to(0, 4) == ([], [0, 1])  # as two more would not fit
    assert plan.move_to(0, 3) == ([], [])
    assert plan.move_to(0, 5, ahead=3) == ([4, 7], [])
    assert plan.move_to(0, 8) == ([], [2, 3])
    assert 6 in plan
    assert plan.move_to(0, 9) == ([], [6])
    assert plan.move_to(1, 0) == ([0, 1, 5, 6], [4, 7])


def test_a_plan_begins_anywhere():
    streams = [(0, 3, [0, 1]), (4, 7, [2, 3]), (8, 9, [4])], [(0, 9, [5])]
    plan = FetchPlan(runs(*streams), lambda block: 10, 1000)
    assert plan.move_to(0, 5) == ([5, 2, 3, 4], [])
    plan.reset()
    assert plan.move_to(0, 9) == ([5, 4], [])
