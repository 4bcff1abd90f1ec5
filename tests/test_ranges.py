"""Images that are ranges of larger files: from decode_batch, Samples and Loader."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from programs import PYTHON
from tar_files import tar
from tfrecord_files import crc32c, tfrecords

from fastseq import DecodeError, FileRange, Limits, Loader, Samples, Status, decode_batch

SIZE = (24, 32)
IMAGES = [jpeg(photo(40 + 3 * k, 70 - 2 * k, k)) for k in range(6)] + [encoded(photo(33, 44, 9), "png")]


@pytest.fixture
def shard(tmp_path):
    """A file of several images, with other bytes between them, and where they are."""
    path = tmp_path / "shard 0.tar"
    ranges, content = [], b"header"
    for k, data in enumerate(IMAGES):
        ranges.append(FileRange(path, len(content), len(data)))
        content += data + bytes([k]) * (100 * k)
    path.write_bytes(content)
    return ranges


def test_ranges_beside_other_sources(shard, tmp_path):
    (tmp_path / "a.jpg").write_bytes(IMAGES[0])
    sources = [*shard, tmp_path / "a.jpg", IMAGES[1], FileRange(tmp_path / "a.jpg", 0, len(IMAGES[0]))]
    expected = decode_batch([*IMAGES, IMAGES[0], IMAGES[1], IMAGES[0]], SIZE)
    np.testing.assert_array_equal(decode_batch(sources, SIZE), expected)


@pytest.mark.parametrize("begin", [0, 5, 10**6, 2**62])
def test_a_range_beyond_the_end(tmp_path, begin):
    path = tmp_path / "short.tar"
    path.write_bytes(IMAGES[0])
    with pytest.raises(DecodeError) as caught:
        decode_batch([FileRange(path, begin, len(IMAGES[0]) + 1)], SIZE)
    assert caught.value.status is Status.TRUNCATED
    end = begin + len(IMAGES[0]) + 1
    assert caught.value.path == f"{path}[{begin}:{end}]"
    assert f"{path}[{begin}:{end}]" in str(caught.value)
    assert f"bytes {begin} to {end} of a file of {len(IMAGES[0])}" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda shard: FileRange(shard[0].path, 6, 0), Status.EMPTY),
        (lambda shard: FileRange(os.fspath(shard[0].path) + "x", 0, 9), Status.NOT_FOUND),
        (lambda shard: FileRange(shard[0].path.parent, 0, 9), Status.NOT_A_FILE),
        (lambda shard: FileRange("/dev/zero", 0, 9), Status.NOT_A_FILE),
        (lambda shard: FileRange(shard[0].path, 0, 50), Status.NOT_AN_IMAGE),
        (lambda shard: FileRange(f"{shard[0].path}\0x", 0, 50), Status.NOT_FOUND),
    ],
)
def test_bad_ranges(shard, make, status):
    with pytest.raises(DecodeError) as caught:
        decode_batch([make(shard)], SIZE)
    assert caught.value.status is status


def test_limits_are_those_of_the_range(shard):
    limits = Limits(file_bytes=max(map(len, IMAGES)))
    assert os.path.getsize(shard[0].path) > limits.file_bytes
    decode_batch(shard, SIZE, limits=limits)
    with pytest.raises(DecodeError) as caught:
        decode_batch(shard, SIZE, limits=Limits(file_bytes=limits.file_bytes - 1))
    assert caught.value.status is Status.FILE_TOO_LARGE


def test_a_shard_that_was_replaced_is_opened_again(shard):
    before = decode_batch(shard[:2], SIZE)
    content = shard[0].path.read_bytes()
    replacement = shard[0].path.with_suffix(".new")
    changed = IMAGES[1] + bytes(len(content))
    replacement.write_bytes(content[:6] + changed[: len(content) - 6])
    os.replace(replacement, shard[0].path)
    after = decode_batch([FileRange(shard[0].path, 6, len(IMAGES[1]))], SIZE)
    np.testing.assert_array_equal(after[0], before[1])


def test_a_shard_that_is_written_over_is_read_as_it_is_now(shard):
    decode_batch(shard, SIZE)
    shard[0].path.write_bytes(b"")
    with pytest.raises(DecodeError) as caught:
        decode_batch(shard, SIZE)
    assert caught.value.status is Status.TRUNCATED


def test_descriptors_stay_few(tmp_path):
    ranges = []
    for k in range(150):
        path = tmp_path / f"{k}.tar"
        path.write_bytes(b"x" + IMAGES[k % 6])
        ranges.append(FileRange(path, 1, len(IMAGES[k % 6])))
    expected = decode_batch([IMAGES[k % 6] for k in range(150)], SIZE)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        np.testing.assert_array_equal(decode_batch(ranges, SIZE), expected)
        assert len(os.listdir("/proc/self/fd")) <= before + 64


@pytest.fixture
def samples(shard, tmp_path):
    (tmp_path / "whole.jpg").write_bytes(IMAGES[3])
    return Samples.from_files([*shard, tmp_path / "whole.jpg"], [*range(7), 3], classes=None)


def images_of(samples, **options):
    loader = Loader(samples, SIZE, 3, shuffle=True, seed=5, **options)
    return np.concatenate([x for x, _ in loader]), np.concatenate([y for _, y in loader])


def test_a_loader_reads_ranges(samples):
    images, _ = images_of(samples)
    _, labels = images_of(samples)
    expected = decode_batch(IMAGES, SIZE)
    first = np.concatenate([y for _, y in Loader(samples, SIZE, 3, shuffle=True, seed=5)])
    np.testing.assert_array_equal(images, expected[first])
    assert sorted(labels) == [0, 1, 2, 3, 3, 4, 5, 6]


def test_samples_of_ranges_are_selected_and_pickled(samples):
    expected = decode_batch(IMAGES, SIZE)
    for part in (samples.select([6, 2, 7]), pickle.loads(pickle.dumps(samples.select([6, 2, 7])))):
        for images, labels in Loader(part, SIZE, 3):
            np.testing.assert_array_equal(images, expected[labels])
            assert labels.tolist() == [6, 2, 3]
        assert part.path(0) == samples.path(6)
    one, other = samples.split(0.4)
    assert sorted([*one.paths(), *other.paths()]) == sorted(samples.paths())


def test_each_range_is_a_file_of_its_own_to_without(samples):
    assert len(set(samples.paths())) == len(samples)
    rest = samples.without([samples.path(2)])
    assert len(rest) == len(samples) - 1
    assert samples.path(2) not in rest.paths()


def test_the_fingerprint_has_the_ranges(shard):
    def fingerprint(*ranges):
        return Samples.from_files(list(ranges)).fingerprint()

    path = shard[0].path
    prints = {
        fingerprint(*shard[:2]),
        fingerprint(shard[1], shard[0]),
        fingerprint(FileRange(path, 6, 10), FileRange(path, 16, 10)),
        fingerprint(FileRange(path, 6, 10), FileRange(path, 16, 11)),
        fingerprint(FileRange(path, 6, 10), path),
        fingerprint(path, path),
    }
    assert len(prints) == 6


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3, 0, 1), TypeError, "FileRange.path must be a path, not 3"),
        (("a", 0.5, 1), TypeError, "FileRange.offset must be an integer, not 0.5"),
        (("a", 0, True), TypeError, "FileRange.length must be an integer, not True"),
        (("a", -1, 1), ValueError, "FileRange.offset must be at least 0, not -1"),
        (("a", 0, -1), ValueError, "FileRange.length must be at least 0, not -1"),
        (("a", 2**62, 2**62), ValueError, "beyond any file"),
        (("a", 0, 1, None, None, None, 2**32), ValueError, "FileRange.crc32c must be at most 4294967295"),
        (("a", 0, 1, None, 5, None, 5), ValueError, "FileRange takes crc32 or crc32c, not both"),
    ],
)
def test_ranges_are_checked(arguments, error, words):
    with pytest.raises(error, match=words):
        FileRange(*arguments)


@pytest.mark.parametrize(("name", "crc"), [("crc32", zlib.crc32), ("crc32c", crc32c)])
@given(after=st.integers(0, 5000), changed=st.integers(0, 2**20))
def test_checksums_of_any_size(tmp_path_factory, name, crc, after, changed):
    contents = IMAGES[0] + random.Random(after).randbytes(after)
    path = tmp_path_factory.mktemp("range") / "image"
    path.write_bytes(b"x" + contents)
    good = FileRange(str(path), 1, len(contents), **{name: crc(contents)})
    wrong = FileRange(str(path), 1, len(contents), **{name: crc(contents) ^ 1 << changed % 32})
    np.testing.assert_array_equal(decode_batch([good], SIZE), decode_batch([IMAGES[0]], SIZE))
    samples = Samples.from_files([good, path.with_suffix(".jpg")])
    assert samples[0].path == good
    for sources in ([wrong], Samples.from_files([wrong])):
        with pytest.raises(DecodeError, match="checksum"):
            list(Loader(sources, SIZE, 1)) if isinstance(sources, Samples) else decode_batch(sources, SIZE)


def test_a_range_is_a_value():
    made = FileRange("a.tar", np.int64(512), np.int32(100))
    assert made == FileRange("a.tar", 512, 100)
    assert str(made) == "a.tar[512:612]"
    assert type(made.offset) is int
    assert hash(made) == hash(pickle.loads(pickle.dumps(made)))


def test_a_forked_child_opens_shards_itself(shard):
    script = """
