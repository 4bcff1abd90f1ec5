"""Time the order of samples: an epoch's first batch, one batch of a known epoch, and the memory that they take.

Usage: python benchmarks/order.py [--samples N] [--rounds R]
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable

from fastseq.order.order import Order

BATCHES = (32, 256, 4096)


def seconds(call: Callable[[int], object], rounds: int) -> float:
    """Return the median wall-clock seconds of `call(0)`, `call(1)`, ..."""
    times = []
    for k in range(rounds):
        begin = time.perf_counter()
        call(k)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def peak_bytes(n: int) -> int:
    """Return how much memory the first batches of three epochs take at most."""
    tracemalloc.start()
    order = Order(n, 256, shuffle=True)
    for epoch in range(3):
        order.indices(epoch, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the order of samples.")
    parser.add_argument("--samples", type=int, default=27_000_000)
    parser.add_argument("--rounds", type=int, default=101)
    options = parser.parse_args()
    n, rounds = options.samples, options.rounds
    print("| | |\n| --- | ---: |")
    first = seconds(lambda k: Order(n, 256, shuffle=True).indices(0, 0), rounds)
    print(f"| first batch of {n:,} samples | {1e3 * first:.2f} ms |")
    order = Order(n, 256, shuffle=True)
    change = seconds(lambda epoch: order.indices(epoch, 0), rounds)
    print(f"| first batch of another epoch | {1e3 * change:.2f} ms |")
    for size in BATCHES:
        order = Order(n, size, shuffle=True)
        order.indices(0, 0)
        batch = seconds(lambda k, order=order: order.indices(0, k % len(order)), 10 * rounds)
        print(f"| another batch of {size} | {1e6 * batch:.0f} µs |")
    print(f"| memory | {peak_bytes(n) / 1e6:.2f} MB |")


if __name__ == "__main__":
    main()
