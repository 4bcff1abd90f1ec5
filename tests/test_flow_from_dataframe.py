"""compat.ImageDataGenerator.flow_from_dataframe against Keras's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drop_ins import WAYS, assert_same_attributes, assert_same_batches, by_index, mixed_folder

SIZE = (20, 26)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return mixed_folder(tmp_path_factory.mktemp("frame") / "tree")


@pytest.fixture(scope="module")
def df(root) -> pd.DataFrame:
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*.jpg"))
    rng = np.random.default_rng(2)
    n = len(files)
    return pd.DataFrame(
        {
            "filename": files,
            "class": [name.split("/")[0] for name in files],
            "two": [("yes", "no")[i % 2] for i in range(n)],
            "several": [list(rng.permutation(["a", "b", "c"])[: rng.integers(1, 4)]) for _ in range(n)],
            "number": rng.uniform(size=n),
            "other": rng.integers(0, 9, n),
            "weight": rng.uniform(size=n).astype("float32"),
            "absolute": [str(root / name) for name in files],
        },
        index=[f"row {i}" for i in range(n)],
    )


ARGUMENTS = {
    "categorical": {},
    "binary": {"class_mode": "binary", "y_col": "two"},
    "sparse": {"class_mode": "sparse"},
    "input": {"class_mode": "input"},
    "no labels": {"class_mode": None},
    "raw": {"class_mode": "raw", "y_col": "number"},
    "raw, two columns": {"class_mode": "raw", "y_col": ["number", "other"]},
    "multi_output": {"class_mode": "multi_output", "y_col": ["number", "other"]},
    "several labels": {"y_col": "several"},
    "several labels, some classes": {"y_col": "several", "classes": ["c", "a"]},
    "classes": {"classes": ["owl", "cat"]},
    "weights": {"weight_col": "weight"},
    "weights, raw": {"weight_col": "weight", "class_mode": "raw", "y_col": "other"},
    "training": {"subset": "training"},
    "validation": {"subset": "validation"},
    "in order": {"shuffle": False},
    "seed": {"seed": 9},
    "grayscale": {"color_mode": "grayscale"},
    "bilinear": {"interpolation": "bilinear"},
    "unchecked": {"validate_filenames": False},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_each_argument(generators, df, root, name, way):
    options = {"directory": str(root), "target_size": SIZE, "batch_size": 5, **ARGUMENTS[name]}
    results, after = [], []
    for made in generators:
        np.random.seed(6)
        iterator = made(validation_split=0.4, vertical_flip=True, rescale=1 / 255).flow_from_dataframe(df, **options)
        results.append(WAYS[way](iterator))
        after.append(np.random.random())
    assert_same_batches(*results, inputs=2 if name == "input" else 1)
    assert after[0] == after[1]


def test_absolute_paths(generators, df):
    options = {"x_col": "absolute", "target_size": SIZE, "shuffle": False}
    assert_same_batches(*(by_index(made().flow_from_dataframe(df, **options)) for made in generators))


def test_missing_files_are_dropped_with_a_warning(generators, df, root):
    broken = df.copy()
    broken.iloc[3, 0] = "none.jpg"
    found = []
    for made in generators:
        with pytest.warns(UserWarning, match="Found 1 invalid image filename"):
            found.append(made().flow_from_dataframe(broken, str(root), target_size=SIZE, shuffle=False))
    assert_same_batches(*map(by_index, found))
    assert found[0].samples == len(df) - 1


def test_attributes(generators, df, root):
    ours, theirs = (
        made().flow_from_dataframe(df, str(root), target_size=SIZE, weight_col="weight") for made in generators
    )
    names = ["samples", "class_indices", "classes", "filenames", "filepaths", "labels", "image_shape", "sample_weight"]
    assert_same_attributes(ours, theirs, names)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"class_mode": "binary"}, ValueError),
        ({"class_mode": "multi_output", "y_col": "number"}, TypeError),
        ({"class_mode": "sparse", "y_col": "number"}, TypeError),
        ({"class_mode": "none"}, ValueError),
        ({"weight_col": "two"}, TypeError),
        ({"subset": "both"}, ValueError),
    ],
)
def test_the_same_errors(generators, df, root, options, error):
    messages = []
    for made in generators:
        with pytest.raises(error) as caught:
            made().flow_from_dataframe(df, str(root), **options)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
