"""Interrupts a loader while one read never returns, then loads the folder; prints how long the interrupt took.

Usage: LD_PRELOAD=SHIM python stuck_read.py FOLDER LOG THREADS
"""

from __future__ import annotations

import ctypes
import signal
import sys
import time

import fastseq

STUCK = 7
CALL = 3  # the read that never returns


def main() -> None:
    folder, log, threads = sys.argv[1:]
    shim = ctypes.CDLL(None)
    samples = fastseq.Samples.from_directory(folder)
    loader = fastseq.Loader(samples, (24, 24), 4, threads=int(threads))
    expected = [x.sum() for x, _ in loader]
    at = [0.0]

    def interrupt(*_: object) -> None:
        at[0] = time.monotonic()
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    shim.arm(STUCK, CALL, log.encode())
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        for _ in loader:
            pass
    except KeyboardInterrupt:
        took = time.monotonic() - at[0]
        assert [x.sum() for x, _ in loader] == expected
        print(f"interrupted after {1000 * took:.0f} ms")


if __name__ == "__main__":
    main()
