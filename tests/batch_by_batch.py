"""One process of a run on shards in a store: takes a batch for each line of its input, and prints what is in it.

Usage: batch_by_batch.py URL OPTIONS STATE, the last two as JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from fastseq import Loader, RandomFlip, Samples


def loader_of(url: str, **options: Any) -> Loader:
    samples = Samples.from_tar(url, image="jpg", label="cls")
    settings = {"size": (16, 20), "batch_size": 16, "shuffle": True, "seed": 3, "window_bytes": 150_000}
    return Loader(samples, transform=[RandomFlip()], **settings, **options)


def contents(loader: Loader) -> Iterator[list[tuple[str, int]]]:
    """Iterate over the batches of all epochs from here on: a hash of the pixels of each image, and its label."""
    while True:
        for x, y in loader:
            yield [
                (blake2b(image.tobytes(), digest_size=8).hexdigest(), label)
                for image, label in zip(x, y.tolist(), strict=True)
            ]


def main(url: str, options: str, state: str) -> None:
    loader = loader_of(url, **json.loads(options))
    if state != "null":
        loader.load_state_dict(json.loads(state))
    for _, batch in zip(sys.stdin, contents(loader), strict=False):
        print(json.dumps({"batch": batch, "state": loader.state_dict()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
