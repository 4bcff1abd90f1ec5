"""Samples from zip archives."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import encoded, jpeg, photo

from fastseq import DecodeError, FileRange, Limits, Loader, Samples
from fastseq._native.shards import ZIP_MEMBER, ZipReader
from fastseq.errors import SamplesWarning
from fastseq.status import Status

SIZE = (16, 20)
DTYPE = np.dtype([(name, np.int64) for name in ZIP_MEMBER])
METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}


def packed(files, method="deflated", **changes):
    """An archive of files with these names and contents."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", METHODS[method]) as archive:
        for name, contents in files:
            member = zipfile.ZipInfo(name)
            member.compress_type = METHODS[method]
            for attribute, value in changes.items():
                setattr(member, attribute, value)
            archive.writestr(member, contents)
    return stream.getvalue()


@pytest.fixture(scope="module")
def photos():
    """Images by their names in class folders."""
    names = ["cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/sub/3.JPG", "dog/a.png", "eel/1.jpg"]
    images = {name: jpeg(photo(30 + i, 40, seed=i)) for i, name in enumerate(names)}
    images["dog/a.png"] = encoded(photo(33, 44, 9), "png")
    return images


@pytest.fixture
def folder(tmp_path, photos):
    for name, data in photos.items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "unpacked"


def read(path, at_once=3):
    """All that the reader finds: names and members, and the reader."""
    reader, found = ZipReader(os.fsencode(path)), []
    while not reader.done:
        names, columns = reader.read(at_once)
        members = np.frombuffer(columns, DTYPE)
        starts = [0, *members["name_end"].tolist()]
        found += [(names[start:end], member) for start, end, member in zip(starts, starts[1:], members, strict=False)]
    return found, reader


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=200)


@given(
    files=st.lists(st.tuples(NAMES, st.binary(max_size=3000)), max_size=6, unique_by=lambda file: file[0]),
    method=st.sampled_from([*METHODS]),
    prefix=st.binary(max_size=300),
    comment=st.binary(max_size=300),
)
def test_members_are_those_of_zipfile(tmp_path_factory, files, method, prefix, comment):
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    path.write_bytes(packed(files, method))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = comment
    path.write_bytes(prefix + path.read_bytes())  # as archives that unpack themselves
    try:
        with zipfile.ZipFile(path) as archive:
            expected = [(member, archive.read(member)) for member in archive.infolist()]
    except zipfile.BadZipFile:  # the comment looks like an end
        return
    found, reader = read(path)
    assert reader.status == Status.OK
    assert len(found) == len(expected)
    contents = path.read_bytes()
    for (_, member), (info, data) in zip(found, expected, strict=True):
        assert (member["header_offset"], member["size"]) == (info.header_offset, info.file_size)
        assert (member["compressed_size"], member["crc32"]) == (info.compress_size, info.CRC)
        offset = reader.contents_offset(member["header_offset"], member["compressed_size"])
        if method == "stored":
            assert contents[offset : offset + len(data)] == data


def test_numbers_of_64_bits(tmp_path, photos, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    (tmp_path / "x.zip").write_bytes(b"prefix" + packed(photos.items()))
    assert b"PK\6\6" in (tmp_path / "x.zip").read_bytes()
    samples = Samples.from_zip(tmp_path / "x.zip")
    assert len(samples) == 6
    assert next(iter(Loader(samples, SIZE, 6)))[0].any(axis=(1, 2, 3)).all()


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 30))
def test_damaged_archives_end_with_a_status(tmp_path_factory, seed, changes):
    rng = random.Random(seed)
    data = bytearray(packed([(f"cat/{i}.jpg", b"x" * rng.randrange(200)) for i in range(5)], "stored"))
    for _ in range(changes):
        at = rng.randrange(len(data)) if rng.random() < 0.3 else len(data) - 1 - rng.randrange(300)
        data[at] = rng.choice(b"\0\xffPK" + bytes(range(256)))
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    path.write_bytes(data)
    found, reader = read(path)
    assert reader.status in (Status.OK, Status.CORRUPT, Status.UNSUPPORTED_FORMAT)
    for _, member in found:
        offset = reader.contents_offset(member["header_offset"], member["compressed_size"])
        assert offset == -1 or 30 <= offset <= offset + member["compressed_size"] <= len(data)


