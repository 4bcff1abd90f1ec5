"""Samples from tar archives."""

from __future__ import annotations

import io
import os
import random
import tarfile
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo
from tar_files import FORMATS, tar

from fastseq import DecodeError, FileRange, Loader, Samples
from fastseq._native.shards import TarReader
from fastseq.errors import SamplesWarning, UnknownLabelError
from fastseq.status import Status

SIZE = (16, 20)


def members(path, at_once=3):
    """What the reader finds: (name, offset, length) of each file, and the reader."""
    reader, found = TarReader(os.fsencode(path)), []
    while not reader.done:
        names, *columns = reader.read(at_once)
        ends, offsets, lengths = (np.frombuffer(column, np.int64).tolist() for column in columns)
        starts = [0, *ends]
        found += [
            (os.fsdecode(names[start:end]), offset, length)
            for start, end, offset, length in zip(starts, ends, offsets, lengths, strict=False)
        ]
    return found, reader


def members_by_tarfile(path):
    with tarfile.open(path, "r:", ignore_zeros=True, errors="surrogateescape", encoding="utf-8") as archive:
        return [(member.name, member.offset_data, member.size) for member in archive if member.isreg()]


@pytest.fixture(scope="module")
def jpegs():
    return [jpeg(photo(30 + i, 40, seed=i)) for i in range(7)]


@pytest.fixture
def shards(tmp_path, jpegs):
    """Two shards with the labels 0 to 6, and other files."""
    for shard, numbers in enumerate((range(4), range(4, 7))):
        files = []
        for i in numbers:
            files += [(f"part/{i:06}.cls", b"%d" % i), (f"part/{i:06}.jpg", jpegs[i]), (f"part/{i:06}.json", b"{}")]
        (tmp_path / f"train-{shard:04}.tar").write_bytes(tar(files))
    return tmp_path


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=300).filter(
    lambda name: name.strip("/") == name and 0 < len(name.encode()) < 600
)


@given(files=st.lists(st.tuples(NAMES, st.binary(max_size=3000)), max_size=6), form=st.sampled_from(["gnu", "pax"]))
def test_members_are_those_of_tarfile(tmp_path_factory, files, form):
    path = tmp_path_factory.mktemp("tar") / "any.tar"
    path.write_bytes(tar(files, form))
    found, reader = members(path)
    assert found == members_by_tarfile(path)
    assert reader.status == Status.OK
    contents = path.read_bytes()
    assert [contents[offset : offset + length] for _, offset, length in found] == [data for _, data in files]


@pytest.mark.parametrize("form", FORMATS)
def test_each_format(tmp_path, form):
    long = f"{'folder/' * 20}000001.jpg"  # two fields in ustar, a file of its own before it in the others
    (tmp_path / "x.tar").write_bytes(tar([("a.jpg", b"1" * 600), (long, b"22"), ("empty.jpg", b"")], form))
    found, _ = members(tmp_path / "x.tar")
    assert [(name, length) for name, _, length in found] == [("a.jpg", 600), (long, 2), ("empty.jpg", 0)]
    assert found == members_by_tarfile(tmp_path / "x.tar")


def test_what_is_no_file_is_left_out(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "of all"}
    ) as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo("x" * 150)
            member.type, member.linkname, member.size = kind, "y" * 150, 0
            archive.addfile(member)
        member = tarfile.TarInfo("last.jpg")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    (tmp_path / "x.tar").write_bytes(stream.getvalue())
    found, _ = members(tmp_path / "x.tar")
    assert [name for name, _, _ in found] == ["last.jpg"]
    assert found == members_by_tarfile(tmp_path / "x.tar")


