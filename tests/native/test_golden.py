"""One truth on all machines: every filter, decoder, type and step gives the bits that it gives on x86."""

from __future__ import annotations

import numpy as np
import pytest
from reference import cv2_linear

from native.golden import COLORS, JPEGS, cases, digest, stored
from native.libjpeg_process import run_with_libjpeg
from native.native import run

CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_bits(name: str) -> None:
    made = CASES[name].make()
    oracle = CASES[name].oracle
    if oracle is not None and cv2_linear.is_that_of_x86():
        np.testing.assert_array_equal(made, oracle())
    assert digest(made) == stored()[name]


def test_every_digest_is_of_a_case() -> None:
    assert stored().keys() == CASES.keys()


def test_both_decoders_give_these_bits() -> None:
    """With libjpeg-turbo alone the exact filters give the same."""
    orders = [
        ((files, size, channels), {"interpolation": interpolation})
        for files in (COLORS, list(JPEGS.values()))
        for size in ((61, 83), (31, 33))
        for channels in (1, 3)
        for interpolation in ("cv2.linear", "cv2.nearest", "pil.lanczos", "cv2.area")
    ]
    for (arguments, options), theirs in zip(orders, run_with_libjpeg(orders), strict=True):
        made = run(*arguments, **options)
        assert made.statuses == theirs.statuses
        np.testing.assert_array_equal(made.pixels, theirs.pixels)
