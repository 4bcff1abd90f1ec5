"""Images that are objects of their own: class folders in a store, and tables of their names."""

from __future__ import annotations

import numpy as np
import pytest
from images import encoded, jpeg, photo
from object_server import ObjectServer
from same_batches import assert_same, batches

import fastseq.storage.stores as stores
from fastseq import BadSamplesWarning, DecodeError, ImageSequence, Limits, Loader, Samples
from fastseq.errors import SamplesWarning
from fastseq.status import Status

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("obstore")
SIZE = (16, 20)
N = 14


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No store that knows other settings."""
    monkeypatch.setattr(stores, "_stores", {})


@pytest.fixture
def files():
    """JPEGs in class folders, a PNG, and what is left out, by their names."""
    found = {f"{('cat', 'dog')[i % 2]}/{i:02}.jpg": jpeg(photo(30 + i, 40, seed=i)) for i in range(N - 1)}
    found["dog/sub folder/\u00e4 #1%.png"] = encoded(photo(30, 40, seed=99), "png")
    return found | {"dog/notes.txt": b"", "x.csv": b""}


@pytest.fixture
def folder(files, tmp_path):
    """A folder with them."""
    for name, data in files.items():
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "photos"


@pytest.fixture
def url(files):
    """A folder of a store in memory with them."""
    system = fsspec.filesystem("memory")
    for name, data in files.items():
        system.pipe_file(f"/bucket/photos/{name}", data)
    yield "memory://bucket/photos"
    system.rm("/bucket", recursive=True)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_class_folders(url, folder, shuffle, slash):
    local, remote = Samples.from_directory(folder), Samples.from_directory(url + slash)
    assert remote.classes == local.classes == ("cat", "dog")
    assert [path.removeprefix(url) for path in remote.paths()] == [p.removeprefix(str(folder)) for p in local.paths()]
    settings = {"size": SIZE, "batch_size": 4, "shuffle": shuffle}
    for _ in range(2):
        assert_same(batches(Loader(local, **settings)), batches(Loader(remote, **settings)))
    parts = [batches(ImageSequence(remote, rank=rank, world_size=2, **settings)) for rank in range(2)]
    together = [tuple(map(np.concatenate, zip(*pair, strict=True))) for pair in zip(*parts, strict=True)]
    assert_same(batches(Loader(local, **settings)), together)


def test_tables(url, files, folder, tmp_path):
    names = [name for name in files if name.endswith("jpg")]
    table = tmp_path / "table.csv"
    table.write_text("image,label\n" + "".join(f"{name},{name[:3]}\n" for name in names))
    local, remote = Samples.from_csv(table, root=folder), Samples.from_csv(table, root=url)
    assert remote.labels.tolist() == local.labels.tolist()
    assert_same(batches(Loader(local, SIZE, 4)), batches(Loader(remote, SIZE, 4)))
    pairs = [Samples.from_csv(table, image={"a": "image", "b": "image"}, root=root) for root in (folder, url)]
    one, other = (next(iter(Loader(samples, SIZE, 4)))[0] for samples in pairs)
    for name in "ab":
        np.testing.assert_array_equal(one[name], other[name])


def test_what_is_missing_is_named(url, files, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("image\ncat/00.jpg\ncat/absent.jpg\n")
    samples = Samples.from_csv(table, label=None, root=url)
    with pytest.raises(DecodeError, match=rf"'{url}/cat/absent\.jpg' \(sample 1\): no such file"):
        list(Loader(samples, SIZE, 2))
    loader = Loader(samples, SIZE, 2, on_error="skip", max_bad=1)
    with pytest.warns(BadSamplesWarning):
        assert sum(len(x) for x in loader) == 1
    with pytest.raises(DecodeError, match="larger than the limit"):
        list(Loader(samples, SIZE, 1, limits=Limits(file_bytes=100)))


def test_web_servers(files, tmp_path):
    with ObjectServer() as server:
        names = [name for name in files if name.startswith("cat")]
        server.objects.update({f"/photos/{name}": files[name] for name in names})
        table = tmp_path / "table.csv"
        table.write_text("image\n" + "".join(f"{name}\n" for name in names))
        loader = Loader(Samples.from_csv(table, label=None, root=f"{server.url}/photos"), SIZE, 3, shuffle=True)
        assert sum(len(x) for x in loader) == len(names)
        assert len(server.requests) == len(names)
        with pytest.raises(ValueError, match=r"cannot be listed.*from_csv\(root=\.\.\.\)"):
            Samples.from_directory(f"{server.url}/photos")
        server.fault = lambda request: "403"
        with pytest.raises(DecodeError) as caught:
            list(loader)
        assert caught.value.status is Status.PERMISSION_DENIED


def test_folders_that_are_wrong(url):
    with pytest.raises(ValueError, match=r"no folder in it has a file|has no files|no folders"):
        Samples.from_directory(f"{url}/cat/00.jpg/absent")
    with pytest.raises(ValueError, match="no folders for the classes 'owl'"):
        Samples.from_directory(url, classes=["cat", "owl"])
    with pytest.raises(ValueError, match="not for single images"):
        Loader(Samples.from_directory(url), cache="x")
    with pytest.raises(ValueError, match='shuffle="blocks" is for images in shards'):
        Loader(Samples.from_directory(url), shuffle="blocks")
    with pytest.raises(ValueError, match="write '/x'"):
        Samples.from_directory("file:///x")


def test_parts_of_a_set_as_classes_are_warned_of(files):
    system = fsspec.filesystem("memory")
    for name in ("train/cat/a.jpg", "test/dog/b.jpg"):
        system.pipe_file(f"/other/{name}", files["cat/00.jpg"])
    with pytest.warns(SamplesWarning, match="pass 'memory://other/t"):
        Samples.from_directory("memory://other")
    system.rm("/other", recursive=True)