@pytest.mark.parametrize("method", [*METHODS])
def test_batches_are_those_of_the_folder(tmp_path, photos, folder, method):
    (tmp_path / "x.zip").write_bytes(packed(photos.items(), method))
    samples, plain = Samples.from_zip(tmp_path / "x.zip"), Samples.from_directory(folder)
    assert samples.classes == plain.classes == ("cat", "dog", "eel")
    options = {"shuffle": True, "seed": 3}
    for (x, y), (expected_x, expected_y) in zip(
        Loader(samples, SIZE, 4, **options), Loader(plain, SIZE, 4, **options), strict=True
    ):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_samples_are_those_of_their_ranges(tmp_path, photos):
    (tmp_path / "x.zip").write_bytes(packed(photos.items()))
    samples = Samples.from_zip(tmp_path / "x.zip")
    again = Samples.from_files([path for path, _ in samples], [label for _, label in samples])
    assert isinstance(samples[0].path, FileRange)
    assert samples[0].path.inflated_size == len(photos["cat/1.jpg"])
    np.testing.assert_array_equal(next(iter(Loader(samples, SIZE, 6)))[0], next(iter(Loader(again, SIZE, 6)))[0])
    assert [path for path, _ in samples.select([4, 1])] == [samples[4].path, samples[1].path]
    one, other = samples.split(0.5)
    assert sorted([*one.paths(), *other.paths()]) == sorted(samples.paths())


