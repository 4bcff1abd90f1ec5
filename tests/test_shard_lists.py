"""What other tools say of shards, in place of a pattern or beside the shards, is compared with what is there."""

from __future__ import annotations

import json
import os

import pytest
import typer
from images import jpeg, photo
from object_server import ObjectServer
from tar_files import tar
from tfrecord_files import record, tfrecords

import fastseq.storage.stores as stores
from fastseq import Samples
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning
from fastseq.storage.store import StoreError

INFO = ".nv-meta/.info.json"


@pytest.fixture(scope="module")
def jpegs():
    return [jpeg(photo(30 + i, 40, seed=i)) for i in range(5)]


@pytest.fixture
def folder(tmp_path, jpegs):
    """Two archives with three and two samples, one of them without an image, and lists of them."""
    (tmp_path / "parts").mkdir()
    for shard, numbers in enumerate((range(3), range(3, 5))):
        files = [(f"{i}.{kind}", data) for i in numbers for kind, data in (("jpg", jpegs[i]), ("cls", b"%d" % i))]
        files = [file for file in files if file[0] != "4.jpg"]
        (tmp_path / "parts" / f"{shard}.tar").write_bytes(tar(files))
    write_wids(tmp_path)
    write_energon(tmp_path)
    return tmp_path


def wids_shards(folder, names=("parts/0.tar", "parts/1.tar")):
    counts = zip(names, (3, 2), strict=True)
    return [{"url": name, "nsamples": n, "filesize": os.stat(folder / name).st_size} for name, n in counts]


def write_wids(folder, shards=None):
    contents = {"__kind__": "wids-shard-index-v1", "wids_version": 1, "shardlist": shards or wids_shards(folder)}
    (folder / "list.json").write_text(json.dumps(contents))


def write_energon(folder, counts=None, split_yaml=None, split_json=None):
    (folder / ".nv-meta").mkdir(exist_ok=True)
    info = {"energon_version": "7.4.1", "shard_counts": counts or {"parts/0.tar": 3, "parts/1.tar": 2}}
    (folder / INFO).write_text(json.dumps(info))
    for name, text in (("split.yaml", split_yaml), ("split.json", split_json)):
        if text is not None:
            (folder / ".nv-meta" / name).write_text(text)


def read(*args, **kwargs):
    """The samples; whatever tells of the sample without an image is expected."""
    with pytest.warns(SamplesWarning, match="without an image were left out: 1"):
        return Samples.from_tar(*args, **kwargs)


@pytest.mark.parametrize("name", ["list.json", INFO, ""])
def test_lists_name_shards(folder, name):
    samples = read(folder / name, label="cls", classes=range(5))
    assert samples.labels.tolist() == [0, 1, 2, 3]
    assert samples.fingerprint() == read(f"{folder}/parts/*.tar", label="cls", classes=range(5)).fingerprint()


