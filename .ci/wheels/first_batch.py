"""Time a wheel from `pip install` to the first decoded batch, in a fresh environment with a warm cache of pip.

    python3 .ci/wheels/first_batch.py dist/*cp311-abi3-manylinux*x86_64.whl

Installs the wheel and what it requires twice, the first time to warm pip's cache, and prints the seconds of the second.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A gray JPEG of 8 x 8 pixels; that no other package has to make one.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
    "AQEBAQH/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
PROGRAM = """
import sys
import fastseq
batch = fastseq.decode_batch([open(sys.argv[1], "rb").read()] * 32, (224, 224), dtype="float32")
assert batch.shape == (32, 224, 224, 3)
"""


def seconds(wheel: Path, folder: Path) -> float:
    """Time one installation, after the environment was made, and the first batch."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    (folder / "gray.jpg").write_bytes(JPEG)
    python = folder / "bin/python"
    start = time.monotonic()
    subprocess.run([python, "-m", "pip", "install", "-q", "--only-binary", ":all:", wheel], check=True)
    subprocess.run([python, "-I", "-c", PROGRAM, folder / "gray.jpg"], check=True)
    return time.monotonic() - start


def main(wheel: Path) -> None:
    """Print the seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        cold = seconds(wheel, Path(scratch, "first"))
        print(f"{seconds(wheel, Path(scratch, 'second')):.1f} s (the first time, {cold:.1f} s)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
