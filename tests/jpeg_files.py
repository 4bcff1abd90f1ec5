"""Random JPEGs of every kind that the native decoders accept."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from images import Pixels, jpeg, photo

CV2_SAMPLING = {
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}
# Those that cv2 cannot write, and a few more; our decoders leave the last three to libjpeg.
CJPEG_SAMPLING = [
    *("4x2,1x1,1x1", "2x2,2x1,1x1", "2x2,2x1,1x2", "2x2,1x2,2x1", "2x1,2x1,1x1", "2x2,2x2,1x1", "1x2,1x1,1x2"),
    *("4x1,2x1,1x1", "1x4,1x1,1x1", "1x4,1x2,1x1", "2x4,1x1,1x1", "3x1,1x1,1x1", "1x3,1x1,1x1", "3x2,1x1,3x1"),
    *("3x1,3x1,1x1", "2x3,1x1,1x3", "2x1,2x1,2x1", "1x2,1x2,1x2", "1x1,1x1,1x1", "2x2,1x1,1x1", "2x1,1x1,1x1"),
    *("2x1,1x2,1x1", "1x1,2x2,1x1", "1x1,2x1,2x1"),
]
# An MCU may have ten blocks: with these, no scan may have all components.
WIDE_SAMPLING = ["4x4,1x1,1x1", "3x3,1x1,1x1", "2x2,2x2,2x2", "4x2,2x1,4x1", "4x4,4x4,4x4"]
SEQUENTIAL_SCANS = ["0;1;2;", "0;1 2;", "0 1;2;", "1;0;2;", "2;0 1;", "1 2;0;", "0 1 2;"]
LONGEST = 70


@functools.cache
def _backdrop(seed: int) -> Pixels:
    return photo(500, 600, seed)


def random_image(rng: np.random.Generator, height: int, width: int, channels: int = 3) -> Pixels:
    """Return a cheap random image: flat, a gradient, noise, or part of a photo, possibly subsampled."""
    shape = (height, width, channels)
    match int(rng.integers(8)):
        case 0:
            return np.full(shape, rng.integers(0, 256, channels), np.uint8)
        case 1:
            return rng.integers(0, 256, shape, np.uint8)
        case 2:
            return rng.integers(0, 2, shape, np.uint8) * np.uint8(255)
        case 3:
            slopes = rng.normal(0, 4, (2, 1, 1, channels))
            ramp = slopes[0] * np.arange(height)[:, None, None] + slopes[1] * np.arange(width)[:, None]
            return np.clip(128 + ramp, 0, 255).astype(np.uint8)
        case 4:
            grain = rng.normal(0, rng.choice([1, 4, 16]), shape)
            return np.clip(rng.integers(0, 256) + grain, 0, 255).astype(np.uint8)
        case _:
            step = int(rng.integers(1, 4)) if max(height, width) <= 150 else 1
            backdrop = _backdrop(int(rng.integers(6)))
            top, left = (int(rng.integers(n - side * step)) for n, side in zip(backdrop.shape, shape[:2], strict=False))
            part = backdrop[top : top + height * step : step, left : left + width * step : step, :channels]
            return np.ascontiguousarray(part)


def sides(rng: np.random.Generator) -> tuple[int, int]:
    """Draw a height and a width; one in a hundred images is large."""
    longest = 450 if rng.random() < 0.01 else LONGEST
    return int(rng.integers(1, longest + 1)), int(rng.integers(1, longest + 1))


def by_cv2(
    pixels: Pixels, quality: int, sampling: str, *, progressive: bool = False, optimize: bool = False, restart: int = 0
) -> bytes:
    """Encode with cv2; `restart` is in MCUs."""
    options = {
        cv2.IMWRITE_JPEG_QUALITY: quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR: CV2_SAMPLING[sampling],
        cv2.IMWRITE_JPEG_PROGRESSIVE: int(progressive),
        cv2.IMWRITE_JPEG_OPTIMIZE: int(optimize),
        cv2.IMWRITE_JPEG_RST_INTERVAL: restart,
    }
    return cv2.imencode(".jpg", pixels, [n for option in options.items() for n in option])[1].tobytes()


def requantized(rng: np.random.Generator, data: bytes) -> bytes:
    """Replace the quantization tables by random 8 or 16 bit ones, for coefficients that no encoder produces."""
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDB:
            wide = bool(rng.random() < 0.3)
            max_value = int(rng.choice([2000, 1 << 16] if wide else [16, 60, 256]))
            tables = [data[table] & 15 for table in range(at + 4, end, 65)]
            body = b"".join(
                bytes([wide << 4 | table]) + rng.integers(1, max_value, 64).astype(">u2" if wide else "u1").tobytes()
                for table in tables
            )
            out += b"\xff\xdb" + (len(body) + 2).to_bytes(2, "big") + body
        else:
            out += data[at:end]
        at = end
    return out + data[at:]


def common_file(rng: np.random.Generator) -> bytes:
    """Return a file of a common kind."""
    return by_cv2(
        random_image(rng, *sides(rng), 1 if rng.random() < 0.15 else 3),
        int(rng.integers(1, 101)),
        str(rng.choice(list(CV2_SAMPLING))),
        progressive=rng.random() < 0.35,
        optimize=rng.random() < 0.5,
        restart=int(rng.choice([0, 0, 0, 1, 2, 5, 9, 40])),
    )


def progressive_scans(rng: np.random.Generator, whole: bool = True) -> str:
    """Draw a legal progression for ``cjpeg -scans``. Unless `whole`, it may stop before all bits are coded."""
    left = np.full((3, 64), -1)  # bits of each coefficient that are still missing; -1 for all
    points = rng.integers(0, 3, 3)
    scans = []
    for group in ([[0, 1, 2]], [[0], [1, 2]], [[2], [0], [1]])[rng.integers(3)]:
        scans.append(f"{' '.join(map(str, group))}: 0-0, 0, {points[group[0]]};")
        left[group, 0] = points[group[0]]
    while (left != 0).any() and (whole or rng.random() < 0.9):
        row, begin = (int(n) for n in rng.choice(np.argwhere(left != 0)))
        before = int(left[row, begin])
        if begin > 0:
            begin -= int((left[row, 1 : begin + 1] == before)[::-1].cumprod().sum()) - 1
        same = 1 if begin == 0 else int((left[row, begin:] == before).cumprod().sum())
        end = begin + (same if rng.random() < 0.8 else int(rng.integers(1, same + 1)))
        after = before - 1 if before > 0 else int(rng.integers(0, 3))
        scans.append(f"{row}: {begin}-{end - 1}, {max(before, 0)}, {after};")
        left[row, begin:end] = after
    return "\n".join(scans)


def rare_file(rng: np.random.Generator) -> bytes:
    """Return a file with unusual sampling factors or scans."""
    sample, scans = str(rng.choice(CJPEG_SAMPLING)), None
    match int(rng.integers(5)):
        case 0:
            scans = str(rng.choice(SEQUENTIAL_SCANS))
        case 1:
            scans = progressive_scans(rng)
        case 2:
            sample, scans = str(rng.choice(WIDE_SAMPLING)), "0;1;2;"
    return jpeg(
        random_image(rng, *sides(rng)),
        int(rng.integers(1, 101)),
        sample=sample,
        progressive=scans is None and rng.random() < 0.5,
        restart=str(rng.choice(["0", "0", "1B", "3B", "7B", "1"])),
        optimize=rng.random() < 0.5,
        scans=scans,
    )
