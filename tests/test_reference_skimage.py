"""The skimage Sequence, a rival in the benchmarks, returns what scikit-image returns."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.io import imread
from skimage.transform import resize


@pytest.fixture
def sequence_class(keras):
    from reference.skimage_sequence import SkimageSequence

    return SkimageSequence


def test_batches_equal_skimages(sequence_class, samples):
    paths, labels = list(samples.paths())[:7], list(range(7))
    sequence = sequence_class(paths, labels, 3, (20, 30))
    assert len(sequence) == 3
    for k, (x, y) in enumerate(sequence):
        part = slice(3 * k, 3 * k + 3)
        np.testing.assert_array_equal(x, [resize(imread(path), (20, 30)) for path in paths[part]])
        np.testing.assert_array_equal(y, labels[part])
    assert (x.shape, x.dtype) == ((1, 20, 30, 3), np.float64)
    assert 0 <= x.min() < x.max() <= 1


def test_the_default_size_is_the_tutorials(sequence_class, samples):
    x, _ = sequence_class([samples.path(0)], [0], 1)[0]
    assert x.shape == (1, 200, 200, 3)
