"""Time the order of samples: an epoch's first batch, one batch of a known epoch, and the memory that they take.

Shuffled by sample and by blocks; and how well the latter mixes the classes of a set that is sorted by them. Then the
time and memory of opening an index of as many samples, up to the numbers of the first batch.

Usage: python benchmarks/order.py [--samples N] [--rounds R] [--mixed N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

import fastseq
from fastseq.order.lanes import BlockedSamples, Lanes
from fastseq.order.order import Order
from fastseq.samples.blocks import Blocks
from fastseq.samples.index.kept_index import keep
from fastseq.samples.index.shard_index import RawLabels, ShardIndex
from fastseq.samples.sources.tar import tar_shards

BATCHES = (32, 256, 4096)
BLOCK = 19  # images of 110 kB in a block of 2 MiB
CLASSES = 1000


def seconds(call: Callable[[int], object], rounds: int) -> float:
    """Return the median wall-clock seconds of `call(0)`, `call(1)`, ..."""
    times = []
    for k in range(rounds):
        begin = time.perf_counter()
        call(k)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def lanes(n: int, share: float = 0.03) -> Lanes:
    """Return lanes for batches of 256 from `n` samples, whose windows have a share of all blocks."""
    starts = np.append(np.arange(0, n, BLOCK), n)
    blocks = BlockedSamples(starts, None, np.arange(len(starts) - 1))
    return Lanes(blocks, 256, max(round(share * len(blocks) / 256), 1))


def mixing(order: Order, batches: int) -> tuple[float, float]:
    """Return how well some batches mix the classes of a set that is sorted by class.

    Returns:
        The mean chi-squared of the class counts, by its degrees of freedom: 1 for classes drawn at random; and the mean
        number of distinct classes, as a share of what random draws give.
    """
    chi_squared, distinct = [], []
    for k in np.linspace(0, len(order) - 1, batches, dtype=int):
        counts = np.bincount(order.indices(0, k) * CLASSES // order.n, minlength=CLASSES)
        expected = order.batch_size / CLASSES
        chi_squared.append(((counts - expected) ** 2 / expected).sum() / (CLASSES - 1))
        distinct.append(np.count_nonzero(counts))
    ideal = CLASSES * (1 - (1 - 1 / CLASSES) ** order.batch_size)
    return statistics.mean(chi_squared), statistics.mean(distinct) / ideal


def peak_bytes(n: int, by_blocks: bool = False) -> int:
    """Return how much memory the first batches of three epochs take at most."""
    kept = lanes(n) if by_blocks else None
    tracemalloc.start()
    order = Order(n, 256, shuffle=True, lanes=kept)
    for epoch in range(3):
        order.indices(epoch, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def write_shards(n: int, folder: Path) -> str:
    """Write the index of `n` images of 110 kB, sorted by class, in shards of holes; return the shards' pattern."""
    per_shard, size = 10_000, 110_592
    images = np.arange(n)
    shards = (images // per_shard).astype(np.int32)
    offsets = images % per_shard * size
    paths = [folder / f"{number:06}.tar" for number in range(int(shards[-1]) + 1)]
    for path in paths:
        with open(path, "wb") as file:
            file.truncate(per_shard * size)
    stats = [path.stat() for path in paths]
    labels = RawLabels((images * CLASSES // n).astype(np.int32), tuple(f"{number:04}" for number in range(CLASSES)))
    lengths = np.full(n, size)
    index = ShardIndex(
        tuple(map(str, paths)),
        np.array([(stat.st_size, stat.st_mtime_ns) for stat in stats], np.int64),
        shards,
        offsets,
        lengths,
        np.bincount(shards),
        Blocks.of_images(shards, offsets, lengths),
        labels=labels,
    )
    pattern = f"{folder}/*.tar"
    keep(index, tar_shards(pattern, None, "cls"), folder / "index.fsi")
    return pattern


def opening(n: int) -> list[str]:
    """Time opening an index and making two loaders of it, as rows of a table."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="fastseq-order-") as folder:
        pattern = write_shards(n, Path(folder))
        for shuffle in (True, "blocks"):
            tracemalloc.start()
            begin = time.perf_counter()
            loader = fastseq.Loader(fastseq.Samples.from_tar(pattern, label="cls"), batch_size=256, shuffle=shuffle)
            loader.indices(0)
            elapsed, peak = time.perf_counter() - begin, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            rows.append(
                f"| opened, shuffle={shuffle!r}, up to the first numbers | {elapsed:.2f} s, {peak / 1e6:.0f} MB |"
            )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the order of samples.")
    parser.add_argument("--samples", type=int, default=27_000_000)
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--mixed", type=int, default=1_281_167, help="samples of the set whose classes are mixed")
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
    by_blocks = lanes(n)
    order = Order(n, 256, shuffle=True, lanes=by_blocks)
    change = seconds(lambda epoch: order.indices(epoch, 0), max(rounds // 10, 1))
    batch = seconds(lambda k: order.indices(0, k % len(order)), 10 * rounds)
    print(f"| by {len(by_blocks.blocks):,} blocks: first batch of another epoch | {1e3 * change:.2f} ms |")
    print(f"| by blocks: another batch of 256 | {1e6 * batch:.0f} µs |")
    print(f"| by blocks: memory, besides that of the table of blocks | {peak_bytes(n, by_blocks=True) / 1e6:.2f} MB |")
    print(*opening(n), sep="\n")
    print(f"\n{options.mixed:,} samples in {CLASSES} classes, sorted by class; batches of 256:\n")
    print("| shuffled | chi²/df of the classes in a batch | distinct classes, of those of random draws |")
    print("| --- | ---: | ---: |")
    orders = {"by sample": None, **{f"by blocks, {share:.0%} of them at a time": share for share in (0.03, 0.01)}}
    for name, share in orders.items():
        kept = None if share is None else lanes(options.mixed, share)
        chi_squared, distinct = mixing(Order(options.mixed, 256, shuffle=True, drop_last=True, lanes=kept), 500)
        print(f"| {name} | {chi_squared:.3f} | {distinct:.3f} |")


if __name__ == "__main__":
    main()
