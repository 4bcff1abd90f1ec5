"""Class numbers: the same labels get the same numbers, however they arrive."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq.samples import Samples

KERAS_ORDER = r"in the order of numbers: .* Keras sorts them as text: .* Pass classes="


def from_folders(root, labels, **options) -> Samples:
    for i, label in enumerate(labels):
        (root / label).mkdir(exist_ok=True)
        (root / label / f"{i}.jpg").touch()
    return Samples.from_directory(root, **options)


def from_csv(root, labels, **options) -> Samples:
    path = root / "table.csv"
    path.write_text("image,label\n" + "".join(f"{i}.jpg,{label}\n" for i, label in enumerate(labels)))
    return Samples.from_csv(path, **options)


def from_text(root, labels, **options) -> Samples:
    return Samples.from_dataframe(pd.DataFrame({"image": [f"{i}.jpg" for i in range(len(labels))], "label": labels}))


def from_lists(root, labels, **options) -> Samples:
    return Samples.from_files([f"{i}.jpg" for i in range(len(labels))], [[label] for label in labels], **options)


def from_integers(root, labels, **options) -> Samples:
    return from_text(root, list(map(int, labels)), **options)


def from_array(root, labels, **options) -> Samples:
    return Samples.from_files([f"{i}.jpg" for i in range(len(labels))], np.array(labels, np.int16), **options)


@pytest.mark.parametrize("source", [from_folders, from_csv, from_text, from_lists, from_integers, from_array])
@pytest.mark.filterwarnings("ignore:.* in the order of numbers")
def test_numbers_are_in_the_order_of_numbers_whatever_the_source(tmp_path, source):
    samples = source(tmp_path, ["1", "10", "2", "-3", "30"])
    assert samples.classes == ("-3", "1", "2", "10", "30")


@pytest.mark.parametrize("source", [from_folders, from_csv, from_text, from_lists])
def test_other_text_is_in_the_order_of_text_whatever_the_source(tmp_path, source):
    assert source(tmp_path, ["b", "10", "A", "9", "é"]).classes == ("10", "9", "A", "b", "é")


@pytest.mark.parametrize("source", [from_folders, from_text, from_lists])
def test_an_order_that_is_not_that_of_keras_is_warned_of(tmp_path, source):
    with pytest.warns(UserWarning, match=KERAS_ORDER) as caught:
        source(tmp_path, ["1", "10", "2"])
    assert caught[0].filename == __file__


@pytest.mark.parametrize("source", [from_folders, from_csv, from_lists, from_array])
@pytest.mark.parametrize("classes", [["1", "2", "10"], ["1", "10", "2"], [10, 2, 1]])
def test_an_order_that_is_given_is_kept_without_a_warning(tmp_path, source, classes):
    assert source(tmp_path, ["1", "10", "2"], classes=classes).classes == tuple(map(str, classes))


@pytest.mark.parametrize("labels", [["01", "02", "10"], ["0", "1", "9"], ["0.5", "1.5"]])
def test_numbers_in_the_order_of_keras_are_not_warned_of(tmp_path, labels):
    assert from_folders(tmp_path, labels).classes == tuple(labels)


def test_folders_that_differ_by_blanks_are_warned_of(tmp_path):
    with pytest.warns(UserWarning, match="' cat', 'cat' are different classes"):
        assert from_folders(tmp_path, ["cat", " cat"]).classes == (" cat", "cat")


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30))
def test_integers_and_their_text_agree(labels):
    files = [f"{i}.jpg" for i in range(len(labels))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = Samples.from_files(files, list(map(str, labels)))
    numbers = Samples.from_files(files, labels)
    assert text.fingerprint() == numbers.fingerprint()
    assert [int(numbers.classes[i]) for i in numbers.labels] == labels


@pytest.mark.parametrize("sep", [None, "_"])
def test_a_validation_table_takes_its_classes_from_training(sep):
    train = pd.DataFrame({"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["cat", "dog", "emu"]})
    validation = train.iloc[[0, 2]]
    training = Samples.from_dataframe(train, label_sep=sep)
    samples = Samples.from_dataframe(validation, label_sep=sep, classes=training.classes)
    assert samples.classes == training.classes
    assert np.array_equal(samples.labels, training.labels[[0, 2]])
