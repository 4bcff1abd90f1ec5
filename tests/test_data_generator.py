"""compat.DataGenerator gives the same batches as the tutorial's, bit for bit, from the same seed."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from images import encoded, jpeg, photo

from fastseq import DecodeError, UnknownLabelError

LABELS = ["cat", "dog", "owl", "ape"]
DIM = (24, 40)


@pytest.fixture(scope="module")
def df(tmp_path_factory) -> pd.DataFrame:
    """22 images with 1 to 3 labels each: portrait, landscape, square, every EXIF orientation, gray, a PNG."""
    root = tmp_path_factory.mktemp("tutorial")
    rng = np.random.default_rng(6)
    rows = []
    for i in range(22):
        height, width = (64, 64) if i == 3 else (int(side) for side in rng.integers(30, 110, 2))
        image = photo(height, width, seed=i)
        options = {"orientation": i % 9 or None, "gray": i == 7, "progressive": i == 8}
        data = encoded(image, "png") if i == 5 else jpeg(image, 85, ("4:2:0", "4:4:4", "4:2:2")[i % 3], **options)
        (root / f"{i}.jpg").write_bytes(data)
        labels = rng.permutation(LABELS)[: rng.integers(1, 4)]
        rows.append((str(root / f"{i}.jpg"), "_".join(labels)))
    return pd.DataFrame(rows, columns=["images", "labels"], index=[f"row {i}" for i in range(22)])


@pytest.fixture
def ours(keras):
    from fastseq.compat import DataGenerator

    return DataGenerator


@pytest.fixture
def theirs(keras):
    from reference.tutorial import DataGenerator

    return DataGenerator


def epochs(generator, count=3) -> list:
    batches = []
    for _ in range(count):
        batches += [generator[k] for k in range(len(generator))]
        generator.on_epoch_end()
    return batches


def assert_equal(first, second) -> None:
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        for x, y in zip(a, b, strict=True) if isinstance(a, tuple) else ((a, b),):
            assert (x.dtype, x.shape) == (y.dtype, y.shape)
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("to_fit", [True, False])
@pytest.mark.parametrize("shuffle", [True, False])
def test_three_epochs_equal_the_tutorials_bit_for_bit(ours, theirs, df, shuffle, to_fit):
    ids = [3, 21, 0, 5, 7, 8, 2, 1, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    options = {"to_fit": to_fit, "batch_size": 4, "dim": DIM, "n_classes": 5, "shuffle": shuffle}
    np.random.seed(8)
    ours_batches = epochs(ours(df, ids, labels=LABELS, **options))
    after = np.random.random()
    np.random.seed(8)
    assert_equal(ours_batches, epochs(theirs(df, ids, LABELS, **options)))
    assert np.random.random() == after
    x = ours_batches[0][0] if to_fit else ours_batches[0]
    assert (x.dtype, x.shape) == (np.float64, (4, *DIM, 3))


def test_defaults_equal_the_tutorials(ours, theirs, df):
    np.random.seed(1)
    x, y = ours(df, range(22), labels=LABELS)[1]
    np.random.seed(1)
    assert_equal([(x, y)], [theirs(df, range(22), LABELS)[1]])
    assert (x.shape, x.dtype) == ((8, 256, 472, 3), np.float64)
    assert (y.shape, y.dtype) == ((8, 13), np.dtype(int))


def test_arguments_may_be_positional(ours, theirs, df):
    np.random.seed(2)
    mine = epochs(ours(df, [4, 3, 2, 1], True, 2, DIM, 3, 6, True, LABELS), 2)
    np.random.seed(2)
    assert_equal(mine, epochs(theirs(df, [4, 3, 2, 1], LABELS, True, 2, DIM, 3, 6, True), 2))


def test_the_length_is_rounded_down(ours, df):
    assert [len(ours(df, range(n), batch_size=4, dim=DIM)) for n in (3, 4, 7, 22)] == [0, 1, 1, 5]
    generator = ours(df, range(7), batch_size=4, dim=DIM)
    with pytest.raises(IndexError, match="no batch 1: an epoch has 1"):
        generator[1]


def test_batches_may_be_requested_in_any_order_and_repeatedly(ours, df):
    generator = ours(df, range(22), batch_size=4, dim=DIM)
    first = [generator[k] for k in range(5)]
    assert_equal([generator[k] for k in (3, 0, -1, 0)], [first[k] for k in (3, 0, 4, 0)])


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
def test_dtype_is_configurable(ours, theirs, df, dtype):
    options = {"batch_size": 11, "dim": DIM, "shuffle": False}
    x, _ = ours(df, range(22), dtype=dtype, labels=LABELS, **options)[1]
    expected, _ = theirs(df, range(22), LABELS, **options)[1]
    assert x.dtype == dtype
    np.testing.assert_array_equal(x, expected)


def test_gray(ours, df):
    generator = ours(df, range(22), batch_size=4, dim=DIM, n_channels=1, dtype="uint8")
    assert generator[0][0].shape == (4, *DIM, 1)
    with pytest.raises(ValueError, match="n_channels must be 3"):
        ours(df, range(22), n_channels=4)


def test_labels_default_to_those_in_the_table(ours, df):
    generator = ours(df, range(22), batch_size=22, dim=DIM, n_classes=4, shuffle=False)
    assert generator.labels == sorted(LABELS)
    y = generator[0][1]
    expected = [[int(name in cell.split("_")) for name in sorted(LABELS)] for cell in df["labels"]]
    np.testing.assert_array_equal(y, expected)


def test_unknown_labels_are_listed(ours, df):
    with pytest.raises(UnknownLabelError, match="'ape'"):
        ours(df, range(22), labels=["cat", "dog", "owl"])


def test_more_labels_than_columns_are_rejected(ours, df):
    with pytest.raises(ValueError, match="4 labels do not fit into n_classes=3 columns"):
        ours(df, range(22), n_classes=3)


def test_predicting_needs_no_labels(ours, df):
    images = df[["images"]]
    assert_equal(
        [ours(images, range(22), to_fit=False, dim=DIM, shuffle=False)[0]],
        [ours(df, range(22), to_fit=False, dim=DIM, shuffle=False)[0]],
    )
    with pytest.raises(ValueError, match="labels"):
        ours(images, range(22))


@pytest.mark.parametrize("ids", [[22], [-1], [0, 100]])
def test_rows_out_of_range_are_rejected(ours, df, ids):
    with pytest.raises(IndexError, match="below 22"):
        ours(df, ids)


def test_a_bad_file_is_named(ours, df, tmp_path):
    broken = df.copy()
    broken.iloc[2, 0] = str(tmp_path / "none.jpg")
    generator = ours(broken, range(22), batch_size=2, dim=DIM, shuffle=False)
    with pytest.raises(DecodeError, match=r"none\.jpg") as caught:
        generator[1]
    assert caught.value.index == 2
    assert generator[2][0].shape == (2, *DIM, 3)


def test_attributes_equal_the_tutorials(ours, df):
    np.random.seed(4)
    generator = ours(df, range(22), batch_size=4, dim=DIM)
    np.random.seed(4)
    indexes = np.arange(22)
    np.random.shuffle(indexes)
    np.testing.assert_array_equal(generator.indexes, indexes)
    assert generator.df is df
    assert (generator.batch_size, generator.dim, generator.n_channels, generator.n_classes) == (4, DIM, 3, 13)
    assert (generator.to_fit, generator.shuffle, list(generator.list_IDs)) == (True, True, list(range(22)))


def test_a_generator_can_be_pickled(ours, df):
    generator = ours(df, range(22), batch_size=4, dim=DIM)
    generator[0]
    twin = pickle.loads(pickle.dumps(generator))
    assert_equal([twin[k] for k in range(5)], [generator[k] for k in range(5)])


def test_the_reference_names_files_it_cannot_decode(theirs, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"?")
    table = pd.DataFrame({"images": [str(tmp_path / "bad.jpg")], "labels": ["cat"]})
    with pytest.raises(ValueError, match=r"bad\.jpg"):
        theirs(table, [0], LABELS, batch_size=1)[0]
