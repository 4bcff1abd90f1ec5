"""ImageDataGenerator over a folder of real and damaged files, if FASTSEQ_CORPUS names one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drop_ins import assert_same_batches, by_index

FOLDER = Path(os.environ.get("FASTSEQ_CORPUS", ""))

pytestmark = [
    pytest.mark.skipif("FASTSEQ_CORPUS" not in os.environ, reason="FASTSEQ_CORPUS is not set"),
    pytest.mark.filterwarnings("ignore:.*scipy.ndimage:DeprecationWarning"),  # called by Keras
    pytest.mark.filterwarnings("ignore::UserWarning"),  # from Pillow, about the files
]


@pytest.fixture(scope="module")
def loadable(keras) -> pd.DataFrame:
    """The files that Keras can load, except the largest, and whether each is damaged."""
    rows = [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text().splitlines()]
    names, damaged = [], []
    for row in rows:
        path = FOLDER / row["path"]
        if not path.name.lower().endswith((".jpg", ".jpeg", ".png", ".bmp")) or path.stat().st_size > 2_000_000:
            continue
        try:
            keras.utils.load_img(path).load()
        except Exception:  # any error of Pillow's
            continue
        names.append(str(path))
        damaged.append(row["status"]["djpeg"] not in ("ok", "not-run"))
    return pd.DataFrame({"filename": names, "damaged": damaged})


@pytest.fixture(scope="module")
def files(loadable) -> pd.DataFrame:
    return loadable[~loadable["damaged"]]


@pytest.mark.parametrize("color_mode", ["rgb", "grayscale"])
@pytest.mark.parametrize("interpolation", ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"])
def test_every_file_is_loaded_as_by_keras(generators, files, interpolation, color_mode):
    options = {"target_size": (97, 131), "interpolation": interpolation, "color_mode": color_mode}
    options |= {"class_mode": None, "shuffle": False, "batch_size": 64}
    assert len(files) > 500
    assert_same_batches(*(by_index(made().flow_from_dataframe(files, **options), 1) for made in generators))


def test_damaged_files_load_where_keras_loads_them(generators, loadable):
    """Their pixels depend on the version of libjpeg-turbo, and Pillow bundles its own."""
    options = {"target_size": (97, 131), "class_mode": None, "shuffle": False, "batch_size": 1}
    damaged = loadable[loadable["damaged"]]
    batches = by_index(generators[0]().flow_from_dataframe(damaged, **options), 1)
    assert len(batches) == len(damaged) > 50


def test_augmented_files(generators, files):
    settings = {"rotation_range": 20, "zoom_range": 0.2, "horizontal_flip": True, "channel_shift_range": 20.0}
    options = {"target_size": (97, 131), "class_mode": None, "seed": 3, "batch_size": 64}
    results = [by_index(made(**settings).flow_from_dataframe(files, **options), 1) for made in generators]
    assert_same_batches(*results, level=1.0)
    assert np.isfinite(results[0][0]).all()
