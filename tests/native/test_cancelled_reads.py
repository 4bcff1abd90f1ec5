"""A cancelled sample stops wherever decoding can take long."""

from __future__ import annotations

import subprocess
from pathlib import Path

import coefficients
from images import jpeg, photo


def test_each_check_for_cancellation(decoders: Path, tmp_path: Path) -> None:
    program = coefficients.build("cancelled_reads", decoders)
    pixels = photo(640, 800, seed=3)
    files = [tmp_path / name for name in ("baseline.jpg", "progressive.jpg", "small.jpg")]
    files[0].write_bytes(jpeg(pixels, 98))
    files[1].write_bytes(jpeg(pixels, 98, progressive=True))
    files[2].write_bytes(jpeg(pixels, 20, progressive=True))
    assert files[0].stat().st_size > 100_000
    assert files[2].stat().st_size < 1 << 16
    ran = subprocess.run(
        [program, *files], capture_output=True, text=True, check=True, env=coefficients.ENVIRONMENT, timeout=60
    )
    assert ran.stdout.splitlines() == [
        "rows before the window: cancelled",
        "the rest of the file: cancelled",
        "a progressive scan: cancelled",
        "rows that libjpeg skips: cancelled",
        "scans that libjpeg reads: cancelled",
        "rows for a resampler: cancelled",
    ]
