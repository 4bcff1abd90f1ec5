"""LabelEncoder: the labels of a batch in each form, and a remedy for each that does not fit."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq import SamplesWarning
from fastseq.samples import Samples
from fastseq.samples.label_encoder import LabelEncoder


def samples_of(labels, **options) -> Samples:
    return Samples.from_files([f"{i}.jpg" for i in range(4)], labels, **options)


TWO = samples_of(["cat", "dog", "dog", "cat"])
THREE = samples_of(["cat", "emu", "dog", "cat"])
SEVERAL = samples_of([["cat"], ["dog", "cat"], [], ["dog"]], classes=["cat", "dog", "emu"])
FLOATS = samples_of([0.5, 1.5, 2.5, 3.5])
ROWS = samples_of(np.arange(8).reshape(4, 2))
AGES = samples_of([34, 3, 61, 35])
NONE = samples_of(None)
BATCH = np.array([3, 1, 1])


@pytest.mark.parametrize(
    ("samples", "kind", "resolved", "expected"),
    [
        (THREE, "auto", "int", np.array([0, 2, 2], np.int64)),
        (THREE, "int", "int", np.array([0, 2, 2], np.int64)),
        (TWO, "binary", "binary", np.array([0, 1, 1], np.float32)),
        (THREE, "categorical", "categorical", np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1]], np.float32)),
        (THREE, "multi_hot", "multi_hot", np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1]], np.float32)),
        (SEVERAL, "auto", "multi_hot", np.array([[0, 1, 0], [1, 1, 0], [1, 1, 0]], np.float32)),
        (SEVERAL, "multi_hot", "multi_hot", np.array([[0, 1, 0], [1, 1, 0], [1, 1, 0]], np.float32)),
        (FLOATS, "auto", "raw", np.array([3.5, 1.5, 1.5], np.float32)),
        (FLOATS, "raw", "raw", np.array([3.5, 1.5, 1.5], np.float32)),
        (ROWS, "auto", "raw", np.array([[6, 7], [2, 3], [2, 3]], np.int64)),
        (AGES, "raw", "raw", np.array([35, 3, 3], np.int64)),
        (samples_of(["2", "0.5", "4", "2"]), "raw", "raw", np.array([2, 0.5, 0.5], np.float32)),
        (samples_of([7, 8, 9, 7], classes=[9, 8, 7]), "raw", "raw", np.array([7, 8, 8], np.int64)),
    ],
)
def test_each_kind(samples, kind, resolved, expected):
    encoder = LabelEncoder(samples, kind)
    assert encoder.kind == resolved
    got = encoder(BATCH)
    assert got.dtype == expected.dtype
    assert np.array_equal(got, expected)
    got[:] = 0
    assert np.array_equal(encoder(BATCH), expected)


@pytest.mark.parametrize(("samples", "kind"), [(NONE, "auto"), (NONE, None), (TWO, None), (SEVERAL, None)])
def test_no_labels(samples, kind):
    encoder = LabelEncoder(samples, kind)
    assert encoder.kind is None
    assert encoder(BATCH) is None


@pytest.mark.parametrize(
    ("samples", "kind", "message"),
    [
        (THREE, "binary", r"two classes, not 3 \('cat', 'dog', 'emu'\); use labels=\"int\""),
        (samples_of(["cat"] * 4), "binary", r"two classes, not 1 \('cat'\)"),
        (TWO, "raw", '\'cat\' is no number; use labels="int", or read numbers with label=\\["column"\\]'),
        (SEVERAL, "int", 'use labels="multi_hot"'),
        (SEVERAL, "binary", 'use labels="multi_hot"'),
        (SEVERAL, "categorical", 'use labels="multi_hot"'),
        (SEVERAL, "raw", 'use labels="multi_hot"'),
        (FLOATS, "int", 'use labels="raw"'),
        (FLOATS, "multi_hot", 'use labels="raw"'),
        (ROWS, "categorical", 'use labels="raw"'),
        (NONE, "int", "use labels=None"),
        (TWO, "sparse", "must be one of 'auto', 'int', .*, not 'sparse'; write \"int\""),
    ],
)
def test_what_does_not_fit_says_what_to_do(samples, kind, message):
    with pytest.raises(ValueError, match=message):
        LabelEncoder(samples, kind)


def labelled(values, **options) -> Samples:
    return Samples.from_files([f"{i}.jpg" for i in range(len(values))], values, **options)


@pytest.mark.parametrize(
    "values", [[34, 3, 61, 35], list(range(18, 60)), [1, 2, 10], [0, 1, 3, 4], np.array([90, 0, 180], np.uint8)]
)
def test_integers_that_look_like_a_measure_are_warned_of(values):
    samples = pickle.loads(pickle.dumps(labelled(values).select(range(2))))
    with pytest.warns(UserWarning, match=r'labels="raw" .* labels="int" .* classes=') as caught:
        assert LabelEncoder(samples).kind == "int"
    assert caught[0].filename == __file__
    for kind in ("int", "categorical", "raw", None):
        LabelEncoder(samples, kind)


@pytest.mark.parametrize("values", [[[1, 3], [0, 2]], [(1, 0), [0, 1]]])
def test_lists_of_integers_are_warned_of(values):
    samples = labelled(values).select([1])
    with pytest.warns(UserWarning, match=r'labels="raw" if .* classes=\.\.\. to the samples') as caught:
        assert LabelEncoder(samples).kind == "raw"
    assert caught[0].filename == __file__
    assert LabelEncoder(samples, "raw")(np.array([0])).tolist() == [list(values[1])]


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (np.array([[1, 3], [0, 2]]), {}),
        (list(np.array([[1, 3], [0, 2]])), {}),
        ([[1, 3], [0, 2.5]], {}),
        ([[1, 3], [0]], {"classes": range(4)}),
        (list(range(100)), {}),
        (list(range(1, 103)), {}),
        ([-1, 1], {}),
        ([0, 255, 0], {}),
        ([2, 3, 4, 5], {}),
        ([True, False], {}),
        (["34", "3", "61"], {"classes": ["3", "34", "61"]}),
        ([34, 3, 61], {"classes": [3, 34, 61]}),
        ([34.0, 3.0, 61.0], {}),
    ],
)
def test_integers_that_look_like_classes_are_not(values, options):
    LabelEncoder(labelled(values, **options))


@given(st.data(), st.integers(1, 7), st.integers(1, 30))
def test_all_forms_say_the_same(data, width, n):
    classes = [str(i) for i in range(width)]
    numbers = data.draw(st.lists(st.integers(0, width - 1), min_size=n, max_size=n))
    samples = Samples.from_files([f"{i}.jpg" for i in range(n)], numbers, classes=classes)
    batch = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=20)), np.int64)
    whole = LabelEncoder(samples, "int")(batch)
    hot = LabelEncoder(samples, "categorical")(batch)
    assert hot.shape == (len(batch), width)
    assert whole.tolist() == [numbers[i] for i in batch]
    assert np.array_equal(hot.argmax(axis=1), whole)
    assert np.array_equal(hot.sum(axis=1), np.ones(len(batch)))
    assert np.array_equal(hot, LabelEncoder(samples, "multi_hot")(batch))


@pytest.mark.parametrize("separator", [";", "|", ", "])
def test_classes_that_look_like_several_labels_are_warned_of(separator):
    texts = [separator.join(words) for words in ("ab", "bc", "a", "abc", "c")]
    with pytest.warns(SamplesWarning, match=re.escape(f"Pass label_sep={separator[0]!r}, or a list of labels")):
        samples = Samples.from_files([f"{i}.jpg" for i in range(5)], texts)
    assert len(samples.classes) == 5
    Samples.from_files([f"{i}.jpg" for i in range(5)], texts, classes=texts)
    Samples.from_files(["a.jpg", "b.jpg"], ["tench, Tinca tinca", "goldfish, Carassius auratus"])
