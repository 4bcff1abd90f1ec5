"""The batches whose bits are the same on every machine, and the digests of them that x86 made.

Where the batch has an oracle, the test compares with it too, so the digests cannot drift from cv2's, Pillow's and
TensorFlow's bits. After a wanted change, on x86: ``PYTHONPATH=tests python -m native.golden`` writes them anew.
"""

from __future__ import annotations

import functools
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from png_files import KINDS, png
from reference.geometry import CROP_DRAWS, flip, random_resized_crop
from reference.pixels import (
    decode_cv2,
    resize_cv2_area,
    resize_cv2_linear,
    resize_cv2_nearest,
    resize_pil,
)
from reference.tf_resize import resize_tf

from native.native import INTERPOLATION, put, put_deep, run

FOLDER = Path(__file__).parent / "golden"
DIGESTS = FOLDER / "digests.json"
with zipfile.ZipFile(FOLDER / "jpegs.zip") as _archive:
    # Stored, as an encoder's bits depend on the machine.
    JPEGS = {name.removesuffix(".jpg"): _archive.read(name) for name in _archive.namelist()}
COLORS = [data for name, data in JPEGS.items() if "cmyk" not in name and "ycck" not in name]
SIZES = ((31, 33), (61, 83), (130, 75), (7, 1))
RESIZE: dict[str, Callable[..., npt.NDArray[Any]]] = {
    "cv2.linear": resize_cv2_linear,
    "cv2.nearest": resize_cv2_nearest,
    "cv2.area": resize_cv2_area,
    **{
        f"pil.{name}": functools.partial(resize_pil, name=name)
        for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
    },
}
FLOAT_TYPES = ("float16", "float32", "float64")
TURN = [0.8, -0.3, 0.4, 1.1, 5.5, -3.25, 1, 1, 0, np.nan, np.nan]
BRIGHT = [*TURN[:6], 1, 0, 1, 12.5, 1.25]
Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Case:
    """A batch, and what makes the same by other means, where something does."""

    make: Callable[[], Pixels]
    oracle: Callable[[], Pixels] | None = None


def digest(pixels: Pixels) -> str:
    """Tell pixels, their type and their shape from others."""
    text = f"{pixels.dtype.str} {pixels.shape} ".encode()
    return hashlib.sha256(text + np.ascontiguousarray(pixels).tobytes()).hexdigest()[:16]


def noise(seed: int, shape: tuple[int, ...], dtype: str = "uint8") -> Pixels:
    """Random pixels, smoothed by integer arithmetic alone; float ones are whole numbers."""
    coarse = np.random.default_rng(seed).integers(0, 256, shape, np.int64)
    smooth = sum(np.roll(coarse, k, axis) for axis in (0, 1) for k in range(4)) // 8
    return np.ascontiguousarray(smooth.astype(dtype))


def cases() -> dict[str, Case]:
    """All cases by name."""
    return dict([*_filters(), *_floats(), *_decoders(), *_geometry(), *_augmentation(), *_pngs(), *_deep()])


def _good(files: Sequence[bytes], size: tuple[int, int], channels: int = 3, **options: Any) -> Pixels:
    batch = run(files, size, channels, **options)
    assert set(batch.statuses) == {"OK"}, batch.statuses
    return batch.pixels


def _resized(interpolation: str, size: tuple[int, int], channels: int) -> Pixels:
    resize, color = RESIZE[interpolation], "gray" if channels == 1 else "rgb"
    return np.stack([resize(decode_cv2(data, color), size=size) for data in COLORS])  # type: ignore[arg-type]


def _filters() -> Iterator[tuple[str, Case]]:
    for name in INTERPOLATION:
        for size in SIZES:
            for channels in (1, 3):
                make = functools.partial(_good, COLORS, size, channels, interpolation=name)
                oracle = functools.partial(_resized, name, size, channels) if name in RESIZE else None
                yield f"{name} {size[0]}x{size[1]}x{channels}", Case(make, oracle)
                image = noise(channels, (50, 77, channels))
                yield (
                    f"{name} {size[0]}x{size[1]}x{channels} of pixels",
                    Case(functools.partial(put, image, size, interpolation=name)),
                )


