"""Crop indexes of shards and folders: made by the command, found again, and the same batches with them."""

from __future__ import annotations

import os
import pickle
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pytest
import typer
from images import encoded, jpeg, photo
from object_server import ObjectServer
from same_batches import assert_same, batches
from tar_files import tar
from tfrecord_files import tfrecords

import fastseq.storage.stores as stores
from fastseq import Loader, RandomFlip, RandomResizedCrop, Samples
from fastseq._native.shards import crop_index
from fastseq.cli.index import index
from fastseq.errors import SamplesWarning
from fastseq.samples.index.folder_index import find_folder_index
from fastseq.samples.index.index_file import read_columns, read_header, write_index

N = 13
SETTINGS = {"size": (32, 32), "batch_size": 5, "transform": [RandomResizedCrop(), RandomFlip()], "seed": 3}
READERS = {
    "tar": lambda where: Samples.from_tar(f"{where}/{{0..1}}.tar", "jpg", "cls"),
    "tfrecord": lambda where: Samples.from_tfrecord(f"{where}/{{0..1}}.tfrecord"),
    "folder": lambda where: Samples.from_directory(where),
}


@pytest.fixture(scope="module")
def images():
    """JPEGs of which one is progressive, and a PNG."""
    jpegs = [jpeg(photo(150 + i, 200, seed=i), 85, "4:2:0", progressive=i == 3) for i in range(N)]
    return [encoded(photo(90, 90), "png") if i == 6 else data for i, data in enumerate(jpegs)]


@pytest.fixture
def folder(tmp_path, images, monkeypatch):
    """Shards, and class folders."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "set"
    for shard, numbers in enumerate((range(8), range(8, N))):
        (path / f"class {shard}").mkdir(parents=True)
        files = [(f"{i:02}.{kind}", data) for i in numbers for kind, data in (("jpg", images[i]), ("cls", b"%d" % i))]
        (path / f"{shard}.tar").write_bytes(tar(files))
        (path / f"{shard}.tfrecord").write_bytes(tfrecords([{"image": images[i], "label": i % 3} for i in numbers]))
        for i in numbers:
            (path / f"class {shard}" / f"{i:02}.jpg").write_bytes(images[i])
    return path


def make(kind, where, **options):
    """Index what is there with crop indexes."""
    shards = [str(where)] if kind == "folder" else [f"{where}/{{0..1}}.{kind}"]
    settings = {"image": "jpg", "label": "cls"} if kind == "tar" else {}
    index(shards, **settings, crops=True, **options)


def misfit(samples, **settings):
    """The warning about a crop index in an epoch, or None; the batches."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SamplesWarning)
        made = batches(Loader(samples, **SETTINGS | settings))
    texts = [str(warning.message) for warning in caught]
    assert len(texts) <= 1
    return texts[0] if texts else None, made


def swapped(samples):
    """Samples whose crop indexes are those of other images."""
    crops = samples.table.crops
    return replace(crops, begins=crops.begins[::-1].copy(), ends=crops.ends[::-1].copy())


@pytest.mark.parametrize("kind", READERS)
def test_batches_are_the_same_with_crop_indexes(folder, images, kind, capsys):
    plain = READERS[kind](folder)
    make(kind, folder)
    assert f"{N - 2} of " in capsys.readouterr().out
    samples = READERS[kind](folder)
    assert plain.table.crops is None
    assert [samples.table.crops.of(i).tobytes() for i in range(N)] == list(map(crop_index, images))
    assert samples.fingerprint() == plain.fingerprint()
    for changed in ({}, {"size": (8, 8)}, {"interpolation": "cv2.linear"}, {"shuffle": True}):
        warning, made = misfit(samples, **changed)
        assert warning is None
        assert_same(made, batches(Loader(plain, **SETTINGS | changed)))


@pytest.mark.parametrize("kind", READERS)
def test_crop_indexes_of_other_files_are_reported_once(folder, kind):
    plain = READERS[kind](folder)
    make(kind, folder)
    samples = READERS[kind](folder)
    object.__setattr__(samples.table, "crops", swapped(samples))
    warning, made = misfit(samples)
    assert "is not the file that its crop index was made of" in warning
    assert "fastseq index --crops" in warning
    assert_same(made, batches(Loader(plain, **SETTINGS)))


@pytest.mark.parametrize("kind", READERS)
def test_parts_of_samples_keep_their_crop_indexes(folder, kind):
    plain = READERS[kind](folder)
    make(kind, folder)
    samples = READERS[kind](folder)
    for part in (
        lambda whole: whole.split(0.3, stratify=False)[0],
        lambda whole: whole[::-1],
        lambda whole: whole.without([whole.path(2)]),
        lambda whole: pickle.loads(pickle.dumps(whole)),
    ):
        warning, made = misfit(part(samples))
        assert warning is None
        assert part(samples).table.crops is not None
        assert_same(made, batches(Loader(part(plain), **SETTINGS)))


def test_remote_shards(folder, tmp_path, monkeypatch):
    pytest.importorskip("obstore")
    monkeypatch.setattr(stores, "_stores", {})
    with ObjectServer() as server:
        server.objects.update({f"/set/{file.name}": file.read_bytes() for file in folder.glob("*.t*")})
        for kind in ("tar", "tfrecord"):
            where = f"{server.url}/set"
            plain = READERS[kind](folder)
            make(kind, where, force=True)
            samples = READERS[kind](where)
            assert samples.table.crops is not None
            warning, made = misfit(samples)
            assert warning is None
            assert_same(made, batches(Loader(plain, **SETTINGS)))
            object.__setattr__(samples.table, "crops", swapped(samples))
            warning, made = misfit(samples)
            assert f"{server.url}/set/" in warning
            assert_same(made, batches(Loader(plain, **SETTINGS)))


