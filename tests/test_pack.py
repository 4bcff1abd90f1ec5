"""Packs: sets written anew as shards and an index."""

from __future__ import annotations

import gc
import io
import json
import os
import pickle
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from images import encoded, jpeg, photo
from jpeg_headers import with_bytes_before_end
from PIL import Image, ImageCms
from test_masks import PNG
from tfrecord_files import tfrecords

from fastseq import (
    DecodeError,
    Loader,
    PackProgress,
    RandomResizedCrop,
    Samples,
    Status,
    TooManyBadSamples,
    decode_batch,
    pack,
)
from fastseq._native.shards import crop_index
from fastseq.cli.main import main
from fastseq.errors import BadSamplesWarning

N = 23
SIZE = (24, 32)


@pytest.fixture(scope="module")
def images():
    """JPEGs of several sizes, one of them gray, and a PNG."""
    made = [jpeg(photo(60 + 7 * (i % 5), 90 - 11 * (i % 3), seed=i)) for i in range(N)]
    made[3] = cv2.imencode(".jpg", photo(70, 80, seed=3)[:, :, 0])[1].tobytes()
    made[5] = encoded(photo(50, 64, seed=5), "png")
    return made


@pytest.fixture
def folder(tmp_path, images):
    """Two class folders with them."""
    for i, data in enumerate(images):
        path = tmp_path / "photos" / ("cat" if i % 3 else "dog") / f"{i:02}.{'png' if i == 5 else 'jpg'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "photos"


@pytest.fixture
def samples(folder):
    return Samples.from_directory(folder)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def members(folder: Path) -> dict[str, bytes]:
    """The members of all shards."""
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                found[member.name] = archive.extractfile(member).read()
    return found


def by_name(samples: Samples) -> dict[str, tuple[np.ndarray, object]]:
    """The pixels and the label of each sample, by the name of its image."""
    pixels = [x for x, _ in Loader(samples, SIZE, 1, labels="raw" if samples.labels is not None else None)]
    labels = [None] * len(samples) if samples.labels is None else list(samples.labels)
    names = [samples[i].path.name for i in range(len(samples))]
    return dict(zip(names, zip(pixels, labels, strict=True), strict=True))


def test_images_that_are_kept(tmp_path, folder, samples, images):
    summary = pack(samples, tmp_path / "pack", keep=True, shard_bytes=20_000, workers=1)
    packed = Samples.from_pack(tmp_path / "pack")
    assert (summary.samples, summary.bytes_read, list(summary.bad)) == (N, sum(map(len, images)), [])
    assert 3 < summary.shards == len(list((tmp_path / "pack").glob("*.tar"))) < 12
    assert summary.bytes_written == sum(path.stat().st_size for path in (tmp_path / "pack").glob("*.tar"))
    assert packed.classes == samples.classes == ("cat", "dog")
    names = [packed[i].path.name for i in range(N)]
    assert names != sorted(names)
    assert sorted(names) == sorted(os.path.relpath(path, folder) for path in samples.paths())
    original = {os.path.relpath(path, folder): label for path, label in samples}
    for i, name in enumerate(names):
        assert packed[i].label == original[name]
        np.testing.assert_array_equal(
            decode_batch([packed[i].path], SIZE), decode_batch([(folder / name).read_bytes()], SIZE)
        )


def test_shards_are_in_the_layout_of_webdataset(tmp_path, samples):
    pack(samples, tmp_path / "pack", keep=True, shard_bytes=20_000, workers=1)
    found = members(tmp_path / "pack")
    assert sum(name.endswith(".cls") for name in found) == N
    assert json.loads((tmp_path / "pack" / "classes.json").read_text()) == ["cat", "dog"]
    packed = Samples.from_pack(tmp_path / "pack")
    read = Samples.from_tar(f"{tmp_path}/pack/shard-*.tar", label="cls", classes=["cat", "dog"])
    assert read.labels.tolist() == packed.labels.tolist()
    expected = [x for x, _ in Loader(packed, SIZE, 5)]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in Loader(read, SIZE, 5)]), np.concatenate(expected))


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # which webdataset leaves to the collector
def test_webdataset_reads_packs(tmp_path, samples, images):
    webdataset = pytest.importorskip("webdataset")
    pack(samples, tmp_path / "pack", keep=True, workers=1)
    stream = webdataset.WebDataset(str(tmp_path / "pack" / "shard-000000.tar"), shardshuffle=False).to_tuple(
        "jpg;png", "cls"
    )
    packed = Samples.from_pack(tmp_path / "pack")
    found = list(stream)
    del stream
    gc.collect()
    assert [int(label) for _, label in found] == packed.labels.tolist()
    assert sorted(data for data, _ in found) == sorted(images)


