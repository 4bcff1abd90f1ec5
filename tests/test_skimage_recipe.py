"""The tutorial's scikit-image Sequence compared with the same class on compat.Sequence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from images import jpeg, photo

SIZE, BATCH = (200, 200), 3
SIDES = [(480, 640), (333, 500), (800, 600), (1200, 1600), (256, 256), (200, 300), (150, 180), (96, 64)]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[str]:
    """Images from half to eight times the output size, with every chroma subsampling."""
    root = tmp_path_factory.mktemp("skimage")
    for i, (height, width) in enumerate(SIDES):
        (root / f"{i}.jpg").write_bytes(jpeg(photo(height, width, seed=i), 90, ("4:2:0", "4:4:4", "4:2:2")[i % 3]))
    return [str(root / f"{i}.jpg") for i in range(len(SIDES))]


@pytest.fixture
def theirs(keras, files):
    from reference.skimage_sequence import SkimageSequence

    return SkimageSequence(files, [i % 3 for i in range(len(files))], BATCH, SIZE)


@pytest.fixture
def ours(keras, files):
    from fastseq.compat import Sequence

    class Images(Sequence):
        dtype, interpolation = "float64", "pil.bilinear"

        def __init__(self, x_set, y_set, batch_size, **kwargs):
            super().__init__(**kwargs)
            self.x, self.y = x_set, y_set
            self.batch_size = batch_size

        def __len__(self):
            return math.ceil(len(self.x) / self.batch_size)

        def __getitem__(self, idx):
            part = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
            x = self.images(self.x[part], SIZE, dtype=self.dtype, scale=1 / 255, interpolation=self.interpolation)
            return x, np.array(self.y[part])

    return Images(files, [i % 3 for i in range(len(files))], BATCH)


def test_shape_dtype_range_order_and_labels_are_equal(ours, theirs):
    assert len(ours) == len(theirs) == 3
    for (x, y), (expected, labels) in zip(ours, theirs, strict=True):
        assert (x.shape, x.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(y, labels)
        assert 0 <= x.min() < x.max() <= 1
    ours.dtype = "float32"
    assert ours[0][0].dtype == np.float32


@pytest.mark.parametrize(("interpolation", "decibel"), [("pil.bilinear", 49), ("antialias", 44)])
def test_pixels_are_within_the_documented_bound(ours, theirs, interpolation, decibel):
    ours.interpolation = interpolation
    for (x, _), (expected, _) in zip(ours, theirs, strict=True):
        errors = ((x - expected) ** 2).mean((1, 2, 3))
        assert (-10 * np.log10(errors) >= decibel).all(), -10 * np.log10(errors)
