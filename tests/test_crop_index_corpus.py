"""Crops with and without a crop index are equal over the folder that FASTSEQ_CORPUS names."""

from __future__ import annotations

import numpy as np
import pytest
import test_corpus
from native.native import GOOD
from native.test_crop_index import CROP_DRAWS, FILTERS, crops, item
from test_corpus import FOLDER, ROWS

from fastseq._native.shards import crop_index

pytestmark = test_corpus.pytestmark


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("size", [(24, 24), (224, 224)])
def test_crops_are_the_same(filter_: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(size[0])
    indexed = 0
    for start in range(0, len(ROWS), 50):
        rows = ROWS[start : start + 50]
        files = [(FOLDER / row["path"]).read_bytes() for row in rows]
        indexes = list(map(crop_index, files))
        indexed += sum(map(bool, indexes))
        draws = rng.random((len(files), CROP_DRAWS + 1))
        expected, _ = crops(list(files), size, draws, interpolation=filter_)
        made, misfit = crops(list(map(item, files, indexes)), size, draws, interpolation=filter_)
        assert misfit == -1
        for row, *pair, ours, theirs in zip(
            rows, made.statuses, expected.statuses, made.pixels, expected.pixels, strict=True
        ):
            assert pair[0] == pair[1], row["path"]
            if pair[0] in GOOD:
                np.testing.assert_array_equal(ours, theirs, row["path"])
    assert indexed >= 380
