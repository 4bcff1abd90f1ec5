"""Samples with other inputs besides one image: columns, several images, and what samples do with them."""

from __future__ import annotations

import csv
import os
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastseq import FileRange, Samples
from fastseq.errors import SamplesWarning
from fastseq.samples import PathTable
from fastseq.samples.groups import joined
from fastseq.samples.inputs import Inputs

COLUMNS = {
    "image": ["1.jpg", "2.jpg", "3.jpg"],
    "back": ["x/4.jpg", "/abs/5.jpg", "é.jpg"],
    "label": ["a", "b", "a"],
    "age": [34, 61, -7],
    "height": [1.5, 2, 1e-3],
    "member": [True, False, True],
    "city": ["Oslo", " Rome ", "Ulm, upper"],
    "code": ["01", "10", "+2"],
}
PAIRS = {"left": ["a.jpg", "b.jpg", "c.jpg", "d.jpg"], "right": ["e.jpg", "f.jpg", "g.jpg", "h.jpg"]}


@pytest.fixture
def sources(tmp_path):
    """Both ways to read a table, for the same columns."""

    def make(columns: dict[str, list[Any]]) -> list[Any]:
        path = tmp_path / "table.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        table = pd.DataFrame(columns)
        return [
            lambda **options: Samples.from_dataframe(table, **options),
            lambda **options: Samples.from_csv(path, **{"root": "", **options}),
        ]

    return make


