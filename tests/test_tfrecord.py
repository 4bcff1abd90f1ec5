"""Samples from files of TFRecords."""

from __future__ import annotations

import gzip
import os
import random
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo
from tfrecord_files import crc32c, example, feature, field, record, tfrecords, varint

from fastseq import FileRange, Loader, Samples
from fastseq._native.shards import TF_RECORD, TfRecordReader
from fastseq.errors import BadSamplesWarning, SamplesWarning, UnknownLabelError
from fastseq.status import Status

SIZE = (16, 20)
DTYPE = np.dtype([(name, np.int64) for name in TF_RECORD])


@pytest.fixture(scope="module")
def jpegs():
    return [jpeg(photo(30 + i, 40, seed=i)) for i in range(7)]


@pytest.fixture
def shards(tmp_path, jpegs):
    """Two shards as TensorFlow Datasets writes them, with the labels 0 to 6."""
    for shard, numbers in enumerate((range(4), range(4, 7))):
        examples = [{"image": jpegs[i], "label": i, "file_name": b"%d.jpg" % i} for i in numbers]
        (tmp_path / f"photos-train.tfrecord-{shard:05}-of-00002").write_bytes(tfrecords(examples))
    return tmp_path


def read(path, image=b"image", label=b"label", at_once=3):
    """All that the reader finds: the records, the texts, and the reader."""
    reader, parts, texts = TfRecordReader(os.fsencode(path), image, label), [np.zeros(0, DTYPE)], b""
    while not reader.done:
        text, columns = reader.read(at_once)
        parts.append(np.frombuffer(columns, DTYPE).copy())
        parts[-1]["text_end"] += len(texts)
        texts += text
    return np.concatenate(parts), texts, reader


VALUES = st.one_of(
    st.lists(st.binary(max_size=200), max_size=3),
    st.lists(st.floats(width=32, allow_nan=False), max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
)


@given(
    examples=st.lists(
        st.dictionaries(st.sampled_from(["image", "label", "other", "a/b"]), VALUES.filter(bool)), max_size=6
    ),
    packed=st.booleans(),
)
def test_features_are_those_that_were_written(tmp_path_factory, examples, packed):
    path = tmp_path_factory.mktemp("tfrecord") / "x.tfrecord"
    path.write_bytes(b"".join(record(example(features, packed)) for features in examples))
    records, texts, reader = read(path)
    assert reader.status == Status.OK
    contents = path.read_bytes()
    assert len(records) == len(examples)
    for found, features in zip(records, examples, strict=True):
        image, label = features.get("image", []), features.get("label", [])
        assert (found["image_count"], found["label_count"]) == (len(image), len(label))
        if image and isinstance(image[0], bytes):
            begin = found["image_offset"]
            assert contents[begin : begin + found["image_length"]] == image[0]
        if len(image) == 1 and isinstance(image[0], bytes):
            assert found["image_crc32c"] == crc32c(image[0])
        if label and isinstance(label[0], bytes):
            assert texts[found["text_end"] - found["label_value"] : found["text_end"]] == label[0]
        elif label and isinstance(label[0], int):
            assert found["label_value"] == label[0]
        elif label:
            assert np.uint32(found["label_value"]).view(np.float32) == np.float32(label[0])


def test_fields_in_another_order(tmp_path):
    value_first = field(2, feature(b"jpeg")) + field(1, b"image")
    unknown = field(7, b"x") + varint(5 << 3) + varint(300) + varint(6 << 3 | 1) + b"8 bytes." + b"\x3d4 b."
    label = field(1, b"label") + field(2, feature(5) + feature(7))  # the last list counts
    data = unknown + field(1, field(1, value_first) + unknown) + field(1, field(1, label))
    (tmp_path / "x").write_bytes(record(data))
    (found,), _, reader = read(tmp_path / "x")
    assert reader.status == Status.OK
    assert (tmp_path / "x").read_bytes()[found["image_offset"] :][:4] == b"jpeg"
    assert found["label_value"] == 7
    assert found["image_crc32c"] == crc32c(b"jpeg")


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 30))
def test_damaged_files_end_with_a_status(tmp_path_factory, seed, changes):
    rng = random.Random(seed)
    data = bytearray(tfrecords([{"image": b"x" * rng.randrange(9000), "label": i, "t": [1.5]} for i in range(5)]))
    for _ in range(changes):
        at = rng.randrange(len(data))
        if at % 3 or rng.random() < 0.5:  # within the headers of features, too
            at = rng.choice([12 + rng.randrange(40), at])
        data[at] = rng.choice(b"\0\xff\x7f\x80\x0a\x12" + bytes(range(256)))
    path = tmp_path_factory.mktemp("tfrecord") / "x"
    path.write_bytes(data)
    records, _, reader = read(path)
    assert reader.status in (Status.OK, Status.TRUNCATED, Status.CORRUPT)
    assert (records["image_offset"] >= 0).all()
    assert (records["image_offset"] + records["image_length"] <= records["end"]).all()
    assert (records["end"] <= len(data)).all()


