"""The indexes of DALI beside shards in a store, which are read in place of the shards."""

from __future__ import annotations

import io
import struct
import tarfile

import pytest
from images import jpeg, photo
from object_server import ObjectServer
from same_batches import assert_same, batches
from tar_files import tar

import fastseq.samples.sources.stored_labels as stored_labels
import fastseq.storage.stores as stores
from fastseq import Loader, Samples
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning

pytest.importorskip("obstore")
N = 9
SETTINGS = {"size": (16, 20), "batch_size": 3, "seed": 1}


@pytest.fixture(scope="module")
def files():
    """Three archives by name; one begins with the label of each sample, and one has files that are left out."""
    images = [jpeg(photo(30 + i, 40, seed=i)) for i in range(N)]
    members = [[(f"dir/{i:02}.JPG", images[i]), (f"dir/{i:02}.cls", b"%d" % i)] for i in range(N)]
    groups = [members[:3], [sample[::-1] for sample in members[3:6]], members[6:]]
    archives = [[member for sample in group for member in sample] for group in groups]
    archives[2][2:2] = [("README", b"text"), ("a.txt", b"no image"), (f"{'long' * 50}.txt", b"no image")]
    return {f"{shard}.tar": tar(archive) for shard, archive in enumerate(archives)}


def dali(archive, version="v1.2"):
    """What wds2idx writes about an archive."""
    samples = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for member in opened:
            dot = member.name.find(".", member.name.rfind("/") + 1)
            stem, kind = member.name[:dot], member.name[dot + 1 :]
            name = [member.name] if version == "v1.2" else []
            if not samples or samples[-1][0] != stem:
                samples.append((stem, []))
            samples[-1][1].extend([kind, str(member.offset_data), str(member.size), *name])
    lines = [f"{version} {len(samples)}", *(" ".join(words) for _, words in samples)]
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def server(files, tmp_path, monkeypatch):
    """A server with the archives, and an index of DALI beside each."""
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ObjectServer() as server:
        for name, data in files.items():
            server.objects[f"/set/{name}"] = data
            server.objects[f"/set/{name.removesuffix('.tar')}.idx"] = dali(data)
        yield server


def remote(server, **options):
    with pytest.warns(SamplesWarning) as caught:
        samples = Samples.from_tar(f"{server.url}/set/{{0..2}}.tar", **options)
    assert sorted(str(warning.message).split(":")[0] for warning in caught) == [
        "files without a dot in their name, or with one at its start, were left out",
        "samples without an image were left out",
    ]
    return samples


@pytest.fixture
def local(files, tmp_path):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.warns(SamplesWarning):
        return Samples.from_tar(f"{tmp_path}/*.tar", label="cls")


@pytest.mark.parametrize("suffix", [".idx", ".tar.idx"])
def test_samples_are_those_of_local_shards(server, files, local, suffix):
    for shard in range(3):
        server.objects[f"/set/{shard}{suffix}"] = server.objects.pop(f"/set/{shard}.idx")
    samples = remote(server, label="cls")
    read = [request for request in server.requests if request.path.endswith(".tar") and request.method == "GET"]
    assert all(request.end - request.begin < len(files[request.path.rpartition("/")[2]]) for request in read)
    assert samples.labels.tolist() == local.labels.tolist() == list(range(N))
    assert [path.rpartition("/set/")[2] for path in samples.paths()] == [
        path.rpartition("/test_")[2].partition("/")[2] for path in local.paths()
    ]
    assert_same(batches(Loader(samples, **SETTINGS)), batches(Loader(local, **SETTINGS)))
    assert_same(
        batches(Loader(samples, shuffle=True, **SETTINGS)), batches(Loader(local, shuffle="blocks", **SETTINGS))
    )


def test_without_labels_no_label_is_read(server):
    assert remote(server).labels is None
    read = [request for request in server.requests if request.path.endswith(".tar") and request.method == "GET"]
    # Headers: of the last file of each, and of those after one that is not in the index, or that has a long name.
    assert {request.end - request.begin for request in read} == {512}
    assert len(read) == 4