def test_shards_that_webdataset_writes(tmp_path, images):
    webdataset = pytest.importorskip("webdataset")
    with webdataset.TarWriter(str(tmp_path / "x.tar")) as writer:
        for i, data in enumerate(images):
            writer.write({"__key__": f"{i:03}", "jpg": data, "cls": i % 2})
    pack(Samples.from_tar(tmp_path / "x.tar", label="cls"), tmp_path / "pack", keep=True, workers=1)
    packed = Samples.from_pack(tmp_path / "pack")
    for source, label in packed:
        i = int(source.name[:3])
        assert label == i % 2
        assert Path(source.path).read_bytes()[source.offset : source.offset + source.length] == images[i]


@pytest.mark.parametrize("options", [{"short_side": 32}, {"short_side": 32, "quality": 75}, {"quality": 95}], ids=str)
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_images_that_are_encoded_anew(tmp_path, folder, samples, options, subsampling):
    pack(samples, tmp_path / "pack", workers=1, subsampling=subsampling, **options)
    packed = Samples.from_pack(tmp_path / "pack")
    side, quality = options.get("short_side"), options.get("quality", 90)
    for source, _ in packed:
        with open(source.path, "rb") as file:
            file.seek(source.offset)
            data = file.read(source.length)
        original = Image.open(io.BytesIO((folder / source.name).read_bytes()))
        width, height = original.size
        if side is not None:
            width, height = width * side // min(original.size), height * side // min(original.size)
        ours = Image.open(io.BytesIO(data))
        assert (ours.format, ours.mode, ours.size) == ("JPEG", original.mode, (width, height))
        shrunk = decode_batch([folder / source.name], (height, width), color="rgb")[0]
        flag = (
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
            if subsampling == "4:2:0"
            else {"4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422, "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444}[
                subsampling
            ]
        )
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, flag]
        bgr = shrunk[:, :, ::-1] if original.mode == "RGB" else shrunk[:, :, 0]
        theirs = cv2.imdecode(cv2.imencode(".jpg", bgr, settings)[1], cv2.IMREAD_UNCHANGED)
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(decoded, theirs)


def test_crop_indexes(tmp_path, samples, images):
    for crops in (False, True):
        pack(samples, tmp_path / str(crops), keep=True, shard_bytes=20_000, workers=1, crops=crops)
    plain, indexed = (Samples.from_pack(tmp_path / str(crops)) for crops in (False, True))
    assert plain.table.crops is None
    for i, (source, _) in enumerate(indexed):
        data = Path(source.path).read_bytes()[source.offset : source.offset + source.length]
        assert indexed.table.crops.of(i).tobytes() == crop_index(data)
        assert bool(len(indexed.table.crops.of(i))) == (not source.name.endswith("png"))
    settings = {"size": (16, 16), "batch_size": 4, "transform": RandomResizedCrop(), "shuffle": True}
    for (x, y), (expected_x, expected_y) in zip(Loader(indexed, **settings), Loader(plain, **settings), strict=True):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_images_are_upright(tmp_path):
    image = Image.fromarray(photo(40, 64, seed=1))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "jpeg", exif=exif)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    samples = Samples.from_files([tmp_path / "a.jpg"])
    pack(samples, tmp_path / "pack", short_side=20, quality=100, subsampling="4:4:4", workers=1)
    (data,) = members(tmp_path / "pack").values()
    assert Image.open(io.BytesIO(data)).size == (20, 32)
    close = decode_batch([data], (32, 20)).astype(int) - decode_batch([tmp_path / "a.jpg"], (32, 20))
    assert abs(close).mean() < 4


