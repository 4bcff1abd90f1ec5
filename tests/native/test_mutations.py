"""Hundreds of damaged files: no crash, no write outside a slot, and the same result for any number of threads.

The soak is the promise: 10,000 of them, under sanitizers.
"""

from __future__ import annotations

import numpy as np
import pytest
from images import cmyk_jpeg, jpeg, photo
from jpeg_files import common_file, requantized
from reference.geometry import CROP_DRAWS, random_resized_crop

from native.libjpeg_process import run_with_libjpeg
from native.native import GOOD, STATUS, finish, limits, recipe, run, start

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.soak)]
BATCH = 100
CANARY = 64
SEEDS = [
    jpeg(photo(57, 71, seed=1), 85, "4:2:0", orientation=6),
    jpeg(photo(57, 71, seed=2), 85, "4:4:4", optimize=True),
    jpeg(photo(57, 71, seed=3), 85, "4:2:2", restart=1),
    jpeg(photo(57, 71, seed=4), 85, "4:2:0", progressive=True),
    jpeg(photo(57, 71, seed=5), 85, arithmetic=True),
    jpeg(photo(57, 71, seed=6), 85, gray=True, orientation=3),
    jpeg(photo(57, 71, seed=7), 85, rgb=True),
    jpeg(photo(57, 71, seed=8), 85, sample="2x1,1x2,1x1"),
    cmyk_jpeg(photo(57, 71, seed=9, channels=4), 85, "4:2:0", ycck=True),
    jpeg(photo(57, 71, seed=10), 85, "4:2:0", scans="0;1 2;", restart="7B"),
    jpeg(photo(57, 71, seed=12), 85, gray=True, sample="2x4", restart="3B"),
    jpeg(photo(57, 71, seed=11), 85, "4:4:4", progressive=True, restart=1),
]
# Damaged headers may claim any size; the limits keep that cheap.
LIMITS = limits(pixels=1 << 21, scan_pixels=1 << 24, memory_bytes=64 << 20)


def mutate(rng: np.random.Generator) -> bytes:
    """Change a good file in one to four places, mostly outside the entropy-coded data."""
    data = bytearray(SEEDS[rng.integers(len(SEEDS))])
    for _ in range(rng.integers(1, 5)):
        if len(data) < 8:
            break
        reach = len(data) if rng.random() < 0.4 else min(700, len(data))
        at, length = int(rng.integers(2, reach)), int(rng.integers(1, 40))
        match int(rng.integers(7)):
            case 0:
                data[at] ^= 1 << rng.integers(8)
            case 1:
                data[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = rng.bytes(length)
            case 4:
                data[at : at + length] = bytes(length)
            case 5:
                data[at:at] = b"\xff" + bytes([int(rng.integers(0xC0, 0xFF))])
            case 6:
                del data[max(at, 20) :]
    return bytes(data)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("interpolation", "size"), [("antialias", (21, 17)), ("linear", (60, 60)), ("cv2.linear", (30, 40))]
)
def test_results_do_not_depend_on_the_number_of_threads(
    interpolation: str, size: tuple[int, int], strict: bool, count: int
) -> None:
    rng = np.random.default_rng([STATUS["CORRUPT"], *size, strict])
    options = {"interpolation": interpolation, "strict": strict, "limit": LIMITS}
    made = recipe(size, **options)
    share = -(-count // 6)
    for begin in range(0, share, BATCH):
        files = [mutate(rng) for _ in range(min(BATCH, share - begin))]
        alone = run(files, size, threads=1, **options)
        memory = np.full((len(files), made.slot_bytes + 2 * CANARY), 77, np.uint8)
        slots = memory[:, CANARY:-CANARY]
        jobs = [start([data], made, slot, threads=4) for data, slot in zip(files, slots, strict=True)]
        assert [finish(job)[0] for job in jobs] == alone.statuses
        np.testing.assert_array_equal(slots.reshape(alone.pixels.shape), alone.pixels)
        assert (memory[:, :CANARY] == 77).all()
        assert (memory[:, -CANARY:] == 77).all()
        for pixels, status in zip(alone.pixels, alone.statuses, strict=True):
            assert status not in ("PENDING", "CANCELLED", "INTERNAL", "OUT_OF_MEMORY")
            assert status in GOOD or not pixels.any()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("strict", [True, False, 2])
def test_both_decoders_agree(strict: int, count: int) -> None:
    """Our decoders report exactly the damage that libjpeg reports, for whole images and for crops."""
    rng = np.random.default_rng([STATUS["RECOVERED"], strict])
    files = [mutate(rng) for _ in range(-(-count // 3))]
    draws = rng.random((len(files), CROP_DRAWS))
    crop = {"ops": [random_resized_crop(0, (0.02, 1), (0.2, 5))], "draws": draws}
    common = {"strict": strict, "limit": LIMITS}
    orders = [
        ((files, (57, 71)), {"interpolation": "cv2.linear", **common}),
        ((files, (57, 71), 1), {"interpolation": "cv2.linear", **common}),
        ((files, (20, 30)), {"interpolation": "cv2.linear", **crop, **common}),
        ((files, (23, 19)), {"interpolation": "antialias", **common}),
        ((files, (11, 12), 1), {"interpolation": "antialias", **common}),
    ]
    for (arguments, options), expected in zip(orders, run_with_libjpeg(orders), strict=True):
        made = run(*arguments, **options)
        assert made.statuses == expected.statuses
        np.testing.assert_array_equal(made.pixels, expected.pixels)


@pytest.mark.parametrize("part", range(4))
def test_both_decoders_agree_out_of_range(part: int) -> None:
    """Beyond the range of an encoder's coefficients, libjpeg-turbo's results depend on the processor."""
    rng = np.random.default_rng([9, part])
    files = [requantized(rng, common_file(rng)) for _ in range(75)]
    orders = [
        ((files, size, channels), {"interpolation": interpolation, "orient": "none"})
        for interpolation, size in (("cv2.nearest", (70, 70)), ("antialias", (17, 17)), ("antialias", (8, 8)))
        for channels in (1, 3)
    ]
    for (arguments, options), expected in zip(orders, run_with_libjpeg(orders), strict=True):
        made = run(*arguments, **options)
        assert made.statuses == expected.statuses
        np.testing.assert_array_equal(made.pixels, expected.pixels)


@pytest.mark.parametrize("sample", ["1x1", "1x2", "2x2", "4x4"])
def test_gray_rows_that_libjpeg_reads_together(sample: str) -> None:
    """Damage below the requested window counts if libjpeg reads that far."""
    data = jpeg(photo(96, 8), gray=True, sample=sample, restart="1B")
    markers = [at for at in range(len(data)) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]
    files = [data[: at + 1] + bytes([data[at + 1] ^ 7]) + data[at + 2 :] for at in markers]
    orders = []
    for top in (0.0, 0.4, 0.8):
        draws = np.full((len(files), CROP_DRAWS), [0.0, 0.5] * (CROP_DRAWS // 2 - 1) + [top, 0.0])
        crop = {"ops": [random_resized_crop(0, (0.08, 1), (1, 1))], "draws": draws}
        orders.append(((files, (5, 5), 1), {"interpolation": "cv2.linear", **crop}))
    for (arguments, options), expected in zip(orders, run_with_libjpeg(orders), strict=True):
        assert run(*arguments, **options).statuses == expected.statuses