def test_sizes_in_binary(tmp_path):
    member = tarfile.TarInfo("huge.jpg")
    member.size = 1 << 40
    (tmp_path / "x.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    found, reader = members(tmp_path / "x.tar")
    assert found == [("huge.jpg", 512, 1 << 40)]
    assert reader.status == Status.TRUNCATED


def test_archives_one_after_the_other(tmp_path):
    (tmp_path / "x.tar").write_bytes(tar([("a.jpg", b"1")]) + tar([("b.jpg", b"2")]))
    found, reader = members(tmp_path / "x.tar")
    assert [name for name, _, _ in found] == ["a.jpg", "b.jpg"]
    assert reader.status == Status.OK


@pytest.mark.parametrize("tail", [b"", b"\0" * 512, b"\0" * 1024 + b"what tapes had" * 100, b"\0" * (4 << 20)])
def test_ends_of_archives(tmp_path, tail):
    whole = tar([("a.jpg", b"1" * 512)])
    (tmp_path / "x.tar").write_bytes(whole[:1024] + tail)
    found, reader = members(tmp_path / "x.tar")
    assert (found, reader.status) == ([("a.jpg", 512, 512)], Status.OK)


@pytest.mark.parametrize("kept", range(1, 1600, 7))
def test_cut_off(tmp_path, kept):
    whole = tar([("a.jpg", b"1" * 300), ("b.jpg", b"2" * 500)])
    (tmp_path / "x.tar").write_bytes(whole[:kept])
    found, reader = members(tmp_path / "x.tar")
    assert [name for name, _, _ in found] == [*["a.jpg"] * (kept >= 512), *["b.jpg"] * (kept >= 1536)]
    assert (reader.status == Status.OK) == (812 <= kept <= 1024)


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 30))
def test_damaged_archives_end_with_a_status(tmp_path_factory, seed, changes):
    rng = random.Random(seed)
    data = bytearray(tar([(f"{'n' * rng.randrange(200)}{i}.jpg", b"x" * rng.randrange(2000)) for i in range(5)], "pax"))
    for _ in range(changes):
        data[rng.randrange(len(data))] = rng.choice(b"\0\xff7 =\n" + bytes(range(256)))
    path = tmp_path_factory.mktemp("tar") / "x.tar"
    path.write_bytes(data)
    found, reader = members(path)
    assert reader.status in (Status.OK, Status.TRUNCATED, Status.CORRUPT, Status.UNSUPPORTED_FORMAT)
    assert all(0 < offset <= len(data) and 0 <= length < 2**62 for _, offset, length in found)


