"""Several labels for each sample: stored by what is set, read like an array of booleans."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fastseq.samples import PathTable, Samples
from fastseq.samples.label_encoder import LabelEncoder
from fastseq.samples.multi_hot import MultiHot

DENSE = np.random.default_rng(5).random((6, 300)) < 0.02
DENSE[3] = False
SHAPES = st.tuples(st.integers(0, 8), st.integers(0, 5))


@given(arrays(np.bool_, SHAPES), st.data())
def test_it_reads_like_the_array_that_it_stands_for(dense, data):
    rows = MultiHot.from_dense(dense)
    assert (rows.shape, rows.dtype, len(rows), rows.ndim) == (dense.shape, dense.dtype, len(dense), 2)
    assert np.array_equal(rows, dense)
    assert np.array_equal(MultiHot.from_columns([row.nonzero()[0] for row in dense], dense.shape[1]), dense)
    numbers = st.integers(-len(dense), len(dense) - 1) if len(dense) else st.nothing()
    for key in (data.draw(st.lists(numbers)), data.draw(st.slices(len(dense))), data.draw(arrays(bool, len(dense)))):
        key = np.array(key, np.int64) if isinstance(key, list) else key
        assert np.array_equal(rows[key], dense[key])
        assert np.array_equal(rows.take(key), dense[key])


def test_single_rows_columns_and_operations():
    rows = MultiHot.from_dense(DENSE)
    assert np.array_equal(rows[4], DENSE[4])
    assert np.array_equal(rows[np.int64(-1)], DENSE[-1])
    assert np.array_equal(rows[:, 7], DENSE[:, 7])
    assert np.array_equal(rows == DENSE, np.ones_like(DENSE))
    assert np.array_equal(np.sum(rows, axis=0), DENSE.sum(axis=0))
    assert np.array_equal(np.nonzero(rows), DENSE.nonzero())
    assert np.asarray(rows, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="not stored as an array"):
        rows.__array__(copy=False)


def test_a_step_beyond_any_row():
    assert MultiHot.from_dense(DENSE[:0])[:: 2**63].shape == (0, DENSE.shape[1])


@pytest.mark.parametrize("key", [6, -7, [0, 6], [-7]])
def test_a_row_out_of_range_is_an_index_error(key):
    with pytest.raises(IndexError, match="there are 6"):
        MultiHot.from_dense(DENSE)[key]


def test_it_is_read_only():
    rows = MultiHot.from_dense(DENSE)
    with pytest.raises(TypeError, match="item assignment"):
        rows[0] = True
    with pytest.raises(ValueError, match="read-only"):
        rows.columns[0] = 1


N, CLASSES = 20_000, 5_000  # a tenth of a set that has to fit into 20 MB
LIMIT = 2_000_000  # bytes


@pytest.fixture(scope="module")
def pairs() -> list[list[str]]:
    drawn = np.random.default_rng(1).integers(0, CLASSES, (N, 2))
    return [[f"label {i}" for i in row] for row in drawn]


def make(pairs) -> Samples:
    return Samples.from_files([f"{i}.jpg" for i in range(N)], pairs, classes=[f"label {i}" for i in range(CLASSES)])


def test_memory_grows_with_the_labels_that_are_set(pairs):
    make(pairs)
    tracemalloc.start()
    try:
        samples = make(pairs)
        assert tracemalloc.get_traced_memory()[0] < LIMIT
        parts = samples.split(0.5)
        assert tracemalloc.get_traced_memory()[0] < 2 * LIMIT
        tracemalloc.reset_peak()
        labels = LabelEncoder(parts[0])(np.arange(32))
        assert tracemalloc.get_traced_memory()[1] < 3 * LIMIT
    finally:
        tracemalloc.stop()
    assert labels.shape == (32, CLASSES)
    first = [sorted({int(name.split()[1]) for name in pairs[row]}) for row in parts[0].table_rows[:32]]
    assert [row.nonzero()[0].tolist() for row in labels] == first


def test_pickles_are_small_and_say_the_same(pairs):
    samples = make(pairs)
    half = samples.split(0.5)[1]
    for before, limit in ((samples, LIMIT), (half, LIMIT / 2)):
        data = pickle.dumps(before)
        after = pickle.loads(data)
        assert len(data) < limit
        assert after.fingerprint() == before.fingerprint()
        assert np.array_equal(after.labels[:50], before.labels[:50])
        assert after.multi_label


def test_the_fingerprint_is_of_the_labels():
    def samples(*labels):
        return Samples.from_files(["1.jpg", "2.jpg"], list(labels), classes=["a", "b"])

    prints = [
        samples(*labels).fingerprint() for labels in ((["a"], ["b"]), (["a", "b"], []), ([], ["a", "b"]), ([], []))
    ]
    assert len(set(prints)) == 4
    dense = Samples.from_files(["1.jpg", "2.jpg"], np.array([[1, 0], [0, 1]], bool), classes=["a", "b"])
    assert dense.fingerprint() == samples(["a", "a"], ["b"]).fingerprint() == prints[0]
    table = PathTable.from_strings(["1.jpg", "2.jpg"])
    built = Samples(table, labels=np.array([[1, 0], [0, 1]], bool), classes=("a", "b"), multi_label=True)
    assert built.fingerprint() == prints[0]
    assert (
        samples(["b"], ["b", "a"]).select([1]).fingerprint()
        == Samples.from_files(["2.jpg"], [["a", "b"]], classes=["a", "b"]).fingerprint()
    )
