"""The documented guarantees over a folder of real and damaged files, if FASTSEQ_CORPUS names one.

The folder has a manifest.jsonl with the path and category of each file, and the word of djpeg about it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from images import jpeg, photo
from native.native import GOOD, one, run
from png_files import SIGNATURE, chunk
from reference import png
from reference.pixels import (
    decode_cv2,
    psnr,
    resize_cv2_area,
    resize_cv2_linear,
    resize_cv2_nearest,
    resize_pil,
    resize_pil_bilinear,
)

FOLDER = Path(os.environ.get("FASTSEQ_CORPUS", ""))
ROWS: list[dict[str, Any]] = (
    [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text().splitlines()]
    if "FASTSEQ_CORPUS" in os.environ
    else []
)
CLEAN = [row for row in ROWS if row["status"].get("djpeg") == "ok"]
MOSTLY_SOAK = [row if i % 4 == 0 else pytest.param(row, marks=pytest.mark.soak) for i, row in enumerate(CLEAN)]
PNGS = [row for row in ROWS if row["magic"] == "png"]
OTHERS = [row for row in ROWS if row["status"].get("djpeg") != "ok"]
UPRIGHT_SIZE = (97, 131)
TURNED_SIZE = (140, 61)
COLORS: tuple[tuple[Literal["rgb", "gray"], int], ...] = (("rgb", 3), ("gray", 1))
PIL_FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
# Sharp edges: at exactly half size by DCT scaling, only these files miss the 32 dB to Pillow.
BELOW_AT_HALF_SIZE = {
    "gdk-pixbuf__dpi.jpeg": 30,
    "TwelveMonkeys__cmyk-sample-no-icc.jpg": 28,
    "exif-samples__image01551.jpg": 29,
    "sharp__320x240.jpg": 30,
    "test-assets__wood_anemones.jpg": 31,
    "fuzzing-corpus__vuln-image-enumr.jpeg": 27,
}
NOT_A_VERDICT = {"PENDING", "CANCELLED", "INTERNAL", "OUT_OF_MEMORY"}

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif("FASTSEQ_CORPUS" not in os.environ, reason="FASTSEQ_CORPUS is not set"),
]


def read(row: dict[str, Any]) -> bytes:
    return (FOLDER / row["path"]).read_bytes()


def name(row: dict[str, Any]) -> str:
    return str(row["path"])


def is_cmyk(row: dict[str, Any]) -> bool:
    return bool(row["header"].get("ncomp") == 4)


@pytest.mark.parametrize("row", CLEAN, ids=name)
def test_exact_filters_on_clean_files(row: dict[str, Any]) -> None:
    data = read(row)
    image = decode_cv2(data)
    levels = 2 if is_cmyk(row) else 0
    half = tuple(max(1, n // 2) for n in image.shape[:2])
    for size in (UPRIGHT_SIZE, TURNED_SIZE, half, image.shape[:2]):
        if size[0] * size[1] > 4_000_000:
            continue
        for interpolation, resize in (("cv2.linear", resize_cv2_linear), ("cv2.nearest", resize_cv2_nearest)):
            made = one(data, size, interpolation=interpolation)
            difference = np.abs(made.astype(int) - resize(image, size)).max()
            assert difference <= levels, f"{interpolation} to {size}"
    for orient in ("none", "landscape"):
        made = one(data, UPRIGHT_SIZE, interpolation="cv2.linear", orient=orient)
        expected = resize_cv2_linear(decode_cv2(data, orient=orient), UPRIGHT_SIZE)  # type: ignore[arg-type]
        assert np.abs(made.astype(int) - expected).max() <= levels, orient
    gray = one(data, UPRIGHT_SIZE, 1, interpolation="cv2.linear", orient="none")
    expected = resize_cv2_linear(decode_cv2(data, "gray", "none"), UPRIGHT_SIZE)
    assert np.abs(gray.astype(int) - expected).max() <= levels


@pytest.mark.parametrize("row", MOSTLY_SOAK, ids=name)
def test_area_and_pillow_filters_on_clean_files(row: dict[str, Any]) -> None:
    data = read(row)
    image = decode_cv2(data)
    levels = 3 if is_cmyk(row) else 0  # filters that overshoot amplify the difference
    for size in (UPRIGHT_SIZE, TURNED_SIZE):
        made = one(data, size, interpolation="cv2.area").astype(int)
        assert np.abs(made - resize_cv2_area(image, size)).max() <= levels, f"cv2.area to {size}"
        for filter_ in PIL_FILTERS:
            made = one(data, size, interpolation=f"pil.{filter_}").astype(int)
            assert np.abs(made - resize_pil(image, size, filter_)).max() <= levels, f"pil.{filter_} to {size}"


@pytest.mark.parametrize("row", CLEAN, ids=name)
def test_psnr_of_approximate_filters_on_clean_files(row: dict[str, Any]) -> None:
    data = read(row)
    image = decode_cv2(data)
    half = tuple(max(1, n // 2) for n in image.shape[:2])
    for size in ((224, 224), half):
        assert psnr(one(data, size, interpolation="linear"), resize_cv2_linear(image, size)) >= 45, size
        may_scale = all(n >= 2 * m - 1 for n, m in zip(image.shape, size, strict=False))
        scaled = BELOW_AT_HALF_SIZE.get(Path(row["path"]).name, 32) if size == half else 32
        assert psnr(one(data, size), resize_pil_bilinear(image, size)) >= (scaled if may_scale else 45), size


def still(data: bytes) -> bytes:
    """A PNG without its animation, whose first frame cv2 gives instead of the image."""
    kept = [(kind, body) for kind, body in png.chunks(data) if kind not in (b"acTL", b"fcTL", b"fdAT")]
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in kept)


@pytest.mark.parametrize("row", PNGS, ids=name)
def test_pngs_are_what_cv2_decodes(row: dict[str, Any]) -> None:
    data = read(row)
    made = {color: run([data], UPRIGHT_SIZE, channels, interpolation="cv2.linear") for color, channels in COLORS}
    (status,) = {batch.statuses[0] for batch in made.values()}
    if status == "OK":
        for color, batch in made.items():
            expected = resize_cv2_linear(decode_cv2(still(data), color), UPRIGHT_SIZE)
            np.testing.assert_array_equal(batch.pixels[0], expected)
    else:
        deep = len(data) > 24 and data[24] == 16
        assert status == "NEEDS_DECODER" if deep else row["status"]["cv2"] == "fail"


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("row", OTHERS, ids=name)
def test_every_other_file_gets_a_status(row: dict[str, Any], strict: bool) -> None:
    for interpolation in ("antialias", "linear", "cv2.linear"):
        batch = run([read(row)], UPRIGHT_SIZE, interpolation=interpolation, strict=strict)
        assert batch.statuses[0] not in NOT_A_VERDICT
        assert batch.statuses[0] in GOOD or not batch.pixels.any()


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("threads", [1, 4])
def test_no_slot_shows_another_samples_pixels(threads: int, strict: bool) -> None:
    rng = np.random.default_rng(threads)
    good = [jpeg(photo(60 + k, 80 - k, seed=k), subsampling="4:2:0") for k in range(8)]
    alone = [one(data, UPRIGHT_SIZE) for data in good]
    bad = [row for row in OTHERS if row["bytes"] < 1_000_000]
    rng.shuffle(bad)  # type: ignore[arg-type]
    for begin in range(0, len(bad), 24):
        rows: list[dict[str, Any] | int] = [*bad[begin : begin + 24], *range(8)]
        rng.shuffle(rows)  # type: ignore[arg-type]
        files = [good[row] if isinstance(row, int) else read(row) for row in rows]
        batch = run(files, UPRIGHT_SIZE, threads=threads, strict=strict)
        for row, data, pixels, status in zip(rows, files, batch.pixels, batch.statuses, strict=True):
            if isinstance(row, int):
                assert status == "OK"
                np.testing.assert_array_equal(pixels, alone[row])
            elif status in GOOD:
                again = run([data], UPRIGHT_SIZE, threads=1, strict=strict)
                assert again.statuses == [status], row["path"]
                np.testing.assert_array_equal(pixels, again.pixels[0], row["path"])
            else:
                assert not pixels.any(), row["path"]