def test_a_name_without_end(tmp_path):
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    (tmp_path / "x.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    _, reader = members(tmp_path / "x.tar")
    assert reader.status == Status.CORRUPT
    assert "1 MiB" in reader.reason


def test_batches_are_those_of_the_files(shards, jpegs, tmp_path):
    files = []
    for i, data in enumerate(jpegs):
        files.append(tmp_path / f"{i}.jpg")
        files[-1].write_bytes(data)
    samples = Samples.from_tar(f"{shards}/train-{{0000..0001}}.tar", "jpg", "cls")
    plain = Samples.from_files(files, list(range(7)))
    assert samples.classes == plain.classes == tuple("0123456")
    options = {"shuffle": True, "seed": 3}
    for (x, y), (expected_x, expected_y) in zip(
        Loader(samples, SIZE, 3, **options), Loader(plain, SIZE, 3, **options), strict=True
    ):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_paths_name_shard_and_place(shards):
    samples = Samples.from_tar(f"{shards}/*.tar", "JPG", "cls")
    source = samples[5].path
    assert isinstance(source, FileRange)
    assert source.path == str(shards / "train-0001.tar")
    with open(source.path, "rb") as file:
        file.seek(source.offset)
        assert file.read(3) == b"\xff\xd8\xff"
    assert len(samples.table.blob) == 2 * len(source.path)


def test_parts_of_samples(shards):
    samples = Samples.from_tar(sorted(shards.iterdir()), label="cls")
    first, second = samples.split(0.5, seed=1)
    assert len({str(path) for part in (first, second) for path, _ in part}) == 7
    chosen = samples.select([6, 0])
    assert [path for path, _ in chosen] == [samples[6].path, samples[0].path]
    assert samples.fingerprint() == Samples.from_files([path for path, _ in samples], list(range(7))).fingerprint()


def test_a_broken_image_costs_itself_alone(tmp_path, jpegs):
    files = [(f"{i}.jpg", data if i != 2 else b"no image") for i, data in enumerate(jpegs)]
    files += [(f"{i}.cls", b"%d" % i) for i in range(7)]
    (tmp_path / "x.tar").write_bytes(tar(sorted(files)))
    samples = Samples.from_tar(tmp_path / "x.tar", label="cls")
    with pytest.raises(DecodeError, match=r"x\.tar\[\d+:\d+\]"):
        Loader(samples, SIZE, 7).batch(0, 0)
    loader = Loader(samples, SIZE, 7, on_error="fill")
    with pytest.warns(UserWarning, match="NOT_AN_IMAGE"):
        _, _, weights = next(iter(loader))
    assert weights.tolist() == [1, 1, 0, 1, 1, 1, 1]


def test_a_shard_that_is_cut_off(shards, jpegs):
    path = shards / "train-0001.tar"
    last = Samples.from_tar(path)[2].path
    path.write_bytes(path.read_bytes()[: last.offset + 300])
    with pytest.warns(SamplesWarning, match=r"cut off; their last sample was left out.*train-0001\.tar, at byte"):
        samples = Samples.from_tar(f"{shards}/*.tar", label="cls")
    assert np.asarray(samples.labels).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("kinds", [("jpg", "txt"), ("cls", "jpg")])
def test_a_cut_anywhere_leaves_whole_samples_alone(tmp_path, kinds):
    files = [(f"{i}.{kind}", b"label-%d" % i if kind != "jpg" else b"x" * 700) for i in range(3) for kind in kinds]
    whole = tar(files)[: 15 * 512]
    for kept in range(6 * 512, len(whole), 101):
        (tmp_path / "x.tar").write_bytes(whole[:kept])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            samples = Samples.from_tar(tmp_path / "x.tar", label=min(set(kinds) - {"jpg"}))
        assert samples.classes == tuple(f"label-{i}" for i in range(len(samples)))
        assert len(samples) >= (kept - 512) // (5 * 512)  # those before the one that the cut goes through
        assert caught


def test_samples_without_an_image(tmp_path, jpegs):
    files = [("1.cls", b"1"), ("2.jpg", jpegs[0]), ("2.cls", b"0"), (".hidden.jpg", b""), ("noname", b"")]
    (tmp_path / "x.tar").write_bytes(tar(files))
    with pytest.warns(SamplesWarning) as caught:
        samples = Samples.from_tar(tmp_path / "x.tar", label="cls")
    assert len(samples) == 1
    texts = sorted(str(warning.message).partition(str(tmp_path))[0] for warning in caught)
    assert texts == [
        "files without a dot in their name, or with one at its start, were left out: 2 ('",
        "samples without an image were left out: 1 ('",
    ]


def test_further_images_of_a_sample(tmp_path, jpegs):
    names = ["1.jpg", "1.a.jpg", "1.b.jpg", "1.mask.png", "2.jpg"]
    (tmp_path / "x.tar").write_bytes(tar([(name, jpegs[0]) for name in names]))
    with pytest.warns(
        SamplesWarning, match=r"further images of a sample were left out.*: 2 \('.*: 1\.a\.jpg', '.*: 1\.b"
    ):
        assert len(Samples.from_tar(tmp_path / "x.tar")) == 2


def test_links_are_counted(tmp_path, jpegs):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        first, second = tarfile.TarInfo("a.jpg"), tarfile.TarInfo("b.jpg")
        first.size = len(jpegs[0])
        archive.addfile(first, io.BytesIO(jpegs[0]))
        second.type, second.linkname = tarfile.LNKTYPE, "a.jpg"
        archive.addfile(second)
    with pytest.warns(SamplesWarning, match="archives have links, which were left out: 1"):
        assert len(Samples.from_tar(tmp_path / "x.tar")) == 1


@pytest.mark.parametrize("hole", [b"", b"\0" * 2048 + b"x" * 512])
def test_an_archive_without_its_end(tmp_path, jpegs, hole):
    end = 512 + -(-len(jpegs[0]) // 512) * 512
    (tmp_path / "x.tar").write_bytes(tar([("a.jpg", jpegs[0])])[:end] + hole)
    with pytest.warns(SamplesWarning, match=r"do not end as tar archives do; are they whole\?: 1 \('.*x\.tar'\)"):
        assert len(Samples.from_tar(tmp_path / "x.tar")) == 1


def test_numbers_that_are_not_class_numbers(tmp_path, jpegs):
    (tmp_path / "x.tar").write_bytes(
        tar([("a.jpg", jpegs[0]), ("a.cls", b"5"), ("b.jpg", jpegs[1]), ("b.cls", b"7\n")])
    )
    with pytest.warns(SamplesWarning, match=r"classes=range\(n\)"):
        assert Samples.from_tar(tmp_path / "x.tar", label="cls").labels.tolist() == [0, 1]
    assert Samples.from_tar(tmp_path / "x.tar", label="cls", classes=range(10)).labels.tolist() == [5, 7]
    with pytest.raises(UnknownLabelError):
        Samples.from_tar(tmp_path / "x.tar", label="cls", classes=range(6))


def test_padded_numbers_are_not_class_numbers(tmp_path, jpegs):
    files = [("a.jpg", jpegs[0]), ("a.cls", b"0005"), ("b.jpg", jpegs[1]), ("b.cls", b"0007")]
    (tmp_path / "x.tar").write_bytes(tar(files))
    with pytest.warns(SamplesWarning, match="without a gap"):
        assert Samples.from_tar(tmp_path / "x.tar", label="cls").classes == ("0005", "0007")


def test_several_labels_as_text(tmp_path, jpegs):
    files = [("a.jpg", jpegs[0]), ("a.txt", b"cat_dog"), ("b.jpg", jpegs[1]), ("b.txt", b"dog")]
    (tmp_path / "x.tar").write_bytes(tar(files))
    samples = Samples.from_tar(tmp_path / "x.tar", label="txt", label_sep="_")
    assert samples.classes == ("cat", "dog")
    assert np.asarray(samples.labels).tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ([("a.jpg", b""), ("a.png", b"")], {}, "several images, 'jpg', 'png'; name the kind"),
        ([("a.jpg", b""), ("a.jpg", b"")], {}, "two files of kind 'jpg'"),
        ([("a.jpg", b"")], {"label": "cls"}, "a has no 'cls', its label; its files are of kind 'jpg'. .* neighbours"),
        ([("a.jpg", b""), ("a.cls", b"\xff\xfe")], {"label": "cls"}, "a.cls is not text"),
        ([("a.jpg", b""), ("a.cls", b" ")], {"label": "cls"}, "is empty"),
        ([("a.jpg", b""), ("a.cls", b"1" * 70_000)], {"label": "cls"}, "70,000 bytes, too many for a label"),
        ([("a.jpg", b"")], {"image": "png"}, "no images of kind png; the files are of kind 'jpg'. A kind is"),
        ([("a.jpg", b"")], {"image": []}, "image must be a kind of file"),
    ],
)
def test_refused(tmp_path, files, options, message):
    (tmp_path / "x.tar").write_bytes(tar(files))
    with pytest.raises(ValueError, match=message):
        Samples.from_tar(tmp_path / "x.tar", **options)


