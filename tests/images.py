"""Test images and their files, generated from seeds."""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

# Sampling factors (horizontal x vertical) of the three components, by their usual names.
SAMPLING = {
    "4:4:4": "1x1,1x1,1x1",
    "4:2:2": "2x1,1x1,1x1",
    "4:2:0": "2x2,1x1,1x1",
    "4:4:0": "1x2,1x1,1x1",
    "4:1:1": "4x1,1x1,1x1",
    "4:1:0": "4x2,1x1,1x1",
}
_PILLOW_SAMPLING = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def photo(height: int, width: int, seed: int = 0, channels: int = 3) -> Pixels:
    """Make a natural-looking image: gradients, shapes with soft edges, texture of several scales.

    Returns:
        uint8 pixels of shape (height, width, channels).
    """
    rng = np.random.default_rng(seed)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, np.newaxis]
    across = np.linspace(-1, 1, width, dtype=np.float32)[np.newaxis, :]
    planes = []
    for _ in range(channels):
        a, b, c, phase = rng.uniform(-1, 1, 4).astype(np.float32)
        planes.append(128 + 50 * a * down + 50 * b * across + 30 * np.sin(3 * c * (down + across) + phase))
    image: Any = np.ascontiguousarray(np.stack(planes, axis=-1), dtype=np.float32)
    side = max(height, width)
    for _ in range(12):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        axes = (int(rng.integers(0, side // 4 + 1)), int(rng.integers(0, side // 4 + 1)))
        shade = tuple(float(v) for v in rng.uniform(0, 255, channels))
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade, -1)
    for cell, strength in ((16, 10), (4, 6), (1, 2)):
        coarse = rng.standard_normal((height // cell + 1, width // cell + 1), dtype=np.float32) * strength
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, np.newaxis]
    if side > 8:
        image = cv2.GaussianBlur(image, (3, 3), 0).reshape(height, width, channels)
    pixels: Pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return pixels


def jpeg(
    array: Pixels,
    quality: int = 90,
    subsampling: str = "4:4:4",
    *,
    progressive: bool = False,
    restart: int | str = 0,
    optimize: bool = False,
    gray: bool = False,
    rgb: bool = False,
    orientation: int | None = None,
    arithmetic: bool = False,
    sample: str | None = None,
    scans: str | None = None,
) -> bytes:
    """Encode an image as JPEG: with Pillow, or with ``cjpeg`` for what Pillow cannot write.

    Args:
        array: uint8 pixels, (height, width, 3) RGB or (height, width, 1).
        quality: 1 to 100.
        subsampling: A name in `SAMPLING`.
        progressive: Whether to write a progressive file.
        restart: Rows of MCUs between restart markers, 0 for none; or, for ``cjpeg``, MCUs, such as ``"5B"``.
        optimize: Whether to compute Huffman tables for this image.
        gray: Whether to convert to one component; one channel is always written as one component.
        rgb: Whether to store RGB components rather than YCbCr.
        orientation: EXIF orientation to store, None for no EXIF.
        arithmetic: Whether to use arithmetic coding.
        sample: Sampling factors for ``cjpeg -sample``, such as ``"1x4,1x1,1x1"``; overrides `subsampling`.
        scans: The scans to write, for ``cjpeg -scans``, such as ``"0;1;2;"``.
    """
    image = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    if gray:
        image = image.convert("L")
    if (
        arithmetic
        or sample
        or scans
        or rgb
        or isinstance(restart, str)
        or (image.mode != "L" and subsampling not in _PILLOW_SAMPLING)
    ):
        options = ["-quality", str(quality)]
        options += ["-progressive"] * progressive + ["-optimize"] * optimize + ["-arithmetic"] * arithmetic
        options += ["-restart", str(restart)] if restart else []
        if image.mode != "L":
            options += ["-rgb"] * rgb + ["-sample", sample or SAMPLING[subsampling]]
        elif sample:
            options += ["-sample", sample]
        with tempfile.NamedTemporaryFile("w", suffix=".scans") as script:
            if scans:
                script.write(scans)
                script.flush()
                options += ["-scans", script.name]
            data = subprocess.run(
                ["cjpeg", *options], input=encoded(image, "ppm"), capture_output=True, check=True
            ).stdout
    else:
        data = encoded(
            image,
            "jpeg",
            quality=quality,
            subsampling=_PILLOW_SAMPLING.get(subsampling, 0),
            progressive=progressive,
            optimize=optimize,
            restart_marker_rows=restart,
        )
    return data if orientation is None else with_orientation(data, orientation)


def cmyk_jpeg(array: Pixels, quality: int = 90, subsampling: str = "4:4:4", *, ycck: bool = False) -> bytes:
    """Encode (height, width, 4) CMYK pixels (255 = full ink) as Adobe does: stored inverted, or as YCCK.

    `subsampling` applies to the first component against the other three.
    """
    stored = array
    if ycck:
        # Pillow inverts all four channels as it writes; inverted here, Y, Cb and Cr arrive as they are.
        luma = cv2.cvtColor(np.ascontiguousarray(array[:, :, :3]), cv2.COLOR_RGB2YCrCb)[:, :, [0, 2, 1]]
        stored = np.dstack([255 - luma, array[:, :, 3]]).astype(np.uint8)
    data = encoded(Image.fromarray(stored, "CMYK"), "jpeg", quality=quality, subsampling=_PILLOW_SAMPLING[subsampling])
    transform = data.index(b"\xff\xee\x00\x0eAdobe") + 15
    return data[:transform] + bytes([2 if ycck else 0]) + data[transform + 1 :]


def with_orientation(
    data: bytes,
    tag: int,
    byteorder: Literal["II", "MM"] = "II",
    *,
    kind: int = 3,
    cut: int = 0,
) -> bytes:
    """Insert an EXIF segment with an orientation, sound or broken, right after a JPEG's start.

    Args:
        data: The JPEG.
        tag: The orientation, or any other number below 65536.
        byteorder: ``"II"`` for little-endian, ``"MM"`` for big-endian.
        kind: TIFF type of the value: 3 (SHORT) is right, 2 (ASCII), 4 (LONG) and others are wrong.
        cut: How many of the segment's 32 bytes to leave off its end; 4 for the next IFD's offset, 10 to lose
            the value as well.
    """
    order = "<" if byteorder == "II" else ">"
    value = struct.pack(order + "I", tag) if kind == 4 else struct.pack(order + "HH", tag, 0)
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    tiff = byteorder.encode() + struct.pack(order + "HIH", 42, 8, 1) + entry + bytes(4)
    segment = (b"Exif\0\0" + tiff)[: 32 - cut]
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def encoded(image: Pixels | Image.Image, form: str, **options: Any) -> bytes:
    """Encode with Pillow; `form` is "png", "webp" (without loss), "bmp", "gif", "tiff", "ppm" or "jpeg"."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    if form == "webp":
        options.setdefault("lossless", True)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def folder(
    root: Path,
    classes: Sequence[str] = ("cat", "dog", "owl"),
    per_class: int = 4,
    *,
    seed: int = 0,
    quality: int = 90,
) -> Path:
    """Fill `root` with class folders of JPEGs of differing sizes, 000.jpg, 001.jpg, ...; return `root`."""
    rng = np.random.default_rng(seed)
    for name in classes:
        (root / name).mkdir(parents=True)
        for k in range(per_class):
            height, width = (int(v) for v in rng.integers(24, 97, 2))
            image = photo(height, width, seed=int(rng.integers(2**31)))
            (root / name / f"{k:03d}.jpg").write_bytes(jpeg(image, quality, "4:2:0" if k % 2 else "4:4:4"))
    return root