@pytest.mark.parametrize("pattern", ["photos-train.tfrecord-*", "photos-train.tfrecord-{00000..00001}-of-00002"])
def test_batches_are_those_of_the_files(shards, jpegs, tmp_path, pattern):
    files = []
    for i, data in enumerate(jpegs):
        files.append(tmp_path / f"{i}.jpg")
        files[-1].write_bytes(data)
    samples = Samples.from_tfrecord(f"{shards}/{pattern}")
    plain = Samples.from_files(files, list(range(7)))
    assert samples.classes == plain.classes == tuple("0123456")
    options = {"shuffle": True, "seed": 3}
    for (x, y), (expected_x, expected_y) in zip(
        Loader(samples, SIZE, 3, **options), Loader(plain, SIZE, 3, **options), strict=True
    ):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_files_of_tensorflow(tmp_path, jpegs):
    tf = pytest.importorskip("tensorflow")
    path = str(tmp_path / "train.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for i, data in enumerate(jpegs):
            features = {
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[data])),
                "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[i + 1])),
                "image/class/text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"class %d" % i])),
                "image/object/bbox/xmin": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5] * i)),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    samples = Samples.from_tfrecord(path, classes=range(1, 8))
    assert samples.labels.tolist() == list(range(7))
    assert Samples.from_tfrecord(path, label="image/class/text").classes == tuple(f"class {i}" for i in range(7))
    for raw, (source, _) in zip(tf.data.TFRecordDataset(path), samples, strict=True):
        parsed = tf.train.Example.FromString(raw.numpy()).features.feature
        with open(source.path, "rb") as file:
            file.seek(source.offset)
            assert file.read(source.length) == parsed["image/encoded"].bytes_list.value[0]
    with pytest.warns(SamplesWarning, match="the numbers in 'image/class/label' are not 0, 1, 2"):
        assert Samples.from_tfrecord(path).classes == tuple("1234567")


def test_names_of_classes_beside_the_shards(shards):
    (shards / "label.labels.txt").write_text("".join(f"class {i}\n" for i in range(10)))
    samples = Samples.from_tfrecord(f"{shards}/*.tfrecord-*")
    assert (samples.labels.tolist(), samples.classes) == (list(range(7)), tuple(f"class {i}" for i in range(10)))
    (shards / "label.labels.txt").write_text("cat\ndog\n")
    with pytest.raises(ValueError, match="numbers from 0 to 6, but there are 2 classes"):
        Samples.from_tfrecord(f"{shards}/*.tfrecord-*")
    assert Samples.from_tfrecord(f"{shards}/*.tfrecord-*", classes=range(7)).classes == tuple("0123456")