def test_what_is_no_archive(tmp_path, jpegs):
    (tmp_path / "x.tar").write_bytes(jpegs[0] * 3)
    with pytest.raises(ValueError, match=r"x\.tar cannot be read as a tar archive: at byte 0: no header"):
        Samples.from_tar(tmp_path / "x.tar")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.jpg"))
    with pytest.raises(ValueError, match="compressed by gzip"):
        Samples.from_tar(tmp_path / "x.tar.gz")
    with pytest.raises(FileNotFoundError):
        Samples.from_tar(tmp_path / "absent.tar")
    with pytest.raises(IsADirectoryError):
        Samples.from_tar(tmp_path)


def test_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "x.tar")
    message = r"x\.tar cannot be read as a tar archive: a directory, FIFO or device, not a regular file"
    with pytest.raises(ValueError, match=message):
        Samples.from_tar(tmp_path / "x.tar")


def test_an_empty_shard(shards):
    (shards / "train-0002.tar").write_bytes(b"")
    with pytest.warns(SamplesWarning, match=r"have no samples; are they whole\?: 1 \('.*train-0002"):
        assert len(Samples.from_tar(f"{shards}/*.tar")) == 7
    with pytest.raises(ValueError, match="they have no samples"):
        Samples.from_tar(shards / "train-0002.tar")


