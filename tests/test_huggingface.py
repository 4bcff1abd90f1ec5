"""Samples of data sets of Hugging Face."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from programs import PYTHON

from fastseq import DecodeError, FileRange, Loader, Samples, Status, decode_batch
from fastseq.errors import SamplesWarning, UnknownLabelError
from fastseq.samples.sources import mapped_files

datasets = pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")

SIZE = (16, 20)
JPEGS = [jpeg(photo(30 + i, 40, seed=i)) for i in range(9)]
NAMES = ["cat", "dog", "auk"]  # not sorted
FEATURES = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)})
LABELS = [i % 3 for i in range(9)]


@pytest.fixture(scope="module", autouse=True)
def quiet():
    datasets.utils.logging.disable_progress_bar()


def cells(contents):
    return [None if data is None else {"bytes": data, "path": f"{i}.jpg"} for i, data in enumerate(contents)]


def in_memory(contents=JPEGS, labels=LABELS):
    return datasets.Dataset.from_dict({"image": cells(contents), "label": labels}, features=FEATURES)


def on_disk(folder, dataset, **options):
    dataset.save_to_disk(str(folder), **options)
    return datasets.load_from_disk(str(folder))


@pytest.fixture(params=["memory", "file", "files"])
def dataset(request, tmp_path):
    """The nine images, in memory, in one mapped file, and in three."""
    made = in_memory()
    return (
        made
        if request.param == "memory"
        else on_disk(tmp_path / "set", made, num_shards=3 ** (request.param[4:] == "s"))
    )


def files_of(folder, contents=JPEGS):
    paths = []
    for i, data in enumerate(contents):
        paths.append(folder / f"{i}.jpg")
        paths[-1].write_bytes(data)
    return paths


def images_of(samples):
    batches = Loader(samples, SIZE, 4)
    return np.concatenate(list(batches) if samples.labels is None else [x for x, _ in batches])


def batches(loader):
    return [(x.copy(), y.copy()) for x, y in loader]


def assert_same(one, other):
    for (x, y), (expected_x, expected_y) in zip(one, other, strict=True):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_batches_are_those_of_the_files(dataset, tmp_path):
    samples = Samples.from_huggingface(dataset)
    plain = Samples.from_files(files_of(tmp_path), [NAMES[i] for i in LABELS], classes=NAMES)
    assert samples.classes == ("cat", "dog", "auk")
    np.testing.assert_array_equal(samples.labels, plain.labels)
    options = {"shuffle": True, "seed": 3}
    assert_same(Loader(samples, SIZE, 4, **options), Loader(plain, SIZE, 4, **options))


def test_a_run_goes_on_where_it_was(dataset):
    samples = Samples.from_huggingface(dataset)
    expected = batches(Loader(samples, SIZE, 2, shuffle=True, seed=1))
    loader = Loader(samples, SIZE, 2, shuffle=True, seed=1)
    iterator = iter(loader)
    next(iterator), next(iterator)
    state = loader.state_dict()
    resumed = Loader(pickle.loads(pickle.dumps(samples)), SIZE, 2, shuffle=True, seed=1)
    resumed.load_state_dict(state)
    assert_same(batches(resumed), expected[2:])


def test_images_in_mapped_files_are_ranges_of_these(tmp_path):
    samples = Samples.from_huggingface(on_disk(tmp_path / "set", in_memory(), num_shards=2))
    assert samples.table.contents is None
    assert {os.path.basename(path) for _, path in enumerate(source.path for source, _ in samples)} == {
        "data-00000-of-00002.arrow",
        "data-00001-of-00002.arrow",
    }
    for (source, _), data in zip(samples, JPEGS, strict=True):
        assert isinstance(source, FileRange)
        with open(source.path, "rb") as file:
            file.seek(source.offset)
            assert file.read(source.length) == data
    assert len(pickle.dumps(samples)) < sum(map(len, JPEGS)) / 2


def test_images_in_memory_have_names_and_are_not_copied():
    dataset = in_memory()
    samples = Samples.from_huggingface(dataset)
    (buffer,) = samples.table.contents.buffers
    (chunk,) = dataset.data.column("image").chunks
    assert buffer.ctypes.data == chunk.field("bytes").buffers()[2].address
    assert list(samples.paths()) == [f"<dataset {dataset._fingerprint[:8]} row {i}>" for i in range(9)]
    assert samples[-1] == (samples.path(8), 2)


CHANGES = [
    lambda dataset: dataset.shuffle(seed=4),
    lambda dataset: dataset.select([8, 0, 3, 3]),
    lambda dataset: dataset.select(range(2, 7)),
    lambda dataset: dataset.train_test_split(0.3, seed=2)["train"],
    lambda dataset: dataset.filter(lambda label: label == 1, input_columns="label"),
    lambda dataset: dataset.shuffle(seed=4).flatten_indices(),
    lambda dataset: dataset.shard(2, 1),
    lambda dataset: datasets.concatenate_datasets([dataset.shuffle(seed=1), dataset, dataset.select([5])]),
    lambda dataset: dataset.cast_column("image", datasets.Image(decode=False)),
    lambda dataset: dataset.with_format("numpy"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_rows_are_those_of_the_data_set(dataset, change):
    changed = change(dataset)
    samples = Samples.from_huggingface(changed)
    plain = changed.with_format(None).cast_column("image", datasets.Image(decode=False))
    rows = [plain[i] for i in range(len(plain))]
    assert samples.labels.tolist() == [row["label"] for row in rows]
    np.testing.assert_array_equal(images_of(samples), decode_batch([row["image"]["bytes"] for row in rows], SIZE))


def test_pixels_are_those_of_pillow(tmp_path):
    pngs = [encoded(photo(*SIZE, i), "png") for i in range(4)]
    for dataset in (in_memory(pngs, [0] * 4), on_disk(tmp_path / "set", in_memory(pngs, [0] * 4))):
        samples = Samples.from_huggingface(dataset)
        np.testing.assert_array_equal(images_of(samples), [np.asarray(row["image"].convert("RGB")) for row in dataset])


def test_other_formats_in_memory_are_decoded_by_other_decoders():
    bmps = [encoded(photo(30, 40, i), "bmp") for i in range(3)]
    samples = Samples.from_huggingface(in_memory(bmps, [0] * 3))
    np.testing.assert_array_equal(images_of(samples), decode_batch(bmps, SIZE))


@given(
    contents=st.lists(st.one_of(st.none(), st.binary(max_size=30)), min_size=1, max_size=30),
    sizes=st.lists(st.integers(0, 7), max_size=8),
    cut=st.tuples(st.integers(0, 10), st.integers(0, 30)),
    layout=st.sampled_from(["binary", "large_binary", "struct", "struct of large_binary"]),
    data=st.data(),
)
@settings(max_examples=150)
def test_places_in_any_layout(contents, sizes, cut, layout, data):
    """Chunks of any size, sliced, with nulls at both levels."""
    kind = pa.large_binary() if "large" in layout else pa.binary()
    array = pa.array(contents, kind)
    if "struct" in layout:
        mask = pa.array([data.draw(st.booleans()) if content is None else False for content in contents], pa.bool_())
        array = pa.StructArray.from_arrays([pa.nulls(len(contents), pa.string()), array], ["path", "bytes"], mask=mask)
    begins = np.clip(np.cumsum([0, *sizes]), 0, len(contents))
    lengths = np.diff(begins, append=len(contents))
    chunks = [array.slice(begin, length) for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)]
    table = pa.table({"image": pa.chunked_array(chunks, array.type)}).slice(*cut)
    expected = contents[cut[0] : cut[0] + cut[1]]
    kept = [content for content in expected if content is not None]
    dataset = datasets.Dataset(table)
    if not kept:
        with pytest.raises(ValueError, match="has no images"):
            Samples.from_huggingface(dataset, "image", None)
        return
    if len(kept) < len(expected):
        with pytest.warns(SamplesWarning, match=f"rows without an image were left out: {len(expected) - len(kept)} "):
            samples = Samples.from_huggingface(dataset, "image", None)
    else:
        samples = Samples.from_huggingface(dataset, "image", None)
    restored = pickle.loads(pickle.dumps(samples))
    for found in (samples, restored):
        assert found.fingerprint() == samples.fingerprint()
        contents, ranges, numbers = found.table.contents, found.table.ranges, found.table.path_numbers
        if contents is None:
            assert set(kept) == {b""}
            continue
        for i, content in enumerate(kept):
            begin, length = ranges.offsets[i], ranges.lengths[i]
            assert contents.buffers[numbers[i]][begin : begin + length].tobytes() == content


def test_parts_are_selected_split_and_pickled(dataset):
    samples = Samples.from_huggingface(dataset)
    images = images_of(samples)
    for part in (samples.select([7, 2, 2]), samples[3:5], copy.deepcopy(samples)[5:]):
        restored = pickle.loads(pickle.dumps(part))
        rows = [list(samples.paths()).index(path) for path in part.paths()]
        assert restored.fingerprint() == part.fingerprint()
        assert list(restored.paths()) == list(part.paths())
        np.testing.assert_array_equal(images_of(part), images[rows])
        np.testing.assert_array_equal(images_of(restored), images[rows])
    one, other = samples.split(0.3, stratify=False)
    assert sorted([*one.paths(), *other.paths()]) == sorted(samples.paths())
    assert len(samples.without([samples.path(4)])) == 8


def test_pickles_of_a_part_have_its_images_alone():
    part = Samples.from_huggingface(in_memory()).select([4, 4, 1])
    size = len(pickle.dumps(part))
    assert len(JPEGS[1]) + len(JPEGS[4]) < size < len(JPEGS[1]) + len(JPEGS[4]) + 3000


def test_a_row_that_is_repeated_is_in_one_part(dataset):
    samples = Samples.from_huggingface(dataset.select([0, 1, 2, 0, 1, 2, 3, 4]))
    for each in (samples, pickle.loads(pickle.dumps(samples))):
        with pytest.warns(SamplesWarning, match="3 files are in several rows"):
            one, other = each.split(0.4, stratify=False)
        first, second = images_of(one), images_of(other)
        assert not any(np.array_equal(image, another) for image in first for another in second)


def test_the_fingerprint_does_not_depend_on_the_addresses():
    assert Samples.from_huggingface(in_memory()).fingerprint() == Samples.from_huggingface(in_memory()).fingerprint()
    other = Samples.from_huggingface(in_memory().select([1, 0, *range(2, 9)]))
    assert other.fingerprint() != Samples.from_huggingface(in_memory()).fingerprint()


def test_bad_images_are_named(dataset, tmp_path):
    bad = in_memory([*JPEGS[:2], b"no image", b""], [0] * 4)
    for each in (bad, on_disk(tmp_path / "bad", bad)):
        samples = Samples.from_huggingface(each)
        with pytest.raises(DecodeError) as caught:
            list(Loader(samples, SIZE, 4))
        assert (caught.value.status, caught.value.path) == (Status.NOT_AN_IMAGE, samples.path(2))
        loader = Loader(samples, SIZE, 4, on_error="skip")
        with pytest.warns(UserWarning, match="bad"):
            list(loader)
        assert [error.status for error in loader.errors] == [Status.NOT_AN_IMAGE, Status.EMPTY]
        assert list(samples.without(loader.errors).paths()) == [samples.path(0), samples.path(1)]


def test_rows_without_bytes_are_files(tmp_path, monkeypatch):
    files_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    features = datasets.Features({"image": datasets.Image()})
    rows = [str(tmp_path / "3.jpg"), {"bytes": JPEGS[2], "path": "gone.jpg"}, "./1.jpg", None]
    dataset = datasets.Dataset.from_dict({"image": rows}, features=features)
    with pytest.warns(SamplesWarning, match=r"column 'image': rows without an image were left out: 1 \('row 3'\)"):
        samples = Samples.from_huggingface(dataset, label=None)
    assert samples.path(0) == str(tmp_path / "3.jpg")
    assert samples.path(2) == "./1.jpg"
    for each in (samples, pickle.loads(pickle.dumps(samples)), pickle.loads(pickle.dumps(samples[1:]))):
        expected = [JPEGS[3], JPEGS[2], JPEGS[1]][-len(each) :]
        np.testing.assert_array_equal(images_of(each), decode_batch(expected, SIZE))
    assert len(samples.split(0.4)[0]) == 2


@pytest.mark.parametrize("path", ["https://example.org/a.jpg", "zip://a.jpg::/tmp/a.zip"])
def test_images_elsewhere_are_refused(path):
    features = datasets.Features({"image": datasets.Image()})
    dataset = datasets.Dataset.from_dict({"image": [{"bytes": JPEGS[0], "path": None}, path]}, features=features)
    with pytest.raises(ValueError, match=r"column 'image', row 1 \(counted from 0\): '.*' is a URL"):
        Samples.from_huggingface(dataset, label=None)


def test_a_file_that_was_replaced_is_read_from_memory(tmp_path):
    dataset = on_disk(tmp_path / "set", in_memory())
    (file,) = (tmp_path / "set").glob("*.arrow")
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(bytes(len(content)))
    samples = Samples.from_huggingface(dataset)
    assert samples.table.contents is not None
    np.testing.assert_array_equal(images_of(samples), decode_batch(JPEGS, SIZE))


def test_a_file_that_differs_from_memory_is_not_taken(tmp_path, monkeypatch):
    """As where the list of mapped files is that of another root folder."""
    dataset = on_disk(tmp_path / "set", in_memory())
    (file,) = (tmp_path / "set").glob("*.arrow")
    listed = (tmp_path / "other.arrow", tmp_path / "maps")
    listed[0].write_bytes(bytes(file.stat().st_size))
    with open(mapped_files._MAPS, "rb") as maps:
        listed[1].write_bytes(maps.read().replace(bytes(file), bytes(listed[0])))
    for path in (listed[1], tmp_path / "absent"):
        monkeypatch.setattr(mapped_files, "_MAPS", str(path))
        assert Samples.from_huggingface(dataset).table.contents is not None


@pytest.mark.parametrize(
    ("permissions", "gap", "is_found"), [("r--p", 0, True), ("r--s", 0, True), ("rw-p", 0, False), ("r--p", 1, False)]
)
def test_a_file_that_is_mapped_in_two_parts(tmp_path, monkeypatch, permissions, gap, is_found):
    buffer = np.frombuffer(np.random.default_rng(0).bytes(9000), np.uint8)
    path = tmp_path / "two parts.arrow"
    path.write_bytes(b"head" + buffer.tobytes())
    begin = buffer.ctypes.data
    parts = [(begin - 4, begin + 5000, 0), (begin + 5000, begin + 9000, 5004 + gap)]
    lines = [f"{first:x}-{end:x} {permissions} {offset:08x} fe:00 12    {path}" for first, end, offset in parts]
    (tmp_path / "maps").write_text("\n".join(["0-1 r--p 0 00:00 0", *lines]) + "\n")
    monkeypatch.setattr(mapped_files, "_MAPS", str(tmp_path / "maps"))
    assert mapped_files.MappedFiles().find(buffer) == ((str(path), 4) if is_found else None)


def test_a_forked_child_reads_the_same_memory(tmp_path):
    in_memory().save_to_disk(str(tmp_path / "set"))
    script = """
