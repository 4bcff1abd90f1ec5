"""Runs an installed fastseq on emulated x86-64 processors: this machine's pixels, and an ImportError on old ones.

`cpu_models.py PYTHON`: a Python that has the wheel. Needs qemu-x86_64-static, of Debian's qemu-user-static.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

QEMU = "qemu-x86_64-static"

SETS = {"Nehalem": "SSSE3", "Westmere": "SSE4", "Haswell": "AVX2"}
"""The instruction set that Highway is to choose by model; the first has all of x86-64-v2, but not AES."""

TOO_OLD = {"core2duo": "SSE4.1, SSE4.2, POPCNT", "Penryn": "SSE4.2, POPCNT"}
"""What models lack."""

ENCODE = """
import sys, cv2, numpy as np
rng = np.random.default_rng(7)
image = cv2.resize(rng.integers(0, 256, (17, 23, 3), np.uint8), (230, 170), interpolation=cv2.INTER_CUBIC)
for name, options in {
    "baseline.jpg": [], "progressive.jpg": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], "image.png": []
}.items():
    assert cv2.imwrite(f"{sys.argv[1]}/{name}", image, options)
"""

DECODE = """
import hashlib, pathlib, sys
import fastseq
from fastseq._native import tables
files = sorted(pathlib.Path(sys.argv[1]).iterdir())
digest = hashlib.sha256()
for interpolation in tables.interpolations():
    for dtype in ("uint8", "float32"):
        batch = fastseq.decode_batch(files, (97, 61), interpolation=interpolation, dtype=dtype, threads=2)
        digest.update(batch.tobytes())
print(fastseq.build_info()["instruction set"], digest.hexdigest())
"""


def run(command: list[str], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in Python, isolated from the current folder."""
    return subprocess.run([*command, "-I", "-c", code, *arguments], capture_output=True, text=True, check=False)


def emulated(model: str, python: str) -> list[str]:
    """The command that starts Python on a processor of this model."""
    return [QEMU, "-cpu", model, python]


def output(done: subprocess.CompletedProcess[str], what: str) -> list[str]:
    """The words that the code printed; exits if it failed."""
    if done.returncode:
        sys.exit(f"{what} failed ({done.returncode}):\n{done.stderr}")
    return done.stdout.split()


def main() -> None:
    """Exit with a message at the first model that does not do as it should."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", help="a Python that has fastseq and OpenCV")
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as folder:
        output(run([python], ENCODE, folder), "encoding")
        best, expected = output(run([python], DECODE, folder), "this machine")
        print(f"this machine: {best}, {expected[:16]}")
        for model, wanted in SETS.items():
            chosen, digest = output(run(emulated(model, python), DECODE, folder), model)
            if (chosen, digest) != (wanted, expected):
                sys.exit(f"{model}: {chosen}, {digest[:16]} instead of {wanted}, {expected[:16]}")
            print(f"{model}: {chosen}, the same pixels")
    for model, lacks in TOO_OLD.items():
        done = run(emulated(model, python), "import fastseq")
        message = done.stderr.strip().rpartition("\n")[2]
        if done.returncode != 1 or "ImportError: fastseq needs" not in message or f"lacks {lacks}." not in message:
            sys.exit(f"{model}: no ImportError that names {lacks}, but ({done.returncode}):\n{done.stderr}")
        print(f"{model}: {message}")


if __name__ == "__main__":
    main()