def test_patterns(tmp_path, jpegs):
    for name in ("a-08", "a-09", "a-10", "b"):
        (tmp_path / f"{name}.tar").write_bytes(tar([(f"{name}.jpg", jpegs[0])]))

    def names(shards):
        return [os.path.basename(path.path).removesuffix(".tar") for path, _ in Samples.from_tar(shards)]

    assert names(f"{tmp_path}/a-{{08..10}}.tar") == ["a-08", "a-09", "a-10"]
    assert names(f"{tmp_path}/{{b,a-1?}}.tar") == ["b", "a-10"]
    assert names([tmp_path / "b.tar", f"{tmp_path}/a-*"]) == ["b", "a-08", "a-09", "a-10"]
    (tmp_path / "a-{08..10}.tar").write_bytes((tmp_path / "b.tar").read_bytes())
    assert names(f"{tmp_path}/a-{{08..10}}.tar") == ["a-{08..10}"]
    for shards, error in [
        ([], "empty list"),
        (f"{tmp_path}/{{2..1}}.tar", "counts down; write {1..2}"),
        (f"{tmp_path}/{{0..9999999}}.tar", "more than 1,048,576 shards"),
        (f"{tmp_path}/{{a-{{08..10}},b}}.tar", "braces in braces"),
        (f"{tmp_path}/{{1..9..2}}.tar", "not a range of numbers"),
        ("file:///x.tar", "write '/x.tar'"),
        (["http://127.0.0.1/x.tar", "x.tar"], "some shards are URLs and others are not"),
    ]:
        with pytest.raises(ValueError, match=error):
            Samples.from_tar(shards)
    for shards in (f"{tmp_path}/c*.tar", f"{tmp_path}/{{b,c}}*.tar", f"{tmp_path}/c.tar"):
        with pytest.raises(FileNotFoundError, match=r"c\*?\.tar|c\*\.tar"):
            Samples.from_tar(shards)
    for shards in (None, 3, b"x.tar"):
        with pytest.raises(TypeError, match="must be a path, a pattern or a list"):
            Samples.from_tar(shards)
    (tmp_path / "d[1]").mkdir()
    (tmp_path / "d1").mkdir()
    (tmp_path / "d[1]" / "0.tar").write_bytes((tmp_path / "b.tar").read_bytes())
    (tmp_path / "d1" / "0.tar").write_bytes((tmp_path / "a-08.tar").read_bytes())
    assert names(f"{tmp_path}/d[1]/{{0..0}}.tar") == ["0"]
    assert Samples.from_tar(f"{tmp_path}/d[1]/{{0..0}}.tar")[0].path.path == f"{tmp_path}/d[1]/0.tar"
    assert names(f"{tmp_path}/**/0.tar") == ["0", "0"]
    with pytest.raises(TypeError, match="list of them, not 3"):
        Samples.from_tar([3])
    with pytest.raises(TypeError, match="one kind of file"):
        Samples.from_tar(f"{tmp_path}/b.tar", label=["cls"])
