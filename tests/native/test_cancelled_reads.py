"""A cancelled sample stops also where a decoder reads on without delivering rows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import coefficients
from images import jpeg, photo


def test_reading_without_rows_is_cancelled(decoders: Path, tmp_path: Path) -> None:
    program = coefficients.build("cancelled_reads", decoders)
    pixels = photo(640, 800, seed=3)
    files = [tmp_path / "baseline.jpg", tmp_path / "progressive.jpg"]
    files[0].write_bytes(jpeg(pixels, 98))
    files[1].write_bytes(jpeg(pixels, 98, progressive=True))
    assert files[0].stat().st_size > 100_000
    ran = subprocess.run(
        [program, *files], capture_output=True, text=True, check=True, env=coefficients.ENVIRONMENT, timeout=60
    )
    assert ran.stdout.splitlines() == [
        "rows before the window: cancelled",
        "the rest of the file: cancelled",
        "a progressive scan: cancelled",
        "rows that libjpeg skips: cancelled",
    ]
