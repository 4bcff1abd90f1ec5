"""Splits of samples: files and groups that stay together, and the shares of classes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastseq import FileRange, SamplesWarning
from fastseq.samples import PathTable, Samples


def numbered(n: int, **options) -> Samples:
    return Samples.from_files([f"{i:05d}.jpg" for i in range(n)], **options)


def hot_counts(samples: Samples) -> np.ndarray:
    return np.asarray(samples.labels).sum(axis=0)


def test_the_rows_of_a_file_are_in_one_part_with_a_warning():
    files = [f"{i % 40:02d}.jpg" for i in range(100)]
    samples = Samples.from_files(files, [i % 3 for i in range(100)])
    for seed in range(5):
        with pytest.warns(SamplesWarning, match=r"40 files are in several rows, such as '00\.jpg'.*groups=") as caught:
            first, second = samples.split(0.2, seed=seed)
        assert caught[0].filename == __file__
        assert not set(first.paths()) & set(second.paths())
        assert sorted([*first.paths(), *second.paths()]) == sorted(files)
        assert abs(len(second) - 20) <= 1


def test_samples_selected_twice_are_in_one_part():
    samples = numbered(20).select([*range(20), 3, 3, 5])
    with pytest.warns(SamplesWarning, match="2 files are in several rows"):
        first, second = samples.split(0.3)
    assert not set(first.paths()) & set(second.paths())
    assert len(first) + len(second) == 23


@pytest.mark.parametrize(
    ("root", "spelled"),
    [
        ("data", ["data/a.jpg", "data//a.jpg"]),
        (None, ["a.jpg", "./a.jpg", "b/../a.jpg", "b/./../a.jpg"]),
        ("/data", ["a.jpg", "/data/a.jpg"]),
    ],
)
def test_other_spellings_of_a_path_are_the_same_file(root, spelled):
    table = PathTable.from_strings([*spelled, *(f"{i}.jpg" for i in range(5))], root)
    with pytest.warns(SamplesWarning, match="1 files are in several rows"):
        Samples(table).split(0.5)


def test_parts_of_a_file_are_files_of_their_own():
    parts = [FileRange("set.tar", 100 * i, 50) for i in range(10)]
    first, second = Samples.from_files(parts).split(0.5)
    assert len(first) == len(second) == 5
    with pytest.warns(SamplesWarning, match=r"1 files are in several rows, such as 'set\.tar\[300:350\]'"):
        first, second = Samples.from_files([*parts, parts[3]]).split(0.5)
    assert not set(first.paths()) & set(second.paths())


def test_paths_that_differ_in_order_alone_are_different_files():
    names = ["ab.jpg", "ba.jpg", "a.jpg", "b.jpg", "aa.jpg", "a/b.jpg", "b/a.jpg"]
    assert len(Samples.from_files(names).split(0.5)[1]) == 4


@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), st.floats(0.05, 0.95), st.integers(0, 99))
def test_groups_stay_together(groups, fraction, seed):
    samples = numbered(len(groups), labels=[i % 2 for i in range(len(groups))])
    if len(set(groups)) == 1:
        with pytest.raises(
            ValueError, match="a single file or group, or joined by files that they share, cannot be split"
        ):
            samples.split(fraction, seed=seed, groups=groups)
        return
    first, second = samples.split(fraction, seed=seed, groups=groups)
    inside, outside = ({groups[row] for row in part.table_rows} for part in (first, second))
    assert inside
    assert outside
    assert not inside & outside
    assert np.all(np.diff(first.table_rows) > 0)
    assert np.all(np.diff(second.table_rows) > 0)
    largest = max(Counter(groups).values())
    assert abs(len(second) - round(fraction * len(groups))) <= largest


@pytest.mark.parametrize(
    "groups",
    [
        lambda path: path[:4],
        [f"{i // 10}" for i in range(200)],
        np.arange(200) // 10,
        (i // 10 for i in range(200)),
    ],
)
def test_groups_are_values_or_a_function_of_the_path(groups):
    samples = numbered(200, labels=[i % 4 for i in range(200)])
    first, second = samples.split(0.2, seed=1, groups=groups)
    assert len(second) == 40
    assert not {row // 10 for row in first.table_rows} & {row // 10 for row in second.table_rows}


def test_groups_may_be_a_column_of_a_table():
    pandas = pytest.importorskip("pandas")
    df = pandas.DataFrame(
        {"image": [f"{i}.jpg" for i in range(30)], "label": ["a", "b"] * 15, "patient": list("xyz") * 10}
    )
    samples = Samples.from_dataframe(df)
    first, second = samples.split(0.3, groups=df["patient"])
    assert (len(first), len(second)) == (20, 10)
    assert len(set(df["patient"][second.table_rows])) == 1


def test_files_that_share_a_group_stay_together_through_each_other():
    files = ["a", "a", "b", "b", "c", "c", "d", "e", "f", "g"]
    groups = [1, 2, 2, 3, 3, 4, 5, 6, 7, 8]
    for seed in range(6):
        first, second = Samples.from_files(files).split(0.4, seed=seed, groups=groups)
        sides = [{"a", "b", "c"} & set(part.paths()) for part in (first, second)]
        assert sorted(map(len, sides)) == [0, 3]
        assert len(first) + len(second) == 10


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ([1] * 9, ValueError, "10 samples but 9 groups"),
        (["x"] * 9 + [None], ValueError, r"groups, row 9 \(counted from 0\) is empty"),
        ([1.0] * 9 + [float("nan")], ValueError, "groups, row 9"),
        ("patient", TypeError, "groups must be one value for each sample.*not 'patient'"),
        (3, TypeError, "groups must be one value for each sample"),
        ([[1]] * 10, TypeError, r"text or numbers, one for each sample, not \[1\]"),
    ],
)
def test_groups_that_are_wrong(groups, error, message):
    with pytest.raises(error, match=message):
        numbered(10).split(0.5, groups=groups)


def test_splits_by_group_are_the_same_each_time_and_differ_by_seed():
    samples = numbered(100, labels=[[str(i % 7), str(i % 5)] for i in range(100)])
    groups = [i // 4 for i in range(100)]
    for options in ({}, {"groups": groups}, {"groups": groups, "stratify": False}):
        parts = [samples.split(0.3, seed=seed, **options)[1].table_rows.tolist() for seed in (0, 0, 1)]
        assert parts[0] == parts[1] != parts[2]


def test_every_group_can_be_in_either_part():
    samples = numbered(40, labels=[i % 2 for i in range(40)])
    groups = [i // 8 for i in range(40)]
    seen = {groups[samples.split(0.2, seed=seed, groups=groups)[1].table_rows[0]] for seed in range(60)}
    assert seen == set(range(5))


@given(
    st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=2, max_size=80).filter(any),
    st.floats(0.05, 0.95),
    st.integers(0, 99),
)
def test_samples_of_several_classes_are_split_to_the_exact_number(labels, fraction, seed):
    n = len(labels)
    samples = numbered(n, labels=[[f"class {name}" for name in sorted(names)] for names in labels])
    first, second = samples.split(fraction, seed=seed)
    total = min(max(round(fraction * n), 1), n - 1)
    assert (len(first), len(second)) == (n - total, total)
    assert sorted([*first.table_rows, *second.table_rows]) == list(range(n))
    assert np.all(np.diff(second.table_rows) > 0)


def test_each_of_several_classes_has_its_share():
    rng = np.random.default_rng(0)
    chances = np.geomspace(0.5, 0.004, 20)
    hot = rng.random((2000, 20)) < chances
    samples = numbered(2000, labels=hot)
    for seed in range(3):
        _, second = samples.split(0.2, seed=seed)
        assert np.all(np.abs(hot_counts(second) - 0.2 * hot_counts(samples)) <= 1.5)


def test_rare_classes_are_in_both_parts():
    labels = [["common"] for _ in range(200)]
    for name in range(20):
        for i in range(2 + name % 3):
            labels[name * 10 + i].append(f"rare {name}")
    samples = numbered(200, labels=labels)
    for seed in range(5):
        first, second = samples.split(0.2, seed=seed)
        assert len(second) == 40
        assert hot_counts(first).min() > 0
        assert hot_counts(second).min() > 0


@pytest.mark.parametrize("fraction", [0.1, 0.9])
def test_a_rare_single_class_is_in_both_parts(fraction):
    labels = ["a"] * 90 + ["b"] * 2 + ["c"] * 3 + ["d"]
    for seed in range(5):
        first, second = numbered(96, labels=labels).split(fraction, seed=seed)
        for part in (first, second):
            assert {"a", "b", "c"} <= {part.classes[label] for label in part.labels}
        assert "d" not in {second.classes[label] for label in second.labels}


def test_classes_have_their_share_among_groups():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(100), rng.integers(1, 20, 100))
    labels = (groups * 7 % 100 < 30).astype(int)
    samples = numbered(len(groups), labels=labels)
    for seed in range(3):
        _, second = samples.split(0.25, seed=seed, groups=groups)
        assert abs(len(second) / len(samples) - 0.25) < 0.01
        assert abs(np.mean(second.labels) - np.mean(samples.labels)) < 0.03


def test_a_class_of_two_groups_is_in_both_parts():
    groups = [i // 10 for i in range(100)]
    labels = ["rare" if i < 20 else "common" for i in range(100)]
    for seed in range(5):
        parts = numbered(100, labels=labels).split(0.2, seed=seed, groups=groups)
        assert [len(part) for part in parts] == [80, 20]
        assert all(len(set(part.labels)) == 2 for part in parts)


def test_samples_without_any_class_fill_up_the_parts():
    labels = [["x"] if i < 10 else [] for i in range(50)]
    first, second = numbered(50, labels=labels).split(0.2)
    assert (len(first), len(second)) == (40, 10)
    assert hot_counts(second).tolist() == [2]


def test_large_groups_leave_no_part_empty():
    for fraction in (0.01, 0.99):
        first, second = numbered(30).split(fraction, groups=[i // 10 for i in range(30)])
        assert sorted([len(first), len(second)]) == [10, 20]
