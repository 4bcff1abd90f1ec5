"""Samples from a data frame and from a CSV file: the same table gives the same samples."""

from __future__ import annotations

import csv
import math
import re
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
        (["dog", "cat", "dog"], {}, "int64", [1, 0, 1], ("cat", "dog")),
        (["dog", "cat", "dog"], {"classes": ["dog", "cat"]}, "int64", [0, 1, 0], ("dog", "cat")),
        (["c_d", "d", "e_c"], {}, "int64", [0, 1, 2], ("c_d", "d", "e_c")),
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
        ([10, 9, 10], {}, "int64", [1, 0, 1], ("9", "10")),
        ([-1, 1, -1], {}, "int64", [0, 1, 0], ("-1", "1")),
        ([1, 0, 1], {"classes": [1, 0]}, "int64", [0, 1, 0], ("1", "0")),
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


@pytest.mark.filterwarnings("ignore:.* look like several labels each")  # as "," and ",," do
@given(st.lists(st.tuples(st.text('ab ü,"\n', min_size=1), st.text('xy_é"\n,').filter(str.strip)), min_size=1))
def test_quotes_and_lines_in_cells(rows):
    images, labels = map(list, zip(*rows, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("image", "label"), *rows])
        read = Samples.from_csv(path, root="")
    framed = Samples.from_dataframe(frame({"image": images, "label": labels}))
    assert read.fingerprint() == framed.fingerprint()
    assert [read.classes[i] for i in read.labels] == [label.strip() for label in labels]


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
    found = "( is empty|: nan is not a finite number)"  # pandas 2.0, and 3.1
    with pytest.raises(ValueError, match=rf"column 'label', row 1 \(counted from 0\){found}"):
        Samples.from_dataframe(table, label=["label"])
    for missing in (None, pd.NA, pd.NaT, math.nan):
        table["label"] = pd.Series(["b", missing, "b"], dtype=object).to_numpy()
        with pytest.raises(ValueError, match=r"column 'label', row 1 \(counted from 0\) is empty"):
            Samples.from_dataframe(table)
    table["label"] = [["b"], ["a", "b"], []]
    several = Samples.from_dataframe(table)
    assert several.multi_label
    assert np.asarray(several.labels).tolist() == [[False, True], [True, True], [False, False]]


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


def test_numbers_that_are_written_in_several_ways_are_several_classes(sources):
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg", "4.jpg"], "label": ["01", "1", "+1", "2"]}):
        with pytest.warns(UserWarning, match=r"'\+1', '01', '1' are different classes, but differ only"):
            samples = make()
        assert samples.classes == ("+1", "01", "1", "2")
        assert samples.labels.tolist() == [1, 2, 0, 3]
        assert make(classes=["1", "01", "2", "+1"]).labels.tolist() == [1, 0, 3, 2]


def test_leading_zeros_are_kept(sources):
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["007", "010", "007"]}):
        assert make().classes == ("007", "010")


@pytest.mark.parametrize(
    "text", ["['cat', 'dog']", '["cat"]', "[]", "['cat' 'dog']", "[0 1 0]", "[1, 3]", "('cat', 'dog')", "{'cat'}"]
)
@pytest.mark.parametrize("options", [{}, {"label_sep": ","}, {"classes": ["cat", "dog"]}])
def test_a_list_written_as_text_is_refused(sources, text, options):
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["cat", "dog", text]}):
        with pytest.raises(ValueError, match=r"column 'label', row 2 .* is a list written as text.*ast\.literal_eval"):
            make(**options)


def test_brackets_alone_make_no_list(sources):
    labels = ["[unknown]", "(cat)", "{dog"]
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": labels}):
        assert make().classes == tuple(sorted(labels))
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["[1, 2]", "a", "b"]}):
        assert make(classes=["[1, 2]", "a", "b"]).labels.tolist() == [0, 1, 2]