def assert_arrays(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_columns_have_the_kind_of_their_values(sources):
    prints = set()
    for make in sources(COLUMNS):
        samples = make(columns=["age", "height", "member", "city", "code"])
        assert samples.input_names == ("image", "age", "height", "member", "city", "code")
        assert_arrays(
            samples.columns,
            {
                "age": np.array([34, 61, -7]),
                "height": np.array([1.5, 2, 1e-3], np.float32),
                "member": np.array([True, False, True]),
                "city": np.array(["Oslo", "Rome", "Ulm, upper"], object),
                "code": np.array(["01", "10", "+2"], object),
            },
        )
        assert samples.labels.tolist() == [0, 1, 0]
        assert list(samples.paths()) == COLUMNS["image"]
        prints.add(samples.fingerprint())
    assert len(prints) == 1


def test_a_list_of_columns_is_one_input(sources):
    for make in sources(COLUMNS):
        samples = make(
            columns={"body": ["age", "height"], "flags": ("member",), "years": "age", "both": ["age", "member"]}
        )
        assert samples.input_names == ("image", "body", "flags", "years", "both")
        assert_arrays(
            samples.columns,
            {
                "body": np.array([[34, 1.5], [61, 2], [-7, 1e-3]], np.float32),
                "flags": np.array([[True], [False], [True]]),
                "years": np.array([34, 61, -7]),
                "both": np.array([[34, 1], [61, 0], [-7, 1]]),
            },
        )


@pytest.mark.parametrize(
    ("image", "names"),
    [
        (["image", "back"], ("image", "back")),
        (("back",), ("back",)),
        (pd.Index(["back", "image"]), ("back", "image")),
        ({"front": "image"}, ("front",)),
        ({"left": "back", "right": "image", "again": "back"}, ("left", "right", "again")),
    ],
)
def test_images_of_a_table_have_names(sources, image, names):
    prints = set()
    for make in sources(COLUMNS):
        samples = make(image=image)
        assert (len(samples), samples.input_names, samples.columns) == (3, names, {})
        named = image if isinstance(image, dict) else {name: name for name in image}
        for name, column in named.items():
            assert samples.image_paths(name) == COLUMNS[column]
        assert samples.file_paths == list(samples.paths()) == samples.image_paths(names[0])
        assert samples[1].path == samples.path(1) == samples.file_paths[1]
        prints.add(samples.fingerprint())
    assert len(prints) == 1


def test_roots_apply_to_all_images(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("left,right\na.jpg,/b.jpg\n")
    for samples in (
        Samples.from_csv(table, ["left", "right"], label=None),
        Samples.from_dataframe(pd.read_csv(table), ["left", "right"], label=None, root=tmp_path),
    ):
        assert samples.image_paths("left") == [str(tmp_path / "a.jpg")]
        assert samples.image_paths("right") == ["/b.jpg"]


def test_a_csv_file_of_many_chunks(tmp_path, monkeypatch):
    from fastseq.samples.sources import csv_file

    monkeypatch.setattr(csv_file, "CHUNK", 3)
    rows = [(f"{i}.jpg", f"{i}b.jpg", i, i % 2 == 0) for i in range(10)]
    with open(tmp_path / "table.csv", "w", newline="") as file:
        csv.writer(file).writerows([("left", "right", "n", "even"), *rows])
    samples = Samples.from_csv(tmp_path / "table.csv", ["left", "right"], None, root="", columns=["n", "even"])
    assert samples.image_paths("right") == [f"{i}b.jpg" for i in range(10)]
    assert_arrays(samples.columns, {"n": np.arange(10), "even": np.arange(10) % 2 == 0})
    (tmp_path / "table.csv").write_text("left,right\n" + "a.jpg,b.jpg\n" * 4 + "a.jpg,\n")
    with pytest.raises(ValueError, match="column 'right', row 4"):
        Samples.from_csv(tmp_path / "table.csv", ["left", "right"], None)


def test_lists_of_files_and_their_columns():
    samples = Samples.from_files(PAIRS, ["x", "y", "x", "y"], columns={"n": range(4), "box": [[0.5, 1]] * 4})
    assert samples.input_names == ("left", "right", "n", "box")
    assert list(samples.image_paths("right")) == PAIRS["right"]
    assert_arrays(samples.columns, {"n": np.arange(4), "box": np.array([[0.5, 1]] * 4, np.float32)})
    plain = Samples.from_files(PAIRS["left"], columns={"n": iter([1.5, 2, 3, 4])})
    assert plain.input_names == ("image", "n")
    assert plain.image_paths("image") == PAIRS["left"]
    one = Samples.from_files({"photo": PAIRS["left"]})
    assert (one.input_names, one.columns) == (("photo",), {})


def test_ranges_and_files_may_be_images_of_one_sample():
    parts = [FileRange("a.tar", 0, 10), FileRange("a.tar", 10, 20)]
    for files in ({"left": ["a.jpg", "b.jpg"], "right": parts}, {"left": parts, "right": ["a.jpg", "b.jpg"]}):
        samples = Samples.from_files(files)
        for name, listed in files.items():
            assert list(samples.image_paths(name)) == list(map(str, listed))
        assert samples[1].path == files["left"][1]


def test_without_other_inputs_there_are_no_names(samples):
    assert (samples.input_names, samples.columns) == ((), {})
    with pytest.raises(ValueError, match="no images 'image'; they have no names: use file_paths"):
        samples.image_paths("image")
    with pytest.raises(ValueError, match="no images 'up'; the images are 'left', 'right'"):
        Samples.from_files(PAIRS).image_paths("up")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5, 3], np.array([1, 2.5, 3], np.float32)),
        (np.array([1, 2, 3], np.uint8), np.array([1, 2, 3])),
        (np.array([1, 2, 3], np.float16), np.array([1, 2, 3], np.float32)),
        ([np.int32(1), 2, np.int8(3)], np.array([1, 2, 3])),
        ([np.True_, False, True], np.array([True, False, True])),
        ([(1, 2), [3, 4], np.array([5, 6])], np.array([[1, 2], [3, 4], [5, 6]])),
        ([(1, 2), [3, 4], (5, 6.5)], np.array([[1, 2], [3, 4], [5, 6.5]], np.float32)),
        (np.eye(3, dtype=bool), np.eye(3, dtype=bool)),
        (np.eye(3, 2), np.eye(3, 2, dtype=np.float32)),
        (np.array(["a", "b", "cc"], np.dtypes.StringDType()), np.array(["a", "b", "cc"], object)),
        (np.array(("a", "b", "cc")), np.array(["a", "b", "cc"], object)),
        (pd.Series(["a", "b", "cc"], dtype="category"), np.array(["a", "b", "cc"], object)),
        (pd.Series([1, 2, 3], dtype="category"), np.array([1, 2, 3])),
        (pd.Series([1, 2, 3], dtype="Int64"), np.array([1, 2, 3])),
        (pd.Series([1, 2, 3], dtype="Float32"), np.array([1, 2, 3], np.float32)),
        (pd.Series([True, False, True], dtype="boolean"), np.array([True, False, True])),
    ],
    ids=str,
)
def test_values_of_every_sort(values, expected):
    given = values.copy()
    made = Samples.from_files(["1.jpg", "2.jpg", "3.jpg"], columns={"v": values})
    framed = Samples.from_dataframe(
        pd.DataFrame({"image": ["1.jpg", "2.jpg", "3.jpg"], "v": list(values)}), label=None, columns=["v"]
    )
    for samples in (made, framed):
        np.testing.assert_array_equal(samples.columns["v"], expected, strict=True)
        with pytest.raises(ValueError, match="read-only"):
            samples.columns["v"][0] = samples.columns["v"][1]
    if isinstance(values, np.ndarray):
        values[0] = values[1]  # the samples have a copy
        np.testing.assert_array_equal(made.columns["v"], expected)
        assert (values != given).any()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, None, 3], r"row 1 \(counted from 0\) is empty; fill it in, or remove the row"),
        ([1.5, 2, float("nan")], "row 2 .* is empty"),
        (np.array([1.5, 2, np.nan]), "row 2 .*nan is not a finite number; fill it in, or remove the row"),
        (["a", "", "c"], "row 1 .* is empty"),
        (["a", " ", "c"], "row 1 .* is empty"),
        (["a", pd.NA, "c"], "row 1 .* is empty"),
        ([1.5, float("inf"), 2], "row 1 .*inf is not a finite number"),
        ([1.5, 2, 1e39], r"row 2 .*1e\+39 is not a finite number"),
        ([1, "b", 3], "row 1 .*'b' is text, but row 0 has a number; make all values of one kind"),
        ([True, 1, 0], "row 1 .*1 is a number, but row 0 has a boolean; make all"),
        ([[1], 1, [0]], "row 1 .*1 is a number, but row 0 has a row; make all"),
        ([[1, 2], [1, 2, 3], [1, 2]], "row 1 .*different lengths, 2 and 3; make them equal"),
        ([[1, 2], [1, None], [1, 2]], r"row 1 .*\[1, None\] is not a row of numbers; convert the column"),
        ([[1, 2], ["a", "b"], [1, 2]], r"row 1 .* is not a row of numbers"),
        ([[1, 2], [[1], [2, 3]], [1, 2]], r"row 1 .* is not a row of numbers"),
        ([[1, 2], [float("nan"), 1], [1, 2]], r"row 1 .*is not a finite number"),
        ([[1, 2], [True, False], [1, 2]], "row 1 .*booleans and numbers are mixed"),
        ([1, 2, 2**63], "row 2 .*9223372036854775808 does not fit in 64 bits"),
        (np.array([1, 2, 2**63], np.uint64), "row 2 .*9223372036854775808 does not fit in 64 bits"),
        ([1, 2, 3j], "row 2 .*3j is neither a number, a boolean, text nor a row of numbers; convert the column"),
        (pd.Series(pd.to_datetime(["2020", "2021", "2022"])), "datetime64.*; a sample needs .*: convert the column"),
        (np.zeros((3, 2, 2)), r"shape \(3, 2, 2\); a sample needs one value, or one row of numbers"),
        (np.zeros((3, 0)), r"shape \(3, 0\); a sample needs"),
        (np.array([["a"], ["b"], ["c"]]), r"of shape \(3, 1\); a sample needs"),
    ],
    ids=str,
)
def test_values_that_are_wrong(values, message):
    with pytest.raises(ValueError, match=rf"^columns\['v'\].*{message}"):
        Samples.from_files(["1.jpg", "2.jpg", "3.jpg"], columns={"v": values})
    if getattr(values, "ndim", 1) == 1:
        table = pd.DataFrame({"image": ["1.jpg", "2.jpg", "3.jpg"], "v": pd.Series(values, dtype=None)})
        with pytest.raises(ValueError, match=r"^column 'v'"):
            Samples.from_dataframe(table, label=None, columns=["v"])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", "-3"], np.array([1, 2, -3])),
        (["1", "2.5", "01"], np.array([1, 2.5, 1], np.float32)),
        (["1", "2", "01"], np.array(["1", "2", "01"], object)),
        (["TRUE", "false", "True"], np.array([True, False, True])),
        (["a", "b", "1"], np.array(["a", "b", "1"], object)),
        (["yes", "no", "nan"], np.array(["yes", "no", "nan"], object)),
        ([" 1", "2 ", "3"], np.array([1, 2, 3])),
        (["1", "", "3"], "row 1 .* is empty"),
        (["a", " ", "3"], "row 1 .* is empty"),
        (["1", "NaN", "3"], "row 1 .*nan is not a finite number|row 1 .* is empty"),
        (["1", "2", "-inf"], "row 2 .*-inf is not a finite number"),
        (["1", "2", "x"], "row 2 .*'x' is not a number, but most values are; correct it, or remove the row"),
        (["1", "2", "9" * 30], "row 2 .* does not fit in 64 bits"),
    ],
    ids=str,
)
def test_cells_of_a_csv_file(tmp_path, cells, expected):
    file = tmp_path / "table.csv"
    with open(file, "w", newline="") as text:
        csv.writer(text).writerows([("image", "v"), *(("a.jpg", cell) for cell in cells)])
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=rf"table\.csv: column 'v', {expected}"):
            Samples.from_csv(file, label=None, columns=["v"])
    else:
        samples = Samples.from_csv(file, label=None, columns=["v"])
        np.testing.assert_array_equal(samples.columns["v"], expected, strict=True)