@pytest.mark.parametrize(
    ("wrapped", "folder", "classes"),
    [
        ("", None, ("cat", "dog", "eel")),
        ("photos/", None, ("cat", "dog", "eel")),
        ("./a/photos/", None, ("cat", "dog", "eel")),
        ("a/photos/", "a", ("photos",)),
        ("a/photos/", "/a/photos/", ("cat", "dog", "eel")),
        ("a/photos/", "a/photos/dog", ("sub",)),
    ],
)
def test_where_class_folders_are(tmp_path, photos, wrapped, folder, classes):
    files = [(wrapped + name, data) for name, data in photos.items()]
    (tmp_path / "x.zip").write_bytes(packed([*files, ("__MACOSX/._1.jpg", b""), (".hidden/a.jpg", b"")]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SamplesWarning)  # of what is beside the class folders
        samples = Samples.from_zip(tmp_path / "x.zip", folder=folder)
    assert samples.classes == classes


def test_parts_of_a_set(tmp_path, photos):
    files = [(f"{part}/{name}", data) for part in ("train", "test") for name, data in photos.items()]
    (tmp_path / "x.zip").write_bytes(packed(files))
    message = (
        r"the class folders are 'test', 'train'. If they are .* parts of the set, read one of them: pass folder='test'"
    )
    with pytest.warns(SamplesWarning, match=message):
        assert len(Samples.from_zip(tmp_path / "x.zip")) == 12
    assert Samples.from_zip(tmp_path / "x.zip", folder="train").classes == ("cat", "dog", "eel")


def test_names(tmp_path, photos):
    data = photos["cat/1.jpg"]
    names = ["b\\1.jpg", "ä/1.jpg", "../../etc/1.jpg", "/c/1.jpg"]
    (tmp_path / "x.zip").write_bytes(packed([(name, data) for name in names], create_system=0))
    assert Samples.from_zip(tmp_path / "x.zip").classes == ("b", "c", "etc", "ä")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed([("a/1.jpg", data), ("a/1.jpg", photos["cat/2.jpg"])], "stored")
    (tmp_path / "x.zip").write_bytes(twice)
    with pytest.warns(SamplesWarning, match="several files have the same name, and the last one counts: 1 "):
        (source, _) = Samples.from_zip(tmp_path / "x.zip")[0]
    assert twice[source.offset : source.offset + source.length] == photos["cat/2.jpg"]


def test_what_is_left_out(tmp_path, photos):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in photos.items():
            archive.writestr(name, data)
        archive.writestr("empty/", b"")
        archive.writestr("loose.jpg", b"")
        archive.writestr("cat/movie.mp4", b"")
        link = zipfile.ZipInfo("cat/link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"1.jpg")
    (tmp_path / "x.zip").write_bytes(stream.getvalue())
    with pytest.warns(SamplesWarning) as caught:
        samples = Samples.from_zip(tmp_path / "x.zip")
    assert (len(samples), samples.empty_classes) == (6, ("empty",))
    text = " ".join(str(warning.message) for warning in caught)
    for words in ("links were left out: 1", "outside the class folders: 1", "'cat/movie.mp4'", "'empty'"):
        assert words in text


@pytest.mark.parametrize("method", [*METHODS])
def test_a_damaged_image_costs_itself_alone(tmp_path, photos, method):
    (tmp_path / "x.zip").write_bytes(packed(photos.items(), method))
    samples = Samples.from_zip(tmp_path / "x.zip")
    data = bytearray((tmp_path / "x.zip").read_bytes())
    source = samples[1].path
    data[source.offset + source.length - 40] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    samples = Samples.from_zip(tmp_path / "x.zip")
    with pytest.raises(DecodeError, match=r"x\.zip\[\d+:\d+\]") as caught:
        Loader(samples, SIZE, 6).batch(0, 0)
    assert caught.value.status is Status.CORRUPT
    assert "in the archive" in str(caught.value)
    loader = Loader(samples, SIZE, 6, on_error="fill")
    with pytest.warns(UserWarning, match="1 CORRUPT"):
        _, _, weights = next(iter(loader))
    assert weights.tolist() == [1, 0, 1, 1, 1, 1]


def test_limits_are_those_of_the_image(tmp_path):
    (tmp_path / "x.zip").write_bytes(packed([("a/bomb.jpg", bytes(10**7)), ("b/empty.jpg", b"")]))
    samples = Samples.from_zip(tmp_path / "x.zip")
    assert samples[0].path.length < 20_000
    for sample, limits, status in [
        (0, Limits(file_bytes=10**6), Status.FILE_TOO_LARGE),
        (0, Limits(), Status.NOT_AN_IMAGE),
        (1, Limits(), Status.EMPTY),
    ]:
        with pytest.raises(DecodeError) as caught:
            Loader(samples.select([sample]), SIZE, 1, limits=limits).batch(0, 0)
        assert caught.value.status is status


def changed(data, offset, form, *values):
    """An archive of one file, whose directory has other numbers at an offset from its start."""
    data = bytearray(data)
    struct.pack_into(form, data, data.rindex(b"PK\1\2") + offset, *values)
    return bytes(data)


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (8, "<H", 1, "a/1.jpg is encrypted"),
        (10, "<H", 12, "compressed by bzip2, which is not read; .* zip -0"),
        (10, "<H", 99, "compressed by method 99"),
        (20, "<I", 2**31, "is not where the archive's central directory says"),
        (24, "<I", 2**31, r"\d+ bytes cannot hold 2,147,483,648"),
        (42, "<I", 7, "is not where the archive's central directory says"),
        (28, "<H", 65535, "cannot be read as a zip archive: its central directory is damaged"),
        (24, "<I", 2**32 - 1, "cannot be read as a zip archive: its central directory is damaged"),
        (0, "<I", 0, "cannot be read as a zip archive: its central directory is damaged"),
    ],
)
def test_refused(tmp_path, photos, offset, form, value, message):
    whole = packed([("a/1.jpg", photos["cat/1.jpg"])])
    (tmp_path / "x.zip").write_bytes(changed(whole, offset, form, value))
    with pytest.raises(ValueError, match=message):
        Samples.from_zip(tmp_path / "x.zip")