def test_an_index_with_crop_indexes_is_not_replaced_by_one_without(folder, capsys):
    make("tar", folder)
    with pytest.raises(typer.Exit):
        index([f"{folder}/*.tar"], image="jpg", label="cls")
    assert "has crop indexes: pass --crops to keep them, or --force to drop them" in capsys.readouterr().err
    make("tar", folder)
    index([f"{folder}/*.tar"], image="jpg", label="cls", force=True)
    assert READERS["tar"](folder).table.crops is None


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["x.parquet"], {}, "images in Parquet files have no crop indexes"),
        (["set"], {"label": "cls"}, "are for shards, not for a folder"),
        (["set"], {"out": "other.fsi"}, "are for shards, not for a folder"),
        (["set"], {"crops": False}, "set is a folder: pass --crops to index the images in its class folders"),
        (["set/class 0"], {}, "has no class folders with images"),
    ],
)
def test_what_the_command_refuses(folder, capsys, names, options, message):
    with pytest.raises(typer.Exit):
        index([str(folder.parent / name) for name in names], **{"crops": True, **options})
    assert message in capsys.readouterr().err


def test_the_index_of_shards_in_a_folder_is_not_replaced(folder, capsys):
    make("tar", folder)
    with pytest.raises(typer.Exit):
        make("folder", folder)
    assert "index.fsi is an index of shards: pass --force to replace it" in capsys.readouterr().err
    assert READERS["folder"](folder).table.crops is None
    make("folder", folder, force=True)
    assert READERS["folder"](folder).table.crops is not None


def test_a_folder_that_has_changed(folder, images, capsys):
    """New files have no crop index, those that are gone need none, and one with other contents is reported."""
    make("folder", folder)
    (folder / "class 0" / "00.jpg").unlink()
    (folder / "class 0" / "zz.jpg").write_bytes(images[0])
    (folder / "class 1" / "09.jpg").write_bytes(images[10])
    samples = READERS["folder"](folder)
    warning, made = misfit(samples)
    assert "09.jpg is not the file" in warning
    has_index = [bool(len(samples.table.crops.of(i))) for i in range(N)]
    assert has_index == [samples.table.name(i)[-6:] not in ("zz.jpg", "03.jpg", "06.jpg") for i in range(N)]
    shutil.copytree(folder, folder.parent / "copy", ignore=shutil.ignore_patterns("*.fsi"))
    assert_same(made, batches(Loader(Samples.from_directory(folder.parent / "copy"), **SETTINGS)))
    make("folder", folder)
    warning, again = misfit(READERS["folder"](folder))
    assert warning is None
    assert_same(made, again)


def test_some_classes_of_a_folder(folder):
    make("folder", folder)
    samples = Samples.from_directory(folder, classes=["class 1", "class 0"])
    warning, _ = misfit(samples)
    assert warning is None
    assert samples.table.crops.of(0).tobytes() == crop_index((folder / "class 1" / "08.jpg").read_bytes())


def test_files_that_have_not_changed_are_not_read_again(folder, images, capsys):
    make("folder", folder)
    path = folder / "class 0" / "01.jpg"
    status = path.stat()
    path.write_bytes(bytes(status.st_size))  # no image any more, but as large and as old
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (folder / "class 0" / "02.jpg").write_bytes(images[5])
    make("folder", folder)
    found = find_folder_index(str(folder))
    crops = {found.names.name(i): found.crops.of(i).tobytes() for i in range(N)}
    assert crops["class 0/01.jpg"] == crop_index(images[1])
    assert crops["class 0/02.jpg"] == crop_index(images[5])


def test_an_index_that_cannot_be_written_beside_the_files(folder, capsys, monkeypatch):
    def write(path, *arguments):
        if path.parent == folder:
            raise PermissionError(13, "Permission denied", str(path))
        write_index(path, *arguments)

    monkeypatch.setattr("fastseq.samples.index.folder_index.write_index", write)
    make("folder", folder)
    assert "It is used by you alone" in capsys.readouterr().out
    assert READERS["folder"](folder).table.crops is not None


@pytest.mark.parametrize("damage", ["cut", "column", "offsets", "other"])
def test_the_index_of_a_folder_that_is_not_sound_is_not_used(folder, damage):
    make("folder", folder)
    file = folder / "index.fsi"
    header, columns = read_header(file), read_columns(file, read_header(file))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "column":
        write_index(file, header, columns | {"more": columns["names"]})
    elif damage == "offsets":
        write_index(file, header, columns | {"crop_offsets": columns["crop_offsets"][::-1].copy()})
    else:
        write_index(file, header | {"source": "tar"}, columns)
    assert READERS["folder"](folder).table.crops is None


@pytest.mark.parametrize("kind", ["tar", "folder"])
def test_damaged_crop_indexes_are_found_as_images_are_decoded(folder, kind):
    plain = batches(Loader(READERS[kind](folder), **SETTINGS))
    make(kind, folder)
    file = folder / "index.fsi"
    header = read_header(file)
    column = header["columns"]["crop_rows"]
    data = bytearray(file.read_bytes())
    data[column["offset"] : column["offset"] + column["shape"][0]] = np.random.default_rng(0).bytes(column["shape"][0])
    file.write_bytes(data)
    warning, made = misfit(READERS[kind](folder))
    assert "is not the file that its crop index was made of" in warning
    assert_same(made, plain)


def test_the_folder_of_a_set_of_energon_is_no_folder_of_images(folder):
    (folder / ".nv-meta").mkdir()
    (folder / ".nv-meta" / ".info.json").write_text('{"shard_counts": {"0.tar": 8, "1.tar": 5}}')
    index([str(folder)], image="jpg", crops=True)
    assert Samples.from_tar(str(folder), "jpg").table.crops is not None
