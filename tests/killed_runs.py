"""Runs of several processes on shards in a store that are killed, and go on with other numbers of processes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from batch_by_batch import contents, loader_of
from images import jpeg, photo
from object_server import ObjectServer
from programs import TIMEOUT
from tar_files import tar

from fastseq.cli.index import index

N, SHARDS = 91, 30  # 5 batches of 16 and one of 11, which 8 processes can share
PROGRAM = Path(__file__).parent / "batch_by_batch.py"


@contextmanager
def served_shards() -> Iterator[str]:
    """Serve small archives, each of which is a block; yields the pattern of their URLs."""
    images = [jpeg(photo(30 + i % 7, 40, seed=i)) for i in range(N)]
    with ObjectServer() as server:
        for shard in range(SHARDS):
            numbers = range(N * shard // SHARDS, N * (shard + 1) // SHARDS)
            members = [
                (f"{i:02}.{kind}", data) for i in numbers for kind, data in (("jpg", images[i]), ("cls", b"%d" % i))
            ]
            server.objects[f"/{shard:02}.tar"] = tar(members)
        url = f"{server.url}/{{00..{SHARDS - 1}}}.tar"
        index([url], image="jpg", label="cls")
        yield url


class Run:
    """The processes of a run, which take their parts of each batch together."""

    def __init__(self, url: str, world_size: int, state: dict[str, Any] | None, options: dict[str, Any]) -> None:
        self._processes = [
            subprocess.Popen(
                [
                    *(sys.executable, PROGRAM, url),
                    json.dumps({"rank": rank, "world_size": world_size, **options}),
                    json.dumps(state),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(world_size)
        ]
        self._limit = threading.Timer(TIMEOUT, self._send_kill)
        self._limit.start()

    def begin(self) -> None:
        """Let each process take a batch."""
        for process in self._processes:
            process.stdin.write("\n")
            process.stdin.flush()

    def take(self) -> tuple[list[tuple[str, int]], dict[str, Any]]:
        """Take a batch; return what is in it, on all ranks together, and the state that all have then."""
        self.begin()
        parts = [json.loads(process.stdout.readline()) for process in self._processes]
        state = parts[0]["state"]
        assert all(part["state"] == state for part in parts)
        assert len(json.dumps(state)) <= 1024
        return [(digest, label) for part in parts for digest, label in part["batch"]], state

    def kill(self) -> None:
        """Kill the processes, wherever they are."""
        self._limit.cancel()
        self._send_kill()
        for process in self._processes:
            process.communicate()

    def _send_kill(self) -> None:
        for process in self._processes:
            process.kill()


def check_killed_run(url: str, world_sizes: Sequence[int], seed: int, **options: Any) -> int:
    """Check that a run has the batches of one process that nobody disturbs.

    Args:
        url: of the shards.
        world_sizes: the numbers of processes, each up to when they are killed.
        seed: of when they are killed.
        **options: of the loaders.

    Returns:
        How many batches there were.
    """
    random, state = Random(seed), None
    found: list[list[tuple[str, int]]] = []
    for world_size in world_sizes:
        run = Run(url, world_size, state, options)
        try:
            for _ in range(random.randint(1, 5)):
                batch, state = run.take()
                found.append(batch)
            run.begin()
        finally:
            run.kill()
    assert found == list(islice(contents(loader_of(url)), len(found)))
    return len(found)