def test_what_is_no_archive(tmp_path, photos):
    whole = packed(photos.items())
    for data in (b"", photos["cat/1.jpg"], whole[:-30], whole[: len(whole) // 2]):
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(
            ValueError, match=r"x\.zip cannot be read as a zip archive: it does not end as zip archives do"
        ):
            Samples.from_zip(tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes(whole)
    with pytest.raises(ValueError, match=r"has no folder 'fish'; the folders are 'cat', 'dog', 'eel'"):
        Samples.from_zip(tmp_path / "x.zip", folder="fish")
    with pytest.raises(ValueError, match="no folders for the classes 'fish'"):
        Samples.from_zip(tmp_path / "x.zip", classes=["fish"])
    with pytest.raises(FileNotFoundError):
        Samples.from_zip(tmp_path / "absent.zip")


STRAY = ["README.txt", "labels.csv", "photos/README.txt", "photos/Thumbs.db", "annotations/a.xml", "other/"]


@pytest.mark.parametrize("stray", [[name] for name in STRAY] + [STRAY])
def test_what_is_no_image_does_not_hide_class_folders(tmp_path, photos, stray):
    files = [(f"photos/{name}", data) for name, data in photos.items()]
    (tmp_path / "x.zip").write_bytes(packed([*files, *((name, b"") for name in stray)]))
    assert Samples.from_zip(tmp_path / "x.zip").classes == ("cat", "dog", "eel")


@pytest.mark.parametrize("beside", ["cover.jpg", "photos/cover.jpg"])
def test_a_single_class_that_has_folders(tmp_path, photos, beside):
    files = [(f"photos/{name}", data) for name, data in photos.items()]
    (tmp_path / "x.zip").write_bytes(packed([*files, (beside, photos["cat/1.jpg"])]))
    message = (
        r"all images are in the class folder 'photos', which has the folders 'cat', 'dog', 'eel'\. If these .* pass "
    )
    with pytest.warns(SamplesWarning) as caught:
        assert Samples.from_zip(tmp_path / "x.zip").classes == ("photos",)
    assert any(re.search(message + "folder='photos'", str(warning.message)) for warning in caught)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    with pytest.warns(SamplesWarning) as caught:
        Samples.from_directory(tmp_path / "unpacked")
    assert any(re.search(message + "'.*/unpacked/photos'", str(warning.message)) for warning in caught)


@pytest.mark.parametrize("system", [3, 19])
@pytest.mark.parametrize("extra", [False, True])
def test_names_in_utf8_that_do_not_say_so(tmp_path, photos, system, extra):
    """As Info-ZIP's zip and Finder write them."""
    data = photos["cat/1.jpg"]
    names = [f"{name}/1.jpg".encode() for name in ("öl", "ül", "élan")]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for letter, raw in zip("ABC", names, strict=True):
            member = zipfile.ZipInfo(letter * len(raw))
            member.create_system = system
            stored = letter.encode() * len(raw)
            if extra:
                field = b"\x01" + struct.pack("<I", zlib.crc32(stored)) + raw
                member.extra = struct.pack("<HH", 0x9999, 3) + b"abc" + struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(member, data)
    whole = bytearray(stream.getvalue())
    if not extra:
        for letter, raw in zip("ABC", names, strict=True):
            for _ in range(2):  # in the file's own header, and in the central directory
                at = whole.index(letter.encode() * len(raw))
                whole[at : at + len(raw)] = raw
    (tmp_path / "x.zip").write_bytes(whole)
    assert Samples.from_zip(tmp_path / "x.zip").classes == ("élan", "öl", "ül")


def test_files_with_the_name_of_a_folder(tmp_path, photos):
    data = photos["cat/1.jpg"]
    for files in ([("cat/1.jpg", data), ("cat", b"x")], [("cat", b"x"), ("cat/1.jpg", data)]):
        (tmp_path / "x.zip").write_bytes(packed([*files, ("dog/1.jpg", data)]))
        with pytest.warns(SamplesWarning, match="files that have the name of a folder were left out: 1 .'cat'"):
            assert Samples.from_zip(tmp_path / "x.zip").classes == ("cat", "dog")
    folder = zipfile.ZipInfo("cat")
    folder.create_system, folder.external_attr = 0, 0x10
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(folder, b"")
        archive.writestr("cat/1.jpg", data)
    assert Samples.from_zip(tmp_path / "x.zip").classes == ("cat",)


def test_depth_is_limited(tmp_path, photos):
    data = photos["cat/1.jpg"]
    (tmp_path / "x.zip").write_bytes(packed([("a/" * 99 + "b/1.jpg", data), ("a/" * 99 + "c/1.jpg", data)]))
    assert Samples.from_zip(tmp_path / "x.zip").classes == ("b", "c")
    (tmp_path / "x.zip").write_bytes(packed([("a/" * 30_000 + "1.jpg", data)]))
    with pytest.raises(ValueError, match=r"x\.zip has folders that are more than 100 deep: 'a/a/"):
        Samples.from_zip(tmp_path / "x.zip")


def test_braces_in_names(tmp_path, photos):
    files = [(f"set{{v1}}{{/{part}/{name}", data) for part in ("train", "test") for name, data in photos.items()]
    (tmp_path / "x{}.zip").write_bytes(packed(files))
    with pytest.warns(SamplesWarning, match=r"pass folder='set\{v1\}\{/test'"):
        assert Samples.from_zip(tmp_path / "x{}.zip").classes == ("test", "train")
    assert Samples.from_zip(tmp_path / "x{}.zip", folder="set{v1}{/train").classes == ("cat", "dog", "eel")
    with pytest.raises(ValueError, match=r"no folder 'train'; did you mean 'set\{v1\}\{/train'"):
        Samples.from_zip(tmp_path / "x{}.zip", folder="train")


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (4, "<H", 2, "it is split into several files"),
        (6, "<H", 1, "it is split into several files"),
        (10, "<H", 9, "its central directory does not have as many files as it says"),
        (16, "<I", 2**31, "its central directory is not where it says"),
    ],
)
def test_ends_that_are_refused(tmp_path, photos, offset, form, value, message):
    whole = bytearray(packed(photos.items()))
    struct.pack_into(form, whole, whole.rindex(b"PK\5\6") + offset, value)
    (tmp_path / "x.zip").write_bytes(whole)
    with pytest.raises(ValueError, match=rf"x\.zip cannot be read as a zip archive: {message}"):
        Samples.from_zip(tmp_path / "x.zip")


def test_what_is_no_path(tmp_path):
    with pytest.raises(IsADirectoryError):
        Samples.from_zip(tmp_path)
    for path in (b"x.zip", ["x.zip"], None):
        with pytest.raises(TypeError, match="path must be the path of one zip archive"):
            Samples.from_zip(path)


def test_a_table_of_images_in_an_archive(tmp_path, photos, folder):
    pd = pytest.importorskip("pandas")
    names = [*photos]
    rows = ["image,label", *(f"./{name},{i % 2}" for i, name in enumerate(names)), f"{names[0]},0"]
    (tmp_path / "train.csv").write_text("\n".join(rows))
    (tmp_path / "x.zip").write_bytes(packed([(f"photos/{name}", data) for name, data in photos.items()]))
    plain = Samples.from_csv(tmp_path / "train.csv", root=folder)
    samples = Samples.from_csv(tmp_path / "train.csv", root=f"{tmp_path}/x.zip/photos/")
    assert samples.labels.tolist() == plain.labels.tolist()
    options = {"shuffle": True, "seed": 3}
    for (x, y), (expected_x, expected_y) in zip(
        Loader(samples, SIZE, 4, **options), Loader(plain, SIZE, 4, **options), strict=True
    ):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)
    assert samples[0].path == samples[6].path
    frame = pd.DataFrame({"left": names, "right": names[::-1], "label": 0})
    both = Samples.from_dataframe(frame, ["left", "right"], root=tmp_path / "x.zip" / "photos")
    assert [paths[0] for paths in map(both.image_paths, both.input_names)] == [samples.path(0), samples.path(5)]


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("x.zip", r"row 1 \(counted from 0\): .*x\.zip has no file 'cat/1.jpg'; did you mean root='.*x\.zip/photos'\?"),
        ("x.zip/photos/dog", r"no file 'photos/dog/cat/1.jpg'; did you mean root='.*x\.zip/photos'"),
        ("x.zip/photos/eel", r"no file 'photos/eel/cow/1.jpg'; there are '1.jpg'"),
        ("train.csv", "train.csv cannot be read as a zip archive"),
    ],
)
def test_a_table_of_files_that_an_archive_lacks(tmp_path, photos, root, message):
    rows = {"x.zip": ["photos/cat/1.jpg", "cat/1.jpg"], "x.zip/photos/eel": ["cow/1.jpg"]}
    (tmp_path / "train.csv").write_text("\n".join(["image", *rows.get(root, ["cat/1.jpg"])]))
    (tmp_path / "x.zip").write_bytes(packed([(f"photos/{name}", data) for name, data in photos.items()]))
    with pytest.raises(ValueError, match=message):
        Samples.from_csv(tmp_path / "train.csv", label=None, root=tmp_path / root)
