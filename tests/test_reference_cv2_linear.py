"""The model of cv2.INTER_LINEAR that stands in for OpenCV on ARM has OpenCV's bits on x86."""

from __future__ import annotations

import platform

import cv2
import numpy as np
import pytest
from reference import cv2_linear


@pytest.mark.skipif(platform.machine() != "x86_64", reason="OpenCV is the reference on x86 only")
def test_the_model_equals_opencv() -> None:
    rng = np.random.default_rng(1)
    for k in range(2000):
        height, width, *size = (int(side) for side in rng.integers(1, 80, 4))
        if k % 10 == 0:
            height, width = 2 * size[0], 2 * size[1]
        image = rng.integers(0, 256, (height, width, 1 + k % 2 * 2), np.uint8)
        expected = cv2.resize(image, (size[1], size[0])).reshape(*size, -1)
        np.testing.assert_array_equal(cv2_linear.resize(image, (size[0], size[1])), expected)
    assert cv2_linear.is_that_of_x86()
