"""Samples: paths, selections, splits, fingerprints and pickles, and samples from a list of files."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo

from fastseq import FileRange
from fastseq.errors import UnknownLabelError
from fastseq.samples import PathTable, Samples
from fastseq.samples import path_table as table_module

NAMES = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: "://" not in name  # a URL
)


def numbered(n: int, **options) -> Samples:
    return Samples.from_files([f"{i:05d}.jpg" for i in range(n)], **options)


@given(st.lists(NAMES), st.sampled_from([None, "data", "data/", "ü", Path("a/b")]))
def test_a_table_gives_back_its_paths(names, root):
    table = PathTable.from_strings(iter(names), root)
    assert len(table) == len(names)
    paths = [table.path(i) for i in range(len(names))]
    assert paths == [os.path.join(root or "", name) for name in names]


def test_a_table_takes_chunks_of_any_size(monkeypatch):
    monkeypatch.setattr(table_module, "CHUNK", 3)
    names = ["a", "", "bé", "\udcff.jpg", "/abs/c", "dd", "e"]
    table = PathTable.from_strings(names, "root")
    assert [table.path(i) for i in range(7)] == [os.path.join("root", name) for name in names]
    assert os.fsencode(table.path(3)) == b"root/\xff.jpg"
    part = table.take(np.array([6, 0, 3, 3, 5, 1]))
    assert [part.path(i) for i in range(6)] == [table.path(i) for i in (6, 0, 3, 3, 5, 1)]


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_out_of_range_is_an_index_error(row):
    with pytest.raises(IndexError, match="the table has 2"):
        PathTable.from_strings(["a", "b"]).path(row)


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_a_nul_in_a_path_is_an_error_with_its_row(monkeypatch, chunk):
    monkeypatch.setattr(table_module, "CHUNK", chunk)
    with pytest.raises(ValueError, match=r"^row 3 .*'b\\x00.jpg'"):
        Samples.from_files(["a.jpg", "c.jpg", "d.jpg", "b\0.jpg", "e.jpg"])


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("gs://bucket/a.jpg", "from_zip take URLs"),
        ("ram://a.jpg", r"compat\.image_dataset_from_directory"),
        ("https://example.org/a.jpg", "copy the files"),
        ("file:///data/a.jpg", "write '/data/a.jpg'"),
    ],
)
def test_urls_are_refused_before_anything_is_read(url, remedy, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(f"image,label\nb.jpg,1\n{url},2\n")
    frame = pandas.DataFrame({"image": ["b.jpg", url]})
    calls = [
        (lambda: Samples.from_files(["b.jpg", url]), "row 1"),
        (lambda: Samples.from_dataframe(frame, image="image", label=None), "row 1"),
        (lambda: Samples.from_csv(table, image="image", label="label"), "row 1"),
        (lambda: Samples.from_csv(url, image="image", label="label"), "path"),
    ]
    if url.startswith("file:"):
        calls.append((lambda: Samples.from_dataframe(frame[:1], image="image", label=None, root=url), "root"))
        calls.append((lambda: Samples.from_directory(url), "path"))
    for call, where in calls:
        with pytest.raises(ValueError, match=rf"^{where}.*{url}' is a URL, .*{remedy}"):
            call()


def test_absolute_paths_are_not_below_a_url():
    frame = pandas.DataFrame({"image": ["b.jpg", "/data/c.jpg"]})
    with pytest.raises(ValueError, match=r"row 1 .* '/data/c\.jpg' is absolute, and root is a URL"):
        Samples.from_dataframe(frame, label=None, root="gs://bucket")


def test_a_path_with_colons_is_no_url():
    assert list(Samples.from_files(["a/b://c.jpg", "c:/d.jpg"]).paths()) == ["a/b://c.jpg", "c:/d.jpg"]


def test_files_keep_their_order():
    samples = Samples.from_files(path for path in ["b.jpg", Path("x/a.jpg"), "/abs/c.jpg"])
    assert len(samples) == 3
    assert list(samples.paths()) == ["b.jpg", "x/a.jpg", "/abs/c.jpg"]
    assert samples.path(-1) == "/abs/c.jpg"
    assert (samples.labels, samples.classes, samples.multi_label) == (None, None, False)
    with pytest.raises(IndexError):
        samples.path(3)


@pytest.mark.parametrize(
    ("labels", "classes", "dtype", "expected", "names"),
    [
        (["b", "a", "b"], None, "int64", [1, 0, 1], ("a", "b")),
        (np.array(["b", "a", "b"]), None, "int64", [1, 0, 1], ("a", "b")),
        (["b", "a", "b"], ["b", "c", "a"], "int64", [0, 2, 0], ("b", "c", "a")),
        ([10, 9, 10], None, "int64", [1, 0, 1], ("9", "10")),
        (np.array([2, 0, 2], np.uint8), [0, 1, 2], "int64", [2, 0, 2], ("0", "1", "2")),
        ((label for label in (True, False, True)), None, "int64", [1, 0, 1], ("False", "True")),
        ([1.5, 2, 3], None, "float32", [1.5, 2, 3], None),
        ([[1, 2.5], [3, 4], [5, 6]], None, "float32", [[1, 2.5], [3, 4], [5, 6]], None),
        (np.array([[1, 2], [3, 4], [5, 6]]), None, "int64", [[1, 2], [3, 4], [5, 6]], None),
        (list(np.array([[1, 2], [3, 4], [5, 6]])), None, "int64", [[1, 2], [3, 4], [5, 6]], None),
        ([["b", "a"], (), {"a"}], None, "bool", [[1, 1], [0, 0], [1, 0]], ("a", "b")),
        ([["b", "b"], [], ["a"]], ["b", "a"], "bool", [[1, 0], [0, 0], [0, 1]], ("b", "a")),
        (np.eye(3, dtype=bool), None, "bool", np.eye(3), ("0", "1", "2")),
        ([[1, 3], [0, 2], [3]], range(4), "bool", [[0, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 1]], ("0", "1", "2", "3")),
        ([[1, 10], [], [2]], [1, 2, 10], "bool", [[1, 0, 1], [0, 0, 0], [0, 1, 0]], ("1", "2", "10")),
        ([{10, 1}, {2}, set()], None, "bool", [[1, 0, 1], [0, 1, 0], [0, 0, 0]], ("1", "2", "10")),
        ([[" b", "a"], ["b "], []], None, "bool", [[1, 1], [0, 1], [0, 0]], ("a", "b")),
        ([" b", "a", "b\n"], None, "int64", [1, 0, 1], ("a", "b")),
    ],
)
def test_labels_of_files(labels, classes, dtype, expected, names):
    samples = Samples.from_files(["x.jpg", "y.jpg", "z.jpg"], labels, classes)
    assert samples.labels.dtype == dtype
    assert np.array_equal(samples.labels, expected)
    assert samples.classes == names
    assert samples.multi_label == (dtype == "bool")


EMPTY = r"labels, row 1 \(counted from 0\) is empty"


@pytest.mark.parametrize(
    ("files", "labels", "classes", "error", "message"),
    [
        ([], None, None, ValueError, "files is empty"),
        ("a.jpg", None, None, TypeError, "from_directory"),
        (["a.jpg", ""], None, None, ValueError, "files, row 1"),
        (["a.jpg", b"b.jpg"], None, None, TypeError, "files, row 1"),
        (["a.jpg"], ["x", "y"], None, ValueError, "1 files but 2 labels"),
        (["a.jpg"], None, ["x"], ValueError, "classes without labels"),
        (["a.jpg"], ["x"], "x", TypeError, "not the string 'x'"),
        (["a.jpg"], ["x"], [], ValueError, "classes is empty"),
        (["a.jpg"], ["x"], ["x", "y", "x"], ValueError, "'x' more than once"),
        (["a.jpg", "b.jpg"], ["x", None], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], ["x", ""], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], [1, None], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], [["x"], None], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], np.array(["x", float("nan")], object), None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], ["x", 3], None, ValueError, "labels, row 1 .*3 is not text"),
        (["a.jpg", "b.jpg"], [["x"], "y"], None, ValueError, "labels, row 1 .*'y' is not a list"),
        (["a.jpg", "b.jpg"], [["x"], [""]], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], [["x"], [3]], None, ValueError, "mixes text and numbers"),
        (["a.jpg", "b.jpg"], [[1.0], [1.0, 2.0]], None, ValueError, "different lengths"),
        (["a.jpg", "b.jpg"], [[], []], None, ValueError, "no sample has a label"),
        (["a.jpg", "b.jpg"], [0.5, float("nan")], None, ValueError, EMPTY),
        (["a.jpg", "b.jpg"], [0.5, 1e300], None, ValueError, "labels, row 1 .* 1e.300 is not a finite number"),
        (["a.jpg"], [object()], None, ValueError, "is not a label"),
        (["a.jpg"], [[object()]], None, ValueError, r"labels, row 0 .* is no list of labels"),
        (["a.jpg", "b.jpg"], [["x"], [None]], None, ValueError, r"labels, row 1 .* is no list of labels"),
        (["a.jpg", "b.jpg"], [[1], [0, 2]], None, ValueError, r"labels, row 1 .* 1 and 2; pass all classes, such as"),
        (["a.jpg", "b.jpg"], [[1, 0, 0], [0, 1, 0]], "xyz", TypeError, "not the string 'xyz'"),
        (["a.jpg", "b.jpg"], [[1, 0, 0], [0, 1, 0]], list("xyz"), ValueError, "pass rows of booleans"),
        (["a.jpg", "b.jpg"], [[1], [3]], [1, 2], UnknownLabelError, "not in classes: '3'"),
        (["a.jpg"], np.array([[1, 0, 0]]), list("xyz"), ValueError, r"labels\.astype\(bool\)"),
        (["a.jpg"], [[0.5, 1.5]], [0, 1], ValueError, "these are rows of numbers"),
        (["a.jpg", "b.jpg"], [0.0, 1.0], [0, 1], UnknownLabelError, r"'0.0' is the class '0' .*\.astype\(int\)"),
        (["a.jpg", "b.jpg"], ["01", "1"], [1, 2], UnknownLabelError, "'01' is the class '1' written in another way"),
        (["a.jpg"], np.array([np.nan]), [0, 1], ValueError, r"labels, row 0 \(counted from 0\) is empty"),
        (["a.jpg", "b.jpg"], ["x", " "], None, ValueError, EMPTY),
        (["a.jpg"], ["x"], Samples.from_files(["b.jpg"], ["x"]), TypeError, r"pass its \.classes"),
        (["a.jpg"], np.array(["2020-01-01"], "M8[D]"), None, ValueError, "datetime64"),
        (["a.jpg"], np.array([["x", "y"]]), None, ValueError, r"shape \(1, 2\); labels are text or numbers"),
        (["a.jpg"], np.zeros((1, 2, 3)), None, ValueError, r"shape \(1, 2, 3\)"),
        (["a.jpg"], np.zeros((1, 2), bool), ["x"], ValueError, "2 columns of booleans for 1 classes"),
    ],
)
def test_files_and_labels_that_are_wrong(files, labels, classes, error, message):
    with pytest.raises(error, match=message):
        Samples.from_files(files, labels, classes)


def test_unknown_labels_are_listed():
    labels = [f"n{i:02d}" for i in range(14)]
    with pytest.raises(UnknownLabelError, match=r"not in classes: 'n02', .*'n11', \.\.\. \(12 in all\)"):
        numbered(14, labels=labels, classes=["n00", "n01"])
    with pytest.raises(UnknownLabelError, match="not in classes: 'emu';"):
        numbered(2, labels=[["cat"], ["emu", "cat"]], classes=["cat"])


def test_select_takes_numbers_or_a_mask():
    samples = numbered(5, labels=list("abcab"))
    for which in ([4, 0, 0], np.array([-1, 0, 0], np.int32)):
        part = samples.select(which)
        assert list(part.paths()) == ["00004.jpg", "00000.jpg", "00000.jpg"]
        assert part.labels.tolist() == [1, 0, 0]
        assert part.classes == ("a", "b", "c")
        assert part.table is samples.table
    masked = samples.select(samples.labels == 1)
    assert list(masked.paths()) == ["00001.jpg", "00004.jpg"]
    assert list(masked.select([1]).paths()) == ["00004.jpg"]
    assert len(samples.select([])) == 0


@pytest.mark.parametrize(
    ("which", "error"),
    [([5], IndexError), ([True], IndexError), ([0.5], TypeError), ([[0]], TypeError), (0, TypeError)],
)
def test_select_refuses_what_is_not_there(which, error):
    with pytest.raises(error):
        numbered(5).select(which)


@pytest.mark.parametrize(
    ("labels", "last"),
    [
        (None, None),
        (list("abcab"), 1),
        ([0.5, 1, 2, 3, 4.5], 4.5),
        ([["a"], [], ["b"], [], ["a", "b"]], [True, True]),
    ],
)
def test_a_sample_is_a_pair_of_its_path_and_its_label(labels, last):
    samples = numbered(5, labels=labels)
    path, label = samples[-1]
    assert path == samples[4].path == samples[np.int64(4)].path == "00004.jpg"
    assert np.array_equal(label, last)
    assert type(label) in (type(last), np.ndarray)
    assert len(list(samples)) == 5


def test_a_sample_of_a_part_of_a_file_has_the_part():
    part = FileRange("set.tar", 5, 10)
    assert Samples.from_files(["a.jpg", part])[1] == (part, None)


def test_slices_are_samples():
    samples = numbered(10, labels=list("ab" * 5))
    for chosen, rows in ((slice(2, 5), [2, 3, 4]), (slice(None, None, -4), [9, 5, 1]), (slice(20, 30), [])):
        part = samples[chosen]
        assert part.table_rows.tolist() == rows
        assert part.classes == ("a", "b")
    assert samples.take(3).fingerprint() == samples[:3].fingerprint()
    assert len(samples.take(99)) == 10
    assert len(samples.take(0)) == 0


@pytest.mark.parametrize("i", [5, -6])
def test_a_sample_that_is_not_there_is_an_index_error(i):
    for samples in (numbered(5), numbered(5, labels=list("abcab"))):
        with pytest.raises(IndexError):
            samples[i]


@pytest.mark.parametrize("i", [[1, 2], True, "a", 0.5, np.array([True] * 5)])
def test_lists_and_masks_are_for_select(i):
    with pytest.raises(TypeError, match=r"a number or a slice, not .*; use samples\.select"):
        numbered(5)[i]
    with pytest.raises(ValueError, match="n must be at least 0"):
        numbered(5).take(-1)


def test_classes_by_the_names_that_keras_has():
    samples = numbered(3, labels=["b", "a", "b"], classes=["b", "a", "c"])
    assert samples.class_names == ["b", "a", "c"]
    assert samples.class_indices == {"b": 0, "a": 1, "c": 2}
    for bare in (numbered(3), numbered(3, labels=[0.5, 1, 2])):
        assert (bare.class_names, bare.class_indices) == (None, None)


def test_file_paths_are_a_list_of_the_paths():
    samples = numbered(5).select([4, 0, 2])
    paths = samples.file_paths
    assert paths == list(samples.paths()) == list(paths) == ["00004.jpg", "00000.jpg", "00002.jpg"]
    assert paths != ["00004.jpg"]
    assert (paths[0], paths[-1], paths[1:], len(paths)) == ("00004.jpg", "00002.jpg", ["00000.jpg", "00002.jpg"], 3)
    assert "00002.jpg" in paths
    assert np.array(paths).tolist() == list(paths)
    assert repr(numbered(5).file_paths) == "['00000.jpg', '00001.jpg', '00002.jpg', ...]"
    with pytest.raises(IndexError):
        paths[3]


def test_arrays_are_read_only():
    samples = numbered(3, labels=[1, 2, 3])
    for array in (samples.table_rows, samples.labels, samples.table.blob, samples.table.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@given(st.lists(st.integers(0, 4), min_size=2, max_size=80), st.floats(0.01, 0.99), st.integers(0, 99))
def test_split_is_stratified_ordered_and_complete(labels, fraction, seed):
    n = len(labels)
    first, second = numbered(n, labels=labels).split(fraction, seed=seed)
    total = min(max(round(fraction * n), 1), n - 1)
    assert (len(first), len(second)) == (n - total, total)
    assert sorted([*first.table_rows, *second.table_rows]) == list(range(n))
    assert np.all(np.diff(first.table_rows) > 0)
    assert np.all(np.diff(second.table_rows) > 0)
    counts = np.bincount(second.labels, minlength=5)
    sizes = np.bincount(first.labels, minlength=5) + counts
    shares = sizes * total / n
    rare = (sizes > 0) & ((shares < 1) | (sizes - shares < 1))  # these are in both parts at the cost of the others
    assert np.all(np.abs(counts - shares) < 1 + 1e-6 + np.count_nonzero(rare))
    several = sizes[sizes > 1]
    if len(several) <= total <= np.sum(several - 1):
        assert np.all((counts > 0)[sizes > 1])
        assert np.all((counts < sizes)[sizes > 1])


def test_split_is_the_same_each_time_and_differs_by_seed():
    samples = numbered(100, labels=[i % 3 for i in range(100)])
    parts = [samples.split(0.3, seed=seed)[1].table_rows.tolist() for seed in (0, 0, 1)]
    assert parts[0] == parts[1] != parts[2]
    assert samples.split(0.3, stratify=False)[1].table_rows.tolist() != parts[0]


@pytest.mark.parametrize(
    ("labels", "second"),
    [
        (None, [1, 8, 9, 12, 16, 17]),
        (list("aabbbccccc" * 2), [1, 2, 8, 9, 12, 17]),
        ([i % 7 for i in range(20)], [0, 4, 8, 9, 12, 17]),
        (list("abcd" * 5), [2, 8, 9, 10, 15, 17]),
    ],
)
def test_splits_never_change(labels, second):
    assert numbered(20, labels=labels).split(0.3, seed=7)[1].table_rows.tolist() == second


@pytest.mark.parametrize("labels", [None, [[str(i % 3)] for i in range(10)], [i / 2 for i in range(10)]])
def test_split_without_single_classes(labels):
    first, second = numbered(10, labels=labels).split(0.2)
    assert (len(first), len(second)) == (8, 2)


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 20])
def test_split_refuses_fractions_out_of_range(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        numbered(10).split(fraction)
    with pytest.raises(ValueError, match="cannot be split"):
        numbered(1).split(0.5)


def test_a_fingerprint_names_the_samples():
    base = numbered(6, labels=list("aabbcc"))
    others = [
        numbered(6),
        numbered(7),
        numbered(6, labels=list("aabbca")),
        numbered(6, labels=list("aabbdd")),
        numbered(6, labels=[0, 0, 1, 1, 2, 2]),
        numbered(6, labels=[0.0, 0, 1, 1, 2, 2]),
        numbered(6, labels=[[c] for c in "aabbcc"]),
        base.select([1, 0, 2, 3, 4, 5]),
        base.select([]),
        Samples.from_files(["00000.jpg0", "0001.jpg", *list(base.paths())[2:]], list("aabbcc")),
        Samples(PathTable.from_strings(base.paths(), "root"), None, base.labels, base.classes),
    ]
    prints = [samples.fingerprint() for samples in (base, *others)]
    assert len(set(prints)) == len(prints)
    assert all(len(bytes.fromhex(text)) == 8 for text in prints)
    assert numbered(6, labels=list("aabbcc")).fingerprint() == base.fingerprint() == base.fingerprint()


@pytest.mark.parametrize("labels", [["b", "a", "b"], [["b", "a"], [], ["a"]]])
def test_numpy_text_is_the_same_text_in_a_fingerprint(labels):
    def as_numpy(label):
        return np.str_(label) if isinstance(label, str) else list(map(np.str_, label))

    plain = numbered(3, labels=labels)
    samples = [
        numbered(3, labels=list(map(as_numpy, labels))),
        numbered(3, labels=labels, classes=np.array(["a", "b"])),
    ]
    for sample in samples:
        assert sample.fingerprint() == plain.fingerprint()
        assert set(map(type, sample.classes)) == {str}


def test_a_fingerprint_is_of_the_samples_not_of_the_table():
    part = numbered(9).select([3, 5])
    assert part.fingerprint() == Samples.from_files(["00003.jpg", "00005.jpg"]).fingerprint()


def test_a_pickle_holds_only_what_it_needs():
    samples = numbered(10_000, labels=[i % 7 for i in range(10_000)])
    part = samples.select([9999, 5, 5])
    small = pickle.dumps(part)
    assert len(small) < 2000 < len(pickle.dumps(samples)) < 400_000
    for before in (samples, part):
        after = pickle.loads(pickle.dumps(before))
        assert list(after.paths()) == list(before.paths())
        assert np.array_equal(after.labels, before.labels)
        assert after.classes == before.classes
        assert after.fingerprint() == before.fingerprint()
        assert not after.labels.flags.writeable


def test_repr_says_what_there_is():
    assert repr(numbered(2, labels=["b", "a"])) == "<Samples: 2 images, 2 classes: 'a', 'b'>"
    assert repr(numbered(2)) == "<Samples: 2 images>"
    assert repr(numbered(2, labels=[0.5, 1])) == "<Samples: 2 images, labels float32 (2,)>"


def test_labels_must_match_rows():
    with pytest.raises(ValueError, match="2 samples but 1 labels"):
        Samples(PathTable.from_strings(["a", "b"]), labels=np.zeros(1, np.float32))


def test_importing_samples_imports_no_framework():
    code = "import sys, fastseq.samples; print({'keras', 'tensorflow', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("which", [[True, False, True], [-1]])
def test_image_rows_are_indexed_as_an_array_is(tmp_path, which):
    for i in range(3):
        (tmp_path / f"{i}.jpg").write_bytes(jpeg(photo(8, 8, seed=i)))
    samples = Samples.from_files([tmp_path / f"{i}.jpg" for i in range(3)])
    which = np.array(which)
    assert samples.image_rows(which).tolist() == samples.select(range(3)).image_rows(which).tolist()


def test_image_rows_of_no_sample(tmp_path):
    samples = Samples.from_files([tmp_path / "0.jpg"])
    with pytest.raises(IndexError):
        samples.image_rows(np.array([99]))
