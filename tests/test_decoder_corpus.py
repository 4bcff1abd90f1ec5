"""Our own decoders agree with libjpeg-turbo over the folder that FASTSEQ_CORPUS names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import test_corpus
from coefficients import compare
from native.libjpeg_process import run_with_libjpeg
from native.native import GOOD, run
from reference.geometry import CROP_DRAWS, random_resized_crop
from reference.pixels import psnr
from test_corpus import CLEAN, FOLDER, ROWS, UPRIGHT_SIZE

pytestmark = test_corpus.pytestmark
# The rest have four components, RGB or coarse luma, are coded arithmetically, or would be smoothed.
TAKEN = {"sequential": 389 / 408, "progressive": 52 / 56}
FILTERS = ("cv2.linear", "antialias", "linear")
FILES = [os.fsencode(FOLDER / row["path"]) for row in ROWS]


@pytest.mark.parametrize("strict", [True, False])
def test_both_decoders_give_the_same_samples(strict: bool) -> None:
    orders = [
        ((FILES, UPRIGHT_SIZE, channels), {"interpolation": filter_, "strict": strict, "paths": True})
        for filter_ in FILTERS
        for channels in (3, 1)
    ]
    for (arguments, options), expected in zip(orders, run_with_libjpeg(orders), strict=True):
        made = run(*arguments, **options)
        for row, *pair, ours, theirs in zip(
            ROWS, made.statuses, expected.statuses, made.pixels, expected.pixels, strict=True
        ):
            assert pair[0] == pair[1], (row["path"], options)
            np.testing.assert_array_equal(ours, theirs, f"{row['path']} {options}")


@pytest.mark.parametrize("strict", [True, False])
def test_both_decoders_give_similar_crops(strict: bool) -> None:
    """Crops are equal where libjpeg returns pixels; it cannot crop planes, which are filtered differently."""
    draws = np.random.default_rng(strict).random((len(FILES), CROP_DRAWS))
    crop = {"ops": [random_resized_crop(0, (0.01, 1), (0.2, 5))], "draws": draws, "strict": strict, "paths": True}
    orders = [((FILES, (60, 50)), {"interpolation": filter_, **crop}) for filter_ in FILTERS]
    for (arguments, options), expected in zip(orders, run_with_libjpeg(orders), strict=True):
        made = run(*arguments, **options)
        least = np.inf if options["interpolation"] == "cv2.linear" else 39
        for row, *pair, ours, theirs in zip(
            ROWS, made.statuses, expected.statuses, made.pixels, expected.pixels, strict=True
        ):
            assert pair[0] == pair[1], (row["path"], options["interpolation"])
            if pair[0] in GOOD:
                assert psnr(ours, theirs) >= least, (row["path"], options["interpolation"])


def test_our_decoders_handle_the_expected_share_of_clean_files(compare_coefficients: Path) -> None:
    verdicts = compare(compare_coefficients, [FOLDER / row["path"] for row in CLEAN])
    for kind, share in TAKEN.items():
        words = [verdict.word for verdict in verdicts if verdict.progressive == (kind == "progressive")]
        assert words.count("equal") >= share * len(words), kind
    for row, verdict in zip(CLEAN, verdicts, strict=True):
        assert verdict.word == "equal" or row["category"] != "imagenet", row["path"]