import os, sys
import numpy as np
import datasets
from fastseq import Loader, Samples
dataset = datasets.load_from_disk(sys.argv[1], keep_in_memory=True)
samples = Samples.from_huggingface(dataset)
assert samples.table.contents is not None
del dataset
def images():
    return np.concatenate([x for x, _ in Loader(samples, (8, 8), 4)])
expected = images()
child = os.fork()
if child == 0:
    os._exit(0 if (images() == expected).all() else 1)
assert os.waitpid(child, 0)[1] == 0
assert (images() == expected).all()
"""
    command = [*PYTHON, "-c", script, tmp_path / "set"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def labelled(values, feature=None):
    features = None if feature is None else datasets.Features({"image": datasets.Image(), "label": feature})
    rows = [{"bytes": JPEGS[0], "path": None}] * len(values)
    made = datasets.Dataset.from_dict({"image": rows, "label": values}, features=features)
    return made if features else made.cast_column("image", datasets.Image())


@pytest.mark.parametrize(
    ("values", "feature", "labels", "classes"),
    [
        (["dog", "cat", "dog"], None, [1, 0, 1], ("cat", "dog")),
        ([1, 0, 0], None, [1, 0, 0], ("0", "1")),
        ([0.5, 2.0], datasets.Value("float32"), [0.5, 2.0], None),
        ([[0.5, 2.0], [1.0, 3.0]], None, [[0.5, 2.0], [1.0, 3.0]], None),
        ([[0, 2], [], [1]], [datasets.ClassLabel(names=NAMES)], [[1, 0, 1], [0, 0, 0], [0, 1, 0]], tuple(NAMES)),
        ([["b"], ["a", "b"]], None, [[0, 1], [1, 1]], ("a", "b")),
    ],
)
def test_kinds_of_labels(values, feature, labels, classes):
    if isinstance(feature, list):
        feature = datasets.Sequence(*feature)
    samples = Samples.from_huggingface(labelled(values, feature))
    assert np.asarray(samples.labels).astype(float).tolist() == np.array(labels, float).tolist()
    assert samples.classes == classes
    assert samples.multi_label == (classes is not None and np.ndim(labels) == 2)


def test_classes_in_another_order():
    samples = Samples.from_huggingface(in_memory(), classes=["auk", "cat", "dog", "emu"])
    assert samples.labels.tolist() == [(1, 2, 0)[label] for label in LABELS]
    with pytest.raises(UnknownLabelError):
        Samples.from_huggingface(in_memory(), classes=["cat", "dog"])
    assert Samples.from_huggingface(labelled([3, 5]), classes=range(6)).labels.tolist() == [3, 5]
    lists = labelled([[0, 2]], datasets.Sequence(datasets.ClassLabel(names=NAMES)))
    assert np.asarray(Samples.from_huggingface(lists, classes=["auk", "dog", "cat"]).labels).tolist() == [[1, 0, 1]]


def test_which_column_is_inferred():
    columns = {name: datasets.ClassLabel(names=NAMES) for name in ("fine", "coarse")}
    features = datasets.Features({"photo": datasets.Image(), "label": datasets.Value("string"), **columns})
    rows = {"photo": cells(JPEGS[:2]), "label": ["x", "y"], "fine": [0, 1], "coarse": [2, 2]}
    dataset = datasets.Dataset.from_dict(rows, features=features)
    with pytest.raises(ValueError, match=r"several columns have classes: 'fine', 'coarse'; .*Name that of the labels"):
        Samples.from_huggingface(dataset)
    assert Samples.from_huggingface(dataset, label="coarse").labels.tolist() == [2, 2]
    assert Samples.from_huggingface(dataset.remove_columns("fine")).labels.tolist() == [2, 2]
    assert Samples.from_huggingface(dataset.remove_columns(["fine", "coarse"])).classes == ("x", "y")
    with pytest.raises(ValueError, match="no column is usual for labels; the columns besides the images are 'name'"):
        Samples.from_huggingface(dataset.remove_columns(["fine", "coarse"]).rename_column("label", "name"))
    assert Samples.from_huggingface(dataset, label=None).labels is None


@pytest.mark.parametrize(
    ("labels", "feature", "message"),
    [
        ([0, None], datasets.ClassLabel(names=NAMES), r"column 'label', row 1 \(counted from 0\) is empty"),
        ([0, -1], datasets.ClassLabel(names=NAMES), "row 1 .*: -1 is not the number of .* 3 classes; -1 stands for no"),
        (["a", None], None, r"column 'label', row 1 \(counted from 0\) is empty"),
        ([["a"], None], None, r"column 'label', row 1 \(counted from 0\) is empty"),
        ([[0], [1, None]], datasets.Sequence(datasets.ClassLabel(names=NAMES)), r"row 1 \(counted from 0\) is empty"),
        ([[0], [1, -1]], datasets.Sequence(datasets.ClassLabel(names=NAMES)), "row 1 .*: -1 is not the number"),
    ],
)
def test_labels_that_are_missing(labels, feature, message):
    with pytest.raises(ValueError, match=message):
        Samples.from_huggingface(labelled(labels, feature))


def test_rows_in_messages_are_those_of_the_data_set():
    dataset = in_memory([JPEGS[0], None, JPEGS[1]], [0, 1, 0]).select([1, 2, 0])
    dataset = dataset.add_column("other", [0, 0, None])
    with (
        pytest.warns(SamplesWarning, match=r"1 \('row 0'\)"),
        pytest.raises(ValueError, match=r"'other', row 2 \(counted"),
    ):
        Samples.from_huggingface(dataset, label="other")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: datasets.DatasetDict(train=in_memory()),
            TypeError,
            r"not a DatasetDict; .*'train', such as dataset\['",
        ),
        (
            lambda: in_memory().to_iterable_dataset(),
            TypeError,
            "is a stream, .*; load the data set without streaming=True",
        ),
        (lambda: "mnist", TypeError, "pass datasets.load_dataset"),
        (lambda: [1], TypeError, "dataset must be a datasets.Dataset, not list"),
        (
            lambda: in_memory().with_transform(lambda rows: rows),
            ValueError,
            "has a transform, which would not be applied",
        ),
        (lambda: in_memory().remove_columns("image"), ValueError, "no column has the feature Image; the columns are"),
        (lambda: in_memory().select([]), ValueError, "column 'image' has no images"),
        (lambda: in_memory([None, None], [0, 0]), ValueError, "has no images: it is empty in all rows"),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        Samples.from_huggingface(make())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "photo"}, "there is no column 'photo'; the columns are 'image', 'label'"),
        ({"image": "label"}, "column 'label' is of type int64, not of encoded images"),
        ({"label": "name"}, "there is no column 'name' of labels; the other columns are 'label'"),
        ({"label": None, "classes": NAMES}, "classes without labels"),
    ],
)
def test_columns_that_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Samples.from_huggingface(in_memory(), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": ["image"]}, r"image must be the name of a column, not \['image'\]"),
        ({"image": None}, "image must be the name of a column, not None"),
        ({"label": ["label"]}, r"label must be the name of a column, not \['label'\]"),
    ],
)
def test_what_is_no_name_of_a_column(options, message):
    with pytest.raises(TypeError, match=message):
        Samples.from_huggingface(in_memory(), **options)


@pytest.mark.parametrize("offsets", [[0, 5, 11], [0, 7, 5], [-1, 2, 4]])
def test_offsets_that_lie_are_refused(offsets):
    shared = np.array([0, 5, 10], np.int32)
    buffers = [None, pa.py_buffer(shared), pa.py_buffer(b"0123456789")]
    table = pa.table({"image": pa.Array.from_buffers(pa.binary(), 2, buffers)})
    dataset = datasets.Dataset(table, fingerprint="given")  # or it hashes the contents
    shared[:] = offsets
    with pytest.raises(ValueError, match="column 'image': an image ends beyond the data of its Arrow chunk"):
        Samples.from_huggingface(dataset, "image", None)


def test_samples_outlive_the_data_set():
    samples = Samples.from_huggingface(in_memory())
    batches = iter(Loader(samples, SIZE, 2, shuffle=True, seed=0))
    labels = samples.labels
    first = next(batches)
    del samples
    rest = [(x.copy(), y.copy()) for x, y in batches]
    assert sorted(np.concatenate([y for _, y in [first, *rest]])) == sorted(labels)
    again = Loader(Samples.from_huggingface(in_memory()), SIZE, 2, shuffle=True, seed=0)
    assert_same([first, *rest], again)


def test_several_images_a_row():
    dataset = in_memory().add_column("other", cells(JPEGS)).cast_column("other", datasets.Image())
    with pytest.raises(ValueError, match="several columns are images: 'image', 'other'"):
        Samples.from_huggingface(dataset)
    assert len(Samples.from_huggingface(dataset, "other")) == 9


def test_an_arrow_file_that_changes_is_noticed(tmp_path):
    samples = Samples.from_huggingface(on_disk(tmp_path / "set", in_memory()))
    (arrow,) = (tmp_path / "set").glob("*.arrow")
    status = os.stat(arrow)
    Loader(samples, SIZE, 9).batch(0, 0)
    os.utime(arrow, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(DecodeError, match=r"\.arrow\[.*\[CHANGED\]"):
        Loader(samples, SIZE, 9).batch(0, 0)


def test_integers_without_classes(tmp_path):
    def of(numbers, **options):
        features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
        made = datasets.Dataset.from_dict({"image": cells(JPEGS[: len(numbers)]), "label": numbers}, features=features)
        return Samples.from_huggingface(made, **options)

    assert of([0, 1, 2]).labels.tolist() == [0, 1, 2]
    with pytest.warns(SamplesWarning, match=r"are not 0, 1, 2, .* classes=range\(n\)"):
        assert of([3, 5, 3]).labels.tolist() == [0, 1, 0]
    assert of([3, 5, 3], classes=range(6)).labels.tolist() == [3, 5, 3]
    named = of([2, 0, 1], classes=["cat", "dog", "owl"])
    assert (named.labels.tolist(), named.classes) == ([2, 0, 1], ("cat", "dog", "owl"))
