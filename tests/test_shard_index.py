"""Indexes of shards that are kept: found again, made anew where they do not fit, and never in the way."""

from __future__ import annotations

import json
import os
import shutil
import warnings

import numpy as np
import pytest
import typer
from images import jpeg, photo
from tar_files import tar
from tfrecord_files import tfrecords

import fastseq.samples.index.kept_index as kept_index
from fastseq import Loader, Samples
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning
from fastseq.samples.index.columns import columns_of
from fastseq.samples.index.index_file import NotAnIndexError, read_columns, read_header, write_index
from fastseq.samples.index.kept_index import keep
from fastseq.samples.sources.tar import tar_shards

SIZE = (16, 20)


@pytest.fixture(scope="module")
def jpegs():
    return [jpeg(photo(30 + i, 40, seed=i)) for i in range(7)]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, in which every index is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_index, "KEPT_AFTER_S", -1)
    return tmp_path / "cache" / "fastseq" / "indexes"


@pytest.fixture
def shards(tmp_path, jpegs):
    """Two shards of each kind, in a folder."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for shard, numbers in enumerate((range(4), range(4, 7))):
        files = [(f"{i}.{kind}", data) for i in numbers for kind, data in (("jpg", jpegs[i]), ("cls", b"%d" % (i % 3)))]
        (folder / f"{shard}.tar").write_bytes(tar(files))
        examples = [{"image": jpegs[i], "label": b"class %d" % (i % 3), "score": i / 2} for i in numbers]
        (folder / f"{shard}.tfrecord").write_bytes(tfrecords(examples))
    return folder


@pytest.fixture
def made(monkeypatch):
    """How often an index was made."""
    times = []
    original = kept_index.ShardsToIndex

    class Counted(original):
        def make(self, *arguments):
            times.append(self.source)
            return super().make(*arguments)

    monkeypatch.setattr("fastseq.samples.sources.tar.ShardsToIndex", Counted)
    monkeypatch.setattr("fastseq.samples.sources.tfrecord.ShardsToIndex", Counted)
    return times


def equal(one, other):
    assert one.fingerprint() == other.fingerprint()
    for batch, other_batch in zip(Loader(one, SIZE, 7), Loader(other, SIZE, 7), strict=True):
        assert len(batch) == len(other_batch)
        for part, other_part in zip(batch, other_batch, strict=True):  # of images alone, without labels
            np.testing.assert_array_equal(part, other_part)


@pytest.mark.parametrize(
    "find",
    [
        lambda shards: Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"),
        lambda shards: Samples.from_tar(f"{shards}/*.tar"),
        lambda shards: Samples.from_tfrecord(f"{shards}/*.tfrecord"),
        lambda shards: Samples.from_tfrecord(f"{shards}/*.tfrecord", label="score"),
        lambda shards: Samples.from_tfrecord(f"{shards}/*.tfrecord", label=None),
    ],
)
def test_an_index_is_found_again(shards, cache, made, find):
    first, second = find(shards), find(shards)
    assert len(made) == 1
    assert len(list(cache.iterdir())) == 1
    equal(first, second)


def test_other_settings_have_an_index_of_their_own(shards, cache, made):
    Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    Samples.from_tar(f"{shards}/*.tar", "jpg")
    Samples.from_tar([f"{shards}/1.tar", f"{shards}/0.tar"], "jpg", "cls")
    Samples.from_tar(f"{shards}/*.tar", ["jpg", "png"], "cls")
    assert len(made) == 4
    # How labels are encoded is no part of it.
    assert Samples.from_tar(f"{shards}/*.tar", "jpg", "cls", classes=range(5)).classes == tuple("01234")
    assert len(made) == 4


def test_a_changed_shard_is_indexed_anew(shards, cache, made, jpegs):
    assert len(Samples.from_tar(f"{shards}/*.tar")) == 7
    (shards / "1.tar").write_bytes(tar([("a.jpg", jpegs[0])]))
    assert len(Samples.from_tar(f"{shards}/*.tar")) == 5
    stat = os.stat(shards / "1.tar")
    os.utime(shards / "1.tar", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    Samples.from_tar(f"{shards}/*.tar")
    assert len(made) == 3


def test_warnings_come_again(shards, cache, made, jpegs):
    (shards / "1.tar").write_bytes(tar([("a.jpg", jpegs[0]), ("b.txt", b""), ("c.txt", b"")]))
    texts = []
    for _ in range(2):
        with pytest.warns(SamplesWarning, match="without an image were left out: 2") as caught:
            Samples.from_tar(f"{shards}/*.tar")
        texts.append([str(warning.message) for warning in caught])
    assert texts[0] == texts[1]
    assert len(made) == 1


@pytest.mark.parametrize("kept", [0, 5, 15, 16, 40, 200, 300, 400, -1, -50])
def test_a_cut_off_index_is_made_anew(shards, cache, made, kept):
    first = Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:kept])
    equal(first, Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"))
    assert len(made) == 2


def changed_header(**entries):
    return lambda header, columns: header.update(entries)


def changed_columns(**entries):
    return lambda header, columns: columns.update({name: change(columns[name]) for name, change in entries.items()})


@pytest.mark.parametrize(
    "change",
    [
        lambda header, columns: header.pop("left_out"),
        changed_header(left_out=[1, 5]),
        changed_header(left_out=["a", "b"]),
        changed_header(left_out={"a": 3}),
        changed_header(format=1),
        changed_header(paths="x"),
        changed_header(paths=[5]),
        lambda header, columns: columns.pop("offsets"),
        lambda header, columns: columns.pop("texts"),
        lambda header, columns: columns.pop("text_offsets"),
        changed_columns(shards=lambda column: column + 1),
        changed_columns(shards=lambda column: column.astype(np.int64)),
        changed_columns(offsets=lambda column: column + 10**6),
        changed_columns(offsets=lambda column: column.astype(np.int32)),
        changed_columns(lengths=lambda column: column[1:]),
        changed_columns(lengths=lambda column: -column),
        changed_columns(lengths=lambda column: column.astype(np.float32)),
        changed_columns(versions=lambda column: column[1:]),
        changed_columns(counts=lambda column: column[1:]),
        lambda header, columns: columns.pop("counts"),
        changed_columns(labels=lambda column: column + 3),
        changed_columns(labels=lambda column: column.astype(np.float32)),
        changed_columns(name_offsets=lambda column: column + 2**40),
        changed_columns(name_offsets=lambda column: column[::-1].copy()),
        changed_columns(text_offsets=lambda column: column[:0]),
        lambda header, columns: columns.pop("block_offsets"),
        changed_columns(block_shards=lambda column: column + 1),
        changed_columns(block_shards=lambda column: column[::-1].copy()),
        changed_columns(block_offsets=lambda column: column[:0]),
        changed_columns(block_lengths=lambda column: column + 10**6),
    ],
)
def test_an_index_that_is_not_sound_is_made_anew(shards, cache, made, change):
    first = Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    (file,) = cache.iterdir()
    header = read_header(file)
    columns = {name: column.copy() for name, column in read_columns(file, header).items()}
    change(header, columns)
    write_index(file, header, columns)
    equal(first, Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"))
    assert len(made) == 2


def test_a_damaged_index_is_made_anew(shards, cache, made):
    first = Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(whole), 100):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        equal(first, Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"))


def test_other_files_with_the_ending_of_an_index(shards, cache, made):
    (shards / "a.fsi").write_bytes(b"FSINDEX1" + (200_000).to_bytes(8, "little") + b"[" * 200_000)
    (shards / "b.fsi").write_bytes(b"x")
    os.mkfifo(shards / "c.fsi")
    (shards / "d.fsi").mkdir()
    assert len(Samples.from_tar(f"{shards}/*.tar")) == 7


def test_an_index_in_use_may_be_overwritten(shards, cache):
    samples = Samples.from_tar(f"{shards}/*.tar")
    samples = Samples.from_tar(f"{shards}/*.tar")
    before = [path for path, _ in samples]
    (file,) = cache.iterdir()
    file.write_bytes(b"")
    assert [path for path, _ in samples] == before


def test_a_large_index_is_mapped(shards, cache, made, monkeypatch):
    first = Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    monkeypatch.setattr("fastseq.samples.index.index_file._MAPPED_FROM", 1)
    equal(first, Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"))
    assert len(made) == 1


def test_what_cannot_be_kept_is_made_each_time(shards, tmp_path, cache, made):
    cache.parent.mkdir(parents=True)
    cache.write_text("no folder")
    for _ in range(2):
        assert len(Samples.from_tar(f"{shards}/*.tar")) == 7
    assert len(made) == 2


def test_a_quick_index_is_not_kept(shards, cache, monkeypatch):
    monkeypatch.setattr(kept_index, "KEPT_AFTER_S", 1e6)
    Samples.from_tar(f"{shards}/*.tar")
    assert not cache.exists()


def test_the_command(shards, cache, made, capsys):
    plain = Samples.from_tar(f"{shards}/*.tar", "jpg", "cls")
    shutil.rmtree(cache)
    index([f"{shards}/*.tar"], image="jpg", label="cls")
    assert f"7 images in 2 shards: {shards}/index.fsi" in capsys.readouterr().out
    del made[:]
    equal(plain, Samples.from_tar(f"{shards}/*.tar", "jpg", "cls"))
    moved = shards.rename(shards.with_name("moved"))
    assert len(Samples.from_tar(f"{moved}/*.tar", "jpg", "cls")) == 7
    assert made == []
    index([f"{moved}/*.tfrecord"], out="records.fsi")
    del made[:]
    assert Samples.from_tfrecord(f"{moved}/*.tfrecord").classes == ("class 0", "class 1", "class 2")
    assert made == []
    assert len(Samples.from_tar(f"{moved}/[01].*[!d]")) == 7  # which matches no index


def test_an_index_is_replaced_by_one_of_the_same_alone(shards, cache, capsys, jpegs):
    index([f"{shards}/*.tar"], image="jpg", label="cls")
    index([f"{shards}/*.tar"], image="jpg", label="cls")
    (shards / "2.tar").write_bytes(tar([("9.jpg", jpegs[0]), ("9.cls", b"1")]))
    for out in ("index.fsi", f"{shards}/index.fsi"):
        with pytest.raises(typer.Exit):
            index([f"{shards}/*.tar"], image="jpg", label="cls", out=out)
        assert "is an index of other shards, or of other images or labels: pass --force" in capsys.readouterr().err
    index([f"{shards}/*.tar"], image="jpg", label="cls", force=True)
    assert "8 images in 3 shards" in capsys.readouterr().out
    index([f"{shards}/*.tar"], image="jpg", out=f"{shards.parent}/elsewhere.fsi")
    assert "It is used once it lies in the folder of the first shard." in capsys.readouterr().out


def test_an_index_of_shards_that_have_changed_since(shards, cache, capsys, jpegs):
    index([f"{shards}/*.tar"])
    (shards / "1.tar").write_bytes(tar([("9.jpg", jpegs[0]), ("9.txt", b""), ("8.txt", b"")]))
    with pytest.warns(SamplesWarning) as caught:
        assert len(Samples.from_tar(f"{shards}/*.tar")) == 5
    assert "index.fsi is of these shards before they changed; make it again" in str(caught[0].message)
    index([f"{shards}/*.tar"])
    assert "fastseq: samples without an image were left out: 1" in capsys.readouterr().err


def test_links_to_a_shard(shards):
    (shards / "latest.tar").symlink_to(shards / "1.tar")
    with pytest.raises(ValueError, match=r"the same shard more than once: '.*/1\.tar', '.*/latest\.tar'"):
        Samples.from_tar(f"{shards}/*.tar")


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["absent.tar"], {}, "absent.tar: No such file"),
        (["0.tar"], {"no_label": True}, "--no-label is for TFRecords"),
        (["0.tfrecord"], {"no_label": True, "label": "label"}, "leave one of them out"),
        (["0.tar"], {"out": "absent/x.fsi"}, "absent/x.fsi: No such file"),
        (["0.tar", "0.tfrecord"], {}, "some shards are tar archives"),
        (["0.tar"], {"image": "png"}, "no images of kind png"),
        (["0.tar"], {"out": "x.idx"}, "x.idx; pass --out NAME.fsi"),
    ],
)
def test_what_the_command_refuses(shards, capsys, names, options, message):
    options = {name: f"{shards}/{value}" if name == "out" else value for name, value in options.items()}
    with pytest.raises(typer.Exit):
        index([str(shards / name) for name in names], **options)
    assert message in capsys.readouterr().err
    assert not list(shards.glob("*.fsi"))


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"a": np.arange(5, dtype=np.int32), "b": np.zeros((0, 2), np.int64), "c": np.ones((3, 2), np.float32)},
        {"a": np.arange(10, dtype=">i8")[::2]},
    ],
)
def test_columns(tmp_path, columns):
    header = {"text": "ä\n\udc80", "list": [1, None]}
    write_index(tmp_path / "x.fsi", header, columns)
    read = read_header(tmp_path / "x.fsi")
    assert {name: read[name] for name in header} == header
    mapped = read_columns(tmp_path / "x.fsi", read)
    assert [*mapped] == [*columns]
    for name, column in columns.items():
        np.testing.assert_array_equal(mapped[name], column)
        assert not mapped[name].flags.writeable
        assert read["columns"][name]["offset"] % 64 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["x.fsi"]


@pytest.mark.parametrize(
    "described",
    [
        {"dtype": "<f8", "shape": [1], "offset": 64},
        {"dtype": "|O", "shape": [1], "offset": 64},
        {"dtype": "<i8", "shape": [-1], "offset": 64},
        {"dtype": "<i8", "shape": [2**40, 2**40], "offset": 64},
        {"dtype": "<i8", "shape": [1], "offset": 65},
        {"dtype": "<i8", "shape": ["1"], "offset": 64},
        {"dtype": "<i8", "shape": 1, "offset": 64},
        {"dtype": "<i8"},
        3,
    ],
)
def test_columns_that_lie(tmp_path, described):
    text = json.dumps({"columns": {"a": described}}).encode()
    (tmp_path / "x.fsi").write_bytes(b"FSINDEX1" + len(text).to_bytes(8, "little") + text.ljust(500))
    with pytest.raises(NotAnIndexError, match="column"):
        read_columns(tmp_path / "x.fsi", read_header(tmp_path / "x.fsi"))


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError):
        write_index(tmp_path / "x.fsi", {"object": object()}, {})
    (tmp_path / "x.fsi").mkdir()
    with warnings.catch_warnings(), pytest.raises(OSError, match="directory"):
        write_index(tmp_path / "x.fsi", {}, {"a": np.arange(3)})
    assert [file.name for file in tmp_path.iterdir()] == ["x.fsi"]


CHANGES = {
    "names in two columns": lambda c: {"name_offsets": np.tile(c["name_offsets"][:, None], (1, 2))},
    "a text twice": lambda c: {"texts": np.frombuffer(b"aab", np.uint8)},
    "blocks after their images": lambda c: {
        "block_offsets": c["block_offsets"] + 600,
        "block_lengths": c["block_lengths"] - 600,
    },
    "no labels": lambda c: {"labels": None, "texts": None, "text_offsets": None},
    "numbers for labels": lambda c: {"labels": c["labels"].astype(np.int64), "texts": None, "text_offsets": None},
}


@pytest.mark.parametrize("change", CHANGES)
def test_columns_that_do_not_fit(tmp_path, monkeypatch, change):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for shard in range(2):
        pairs = [(f"{i}.cls", b"abc"[i % 3 : i % 3 + 1]) for i in range(4)]
        files = [file for i, pair in enumerate(pairs) for file in (pair, (f"{i}.jpg", jpeg(photo(20, 24, seed=i))))]
        (tmp_path / f"{shard}.tar").write_bytes(tar(files))
    shards = tar_shards(f"{tmp_path}/*.tar", "jpg", "cls")
    index, file = shards.make(), tmp_path / "index.fsi"
    keep(index, shards, file)
    header = read_header(file)
    del header["columns"]
    columns = columns_of(index)
    columns |= CHANGES[change](columns)
    write_index(file, header, {name: column for name, column in columns.items() if column is not None})
    samples = Samples.from_tar(f"{tmp_path}/*.tar", "jpg", "cls")
    assert samples.labels is not None
    assert samples.labels.tolist() == [0, 1, 2, 0] * 2
    assert sum(len(x) for x, _ in Loader(samples, (8, 8), 4, shuffle="blocks")) == 8
