"""All coefficients of our own decoders equal those of jpeg_read_coefficients."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from coefficients import compare
from images import jpeg, photo
from jpeg_files import common_file, rare_file

CORPUS = os.environ.get("FASTSEQ_CORPUS")


@pytest.mark.parametrize(
    ("make", "count", "least_taken"), [(common_file, 4000, 1.0), (rare_file, 300, 0.8)], ids=["common", "rare"]
)
def test_generated_files(
    make: Callable[[np.random.Generator], bytes],
    count: int,
    least_taken: float,
    compare_coefficients: Path,
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(count)
    files = [tmp_path / f"{k}.jpg" for k in range(count)]
    for file in files:
        file.write_bytes(make(rng))
    verdicts = compare(compare_coefficients, files)
    for file, verdict in zip(files, verdicts, strict=True):
        assert verdict.word != "different", (file, verdict)
    for progressive in (False, True):
        words = [verdict.word for verdict in verdicts if verdict.progressive == progressive]
        assert words.count("equal") >= least_taken * len(words) > 0


def test_files_left_to_libjpeg(compare_coefficients: Path, tmp_path: Path) -> None:
    pixels = photo(40, 50)
    files = {
        "arithmetic": jpeg(pixels, arithmetic=True),
        "colours": jpeg(pixels, rgb=True),
        "coarse luma": jpeg(pixels, sample="1x1,2x2,1x1"),
        "smoothed": jpeg(pixels, scans="0 1 2: 0-0, 0, 0;"),
        "cut": jpeg(pixels)[:-2],
        "empty": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert {verdict.word for verdict in compare(compare_coefficients, [tmp_path / name for name in files])} == {"left"}


@pytest.mark.skipif(CORPUS is None, reason="FASTSEQ_CORPUS is not set")
def test_the_corpus(compare_coefficients: Path) -> None:
    files = [path for path in sorted(Path(str(CORPUS)).rglob("*")) if path.is_file()]
    for file, verdict in zip(files, compare(compare_coefficients, files), strict=True):
        assert verdict.word != "different", (file, verdict)
        assert verdict.word == "equal" or file.parent.name != "imagenet", file