def test_colors_by_an_icc_profile(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = photo(40, 40, seed=1)
    swapped = bytearray(lab)  # red and green exchanged, so that the conversion shows
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    for kind in ("jpeg", "png"):
        Image.fromarray(pixels).save(tmp_path / f"a.{kind}", icc_profile=bytes(swapped), quality=95)
        samples = Samples.from_files([tmp_path / f"a.{kind}"])
        pack(samples, tmp_path / f"{kind} dropped", quality=95, subsampling="4:4:4", workers=1)
        pack(samples, tmp_path / kind, quality=95, subsampling="4:4:4", workers=1, profile="srgb")
        (dropped,), (converted,) = (members(tmp_path / name).values() for name in (f"{kind} dropped", kind))
        dropped, converted = (decode_batch([data], (40, 40))[0].astype(int) for data in (dropped, converted))
        assert abs(dropped - pixels).mean() < 8
        assert abs(converted - pixels[:, :, [1, 0, 2]]).mean() < 8


LABELS = {
    "classes": ["b", "a", "b", "c", "a", "b"],
    "floats": [0.5, 1.25, -3.0, 4.0, 5.5, 6.0],
    "rows": np.arange(12, dtype=np.float32).reshape(6, 2),
    "several": [["x"], ["x", "y"], [], ["y"], ["z"], ["z", "x"]],
    "none": None,
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_kind_and_columns_travel_along(tmp_path, images, kind):
    paths = []
    for i in range(6):
        paths.append(tmp_path / f"{i}.jpg")
        paths[-1].write_bytes(images[i % 3])
    columns = {
        "age": [1, 2, 3, 4, 5, 6],
        "at offsets": [0.5] * 6,
        "name": list("uvw\u00e4yz"),
        "is": [True, False] * 3,
        "at": np.ones((6, 3)) / 3,
    }
    samples = Samples.from_files(paths, LABELS[kind], columns=columns)
    pack(samples, tmp_path / "pack", short_side=24, workers=1)
    packed = Samples.from_pack(tmp_path / "pack")
    order = [int(Path(packed[i].path.name).stem) for i in range(6)]
    expected = samples.select(order)
    assert (packed.classes, packed.multi_label) == (expected.classes, expected.multi_label)
    assert packed.input_names == expected.input_names
    if kind == "none":
        assert packed.labels is None
    else:
        assert packed.labels.dtype == expected.labels.dtype
        np.testing.assert_array_equal(np.asarray(packed.labels), np.asarray(expected.labels))
    for name, column in expected.columns.items():
        assert packed.columns[name].dtype == column.dtype
        np.testing.assert_array_equal(packed.columns[name], column)
    found = members(tmp_path / "pack")
    record = json.loads(found["000000000.json"])
    assert (record["age"], record["name"]) == (columns["age"][order[0]], columns["name"][order[0]])


def test_further_images_travel_along(tmp_path, images):
    pairs = {"photo": [], "mask": []}
    for i in range(6):
        for name, data in (("photo", images[i % 3]), ("mask", PNG)):
            pairs[name].append(tmp_path / f"{i}.{name}")
            pairs[name][-1].write_bytes(data)
    samples = Samples.from_files(pairs)
    pack(samples, tmp_path / "pack", short_side=30, workers=1, crops=True, shard_bytes=9_000)
    packed = Samples.from_pack(tmp_path / "pack")
    assert len(packed.table.crops) == 12
    assert [len(packed.table.crops.of(i)) > 0 for i in range(12)] == [True] * 6 + [False] * 6
    assert packed.input_names == ("photo", "mask")
    found = members(tmp_path / "pack")
    assert sorted(found)[:2] == ["000000000.mask.png", "000000000.photo.jpg"]
    assert found["000000003.mask.png"] == PNG
    order = [int(name.partition(".")[0].rpartition("/")[2]) for name in (packed[i].path.name for i in range(6))]
    (x,) = Loader(packed, SIZE, 6)
    (expected,) = Loader(samples.select(order), SIZE, 6)
    np.testing.assert_array_equal(x["mask"], expected["mask"])


@pytest.mark.parametrize("source", ["tar", "tfrecord", "zip", "parquet", "memory"])
def test_sources(tmp_path, folder, images, source):
    made = Samples.from_directory(folder)
    if source == "tar":
        pack(made, tmp_path / "first", keep=True, shard_bytes=30_000, workers=1)
        made = Samples.from_tar(f"{tmp_path}/first/*.tar", label="cls")
    elif source == "tfrecord":
        (tmp_path / "x.tfrecord").write_bytes(tfrecords([{"image": data, "label": 0} for data in images]))
        made = Samples.from_tfrecord(tmp_path / "x.tfrecord")
    elif source == "zip":
        import zipfile

        with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for i, data in enumerate(images):
                archive.writestr(f"{'ab'[i % 2]}/{i}.jpg", data)
        made = Samples.from_zip(tmp_path / "x.zip")
    elif source == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        table = pyarrow.table({"image": images, "label": [i % 2 for i in range(N)]})
        parquet.write_table(table, tmp_path / "x.parquet", row_group_size=4)
        made = Samples.from_parquet(f"{tmp_path}/x.parquet")
    elif source == "memory":
        datasets = pytest.importorskip("datasets")
        rows = datasets.Dataset.from_dict({"image": images, "label": [i % 2 for i in range(N)]})
        made = Samples.from_huggingface(rows, image="image")
    pack(made, tmp_path / "pack", keep=True, shard_bytes=30_000, workers=2)
    packed = Samples.from_pack(tmp_path / "pack")
    found = [data for name, data in sorted(members(tmp_path / "pack").items()) if not name.endswith(".cls")]
    assert sorted(found) == sorted(images)
    assert sorted(packed.labels.tolist()) == sorted(made.labels.tolist())


def test_the_same_bytes_by_any_number_of_processes(tmp_path, samples):
    for workers in (1, 2, 3):
        pack(samples, tmp_path / str(workers), short_side=32, shard_bytes=8_000, workers=workers)
    assert files_in(tmp_path / "1") == files_in(tmp_path / "2") == files_in(tmp_path / "3")
    pack(samples, tmp_path / "other", short_side=32, shard_bytes=8_000, seed=1, workers=1)
    assert files_in(tmp_path / "other") != files_in(tmp_path / "1")


def interrupted(samples: Samples, folder: Path, after: int, **options: object) -> None:
    """Pack, and end after some shards."""

    def stop(progress: PackProgress) -> None:
        nonlocal after
        after -= 1
        if not after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(samples, folder, progress=stop, workers=1, **options)


def test_an_interrupted_run_goes_on(tmp_path, samples):
    options = {"short_side": 32, "shard_bytes": 8_000}
    pack(samples, tmp_path / "whole", workers=1, **options)
    interrupted(samples, tmp_path / "pack", 2, **options)
    with pytest.raises(FileNotFoundError, match="not finished; fastseq pack goes on with it"):
        Samples.from_pack(tmp_path / "pack")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "pack").glob("*.tar")}
    assert len(before) == 2
    damaged = sorted((tmp_path / "pack").glob("*.tar"))[1]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    pack(samples, tmp_path / "pack", workers=1, **options)
    assert files_in(tmp_path / "pack") == files_in(tmp_path / "whole")
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "pack").glob("*.tar")}
    assert [name for name in before if before[name] == after[name]] == ["shard-000000.tar"]