def _tf_resized(method: str, dtype: str) -> Pixels:
    return np.stack([resize_tf(decode_cv2(data), (40, 57), method).astype(dtype) for data in COLORS])  # type: ignore[arg-type]


def _floats() -> Iterator[tuple[str, Case]]:
    for name in INTERPOLATION:
        for dtype in FLOAT_TYPES:
            lookup = np.arange(256, dtype=dtype)
            options = {"interpolation": name, "lookup": lookup}
            scaled = functools.partial(
                _good, COLORS, (40, 57), scale=1 / 127.5, offset=-1.0, channels_first=True, **options
            )
            yield f"{name} {dtype} scaled", Case(scaled)
            if name in ("tf.nearest", "tf.bilinear") and dtype != "float16":
                plain = functools.partial(_good, COLORS, (40, 57), **options)
                yield f"{name} {dtype}", Case(plain, functools.partial(_tf_resized, name.removeprefix("tf."), dtype))


def _decoders() -> Iterator[tuple[str, Case]]:
    for name, data in JPEGS.items():
        image = decode_cv2(data, "bgr", "none")
        options = {"interpolation": "cv2.nearest", "orient": "none", "bgr": True}
        oracle = None if data not in COLORS else functools.partial(np.stack, [image])
        yield f"JPEG {name}", Case(functools.partial(_good, [data], image.shape[:2], **options), oracle)
        for size in ((23, 31), (12, 15), (6, 8)):
            make = functools.partial(_good, [data], size, interpolation="antialias")
            yield f"JPEG {name} reduced to {size[0]}x{size[1]}", Case(make)


def _geometry() -> Iterator[tuple[str, Case]]:
    draws = np.random.default_rng(5).random((len(COLORS), CROP_DRAWS + 2))
    ops = [
        random_resized_crop(0, (0.05, 1.0), (0.5, 2.0)),
        flip(CROP_DRAWS, 0.5, "horizontal"),
        flip(CROP_DRAWS + 1, 0.5, "vertical"),
    ]
    for name in INTERPOLATION:
        for orient in ("none", "exif", "landscape"):
            options = {"interpolation": name, "orient": orient, "ops": ops, "draws": draws}
            yield f"{name} crops, {orient}", Case(functools.partial(_good, COLORS, (29, 37), **options))


def _augmentation() -> Iterator[tuple[str, Case]]:
    for mode in range(4):
        for smooth in (True, False):
            for first in (True, False):
                options = {
                    "lookup": np.zeros(256, np.float32),
                    "channels_first": first,
                    "interpolation": "pil.bilinear",
                    "augment": (mode, 9.0, smooth, 0.5, False, 0),
                    "draws": [(TURN, BRIGHT)[k % 2] for k in range(len(COLORS))],
                }
                for size in ((31, 33), (150, 131)):
                    yield (
                        f"augment mode {mode} {smooth=} {first=} {size[0]}x{size[1]}",
                        Case(functools.partial(_good, COLORS, size, **options)),
                    )


def _pngs() -> Iterator[tuple[str, Case]]:
    for color, depth in KINDS:
        for interlaced in (False, True):
            data = png(np.random.default_rng([color, depth]), 45, 67, color, depth, interlaced)
            name = f"PNG color {color} depth {depth} {interlaced=}"
            if depth == 16:
                continue
            for channels in (1, 3):
                options = {"interpolation": "cv2.nearest"}
                yield f"{name} to {channels}", Case(functools.partial(_good, [data], (45, 67), channels, **options))
            if color in (0, 3):
                ids = functools.partial(_good, [data], (30, 33), 1, interpolation="pil.nearest", index=True)
                yield f"{name}, ids", Case(ids)


def _deep() -> Iterator[tuple[str, Case]]:
    for dtype in ("uint16", "int32", "float32"):
        for name in INTERPOLATION:
            image = noise(7, (40, 57, 3), dtype) * np.dtype(dtype).type(200)
            options = {"interpolation": name, "lookup": np.arange(256, dtype=np.float32)}
            yield f"{name} of {dtype}", Case(functools.partial(put_deep, image, (23, 31), **options))


def stored() -> dict[str, str]:
    """The digests of the cases."""
    digests: dict[str, str] = json.loads(DIGESTS.read_text())
    return digests


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps({name: digest(case.make()) for name, case in cases().items()}, indent=0) + "\n")
