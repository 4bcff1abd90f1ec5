"""Damaged files by the hundred: no crash, and one answer whatever the number of threads.

FASTSEQ_MUTATIONS sets how many, 300 by default; 10,000 under sanitizers is the promise.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from images import cmyk_jpeg, jpeg, photo

from native.native import GOOD, STATUS, limits, run

COUNT = int(os.environ.get("FASTSEQ_MUTATIONS", "300"))
BATCH = 100
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
]
# Damaged headers may claim any size: keep that cheap.
LIMITS = limits(pixels=1 << 21, scan_pixels=1 << 24, memory_bytes=64 << 20)


def mutate(rng: np.random.Generator) -> bytes:
    """Change a sound file in one to four places; most often in what is not entropy-coded."""
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


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("interpolation", "size"), [("antialias", (21, 17)), ("linear", (60, 60)), ("cv2.linear", (30, 40))]
)
def test_one_answer_whatever_the_threads(interpolation: str, size: tuple[int, int], strict: bool) -> None:
    rng = np.random.default_rng([STATUS["CORRUPT"], *size, strict])
    share = -(-COUNT // 6)
    for begin in range(0, share, BATCH):
        files = [mutate(rng) for _ in range(min(BATCH, share - begin))]
        options = {"interpolation": interpolation, "strict": strict, "limit": LIMITS}
        alone, together = (run(files, size, threads=n, **options) for n in (1, 4))
        assert alone.statuses == together.statuses
        np.testing.assert_array_equal(alone.pixels, together.pixels)
        for pixels, status in zip(alone.pixels, alone.statuses, strict=True):
            assert status not in ("PENDING", "CANCELLED", "INTERNAL", "OUT_OF_MEMORY")
            assert status in GOOD or not pixels.any()