def test_lists_relative_to_the_working_directory(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert read("list.json").path(0).startswith("parts/0.tar[")
    assert read(".nv-meta/.info.json").path(0).startswith("parts/0.tar[")
    assert read(".").path(0).startswith("./parts/0.tar[")
    with pytest.raises(FileNotFoundError):
        Samples.from_tar("")


def test_lists_and_patterns_together(folder):
    write_wids(folder, wids_shards(folder)[:1])
    assert len(read([folder / "list.json", f"{folder}/parts/1.tar"])) == 4
    with pytest.raises(ValueError, match=r"the same shard more than once: '.*0\.tar', '.*0\.tar'"):
        Samples.from_tar([f"{folder}/parts/0.tar", folder / "list.json"])


def test_names_in_a_list_are_no_patterns(folder):
    (folder / "parts" / "1.tar").rename(folder / "parts" / "{1,2}*.tar")
    write_wids(folder, wids_shards(folder, ("parts/0.tar", "parts/{1,2}*.tar")))
    assert len(read(folder / "list.json")) == 4


@pytest.mark.parametrize("name", ["list.json", INFO, ""])
@pytest.mark.parametrize("indexed", [False, True])
def test_a_shard_with_other_samples_is_refused(folder, jpegs, name, indexed, capsys):
    files = [("3.jpg", jpegs[3]), ("3.cls", b"3")]
    small = tar(files)
    size = os.stat(folder / "parts" / "1.tar").st_size
    (folder / "parts" / "1.tar").write_bytes(small + bytes(size - len(small)))
    if indexed:
        index([f"{folder}/parts/*.tar"])
    message = r"parts/1\.tar has 1 samples, but 2 by .*\.json: copy the shard again, or, if it is right, make the list"
    with pytest.raises(ValueError, match=message):
        Samples.from_tar(folder / name)
    with pytest.raises(typer.Exit):
        index([str(folder / name)], force=True)
    assert "has 1 samples, but 2 by" in capsys.readouterr().err


def test_a_shard_of_another_size_is_refused(folder):
    path = folder / "parts" / "1.tar"
    path.write_bytes(path.read_bytes() + bytes(512))
    with pytest.raises(ValueError, match=r"parts/1\.tar has 10,752 bytes, but 10,240 by .*list\.json: copy"):
        Samples.from_tar(folder / "list.json")
    assert len(read(folder)) == 4  # Energon knows no sizes
    write_wids(folder, [{"url": "parts/1.tar", "nsamples": 2}])
    assert len(read(folder / "list.json")) == 1


def test_wids_does_not_know_long_names(folder, jpegs):
    """It takes those of over 100 bytes for one sample if they begin alike."""
    (folder / "parts" / "1.tar").write_bytes(tar([(f"{'long' * 30}{i}.jpg", jpegs[i]) for i in range(3)]))
    assert len(Samples.from_tar(folder / "list.json")) == 6
    with pytest.raises(ValueError, match=r"1\.tar has 3 samples, but 2 by .*info\.json"):
        Samples.from_tar(folder)


def test_a_shard_that_is_cut_off_is_refused(folder):
    path = folder / "parts" / "1.tar"
    path.write_bytes(path.read_bytes()[:-9000])
    for name in ("list.json", INFO):
        with pytest.raises(ValueError, match=r"1\.tar has .*, but .* by"):
            Samples.from_tar(folder / name)


def test_a_missing_shard(folder):
    (folder / "parts" / "1.tar").unlink()
    with pytest.raises(FileNotFoundError, match=r"parts/1\.tar"):
        Samples.from_tar(folder / "list.json")


def test_an_index_of_listed_shards(folder, capsys):
    index([str(folder / "list.json")], label="cls")
    assert f"4 images in 2 shards: {folder}/parts/index.fsi" in capsys.readouterr().out
    before = (folder / "parts" / "index.fsi").read_bytes()
    assert len(read(folder, label="cls")) == len(read(f"{folder}/parts/*.tar", label="cls")) == 4
    assert (folder / "parts" / "index.fsi").read_bytes() == before


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is not JSON that can be read"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"[" * 100_000, "is not JSON that can be read"),
        (b'{"shardlist": ' + b"[" * 600 + b"]" * 600 + b"}", "shard 0 is a list, not an object"),
        (b"[]", "is not a JSON object, but a list"),
        (b"{}", "neither a 'shardlist', as wids writes it, nor 'shard_counts'"),
        (b'{"shardlist": 7}', "no shards in its 'shardlist'"),
        (b'{"shardlist": []}', "no shards in its 'shardlist'"),
        (b'{"wids_version": 2, "shardlist": []}', "version 2 of wids"),
        (b'{"__kind__": "other", "shardlist": []}', "of kind 'other'"),
        (b'{"wids_version": 1, "datasets": [{}]}', "combines several data sets"),
        (b'{"shardlist": [{"nsamples": 1}]}', "names a shard null"),
        (b'{"shardlist": [{"url": "", "nsamples": 1}]}', "names a shard ''"),
        (b'{"shardlist": [{"url": "a\\u0000", "nsamples": 1}]}', "neither a path nor a URL"),
        (b'{"shardlist": [{"url": "a\\ud800", "nsamples": 1}]}', "neither a path nor a URL"),
        (b'{"shardlist": [{"url": "a"}]}', "'nsamples' of .*a is null, not a number"),
        (b'{"shardlist": [{"url": "a", "nsamples": -1}]}', "'nsamples' of .*a is -1"),
        (b'{"shardlist": [{"url": "a", "nsamples": 1e3}]}', r"'nsamples' of .*a is 1000\.0"),
        (b'{"shardlist": [{"url": "a", "nsamples": true}]}', "'nsamples' of .*a is True"),
        (b'{"shardlist": [{"url": "a", "nsamples": 1' + b"0" * 30 + b"}]}", "'nsamples' of .*a is 1000"),
        (b'{"shardlist": [{"url": "a", "nsamples": 1' + b"0" * 9999 + b"}]}", "is not JSON|is 1000"),
        (b'{"shardlist": [{"url": "a", "nsamples": 1, "filesize": NaN}]}', "'filesize' of .*a is nan"),
        (b'{"shard_counts": []}', "'shard_counts' is a list"),
        (b'{"shard_counts": {"a": null}}', "number of samples of .*a is null"),
    ],
    ids=range(24),
)
def test_what_is_no_list(tmp_path, contents, message):
    (tmp_path / "list.json").write_bytes(contents)
    with pytest.raises(ValueError, match=message) as caught:
        Samples.from_tar(tmp_path / "list.json")
    assert str(tmp_path / "list.json") in str(caught.value)


