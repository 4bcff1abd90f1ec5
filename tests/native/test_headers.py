"""Odd values in a header that no pixel depends on are no damage, at any strictness, for both decoders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coefficients import compare
from images import cmyk_jpeg, jpeg, photo
from jpeg_headers import ADOBE_EDITS, JFIF_EDITS, JUNK_EDITS, SCAN_EDITS, with_adobe_transform, with_bytes_before_end

from native.libjpeg_process import run_with_libjpeg
from native.native import run

SIZE = (32, 40)
PIXELS = photo(66, 80, seed=3)
SEQUENTIAL = {
    "4:2:0": jpeg(PIXELS, subsampling="4:2:0"),
    "gray": jpeg(PIXELS, gray=True),
    "restarts": jpeg(PIXELS, restart=1),
    "scans": jpeg(PIXELS, scans="0;1;2;"),
    "arithmetic": jpeg(PIXELS, arithmetic=True),
}
PROGRESSIVE = {"progressive": jpeg(PIXELS, subsampling="4:2:0", progressive=True)}
COLORS = {"4:2:0": SEQUENTIAL["4:2:0"], **PROGRESSIVE}
CMYK = cmyk_jpeg(photo(66, 80, seed=4, channels=4), ycck=True)
CASES = [
    *((f"{kind}, {name}", data, edit) for kind, data in SEQUENTIAL.items() for name, edit in SCAN_EDITS.items()),
    *(
        (f"{kind}, {name}", data, edit)
        for kind, data in (SEQUENTIAL | PROGRESSIVE).items()
        for name, edit in (JFIF_EDITS | JUNK_EDITS).items()
    ),
    *((f"{kind}, {name}", data, edit) for kind, data in COLORS.items() for name, edit in ADOBE_EDITS.items()),
    *((f"YCCK, {name}", CMYK, edit) for name, edit in ADOBE_EDITS.items()),
]
NAMES = [name for name, _, _ in CASES]
CLEAN = [data for _, data, _ in CASES]
EDITED = [edit(data) for _, data, edit in CASES]


@pytest.mark.parametrize("interpolation", ["antialias", "cv2.linear"])
@pytest.mark.parametrize("strict", [True, False, 2])
def test_they_change_nothing(strict: int, interpolation: str) -> None:
    options = {"strict": strict, "interpolation": interpolation}
    clean = run(CLEAN, SIZE, **options)  # type: ignore[arg-type]
    for edited in (run(EDITED, SIZE, **options), *run_with_libjpeg([((EDITED, SIZE), options)])):  # type: ignore[arg-type]
        assert dict(zip(NAMES, edited.statuses, strict=True)) == dict.fromkeys(NAMES, "OK")
        np.testing.assert_array_equal(edited.pixels, clean.pixels)


def test_our_own_decoders_take_them(compare_coefficients: Path, tmp_path: Path) -> None:
    ours = {name: data for name, data in zip(NAMES, EDITED, strict=True) if not name.startswith(("arith", "YCCK"))}
    files = [tmp_path / str(k) for k in range(len(ours))]
    for file, data in zip(files, ours.values(), strict=True):
        file.write_bytes(data)
    verdicts = compare(compare_coefficients, files)
    assert {name: v.word for name, v in zip(ours, verdicts, strict=True)} == dict.fromkeys(ours, "equal")


def test_an_adobe_transform_of_zero_still_means_rgb() -> None:
    rgb = jpeg(PIXELS, rgb=True)
    batch = run([rgb, with_adobe_transform(rgb, 5)], SIZE)
    assert batch.statuses == ["OK", "OK"]
    assert (batch.pixels[0] != batch.pixels[1]).any()


@pytest.mark.parametrize("kind", ["4:2:0", "gray", "restarts", "scans", "arithmetic", "progressive"])
def test_bytes_before_the_end_are_told_and_may_be_rejected(kind: str) -> None:
    data = (SEQUENTIAL | PROGRESSIVE)[kind]
    odd = with_bytes_before_end(data)
    orders = [(([odd], SIZE), {"strict": strict}) for strict in (True, 2, False)]
    for batches in ([run(*arguments, **options) for arguments, options in orders], run_with_libjpeg(orders)):  # type: ignore[arg-type]
        assert [batch.statuses for batch in batches] == [["CORRUPT"], ["RECOVERED"], ["RECOVERED"]]
        assert all("extraneous bytes before marker 0xd9" in batch.reasons[0] for batch in batches)
        np.testing.assert_array_equal(batches[1].pixels, run([data], SIZE).pixels)