def test_cells_of_another_encoding_are_named(tmp_path):
    (tmp_path / "table.csv").write_bytes("image,city\na.jpg,Köln\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"column 'city', row 0 .*is not UTF-8; pass the encoding"):
        Samples.from_csv(tmp_path / "table.csv", label=None, columns=["city"])
    samples = Samples.from_csv(tmp_path / "table.csv", label=None, columns=["city"], encoding="cp1252")
    assert samples.columns["city"].tolist() == ["Köln"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": ["size"]}, ValueError, "no column 'size'; the columns are 'image', 'back', 'label'"),
        ({"columns": {"x": ["age", "size"]}}, ValueError, "no column 'size'"),
        ({"image": ["image", "side"]}, ValueError, "no column 'side'; the columns are"),
        ({"columns": []}, ValueError, "columns is empty; name a column, or leave it out"),
        ({"columns": {}}, ValueError, "columns is empty"),
        ({"columns": {"x": []}}, ValueError, "columns: 'x' is an empty list; name a column"),
        ({"image": []}, ValueError, "image is empty"),
        ({"image": {}}, ValueError, "image is empty"),
        ({"columns": "age"}, TypeError, "columns must be a list of columns or a dict of them, not 'age'"),
        ({"columns": 3}, TypeError, "columns must be a list of columns or a dict of them, not 3"),
        ({"columns": [3]}, TypeError, "columns: the name of an input must be text, not 3"),
        ({"columns": {"": "age"}}, TypeError, "columns: the name of an input must be text, not ''"),
        ({"image": {1: "image"}}, TypeError, "image: the name of an input must be text, not 1"),
        ({"image": {"a": ["image", "back"]}}, TypeError, "image: 'a' must be one column, not"),
        ({"columns": ["age", "age"]}, ValueError, "columns has 'age' twice: 'age', 'age'; name each column once"),
        ({"image": ["back", "image", "back"]}, ValueError, "image has 'back' twice"),
        (
            {"image": ["image", "back"], "columns": {"back": "age", "n": "age"}},
            ValueError,
            "'back' names two inputs; the images are 'image', 'back', the columns 'back', 'n': give each a name of its",
        ),
        ({"columns": {"image": "age"}}, ValueError, "'image' names two inputs"),
        ({"columns": {"x": ["age", "city"]}}, ValueError, "column 'city' holds text, but a list of columns is for num"),
    ],
    ids=str,
)
def test_arguments_that_are_wrong(sources, options, error, message):
    for make in sources(COLUMNS):
        with pytest.raises(error, match=message):
            make(**options)