def test_a_finished_pack_is_verified(tmp_path, samples):
    options = {"short_side": 32, "shard_bytes": 8_000, "workers": 1}
    first = pack(samples, tmp_path / "pack", **options)
    contents = files_in(tmp_path / "pack")
    (tmp_path / "pack" / "shard-000000.part").write_bytes(b"left by a run that was killed")
    again = pack(samples, tmp_path / "pack", **options)
    assert (again.samples, again.bytes_written, again.bytes_read) == (
        first.samples,
        first.bytes_written,
        first.bytes_read,
    )
    assert files_in(tmp_path / "pack") == contents
    shard = tmp_path / "pack" / "shard-000001.tar"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match=r"shard-000001\.tar is damaged or missing: delete the folder"):
        pack(samples, tmp_path / "pack", **options)
    shard.unlink()
    with pytest.raises(ValueError, match=r"shard-000001\.tar is damaged or missing"):
        pack(samples, tmp_path / "pack", **options)


def test_a_folder_with_something_else(tmp_path, samples):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty, and no pack was begun there: choose a new folder"):
        pack(samples, tmp_path / "pack", keep=True)
    assert files_in(tmp_path / "pack") == {"notes.txt": b"mine"}
    interrupted(samples, tmp_path / "begun", 1, keep=True, shard_bytes=20_000)
    with pytest.raises(ValueError, match="has a pack of other samples or with other settings"):
        pack(samples, tmp_path / "begun", keep=True, shard_bytes=30_000)
    pack(samples, tmp_path / "whole", keep=True, workers=1)
    with pytest.raises(ValueError, match="has a pack of other samples or with other settings"):
        pack(samples[:5], tmp_path / "whole", keep=True)