def test_without_names(server, files, local):
    for name, data in files.items():
        server.objects[f"/set/{name.removesuffix('.tar')}.idx"] = dali(data, "v1.1")
    with pytest.warns(SamplesWarning, match="without an image were left out: 3"):
        samples = Samples.from_tar(f"{server.url}/set/{{0..2}}.tar", label="cls")
    assert samples.path(0) == f"{server.url}/set/0.tar" + local.path(0).partition("0.tar")[2].split(" ")[0]
    assert_same(batches(Loader(samples, **SETTINGS)), batches(Loader(local, **SETTINGS)))


def test_an_index_of_fastseq_comes_first(server):
    url = f"{server.url}/set/{{0..2}}.tar"
    server.objects["/set/0.idx"] = b"nonsense"
    with pytest.raises(ValueError, match=r"set/0\.idx: line 1 is not the version"):
        Samples.from_tar(url)
    index([url])
    server.requests.clear()
    assert len(remote(server)) == N
    assert not [request for request in server.requests if request.path.endswith(".idx")]


@pytest.mark.parametrize("absent", [0, 1, 2])
def test_a_shard_without_one(server, absent):
    del server.objects[f"/set/{absent}.idx"]
    with pytest.raises(ValueError, match=r"has no index of these shards.*To make one reads all 3 shards") as caught:
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")
    assert ("has no index of DALI beside it, unlike" in str(caught.value)) == (absent > 0)