def test_a_list_of_columns_takes_no_rows():
    table = pd.DataFrame({"image": ["a.jpg"], "box": [[1, 2]], "n": [1]})
    with pytest.raises(ValueError, match="column 'box' holds rows, but a list of columns is for numbers; make it an"):
        Samples.from_dataframe(table, label=None, columns={"x": ["n", "box"]})


@pytest.mark.parametrize(
    ("files", "columns", "error", "message"),
    [
        ({"a": ["1.jpg", "2.jpg"], "b": ["3.jpg"]}, None, ValueError, r"files\['a'\] has 2 files but files\['b'\] 1;"),
        ({"a": ["1.jpg"], "b": []}, None, ValueError, "files is empty"),
        ({}, None, ValueError, "files is empty"),
        ({"a": "1.jpg"}, None, TypeError, r"files\['a'\] must be a list of paths, not '1.jpg'"),
        ({"a": ["1.jpg", None]}, None, ValueError, r"files\['a'\], row 1 .* is empty"),
        ({3: ["1.jpg"]}, None, TypeError, "files: the name of an input must be text, not 3"),
        (["1.jpg"], {}, ValueError, "columns is empty; pass the values of at least one, or leave it out"),
        (["1.jpg"], [[1]], TypeError, r"columns must be a dict of values by name, not \[\[1\]\]"),
        (["1.jpg"], {3: [1]}, TypeError, "columns: the name of an input must be text, not 3"),
        (["1.jpg"], {"v": [1, 2]}, ValueError, r"1 samples but 2 values in columns\['v'\]; pass one for each"),
        (["1.jpg"], {"v": "a"}, TypeError, r"columns\['v'\] must be a list with one value for each sample, not 'a'"),
        (["1.jpg"], {"v": 1}, TypeError, r"columns\['v'\] must be a list with one value for each sample, not 1"),
        (["1.jpg"], {"image": [1]}, ValueError, "'image' names two inputs"),
    ],
    ids=str,
)
def test_files_and_columns_that_are_wrong(files, columns, error, message):
    with pytest.raises(error, match=message):
        Samples.from_files(files, columns=columns)