@pytest.fixture
def dirty(folder):
    """The folder with a file that is no image, one that is cut off, one that is empty, and one that will be gone."""
    bad = sorted(folder.rglob("*.jpg"))[:4]
    bad[0].write_bytes(b"no image")
    bad[1].write_bytes(bad[1].read_bytes()[:300])
    bad[2].write_bytes(b"")
    samples = Samples.from_directory(folder)
    bad[3].unlink()
    return samples


def test_bad_images(tmp_path, dirty):
    with pytest.raises(DecodeError):
        pack(dirty, tmp_path / "raise", short_side=32, workers=1)
    for workers in (1, 2):
        summary = pack(
            dirty,
            tmp_path / str(workers),
            short_side=32,
            shard_bytes=8_000,
            on_error="skip",
            max_bad=4,
            workers=workers,
        )
        assert {report.status for report in summary.bad} == {
            Status.NOT_AN_IMAGE,
            Status.TRUNCATED,
            Status.EMPTY,
            Status.NOT_FOUND,
        }
        assert [dirty.path(report.index) for report in summary.bad] == [report.path for report in summary.bad]
        packed = Samples.from_pack(tmp_path / str(workers))
        assert len(packed) == summary.samples == N - 4
    assert files_in(tmp_path / "1") == files_in(tmp_path / "2")
    with pytest.raises(TooManyBadSamples, match=r"max_bad allows 3"):
        pack(dirty, tmp_path / "few", short_side=32, on_error="skip", max_bad=3, workers=1)
    kept = pack(dirty, tmp_path / "kept", keep=True, on_error="skip", max_bad=4, workers=1)
    assert {report.status for report in kept.bad} == {Status.NOT_AN_IMAGE, Status.EMPTY, Status.NOT_FOUND}


def test_images_that_are_decoded_from_damaged_data(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(photo(40, 50, seed=1)))
    (tmp_path / "b.jpg").write_bytes(with_bytes_before_end(jpeg(photo(40, 50, seed=2))))
    samples = Samples.from_files([tmp_path / "a.jpg", tmp_path / "b.jpg"])
    with pytest.warns(BadSamplesWarning, match="1 of 2 images were decoded from damaged data"):
        summary = pack(samples, tmp_path / "pack", short_side=30, workers=1)
    assert [(report.index, report.status) for report in summary.bad] == [(1, Status.RECOVERED)]
    assert len(Samples.from_pack(tmp_path / "pack")) == summary.samples == 2


def test_bad_images_alone(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"no image")
    samples = Samples.from_files([tmp_path / "x.jpg"])
    with pytest.raises(ValueError, match="no sample could be packed: all are bad"):
        pack(samples, tmp_path / "pack", keep=True, on_error="skip", workers=1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "say what becomes of the images: keep=True copies"),
        ({"keep": True, "quality": 90}, ValueError, "leave out quality, or keep"),
        ({"short_side": 0}, ValueError, "short_side must be"),
        ({"short_side": 2.5}, TypeError, "short_side must be an integer"),
        ({"quality": 101}, ValueError, "quality must be"),
        ({"quality": 90, "subsampling": "420"}, ValueError, "subsampling must be"),
        ({"quality": 90, "profile": "keep"}, ValueError, "profile must be"),
        ({"keep": True, "on_error": "fill"}, ValueError, "on_error must be"),
        ({"keep": True, "max_bad": 1}, ValueError, "max_bad needs a policy"),
        ({"keep": True, "shard_bytes": "big"}, ValueError, "shard_bytes must be"),
        ({"keep": True, "workers": 2, "ray": "auto"}, ValueError, "leave one of them out"),
    ],
)
def test_settings(tmp_path, samples, options, error, message):
    with pytest.raises(error, match=message):
        pack(samples, tmp_path / "pack", **options)
    assert not (tmp_path / "pack").exists()


