"""Bad files of other formats than JPEG leave nothing on stderr, whichever way they are read."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from images import encoded, photo
from PIL import Image
from png_files import KINDS, SIGNATURE, chunk, header, png, scanlines

from fastseq import decode_batch
from fastseq.engine.opencv_log import silent_opencv

PER_KIND = 12


def pillow(form: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo(30, 41)).save(file, form, **options)
    return file.getvalue()


def sound() -> list[bytes]:
    files = [encoded(photo(30, 41), form) for form in ("png", "gif", "bmp", "webp", "tiff", "ppm")]
    files += [pillow("webp", quality=80), pillow("tiff", compression="tiff_lzw"), pillow("tiff", compression="jpeg")]
    return [*files, pillow("jpeg2000")]


def mutations(data: bytes, rng: np.random.Generator) -> list[bytes]:
    made = [data[: int(len(data) * share)] for share in (0.1, 0.5, 0.9)]
    for _ in range(PER_KIND):
        changed = bytearray(data)
        near = len(data) if rng.integers(2) else min(len(data), 200)
        for place in rng.integers(min(8, len(data) - 1), near, rng.integers(1, 8)):
            changed[place] = rng.integers(256)
        made.append(bytes(changed))
    return made


def bad_pngs(rng: np.random.Generator) -> list[bytes]:
    """PNGs whose checksums are right: libpng comes as far as what is wrong."""
    made = []
    for color, depth in KINDS:
        chunks = [
            chunk(name, rng.bytes(rng.integers(20))) for name in (b"iCCP", b"gAMA", b"sRGB", b"tRNS", b"eXIf", b"bKGD")
        ]
        made.append(png(rng, 9, 9, color, depth, chunks=b"".join(chunks)))
        lines = bytearray(scanlines(rng, 9, 9, color, depth))
        lines[rng.integers(len(lines))] = 200
        for data in (zlib.compress(lines), zlib.compress(lines)[:-9], rng.bytes(60), zlib.compress(lines + lines)):
            palette = chunk(b"PLTE", rng.bytes(rng.integers(1, 40)))
            made.append(SIGNATURE + header(9, 9, color, depth) + palette + chunk(b"IDAT", data) + chunk(b"IEND"))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(7)
    files = [bad for data in sound() for bad in mutations(data, rng)] + bad_pngs(rng)
    root = tmp_path / "bad" / "class"
    root.mkdir(parents=True)
    for k, data in enumerate(files):
        (root / f"{k:04d}.png").write_bytes(data)
    return root.parent


PROGRAMS = {
    "decode_batch": """
for path in samples.paths():
    try:
        fastseq.decode_batch([path], (8, 8), color="gray" if path[-5] == "1" else "rgb")
    except fastseq.DecodeError:
        pass
""",
    "Loader": """
warnings.simplefilter("ignore", fastseq.BadSamplesWarning)
for images, labels in fastseq.Loader(samples, (8, 8), 16, on_error="skip", max_bad=1.0):
    pass
""",
    "DataLoader": """
import numpy as np
for path in samples.paths():
    try:
        next(iter(fastseq.DataLoader([(path, 0)], 1, size=(8, 8))))
    except fastseq.DecodeError:
        pass
""",
}


@pytest.mark.parametrize("way", list(PROGRAMS))
def test_nothing_is_printed(folder, way):
    start = """
import sys, warnings
import fastseq
samples = fastseq.Samples.from_directory(sys.argv[1])
warnings.filterwarnings("ignore", "dtype='uint8' keeps only the high byte")  # of PNGs with 16 bits
"""
    command = [sys.executable, "-c", start + PROGRAMS[way], folder]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_level_of_opencv_is_the_process_s_own_afterwards():
    level = cv2.utils.logging.getLogLevel()
    other = cv2.utils.logging.LOG_LEVEL_ERROR
    try:
        cv2.utils.logging.setLogLevel(other)
        decode_batch([encoded(photo(20, 20), "bmp")], (8, 8))
        assert cv2.utils.logging.getLogLevel() == other
        with silent_opencv(), silent_opencv():
            assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
        assert cv2.utils.logging.getLogLevel() == other
        with silent_opencv():
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_INFO)
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_INFO
    finally:
        cv2.utils.logging.setLogLevel(level)
