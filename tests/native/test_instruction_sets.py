from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from images import encoded, jpeg, photo
from png_files import KINDS, png

from fastseq._native import job
from native.native import INTERPOLATION, put, run

TARGETS = [1 << bit for bit in range(63) if job.instruction_sets() >> bit & 1]
FILTERS = [name for name in INTERPOLATION if not name.startswith("tf.")]
FLOAT_FILTERS = ["tf.nearest", "tf.bilinear", "tf.bicubic", "tf.area", "tf.lanczos5"]
FILES = [
    jpeg(photo(61 + k, 97 - k, seed=k), 92, sampling, gray=gray, orientation=k + 1)
    for k, (sampling, gray) in enumerate(
        [
            ("4:4:4", False),
            ("4:2:0", False),
            ("4:2:2", False),
            ("4:4:0", False),
            ("4:1:1", False),
            ("4:4:4", True),
        ]
    )
]


PNGS = [
    *(encoded(photo(61, 97, seed=k, channels=channels), "png") for k, channels in enumerate((1, 2, 3, 4))),
    *(png(np.random.default_rng(k), 45, 67, *kind) for k, kind in enumerate(KINDS) if kind[1] < 16),
]


@pytest.fixture
def enable_all_sets() -> Iterator[None]:
    yield
    job.disable_instruction_sets(0)


def all_kernels() -> list[np.ndarray]:
    made = []
    for interpolation in FILTERS:
        for size in ((31, 33), (61, 97), (130, 75), (7, 1)):
            for channels in (1, 3):
                made.append(run(FILES, size, channels, interpolation=interpolation, bgr=channels == 3).pixels)
                pixels = photo(50, 77, seed=9, channels=channels)
                made.append(put(pixels, size, interpolation=interpolation))
    for interpolation in ("antialias", "cv2.nearest"):
        for channels in (1, 3):
            for bgr in (False, True):
                made.append(run(PNGS, (61, 97), channels, interpolation=interpolation, bgr=bgr).pixels)
    for interpolation in FLOAT_FILTERS:
        for dtype in ("uint8", "float16", "float32", "float64"):
            lookup = None if dtype == "uint8" else np.zeros(256, dtype)
            for size in ((31, 33), (130, 75)):
                options = {"interpolation": interpolation, "lookup": lookup, "scale": 1e-3, "offset": -0.01}
                made.append(run(FILES, size, channels_first=dtype == "float32", **options).pixels)
    turn = [0.8, -0.3, 0.4, 1.1, 5.5, -3.25, 1, 1, 0, np.nan, np.nan]
    bright = [*turn[:6], 1, 0, 1, 12.5, 1.25]
    for mode, smooth, first, channels in itertools.product(range(4), (True, False), (True, False), (1, 3)):
        options = {"lookup": np.zeros(256, np.float32), "channels_first": first, "interpolation": "pil.bilinear"}
        for height, width in ((31, 33), (150, 131)):
            size, numbers = (height, width), [turn, bright] * 3
            steps = (mode, 9.0, smooth, 0.5)
            made.append(run(FILES, size, channels, augment=(*steps, False, 0), draws=numbers, **options).pixels)
            floats = photo(height, width, seed=4, channels=channels).astype(np.float32) * 1.25 - 30
            images = [floats.reshape(-1).view(np.uint8)] * 2
            made.append(run(images, size, channels, augment=(*steps, True, 0), draws=numbers[:2], **options).pixels)
    for dtype, first in itertools.product((np.float32, np.float64), (True, False)):  # slots past the cache
        for lookup in (np.arange(256, dtype=dtype) / 255 - 1, np.sqrt(np.arange(256, dtype=dtype))):
            options = {"lookup": lookup, "scale": 1 / 255, "offset": -1.0, "channels_first": first}
            made.append(run(FILES, (150, 131), interpolation="pil.nearest", **options).pixels)
    return made


@pytest.fixture(scope="module")
def best_set_output() -> list[np.ndarray]:
    return all_kernels()


@pytest.mark.usefixtures("enable_all_sets")
@pytest.mark.parametrize("target", TARGETS, ids=hex)
def test_every_instruction_set_gives_the_same_bits(target: int, best_set_output: list[np.ndarray]) -> None:
    job.disable_instruction_sets(target - 1)  # better sets have lower bits
    assert job.instruction_sets() & -job.instruction_sets() == target
    for made, expected in zip(all_kernels(), best_set_output, strict=True):
        np.testing.assert_array_equal(made, expected)


@pytest.mark.usefixtures("enable_all_sets")
def test_instruction_sets_can_be_enabled_again() -> None:
    before = job.instruction_sets()
    job.disable_instruction_sets(TARGETS[0])
    assert job.instruction_sets() == before & ~TARGETS[0] or len(TARGETS) == 1
    job.disable_instruction_sets(0)
    assert job.instruction_sets() == before