def test_nothing_to_pack(tmp_path, samples):
    with pytest.raises(ValueError, match="there are no samples to pack"):
        pack(samples[:0], tmp_path / "pack", keep=True)


def test_packs_that_are_damaged(tmp_path, samples):
    pack(samples, tmp_path / "pack", keep=True, shard_bytes=20_000, workers=1)
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        Samples.from_pack(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match=r"has no index\.fsi: it is no pack"):
        Samples.from_pack(tmp_path)
    shard = tmp_path / "pack" / "shard-000001.tar"
    data = bytearray(shard.read_bytes())
    packed = Samples.from_pack(tmp_path / "pack")
    target = next(i for i in range(N) if packed[i].path.path == str(shard))
    data[packed[target].path.offset + packed[target].path.length - 5] ^= 1
    shard.write_bytes(bytes(data))
    with pytest.raises(DecodeError, match="does not match its checksum"):
        list(Loader(Samples.from_pack(tmp_path / "pack"), SIZE, 4))
    shard.write_bytes(bytes(data[:-512]))
    with pytest.raises(ValueError, match="it is cut off, or of another pack"):
        Samples.from_pack(tmp_path / "pack")
    shard.unlink()
    with pytest.raises(FileNotFoundError):
        Samples.from_pack(tmp_path / "pack")
    index = tmp_path / "pack" / "index.fsi"
    index.write_bytes(index.read_bytes()[:-40])
    with pytest.raises(ValueError, match="index"):
        Samples.from_pack(tmp_path / "pack")


def test_a_pack_is_copied_and_pickled(tmp_path, samples):
    pack(samples, tmp_path / "pack", keep=True, shard_bytes=20_000, workers=1)
    (tmp_path / "pack").rename(tmp_path / "moved")
    packed = Samples.from_pack(tmp_path / "moved")
    again = pickle.loads(pickle.dumps(packed))
    for (x, y), (expected_x, expected_y) in zip(Loader(again, SIZE, 4), Loader(packed, SIZE, 4), strict=True):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_a_pack_of_a_pack(tmp_path, samples):
    pack(samples, tmp_path / "pack", keep=True, shard_bytes=20_000, workers=1)
    pack(Samples.from_pack(tmp_path / "pack"), tmp_path / "small", short_side=24, workers=1)
    packed = Samples.from_pack(tmp_path / "small")
    assert sorted(packed[i].path.name for i in range(N)) == sorted(
        os.path.relpath(path, Path(samples.table.root.decode())) for path in samples.paths()
    )


def test_the_command(tmp_path, folder, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["pack", "photos", "pack", "--short-side", "32", "--split", "0.25", "--workers", "1"])
    assert ended.value.code == 0
    said = capsys.readouterr()
    assert "samples = fastseq.Samples.from_pack('pack/train')" in said.out
    train, validation = (Samples.from_pack(f"pack/{name}") for name in ("train", "validation"))
    assert (len(train), len(validation)) == (17, 6)
    with pytest.raises(SystemExit) as ended:
        main(["pack", "pack/train", "kept", "--keep", "--workers", "1"])
    assert ended.value.code == 0
    assert len(Samples.from_pack("kept")) == 17


def test_the_command_lists_bad_images(tmp_path, dirty, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["pack", "photos", "pack", "--short-side", "32", "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert "fastseq: cannot decode" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main([*command[:2], "skipped", *command[3:], "--on-error", "skip", "--max-bad", "0.5"])
    assert ended.value.code == 0
    assert "3 samples are listed in fastseq-bad.jsonl" in capsys.readouterr().out
    assert len(Samples.from_directory("photos").without("fastseq-bad.jsonl")) == N - 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photos", "pack"], "say what becomes of the images"),
        (["photos", "pack", "--keep", "--label", "cls"], "--label is for CSV files and shards"),
        (["photos", "pack", "--keep", "--max-bad", "few"], "--max-bad is a number of images"),
        (["nowhere", "pack", "--keep"], "nowhere"),
        (["x.tar", "pack", "--keep", "--label", "cls", "--no-label"], "leave one of them out"),
    ],
)
def test_commands_that_are_wrong(tmp_path, folder, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["pack", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