import os, sys
import numpy as np
from fastseq import FileRange, decode_batch
path, length = sys.argv[1], int(sys.argv[2])
def decode():
    return decode_batch([FileRange(path, 6, length)] * 4, (8, 8))
expected = decode()
child = os.fork()
if child == 0:
    assert (decode() == expected).all()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert (decode() == expected).all()
"""
    command = [*PYTHON, "-c", script, shard[0].path, str(shard[0].length)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_open_shards_give_way_where_the_process_may_open_no_more_files(tmp_path):
    for k in range(30):
        (tmp_path / f"{k}.bin").write_bytes(b"--" + IMAGES[0])
    script = """
import os, resource, sys
from fastseq import FileRange, decode_batch
def decode():
    shards = [FileRange(os.path.join(sys.argv[1], f"{k}.bin"), 2, int(sys.argv[2])) for k in range(30)]
    return decode_batch(shards, (24, 32), threads=2)
decode_batch([FileRange(os.path.join(sys.argv[1], "0.bin"), 2, int(sys.argv[2]))], (24, 32), threads=2)
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 10, 1000))
images = decode()
assert (images == images[:1]).all()
"""
    command = [sys.executable, "-c", script, str(tmp_path), str(len(IMAGES[0]))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_without_ranges(shard):
    samples = Samples.from_files(shard)
    rest = samples.without([shard[1], str(shard[4])])
    assert list(rest.paths()) == [str(shard[k]) for k in (0, 2, 3, 5, 6)]


@pytest.mark.parametrize("kind", ["tar", "tfrecord", "zip"])
def test_a_shard_that_has_changed_since_it_was_indexed(tmp_path, kind):
    path = tmp_path / f"x.{kind}"

    def write(count):
        if kind == "tar":
            path.write_bytes(tar([(f"{i}.jpg", IMAGES[i]) for i in range(count)]))
        elif kind == "tfrecord":
            path.write_bytes(tfrecords([{"image": IMAGES[i]} for i in range(count)]))
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for i in range(count):
                    archive.writestr(f"a/{i}.jpg", IMAGES[i])

    def found():
        if kind == "tar":
            return Samples.from_tar(path)
        return Samples.from_zip(path) if kind == "zip" else Samples.from_tfrecord(path, label=None)

    write(3)
    one, other = found().split(0.4)
    samples = pickle.loads(pickle.dumps(one.select([1, 0])))
    loader = Loader(samples, SIZE, 2)
    loader.batch(0, 0)
    write(4)
    for changed in (loader, Loader(other, SIZE, 1)):
        with pytest.raises(
            DecodeError, match=rf"x\.{kind}\[.* has changed since .* \[CHANGED\]; make the samples anew"
        ):
            changed.batch(1, 0)
    before = os.stat(path)
    samples = found()
    Loader(samples, SIZE, 4).batch(0, 0)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))
    with pytest.raises(DecodeError, match="CHANGED"):
        Loader(samples, SIZE, 4).batch(0, 0)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    Loader(samples, SIZE, 4).batch(0, 0)


def test_names_are_in_messages_and_do_not_tell_ranges_apart(shard, tmp_path):
    path = shard[0].path
    named = [FileRange(path, shard[0].offset + i, 20, name=f"cat/{i} [1:2] ä.jpg") for i in range(3)]
    assert named[0] == FileRange(path, shard[0].offset, 20)
    with pytest.raises(DecodeError, match=r"shard 0\.tar\[7:27\] cat/1 \[1:2\] ä\.jpg' \(sample 1\)"):
        decode_batch([shard[0], named[1]], SIZE)
    samples = Samples.from_files([*named, shard[3]], [0, 1, 2, 3], classes=range(4))
    assert samples.path(0) == f"{path}[6:26] cat/0 [1:2] ä.jpg"
    assert samples[1].path.name == named[1].name
    assert pickle.loads(pickle.dumps(samples.select([2, 3])))[0].path.name == named[2].name
    unnamed = [FileRange(source.path, source.offset, source.length) for source in named]
    loader = Loader(samples, SIZE, 4, on_error="fill")
    with pytest.warns(UserWarning, match="3 of 4 samples were bad"):
        list(loader)
    loader.errors.write(tmp_path / "bad.jsonl")
    for bad in (named, unnamed, map(str, named), loader.errors, tmp_path / "bad.jsonl"):
        assert samples.without(bad).labels.tolist() == [3]
    assert samples.without([named[1]]).labels.tolist() == [0, 2, 3]


def test_a_file_that_is_called_like_a_range(tmp_path):
    for name in ("a[1:2] b.jpg", "a[1:2] c.jpg"):
        (tmp_path / name).write_bytes(IMAGES[0])
    samples = Samples.from_files(sorted(tmp_path.iterdir()))
    assert [os.path.basename(path) for path in samples.without([tmp_path / "a[1:2] b.jpg"]).paths()] == ["a[1:2] c.jpg"]


def test_a_path_that_looks_like_a_place(tmp_path):
    (tmp_path / "run[1:2] x").mkdir()
    (tmp_path / "run[1:2] x" / "s.tar").write_bytes(tar([("a.jpg", b"no image"), ("b[3:4] c.jpg", IMAGES[0])]))
    samples = Samples.from_tar(tmp_path / "run[1:2] x" / "s.tar")
    for bad in ([samples.path(0)], [samples[0].path]):
        assert [source.name for source, _ in samples.without(bad)] == ["b[3:4] c.jpg"]
    assert [source.name for source, _ in samples.without([samples.path(1)])] == ["a.jpg"]