def test_labels_are_one_for_each_sample_not_for_each_file():
    assert Samples.from_files(PAIRS, [0, 1, 1, 0]).labels.tolist() == [0, 1, 1, 0]
    with pytest.raises(ValueError, match="4 files but 8 labels"):
        Samples.from_files(PAIRS, [0] * 8)


def test_inputs_of_another_length_are_refused():
    table = PathTable.from_strings(["a.jpg", "b.jpg"])
    with pytest.raises(ValueError, match="2 samples but 3 values of the input 'n'"):
        Samples(table, inputs=Inputs("image", {}, {"n": np.arange(3)}))


def pairs() -> Samples:
    return Samples.from_files(PAIRS, ["x", "y", "x", "y"], columns={"n": [10, 11, 12, 13], "t": ["a", "b", "c", "dd"]})


@pytest.mark.parametrize(
    ("select", "chosen"),
    [
        (lambda samples: samples.select([3, 0, 0]), [3, 0, 0]),
        (lambda samples: samples.select([True, False, False, True]), [0, 3]),
        (lambda samples: samples[1:3], [1, 2]),
        (lambda samples: samples.take(2), [0, 1]),
        (lambda samples: samples.select([]), []),
        (lambda samples: samples[::-1].select([0, 3]), [3, 0]),
        (lambda samples: pickle.loads(pickle.dumps(samples[2:])), [2, 3]),
        (lambda samples: pickle.loads(pickle.dumps(samples)), [0, 1, 2, 3]),
        (lambda samples: samples.without(["b.jpg", os.path.abspath("h.jpg"), "none.jpg"]), [0, 2]),
    ],
)
def test_inputs_travel_with_their_samples(select, chosen):
    whole = pairs()
    part = select(whole)
    assert part.input_names == ("left", "right", "n", "t")
    for name, files in PAIRS.items():
        assert part.image_paths(name) == [files[i] for i in chosen]
    assert part.columns["n"].tolist() == [10 + i for i in chosen]
    assert part.columns["t"].tolist() == [["a", "b", "c", "dd"][i] for i in chosen]
    assert part.labels.tolist() == [i % 2 for i in chosen]
    for array in (*part.columns.values(), *part.inputs.further_rows.values()):
        assert not array.flags.writeable
    assert part.fingerprint() == whole.select(chosen).fingerprint()