def test_lists_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr("fastseq.samples.sources.sidecars.contents._MAX_JSON", 100)
    (tmp_path / "list.json").write_bytes(b" " * 101)
    with pytest.raises(ValueError, match=r"list\.json has more than 100 bytes"):
        Samples.from_tar(tmp_path / "list.json")
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ValueError, match=r"pipe\.json is not a regular file"):
        Samples.from_tar(tmp_path / "pipe.json")
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        Samples.from_tar(tmp_path / "absent.json")
    (tmp_path / ".nv-meta").mkdir()
    with pytest.raises(ValueError, match=r"info\.json is not there; energon prepare --tar-index-only makes it"):
        Samples.from_tar(tmp_path)


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        ({}, ""),
        ({"split_yaml": "split_parts:\n  train:\n  - parts/{0..1}.tar\n  val: []\n  test: []\nexclude: []\n"}, ""),
        (
            {"split_yaml": "split_parts:\n  train:\n  - parts/0.tar\n  val:\n  - parts/1.tar\n"},
            "of the splits 'train', 'val'",
        ),
        ({"split_yaml": "exclude:\n- parts/0.tar\nsplit_parts:\n  train:\n  - parts/0.tar\n"}, "those it excludes"),
        ({"split_yaml": "\0"}, ""),
        ({"split_json": json.dumps({"split_parts": {"train": ["parts/{0..1}.tar"], "val": []}})}, ""),
        ({"split_json": json.dumps({"split_parts": {"a": ["parts/0.tar"], "b": ["parts/1.tar"]}})}, "splits 'a', 'b'"),
        ({"split_json": json.dumps({"exclude": ["parts/0.tar/1"]})}, "those it excludes"),
    ],
)
def test_splits_are_told(folder, splits, said):
    write_energon(folder, **splits)
    with pytest.warns(SamplesWarning) as caught:
        assert len(Samples.from_tar(folder)) == 4
    texts = [str(warning.message) for warning in caught if "all are read" in str(warning.message)]
    assert len(texts) == bool(said)
    assert all(said in text and ".nv-meta/split." in text for text in texts)


@pytest.fixture
def server(folder, tmp_path, monkeypatch):
    """A server with the archives and the lists."""
    pytest.importorskip("obstore")
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ObjectServer() as server:
        for name in ("parts/0.tar", "parts/1.tar", "list.json", INFO):
            server.objects[f"/set/{name}"] = (folder / name).read_bytes()
        yield server


@pytest.mark.parametrize("name", ["list.json", INFO])
def test_lists_in_a_store(server, folder, name, capsys):
    url = f"{server.url}/set/{name}"
    with pytest.raises(ValueError, match=rf"no index of these shards.*once: fastseq index {url} --label cls"):
        Samples.from_tar(url, label="cls")
    index([url], label="cls")
    assert f"4 images in 2 shards: {server.url}/set/parts/index.fsi" in capsys.readouterr().out
    remote, local = read(url, label="cls"), read(folder / name, label="cls")
    assert remote.labels.tolist() == local.labels.tolist()
    server.objects[f"/set/{name}"] = server.objects[f"/set/{name}"].replace(b": 2", b": 7")
    with pytest.raises(ValueError, match=rf"set/parts/1\.tar has 2 samples, but 7 by {url}"):
        Samples.from_tar(url, label="cls")


def test_a_list_on_a_disk_of_shards_in_a_store(server, folder):
    shards = [shard | {"url": f"{server.url}/set/{shard['url']}"} for shard in wids_shards(folder)]
    write_wids(folder, shards)
    index([str(folder / "list.json")])
    assert read(folder / "list.json").path(0).startswith(f"{server.url}/set/parts/0.tar[")


@pytest.mark.parametrize("name", ["/etc/passwd", "../0.tar", "parts/../../0.tar"])
def test_a_list_in_a_store_names_nothing_outside(server, name):
    server.objects["/set/list.json"] = json.dumps({"shardlist": [{"url": name, "nsamples": 1}]}).encode()
    with pytest.raises(ValueError, match=r"list\.json names a shard '.*', which is not in its folder"):
        Samples.from_tar(f"{server.url}/set/list.json")


def test_a_list_that_is_not_there(server):
    with pytest.raises(StoreError, match=r"set/absent\.json"):
        Samples.from_tar(f"{server.url}/set/absent.json")


