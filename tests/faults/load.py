"""Loads a folder while the shim makes one kind of call fail; prints the outcome as JSON.

Usage: LD_PRELOAD=SHIM python load.py FOLDER LOG FAULT EVERY THREADS
"""

from __future__ import annotations

import ctypes
import json
import sys
import warnings
from hashlib import blake2b

import fastseq

FAULTS = {"none": 0, "eio": 1, "eintr": 2, "short": 3, "memory": 4, "threads": 5, "stall": 6, "malloc": 8}


def main() -> None:
    folder, log, fault, every, threads = sys.argv[1:]
    warnings.simplefilter("ignore", fastseq.BadSamplesWarning)
    shim = ctypes.CDLL(None)
    samples = fastseq.Samples.from_directory(folder)
    loader = fastseq.Loader(
        samples,
        (24, 24),
        8,
        on_error="fill",
        max_bad=1.0,
        threads=int(threads),
        interpolation="cv2.linear",
        stall_warn_s=1,
    )
    stalled: list[str] = []

    def show(message: Warning | str, *rest: object) -> None:
        stalled.append(str(message))
        shim.disarm()

    warnings.showwarning = show  # type: ignore[assignment]
    shim.arm(FAULTS[fault], int(every), log.encode())
    try:
        rows = [blake2b(image.tobytes(), digest_size=8).hexdigest() for x, _, _ in loader for image in x]
        error = ""
    except RuntimeError as raised:
        rows, error = [], str(raised)
    shim.disarm()
    errors = [[found.index, found.status.name, found.reason] for found in loader.errors]
    again = sum(len(x) for x, _, _ in loader)
    print(json.dumps({"rows": rows, "errors": errors, "error": error, "again": again, "stalled": stalled}))


if __name__ == "__main__":
    main()