def test_a_pickle_has_the_paths_of_its_samples_alone():
    names = [f"{i:05d}.jpg" for i in range(20_000)]
    whole = Samples.from_files({"left": names, "right": names[::-1]}, columns={"n": range(20_000)})
    part = whole.select([5, 7])
    data = pickle.dumps(part)
    assert len(data) < 2000
    restored = pickle.loads(data)
    assert len(restored.table) == 4
    assert restored.image_paths("right") == part.image_paths("right") == ["19994.jpg", "19992.jpg"]


def test_a_list_of_bad_files_leaves_rows_out(tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"path": "g.jpg"}\n{"path": "a.jpg", "status": "RECOVERED"}\n')
    assert pairs().without(tmp_path / "bad.jsonl").columns["n"].tolist() == [10, 11, 13]


def test_the_fingerprint_knows_every_input():
    options: list[dict[str, Any]] = [
        {"files": PAIRS["left"]},
        {"files": {"left": PAIRS["left"]}},
        {"files": {"other": PAIRS["left"]}},
        {"files": PAIRS},
        {"files": {**PAIRS, "right": PAIRS["right"][::-1]}},
        {"files": {"right": PAIRS["right"], "left": PAIRS["left"]}},
        {"files": PAIRS["left"], "columns": {"n": [1, 2, 3, 4]}},
        {"files": PAIRS["left"], "columns": {"n": [1, 2, 3, 5]}},
        {"files": PAIRS["left"], "columns": {"m": [1, 2, 3, 4]}},
        {"files": PAIRS["left"], "columns": {"n": [1.0, 2, 3, 4]}},
        {"files": PAIRS["left"], "columns": {"n": [[1], [2], [3], [4]]}},
        {"files": PAIRS["left"], "columns": {"n": ["a", "b", "c", "d"]}},
        {"files": PAIRS["left"], "columns": {"n": ["a", "b", "c", "e"]}},
        {"files": {"left": PAIRS["left"], "right": [FileRange(path, 0, 9) for path in PAIRS["right"]]}},
        {"files": {"left": PAIRS["left"], "right": [FileRange(path, 1, 9) for path in PAIRS["right"]]}},
    ]
    prints = [Samples.from_files(**given).fingerprint() for given in options]
    assert len(set(prints)) == len(prints)
    assert [Samples.from_files(**given).fingerprint() for given in options] == prints
    long = Samples.from_files(["1.jpg", "2.jpg"], columns={"t": ["a", "a long text"]})
    assert long.take(1).fingerprint() == Samples.from_files(["1.jpg"], columns={"t": ["a"]}).fingerprint()


def test_the_fingerprint_of_images_alone_is_that_of_earlier_versions():
    assert Samples.from_files(["a.jpg", "b.jpg"], ["x", "y"]).fingerprint() == "f48be0e38ce69539"


def test_samples_say_what_their_inputs_are():
    assert repr(pairs()) == "<Samples: 4 samples of 'left', 'right', 'n', 't', 2 classes: 'x', 'y'>"
    assert repr(Samples.from_files(PAIRS)) == "<Samples: 4 samples of 'left', 'right'>"
    assert repr(Samples.from_files(["a.jpg"])) == "<Samples: 1 images>"


@given(st.data())
@settings(max_examples=60)
def test_no_file_is_in_both_parts_of_a_split(data):
    n = data.draw(st.integers(4, 40))
    names = st.integers(0, data.draw(st.integers(2, 60))).map("{}.jpg".format)
    files = {name: data.draw(st.lists(names, min_size=n, max_size=n)) for name in ("a", "b", "c")}
    samples = Samples.from_files(files, columns={"n": range(n)})
    try:
        first, second = samples.split(0.3, groups=range(n))
    except ValueError as error:
        assert "joined by files that they share" in str(error)  # noqa: PT017
        return
    of_part = [{path for name in files for path in part.image_paths(name)} for part in (first, second)]
    assert not of_part[0] & of_part[1]
    assert sorted([*first.columns["n"], *second.columns["n"]]) == list(range(n))