@pytest.fixture
def records(tmp_path, jpegs):
    """Two files of three and two records as TensorFlow Datasets writes them, with what it says of them."""
    for shard, numbers in enumerate((range(3), range(3, 5))):
        data = tfrecords([{"image": jpegs[i], "label": i} for i in numbers])
        (tmp_path / f"photos-train.tfrecord-{shard:05}-of-00002").write_bytes(data)
    write_info(tmp_path)
    return tmp_path


def write_info(folder, lengths=("3", "2"), name="photos", **changes):
    split = {"name": "train", "numBytes": "1234", "shardLengths": lengths} | changes
    test = {"name": "test", "shardLengths": ["7"]}
    (folder / "dataset_info.json").write_text(
        json.dumps({"name": name, "fileFormat": "tfrecord", "splits": [test, split]})
    )


TEMPLATES = [
    {},
    {"filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"},
    {"filepathTemplate": "photos-{SPLIT}.tfrecord-{SHARD_INDEX}-of-{NUM_SHARDS}"},
]


@pytest.mark.parametrize("template", TEMPLATES, ids=range(3))
def test_records_are_counted(records, template):
    write_info(records, **template)
    assert len(Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")) == 5
    write_info(records, ["3", "4"], **template)
    with pytest.warns(SamplesWarning) as caught:
        assert len(Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")) == 5
    (text,) = (str(warning.message) for warning in caught)
    assert "other numbers of records than dataset_info.json beside them says; are they whole?: 1 (" in text
    assert f"{records}/photos-train.tfrecord-00001-of-00002, 2 of 4" in text


def test_a_cut_between_records_is_noticed(records, jpegs):
    path = records / "photos-train.tfrecord-00000-of-00002"
    path.write_bytes(tfrecords([{"image": jpegs[0], "label": 0}]))
    with pytest.warns(SamplesWarning, match=r"00000-of-00002, 1 of 3"):
        Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*", classes=range(5))


def test_records_without_an_image_count(records):
    path = records / "photos-train.tfrecord-00001-of-00002"
    path.write_bytes(path.read_bytes() + record(b""))
    write_info(records, ["3", "3"])
    with pytest.warns(SamplesWarning, match="records without an image were left out: 1") as caught:
        Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")
    assert len(caught) == 1


def test_the_command_counts_records(records, capsys):
    write_info(records, ["3", "4"])
    index([f"{records}/photos-train.tfrecord-*"])
    assert "00001-of-00002, 2 of 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    "contents",
    [
        {"splits": {"train": {"name": "train", "shard_lengths": [9, 9]}}},  # of Hugging Face
        {"splits": [7, {"name": "train"}]},
        {"splits": [{"name": ["train"], "shardLengths": ["9", "9"]}]},
        {"name": "x" * 2000, "splits": [{"name": "train", "shardLengths": ["9", "9"]}]},
        {"name": "photos", "splits": [{"name": "train", "shardLengths": ["9", "9"], "filepathTemplate": 7}]},
        {"name": "others", "splits": [{"name": "train", "shardLengths": ["9", "9"]}]},
    ],
)
def test_what_does_not_speak_of_these_files(records, contents):
    (records / "dataset_info.json").write_text(json.dumps(contents))
    assert len(Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")) == 5


@pytest.mark.parametrize(
    ("lengths", "message"),
    [("3", "of the split 'train' is no list"), (["3", -2], "is -2"), (["3", "x"], "is 'x'"), ([[], 2], "is a list")],
)
def test_numbers_of_records_that_are_none(records, lengths, message):
    write_info(records, lengths)
    with pytest.raises(ValueError, match=rf"dataset_info\.json: 'shardLengths' of the split .*{message[-4:]}"):
        Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")


def test_what_is_no_json_beside_records(records):
    (records / "dataset_info.json").write_bytes(b"\xff")
    with pytest.warns(SamplesWarning, match=r"dataset_info\.json is not JSON.*are not compared with it"):
        Samples.from_tfrecord(f"{records}/photos-train.tfrecord-*")


def test_records_in_a_store_are_counted(records, monkeypatch):
    pytest.importorskip("obstore")
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(records / "cache"))
    with ObjectServer() as server:
        for path in records.glob("*-of-*"):
            server.objects[f"/set/{path.name}"] = path.read_bytes()
        pattern = f"{server.url}/set/photos-train.tfrecord-{{00000..00001}}-of-00002"
        index([pattern])
        assert len(Samples.from_tfrecord(pattern)) == 5
        write_info(records, ["4", "2"])
        server.objects["/set/dataset_info.json"] = (records / "dataset_info.json").read_bytes()
        with pytest.warns(SamplesWarning, match=r"00000-of-00002, 3 of 4"):
            Samples.from_tfrecord(pattern)