def test_an_empty_cell_has_no_labels_where_a_cell_may_have_several(sources, tmp_path):
    import pandas as pd

    columns = {"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["c_d", "", " "]}
    for make in sources(columns):
        assert np.asarray(make(label_sep="_").labels).tolist() == [[True, True], [False, False], [False, False]]
    read = pd.read_csv(tmp_path / "table.csv")  # NaN in the place of the empty cell
    assert np.asarray(Samples.from_dataframe(read, label_sep="_").labels).tolist()[1] == [False, False]
    for missing in (None, pd.NA, math.nan):
        table = frame({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": pd.Series([2, missing, 10], dtype=object)})
        samples = Samples.from_dataframe(table, label_sep="_")
        assert samples.classes == ("2", "10")
        assert np.asarray(samples.labels).tolist() == [[True, False], [False, False], [False, True]]
    floats = frame({"image": ["1.jpg", "2.jpg"], "label": [2.0, math.nan]})
    assert Samples.from_dataframe(floats, label_sep="_").classes == ("2",)
    with pytest.raises(ValueError, match=r"column 'label', row 0 .*: 0\.5 is not text"):
        Samples.from_dataframe(frame({"image": ["1.jpg"], "label": [0.5]}), label_sep="_")


def test_blanks_around_a_label_are_ignored(sources):
    for make in sources({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": [" cat", "cat", "dog "]}):
        assert make().classes == ("cat", "dog")
        assert make().labels.tolist() == [0, 0, 1]


def test_a_categorical_keeps_its_order():
    import pandas as pd

    table = frame({"image": ["1.jpg", "2.jpg", "3.jpg"]})
    table["label"] = pd.Categorical(["low", "high", "low"], categories=["low", "medium", "high"], ordered=True)
    for samples in (Samples.from_dataframe(table), Samples.from_files(table["image"], table["label"])):
        assert samples.classes == ("low", "medium", "high")
        assert samples.labels.tolist() == [0, 2, 0]
    assert Samples.from_dataframe(table, classes=["high", "low"]).labels.tolist() == [1, 0, 1]
    table["label"] = pd.Categorical([10, 2, 10], categories=[10, 2])
    assert Samples.from_dataframe(table).labels.tolist() == [0, 1, 0]
    table["label"] = pd.Categorical(["c_d", "d", "c_d"], categories=["d", "c_d"])
    assert Samples.from_dataframe(table, label_sep="_").classes == ("c", "d")
    table["label"] = pd.Categorical(["a", None, "a"])
    with pytest.raises(ValueError, match=r"column 'label', row 1 \(counted from 0\) is empty"):
        Samples.from_dataframe(table)
    table["label"] = pd.Categorical(["10", "2", "1"])
    with pytest.warns(UserWarning, match=r"Categorical is kept.*'1', '10', '2'.*classes="):
        assert Samples.from_dataframe(table).classes == ("1", "10", "2")


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(";", "utf-8"), ("\t", "utf-8"), ("|", "utf-8"), (",", "utf-16"), (",", "utf-16-le"), (",", "utf-16-be")],
)
def test_a_csv_file_of_another_form_says_what_to_pass(tmp_path, delimiter, encoding):
    path = tmp_path / "table.csv"
    path.write_text("image,label\n1.jpg,café\n".replace(",", delimiter), encoding=encoding)
    expected = f'pass encoding="{encoding}"' if delimiter == "," else f"pass delimiter={delimiter!r}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        Samples.from_csv(path)
    assert Samples.from_csv(path, delimiter=delimiter, encoding=encoding).classes == ("café",)


@pytest.mark.parametrize("text", ["image,label\n1.jpg,a\n2.jpg,café\n", "image,catégorie\n1.jpg,a\n"])
def test_a_csv_file_that_is_not_utf8_says_so(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="cp1252")
    label = text.partition("\n")[0].partition(",")[2]
    with pytest.raises(ValueError, match=r'is not UTF-8; pass the encoding .*encoding="cp1252"'):
        Samples.from_csv(path, label=label)
    assert Samples.from_csv(path, label=label, encoding="cp1252").classes in (("a", "café"), ("a",))
    with pytest.raises(ValueError, match=r"table\.csv: not ascii: ordinal not in range"):
        Samples.from_csv(path, label=label, encoding="ascii")
    with pytest.raises(ValueError, match="encoding='latin-17' is unknown"):
        Samples.from_csv(path, encoding="latin-17")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["0,5", "1,25", "0,5"], r"column 'label': labels such as '0,5' are numbers with a decimal comma"),
        (["0.5", "1.25", "n/a", "2"], r"column 'label', row 2 .*'n/a' is not a number, but most labels are"),
        (["0.5", "1.25", " ", "2"], r"column 'label', row 2 .* is empty"),
    ],
)
def test_numbers_with_a_slip_do_not_become_classes(tmp_path, labels, message):
    path = tmp_path / "table.csv"
    path.write_text("image;label\n" + "".join(f"{i}.jpg;{label}\n" for i, label in enumerate(labels)))
    with pytest.raises(ValueError, match=message):
        Samples.from_csv(path, delimiter=";")


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