def test_missing_shards(shards):
    (shards / "photos-train.tfrecord-00000-of-00002").unlink()
    with pytest.warns(SamplesWarning, match=r"1 of 2 shards are missing: .*/photos-train\.tfrecord-00000-of-00002$"):
        assert len(Samples.from_tfrecord(f"{shards}/*.tfrecord-*", label=None)) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"tabby cat", ("tabby cat",)), (3, ("3",)), (0.5, None)],
)
def test_kinds_of_labels(tmp_path, jpegs, value, expected):
    (tmp_path / "x").write_bytes(tfrecords([{"image": data, "label": value} for data in jpegs]))
    samples = Samples.from_tfrecord(tmp_path / "x", label="label", classes=None if value != 3 else [3])
    assert samples.classes == expected
    assert samples.labels.tolist() == [0.5 if expected is None else 0] * 7


def test_paths_name_shard_and_place(shards):
    source = Samples.from_tfrecord(f"{shards}/*")[5].path
    assert isinstance(source, FileRange)
    assert source.path == str(shards / "photos-train.tfrecord-00001-of-00002")
    with open(source.path, "rb") as file:
        file.seek(source.offset)
        assert file.read(3) == b"\xff\xd8\xff"


@pytest.mark.parametrize("where", ["entropy-coded data", "another feature", "checksum"])
def test_a_record_that_does_not_match_its_checksum(tmp_path, jpegs, where):
    examples = [{"image": jpegs[i], "label": i, "mask": b"m" * 200_000} for i in range(3)]
    records = [bytearray(record(example(features))) for features in examples]
    end_of_image = records[1].index(jpegs[1]) + len(jpegs[1])
    at = {"entropy-coded data": end_of_image - 9, "another feature": end_of_image + 999, "checksum": -1}[where]
    records[1][at] ^= 1
    (tmp_path / "x.tfrecord").write_bytes(b"".join(records))
    loader = Loader(Samples.from_tfrecord(tmp_path / "x.tfrecord"), SIZE, 3, on_error="skip", max_bad=1)
    with pytest.warns(BadSamplesWarning):
        ((_, y),) = loader
    np.testing.assert_array_equal(y, [0, 2])
    (error,) = loader.errors
    assert error.status is Status.CORRUPT
    assert "the record does not match its checksum" in error.message


