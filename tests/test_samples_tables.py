"""Samples from a data frame and from a CSV file: the same table gives the same samples."""

from __future__ import annotations

import csv
import math
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq.errors import UnknownLabelError
from fastseq.samples import Samples
from fastseq.samples.sources import csv_file


def frame(columns: dict):
    import pandas as pd

    return pd.DataFrame(columns)


@pytest.fixture
def sources(tmp_path):
    """Both ways in, for the same columns."""

    def make(columns: dict) -> list:
        path = tmp_path / "table.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        table = frame(columns)
        return [
            lambda **options: Samples.from_dataframe(table, **options),
            lambda **options: Samples.from_csv(path, **{"root": "", **options}),
        ]

    return make


@pytest.mark.parametrize(
    ("labels", "options", "dtype", "expected", "classes"),
    [
        (["dog", "cat", "dog"], {}, "int32", [1, 0, 1], ("cat", "dog")),
        (["dog", "cat", "dog"], {"classes": ["dog", "cat"]}, "int32", [0, 1, 0], ("dog", "cat")),
        (["c_d", "d", "e_c"], {}, "int32", [0, 1, 2], ("c_d", "d", "e_c")),
        (
            ["c_d", "d", "e_c"],
            {"label_sep": "_"},
            "bool",
            [[1, 1, 0], [0, 1, 0], [1, 0, 1]],
            ("c", "d", "e"),
        ),
        (
            ["c, d", "d", "e,c"],
            {"label_sep": ","},
            "bool",
            [[1, 1, 0], [0, 1, 0], [1, 0, 1]],
            ("c", "d", "e"),
        ),
        (
            ["c", "d", "c"],
            {"label_sep": "_", "classes": ["d", "c"]},
            "bool",
            [[0, 1], [1, 0], [0, 1]],
            ("d", "c"),
        ),
        ([10, 9, 10], {}, "int32", [1, 0, 1], ("9", "10")),
        ([-1, 1, -1], {}, "int32", [0, 1, 0], ("-1", "1")),
        ([1, 0, 1], {"classes": [1, 0]}, "int32", [0, 1, 0], ("1", "0")),
        ([1, 2, 1], {"label_sep": "_"}, "bool", [[1, 0], [0, 1], [1, 0]], ("1", "2")),
        ([0.5, -2.0, 1e-3], {}, "float32", [0.5, -2, 1e-3], None),
        ([5, 7, 9], {"label": ["label"]}, "int64", [5, 7, 9], None),
        ([5.5, 7, 9], {"label": ["label"]}, "float32", [5.5, 7, 9], None),
        ([5, 7, 9], {"label": ["label", "x"]}, "float32", [[5, 1.5], [7, 2.5], [9, 3.5]], None),
        (["a", "b", "c"], {"label": None}, None, None, None),
    ],
)
def test_labels(sources, labels, options, dtype, expected, classes):
    columns = {"x": [1.5, 2.5, 3.5], "image": ["1.jpg", "a/2.jpg", "/abs/3.jpg"], "label": labels}
    prints = set()
    for make in sources(columns):
        samples = make(**options)
        assert list(samples.paths()) == columns["image"]
        assert samples.classes == classes
        assert samples.multi_label == (dtype == "bool")
        if dtype is None:
            assert samples.labels is None
        else:
            assert samples.labels.dtype == dtype
            assert np.allclose(samples.labels, expected)
        prints.add(samples.fingerprint())
    assert len(prints) == 1


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({}, {"image": "file"}, ValueError, "no column 'file'; the columns are 'image', 'label'"),
        ({}, {"label": "class"}, ValueError, "no column 'class'"),
        ({}, {"label": ["label", "y"]}, ValueError, "column"),
        ({}, {"label": []}, ValueError, "empty list"),
        ({}, {"label": None, "classes": ["a"]}, ValueError, "omit them"),
        ({}, {"label": ["label"], "label_sep": "_"}, ValueError, "omit them"),
        ({}, {"label_sep": ""}, ValueError, "label_sep is empty"),
        ({}, {"classes": ["a"]}, UnknownLabelError, "'b', 'c'"),
        ({}, {"classes": ["a"], "label_sep": "_"}, UnknownLabelError, "'b', 'c'"),
        ({"image": ["1.jpg", "2.jpg", ""]}, {}, ValueError, "column 'image', row 2"),
        ({"image": ["1.jpg", None, "3.jpg"]}, {}, ValueError, "column 'image', row 1"),
        ({"label": ["a", "", "c"]}, {}, ValueError, "column 'label', row 1"),
        ({"label": ["a", None, "c"]}, {}, ValueError, "column 'label', row 1"),
        ({"label": [0.5, float("nan"), 2]}, {}, ValueError, "column 'label', row 1"),
        ({"label": [0.5, float("nan"), 2]}, {"label": ["label"]}, ValueError, "column 'label', row 1"),
        ({"label": ["a", "b", "c"]}, {"label": ["label"]}, ValueError, "column 'label'"),
        ({"image": [], "label": []}, {}, ValueError, "no rows"),
    ],
)
def test_what_is_wrong_is_named(sources, change, options, error, message):
    columns = {"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["a", "b", "c"], **change}
    for make in sources(columns):
        with pytest.raises(error, match=message):
            make(**options)


@given(st.lists(st.tuples(st.text('ab ü,"\n', min_size=1), st.text('xy_é"\n,', min_size=1)), min_size=1))
def test_quotes_and_lines_in_cells(rows):
    images, labels = map(list, zip(*rows, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("image", "label"), *rows])
        read = Samples.from_csv(path, root="")
    framed = Samples.from_dataframe(frame({"image": images, "label": labels}))
    assert read.fingerprint() == framed.fingerprint()
    assert [read.classes[i] for i in read.labels] == labels


def test_pandas_columns_of_every_sort():
    import pandas as pd

    table = frame({"image": ["1.jpg", "2.jpg", "3.jpg"]}).set_index(pd.Index([7, 7, 9]))
    for dtype in ("category", "object", "string"):
        table["label"] = pd.Series(["b", "a", "b"], dtype=dtype).to_numpy()
        assert Samples.from_dataframe(table).labels.tolist() == [1, 0, 1]
    table["label"] = pd.array([2, 1, 2], dtype="Int64")
    assert Samples.from_dataframe(table).classes == ("1", "2")
    assert Samples.from_dataframe(table, label=["label"]).labels.tolist() == [2, 1, 2]
    table["label"] = pd.array([2, None, 2], dtype="Int64")
    with pytest.raises(ValueError, match=r"column 'label', row 1 \(counted from 0\)"):
        Samples.from_dataframe(table)
    with pytest.raises(ValueError, match=r"column 'label', row 1 \(counted from 0\): nan is not a finite number"):
        Samples.from_dataframe(table, label=["label"])
    for missing in (None, pd.NA, pd.NaT, math.nan):
        table["label"] = pd.Series(["b", missing, "b"], dtype=object).to_numpy()
        with pytest.raises(ValueError, match=r"column 'label', row 1 \(counted from 0\) is empty"):
            Samples.from_dataframe(table)
    table["label"] = [["b"], ["a", "b"], []]
    several = Samples.from_dataframe(table)
    assert several.multi_label
    assert several.labels.tolist() == [[False, True], [True, True], [False, False]]


def test_a_data_frame_takes_a_root_and_refuses_two_columns_of_one_name():
    table = frame({"image": ["1.jpg", "/abs/2.jpg"], "label": ["a", "b"]})
    assert list(Samples.from_dataframe(table, root="data").paths()) == ["data/1.jpg", "/abs/2.jpg"]
    table.columns = ["image", "image"]
    with pytest.raises(ValueError, match="2 columns 'image'"):
        Samples.from_dataframe(table)


def test_paths_in_a_csv_start_at_its_folder(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xef\xbb\xbfimage,label\r\n1.jpg,a\r\n\r\nsub/\xff.jpg,b\r\n/abs/3.jpg,a\r\n")
    samples = Samples.from_csv(path)
    folder = str(tmp_path)
    assert list(samples.paths()) == [f"{folder}/1.jpg", f"{folder}/sub/\udcff.jpg", "/abs/3.jpg"]
    assert Samples.from_csv(path, root="other").path(0) == "other/1.jpg"


def test_leading_zeros_are_kept_where_classes_are_given(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("image,label\n1.jpg,007\n2.jpg,7\n")
    assert Samples.from_csv(path).classes == ("7",)
    assert Samples.from_csv(path, classes=["7", "007"]).labels.tolist() == [1, 0]


@pytest.mark.parametrize("labels", ["abcabcabca", "1231231231"])
def test_chunks_do_not_show(tmp_path, monkeypatch, labels):
    path = tmp_path / "table.csv"
    path.write_text("image,label\n" + "".join(f"{i}.jpg,{label}\n" for i, label in enumerate(labels)))
    whole = [Samples.from_csv(path), Samples.from_csv(path, label=None)]
    monkeypatch.setattr(csv_file, "CHUNK", 3)
    assert Samples.from_csv(path).fingerprint() == whole[0].fingerprint()
    assert Samples.from_csv(path, label=None).fingerprint() == whole[1].fingerprint()
    with path.open("a") as file:
        file.write("10.jpg,\n")
    with pytest.raises(ValueError, match="row 10"):
        Samples.from_csv(path)


def test_a_column_that_turns_from_whole_numbers_to_floats(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "CHUNK", 2)
    path = tmp_path / "table.csv"
    path.write_text("image,label\n1.jpg,1\n2.jpg,2\n3.jpg,2.5\n")
    for label in ("label", ["label"]):
        samples = Samples.from_csv(path, label=label)
        assert samples.labels.dtype == np.float32
        assert samples.labels.tolist() == [1, 2, 2.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'image'"),
        ("image\tlabel\n1.jpg\ta\n", r"no column 'image'; the columns are 'image\\tlabel'"),
        ("image,label\n1.jpg,a\n2.jpg\n", "row 1 .* has 1 cells, but the header has 2"),
        ("image,label\n1.jpg,a,b\n", "row 0 .* has 3 cells"),
        ('image,label\n1.jpg,a\n"' + "x" * 200_000, "line .*field larger than field limit"),
    ],
)
def test_files_that_are_not_csv(tmp_path, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        Samples.from_csv(path)
    assert str(path) in str(caught.value)


def test_a_csv_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        Samples.from_csv(tmp_path / "nowhere.csv")