def test_a_file_in_several_rows_is_warned_of_whichever_image_it_is():
    samples = Samples.from_files({"left": ["a.jpg", "b.jpg", "c.jpg"], "right": ["d.jpg", "./a.jpg", "c.jpg"]})
    with pytest.warns(SamplesWarning, match="^1 files .*, such as 'a.jpg'; split keeps .* split the images first"):
        first, second = samples.split(0.4)
    assert (first.file_paths, second.file_paths) == (["a.jpg", "b.jpg"], ["c.jpg"])
    samples.split(0.4, groups=lambda path: path)


@given(st.data())
def test_groups_are_joined_as_far_as_they_reach(data):
    n, m = data.draw(st.integers(1, 25)), data.draw(st.integers(1, 3))
    numbers = st.integers(0, data.draw(st.integers(1, 40)))
    memberships = np.array(data.draw(st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=m, max_size=m)))
    together = [{i} for i in range(n)]
    for i in range(n):
        for j in range(n):
            if together[i] is not together[j] and set(memberships[:, i]) & set(memberships[:, j]):
                union = together[i] | together[j]
                for k in union:
                    together[k] = union
    expected = [memberships[:, sorted(together[i])].min() for i in range(n)]
    assert joined(memberships).tolist() == expected


def test_a_long_chain_of_files_is_joined_in_few_steps():
    """Each row is a frame of a film and the next one: a row a step would take as many steps as there are frames."""
    frames = np.random.default_rng(0).permutation(200_001)
    assert set(joined(np.stack([frames[:-1], frames[1:]])).tolist()) == {0}


def test_what_has_no_order_is_refused(tmp_path):
    files = ["a.jpg", "b.jpg"]
    table = pd.DataFrame({"left": files, "right": files, "label": ["x", "y"]})
    with pytest.raises(TypeError, match="classes must be in a fixed order: pass a list"):
        Samples.from_files(files, ["x", "y"], classes={"x", "y"})
    with pytest.raises(TypeError, match="files must be in a fixed order"):
        Samples.from_files(set(files))
    with pytest.raises(TypeError, match="image must be in a fixed order"):
        Samples.from_dataframe(table, image={"left", "right"})
    with pytest.raises(TypeError, match=r"columns\['both'\] must be in a fixed order"):
        Samples.from_dataframe(table, image="left", columns={"both": {"left", "right"}})
    with pytest.raises(TypeError, match=r"dict; write groups=the_dict\.get"):
        Samples.from_files(files).split(0.5, groups=dict(zip(files, "xy", strict=True)))
    with pytest.raises(TypeError, match="groups must be in a fixed order"):
        Samples.from_files(files).split(0.5, groups={1, 2})


def test_a_data_frame_is_no_list():
    table = pd.DataFrame({"image": ["a.jpg"], "age": [3]})
    with pytest.raises(TypeError, match=r"not a pandas\..*DataFrame; use Samples\.from_dataframe"):
        Samples.from_files(table)
    with pytest.raises(TypeError, match=r"for a data frame write dict\(df\)"):
        Samples.from_files(["a.jpg"], columns=table)


def test_a_column_that_is_there_twice(tmp_path):
    (tmp_path / "table.csv").write_text("image,age,age\na.jpg,1,2\n")
    with pytest.raises(ValueError, match="there are 2 columns 'age'; give them names"):
        Samples.from_csv(tmp_path / "table.csv", label="age")
    assert len(Samples.from_csv(tmp_path / "table.csv", label=None)) == 1


def test_numbers_that_float32_rounds_are_warned_of():
    values = [1.0, 1_700_000_123.0]
    with pytest.warns(SamplesWarning, match=r"columns\['time'\], row 1 .*123\.0 becomes 1700000128\.0.*subtract"):
        samples = Samples.from_files(["a.jpg", "b.jpg"], columns={"time": values})
    assert samples.columns["time"].tolist() == [1.0, 1_700_000_128.0]
    Samples.from_files(["a.jpg", "b.jpg"], columns={"time": [0.1, 2.0**24]})


def test_long_texts_take_no_more_than_their_length():
    texts = ["x"] * 20_000
    texts[7] = "y" * 4000
    samples = Samples.from_files([f"{i}.jpg" for i in range(20_000)], columns={"text": texts})
    assert samples.columns["text"].nbytes < 1_000_000
    other = Samples.from_files([f"{i}.jpg" for i in range(20_000)], columns={"text": [*texts[:-1], "z"]})
    assert samples.fingerprint() != other.fingerprint()