def test_a_cut_anywhere_leaves_whole_records_alone(tmp_path):
    whole = tfrecords([{"image": b"x" * 700, "label": i} for i in range(3)])
    size = len(whole) // 3
    for kept in range(size, len(whole), 41):
        (tmp_path / "x").write_bytes(whole[:kept])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            samples = Samples.from_tfrecord(tmp_path / "x")
        assert samples.labels.tolist() == list(range(kept // size))
        assert ["cut off" in str(warning.message) for warning in caught] == [True] * (kept % size > 0)


def test_records_without_an_image(tmp_path, jpegs):
    examples = [
        {"image": jpegs[0], "label": 0},
        {"label": 0},
        {"image": [], "label": 0},
        {"image": jpegs[1], "label": 1},
    ]
    (tmp_path / "x").write_bytes(tfrecords(examples))
    with pytest.warns(SamplesWarning, match=r"records without an image were left out: 2 \('.*/x, the record at byte"):
        assert Samples.from_tfrecord(tmp_path / "x").labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("examples", "options", "message"),
    [
        (
            [{"a": b"", "b": 1}],
            {},
            r"no feature image/encoded, .*; the features are 'a \(bytes\)', 'b \(integers\)'. Name the feature with",
        ),
        ([{"image": 1, "label": 1}], {"image": "image"}, "no feature 'image' of bytes"),
        ([{"image": b"", "b": 1}], {}, "no feature image/class/label, label, .* label=..., or pass label=None"),
        ([{"image": b""}], {"label": "c"}, "no feature 'c'; the features are"),
        ([{"image": [b"", b""], "label": 1}], {}, "the record at byte 0 has 2 images in 'image'"),
        ([{"image": b"", "label": 1}, {"image": 3, "label": 1}], {}, "'image' has integers, not an encoded image"),
        ([{"image": b"", "label": 1}, {"image": b"", "label": 1.0}], {}, "'label' has floats, but integers before"),
        ([{"image": b"", "label": [1, 2]}], {}, "has 2 values in 'label', not one label"),
        ([{"image": b"", "label": 1}, {"image": b""}], {}, "has 0 values in 'label', not one label"),
        ([{"image": b"", "label": b"\xff"}], {}, "'label' is not text"),
        ([{"image": b"", "label": b"1" * 70_000}], {}, "'label' has 70,000 bytes, too many for a label"),
        ([{"image": b"", "label": 1}], {"label": None, "classes": [1]}, "classes without labels"),
        ([], {}, "no records"),
    ],
)
def test_refused(tmp_path, examples, options, message):
    (tmp_path / "x").write_bytes(tfrecords(examples))
    with pytest.raises(ValueError, match=message):
        Samples.from_tfrecord(tmp_path / "x", **options)


def test_unknown_labels(shards):
    with pytest.raises(UnknownLabelError):
        Samples.from_tfrecord(f"{shards}/*", classes=range(3))


def test_what_is_no_file_of_tfrecords(tmp_path, jpegs, shards):
    (tmp_path / "x").write_bytes(jpegs[0])
    with pytest.raises(ValueError, match=r"/x cannot be read as a file of TFRecords: at byte 0: no TFRecord"):
        Samples.from_tfrecord(tmp_path / "x")
    (tmp_path / "x").write_bytes(record(b"\xff" * 30))
    with pytest.raises(ValueError, match="at byte 0: not a tf"):
        Samples.from_tfrecord(tmp_path / "x")
    (tmp_path / "x").write_bytes(gzip.compress(tfrecords([{"image": b"1", "label": 1}])))
    with pytest.raises(ValueError, match="compressed by gzip"):
        Samples.from_tfrecord(tmp_path / "x")
    whole = bytearray((shards / "photos-train.tfrecord-00001-of-00002").read_bytes())
    second = 16 + int.from_bytes(whole[:8], "little")
    whole[second] ^= 1
    (tmp_path / "x").write_bytes(whole)
    with pytest.raises(ValueError, match=rf"at byte {second}: no TFRecord, or a damaged one"):
        Samples.from_tfrecord(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        Samples.from_tfrecord(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        Samples.from_tfrecord(tmp_path)


def test_an_empty_shard(shards):
    (shards / "empty").write_bytes(b"")
    with pytest.warns(SamplesWarning, match=r"files have no records; are they whole\?: 1 \('.*empty'\)"):
        assert len(Samples.from_tfrecord([f"{shards}/empty", f"{shards}/photos*"])) == 7


def test_integers_may_be_numbers_of_named_classes(tmp_path, jpegs):
    (tmp_path / "x").write_bytes(tfrecords([{"image": data, "target": i % 3} for i, data in enumerate(jpegs)]))
    samples = Samples.from_tfrecord(tmp_path / "x", classes=["daisy", "rose", "tulip"])
    assert (samples.labels.tolist(), samples.classes) == ([0, 1, 2, 0, 1, 2, 0], ("daisy", "rose", "tulip"))
    assert Samples.from_tfrecord(tmp_path / "x", classes=[2, 1, 0]).labels.tolist() == [2, 1, 0, 2, 1, 0, 2]
    with pytest.raises(ValueError, match="numbers from 0 to 2, but there are 2 classes"):
        Samples.from_tfrecord(tmp_path / "x", classes=["daisy", "rose"])
    with pytest.raises(UnknownLabelError):
        Samples.from_tfrecord(tmp_path / "x", classes=[0, "rose", "tulip"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"cat\n\n", r"has the names '' several times, or empty ones"),
        (b"cat\ncat\n", r"has the names 'cat' several times"),
        (b"", "has the names .* or empty ones"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_damaged_names_of_classes(shards, text, message):
    (shards / "label.labels.txt").write_bytes(text)
    with pytest.raises(ValueError, match=rf"label\.labels\.txt {message}"):
        Samples.from_tfrecord(f"{shards}/*.tfrecord-*")


def test_names_of_classes_are_lines(shards):
    names = ["ä", "b\u2028c", "d\x1ce", "f g", "h", "i", "j"]
    (shards / "label.labels.txt").write_text("\ufeff" + "\r\n".join(names) + "\r\n", "utf-8", newline="")
    assert Samples.from_tfrecord(f"{shards}/*.tfrecord-*").classes == tuple(names)


def test_an_unknown_class(tmp_path, jpegs):
    (tmp_path / "x").write_bytes(tfrecords([{"image": jpegs[0], "label": -1}]))
    (tmp_path / "label.labels.txt").write_text("cat\ndog\n")
    with pytest.raises(ValueError, match=r"numbers from -1 to -1, .* stands for an unknown class, pass label=None"):
        Samples.from_tfrecord(tmp_path / "x")


def test_sets_that_are_mixed(tmp_path, jpegs):
    for name, classes in (("a", "cat\ndog\n"), ("b", "dog\ncat\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_bytes(tfrecords([{"image": jpegs[0], "label": 1}]))
        (tmp_path / name / "label.labels.txt").write_text(classes)
    with pytest.raises(ValueError, match=r"different class names beside them: '.*/a/label.*', '.*/b/label"):
        Samples.from_tfrecord(f"{tmp_path}/*/x")
    with pytest.raises(ValueError, match=r"the same shard more than once: '.*/a/x', '.*/x'"):
        Samples.from_tfrecord([f"{tmp_path}/a/x", f"{tmp_path}/a/../a/x"])
    for count in (2, 3):
        for number in range(count):
            (tmp_path / f"x-{number:05}-of-{count:05}").write_bytes((tmp_path / "a" / "x").read_bytes())
    with pytest.raises(ValueError, match=r"two sets, .*/x-\.\.\.-of-00002 and .*/x-\.\.\.-of-00003; name those of one"):
        Samples.from_tfrecord(f"{tmp_path}/x-*")


def test_features_of_the_first_records_count(tmp_path, jpegs):
    (tmp_path / "x").write_bytes(tfrecords([{"image": []}, {"image": jpegs[0], "label": 1.5}]))
    with pytest.warns(SamplesWarning, match="records without an image were left out: 1"):
        assert Samples.from_tfrecord(tmp_path / "x").labels.tolist() == [1.5]


def test_a_list_of_another_kind(tmp_path):
    (tmp_path / "x").write_bytes(record(field(1, field(1, field(1, b"image") + field(2, field(1, b"\x08\x05"))))))
    with pytest.raises(ValueError, match=r"not a tf\.train\.Example"):
        Samples.from_tfrecord(tmp_path / "x", label=None)


@pytest.mark.parametrize("kept", [2000, 2015, 2700, 2790])
def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path, kept):
    whole = tfrecords([{"label": b"abyssinian" * 2, "image": b"x" * 5000} for _ in range(3)])
    (tmp_path / "x").write_bytes(whole)
    reader = TfRecordReader(os.fsencode(tmp_path / "x"), b"image", b"label")
    reader.read(1)
    os.truncate(tmp_path / "x", len(whole) // 3 + 5 + kept % 60)
    texts, columns = reader.read(5)
    assert reader.status == Status.TRUNCATED
    assert (texts, columns) == (b"", b"")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"image": "image", "label": "image"}, ValueError, "image and label are both 'image'"),
        ({"label": ["label"]}, TypeError, "label must be the name of one feature"),
        ({"image": None}, TypeError, "image must be the name of one feature"),
    ],
)
def test_impossible_features(shards, options, error, message):
    with pytest.raises(error, match=message):
        Samples.from_tfrecord(f"{shards}/photos*", **options)


def test_archives_are_told_from_records(tmp_path, jpegs):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.jpg", jpegs[0])
    with pytest.raises(ValueError, match=r"x\.zip is a zip archive; use Samples.from_zip"):
        Samples.from_tfrecord(tmp_path / "x.zip")
    (tmp_path / "x.z").write_bytes(zlib.compress(tfrecords([{"image": jpegs[0]}])))
    with pytest.raises(ValueError, match=r"x\.z is compressed by zlib"):
        Samples.from_tfrecord(tmp_path / "x.z")