def test_files_of_energon_are_none(server):
    for shard in range(3):
        del server.objects[f"/set/{shard}.idx"]
        server.objects[f"/set/{shard}.tar.idx"] = struct.pack("<QQ", 0, 2048)
    with pytest.raises(ValueError, match=r"has no index of these shards for these images and labels\. To make one"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")


@pytest.mark.parametrize("limit", [{"_MAX_REQUESTS": 3}, {"_MAX_BYTES": 1500, "_GAP": 1 << 20}])
def test_labels_that_are_too_dear(server, monkeypatch, limit):
    for name, value in limit.items():
        monkeypatch.setattr(stored_labels, name, value)
    monkeypatch.setattr(stored_labels, "_GAP", limit.get("_GAP", 0))
    with pytest.raises(ValueError, match=r"but reading them would take more than .*reads all"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar", label="cls")
    assert len(remote(server)) == N


def test_neighbours_are_read_together(server):
    remote(server, label="cls")
    read = [request for request in server.requests if request.path.endswith(".tar") and request.method == "GET"]
    assert len(read) == 7  # four headers, and the labels of each shard


def test_a_sample_without_a_label(server):
    with pytest.raises(ValueError, match=r"set/0\.tar: dir/00 has no 'txt', its label"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar", label="txt")


@pytest.mark.parametrize("kept", [2000, 4000])
def test_one_of_another_archive(server, files, kept):
    server.objects["/set/1.tar"] = tar([("a.jpg", b"x" * 5000), ("a.cls", b"1"), *[("b.jpg", b"x")] * (kept // 100)])
    with pytest.raises(ValueError, match=r"set/1\.idx: line . has .* bytes at .*, but .*1\.tar has no such file"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")


def counted_back(archive):
    """What wds2idx writes with the tar of GNU: the place of a file counted back from the header of the next one."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        members = list(opened)
    lines = [f"v1.2 {len(members) // 2}\n"]
    for number, member in enumerate(members):
        end = members[number + 1].offset_data - 512 if number + 1 < len(members) else opened.offset
        offset = (end - member.size) // 512 * 512
        end_of_line = "\n" if number % 2 else " "
        lines.append(f"{member.name.partition('.')[2]} {offset} {member.size} {member.name}{end_of_line}")
    return "".join(lines).encode()


@pytest.mark.parametrize("which", [range(6), range(4, 5), range(3, 4)], ids=str)
def test_files_that_wds2idx_misplaces(server, files, which):
    """Those before a file with a further header, such as all that WebDataset writes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(6):
            member = tarfile.TarInfo(f"{number // 2}.{('jpg', 'cls')[number % 2]}")
            member.size, member.mtime = 700, 0.5 if number in which else 0
            archive.addfile(member, io.BytesIO(bytes(700)))
    server.objects["/set/1.tar"] = stream.getvalue()
    server.objects["/set/1.idx"] = counted_back(stream.getvalue())
    with pytest.raises(ValueError, match=r"set/1\.idx: line .* no such file there\. wds2idx puts some files too far"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")
    server.objects["/set/1.idx"] = dali(stream.getvalue())
    assert len(remote(server)) == N


def test_too_many_files_to_look_up(server, monkeypatch):
    monkeypatch.setattr("fastseq.samples.sources.tar_by_dali.MAX_DOUBTFUL", 0)
    with pytest.raises(ValueError, match=r"no index of these shards.*the indexes of DALI .* are not used: over"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"\n", "line 1 is not"),
        (b"v1.2", "line 1 is not"),
        (b"v1.2 0", "line 1 is not"),
        (b"v1.2 -1", "line 1 is not"),
        (b"v1.2 x", "line 1 is not"),
        (b"v1.2 \xb2", "line 1 is not"),
        (b"v1.3 1\njpg 512 9 0.jpg", "line 1 is not"),
        (b"v" * (2 << 20), "line 1 is not"),
        (struct.pack("<QQ", 0, 2048), "line 1 is not"),
        (b"v1.2 1" + b"0" * 17 + b"\njpg 512 9 0.jpg\n", "line 3 does not have"),
        (b"v1.2 1" + b"0" * 5000 + b"\njpg 512 9 0.jpg\n", "line 1 is not"),
        (b"v1.2 2\njpg 512 9 0.jpg\n", "line 3 does not have"),
        (b"v1.2 1\njpg 512 9 0.jpg\njpg 1536 9 1.jpg\n", "line 3 is there, although there should be 1"),
        (b"v1.2 1\njpg 512 9 a b.jpg", "line 2 does not have kind, offset, size and name of each file"),
        (b"v1.1 1\njpg 512 9 0.jpg", "line 2 does not have kind, offset and size of each file"),
        (b"v1.2 1\njpg x 9 0.jpg", "line 2 has 'x' and '9' for"),
        (b"v1.2 1\njpg 512 -9 0.jpg", "line 2 has '512' and '-9' for"),
        (b"v1.2 1\njpg 512 " + b"9" * 5000 + b" 0.jpg", "line 2 has '512' and '99"),
        (b"v1.2 1\njpg 0 9 0.jpg", "line 2 has a file of 9 bytes at 0, but"),
        (b"v1.2 1\njpg 513 9 0.jpg", "line 2 has a file of 9 bytes at 513, but"),
        (b"v1.2 1\njpg 512 99999999 0.jpg", "line 2 has a file of 99,999,999 bytes at 512, but"),
        (b"v1.2 1\njpg 512 600 0.jpg cls 1024 1 0.cls", "line 2 has a file of 1 bytes at 1,024, but"),
        (b"v1.2 2\njpg 2048 9 0.jpg\njpg 1024 9 1.jpg", "line 3 has a file of 9 bytes at 1,024, but"),
        (b"v1.2 1\njpg 512 9 0.png", "line 2 has a file '0.png' of kind 'jpg'"),
        (b"v1.2 1\njpg 512 9 \xff.png", "line 2 has a file '.*.png' of kind 'jpg'"),
        (b"v1.2 2\njpg 512 9 0.jpg\n" + b"x " * (1 << 20), "line 3 has 'x' and 'x'"),
    ],
    ids=range(26),
)
def test_what_is_no_index(server, contents, message):
    server.objects["/set/0.idx"] = contents
    with pytest.raises(ValueError, match=rf"/set/0\.idx: {message}") as caught:
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")
    assert "Make the file again by wds2idx, or an index by fastseq index" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_one_that_is_too_large(server, monkeypatch):
    monkeypatch.setattr("fastseq.samples.sources.tar_by_dali.MAX_BYTES", 100)
    with pytest.raises(ValueError, match=r"set/0\.idx has more than 100 bytes"):
        Samples.from_tar(f"{server.url}/set/{{0..2}}.tar")


def test_a_local_one_is_left_alone(local, tmp_path):
    (tmp_path / "0.idx").write_bytes(b"nonsense")
    with pytest.warns(SamplesWarning):
        assert len(Samples.from_tar(f"{tmp_path}/*.tar", label="cls")) == N
