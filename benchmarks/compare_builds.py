"""Compare the CPU time of two installed builds of fastseq, row by row, in one interleaved run.

Each row runs in one process per build. Both processes stay alive and take turns on the same cores, so that a change in
the machine's load or clock affects both. Memory placement alone can make two identical processes differ by a few per
cent, so each row measures several pairs. The options name a build by the Python interpreter that it is installed for.
Only fastseq's public API is used, so that the builds can be of any two commits.

Usage: python benchmarks/compare_builds.py --base VENV/bin/python --new VENV/bin/python [IMAGES_DIR] [--camera DIR]
    [--rounds R] [--processes P] [--threads N] [--only TEXT]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from contenders import fastseq_contenders
from drop_ins import DROP_INS, alone
from image_set import images_of, jpegs
from measure import ENVIRONMENT
from rivals import Epoch, Job, NotInstalledError
from table import progress
from workloads import WORKLOADS

Prepare = Callable[[Job], Epoch]
Times = list[tuple[float, float]]
TURN_SECONDS = 0.5  # CPU time of one turn, roughly


def data_loader(job: Job) -> Epoch:
    """Prepare a `fastseq.DataLoader` at 224 x 224."""
    import fastseq

    dataset = [(path, k % 2) for k, path in enumerate(job.paths)]
    loader = fastseq.DataLoader(dataset, batch_size=job.batch_size, size=(224, 224), threads=job.threads)
    return lambda: loader


def data_generator(job: Job) -> Epoch:
    """Prepare a `fastseq.compat.DataGenerator` at 256 x 472, called batch by batch."""
    import pandas as pd

    from fastseq.compat import DataGenerator

    table = pd.DataFrame({"images": list(job.paths), "labels": "cat_dog"})
    settings = {"labels": ["cat", "dog"], "n_classes": 2, "shuffle": False}
    generator = DataGenerator(table, range(len(table)), batch_size=job.batch_size, dim=(256, 472), **settings)
    return lambda: (generator[k] for k in range(len(generator)))


def rows() -> dict[str, tuple[str, Prepare]]:
    """Return each row's workload and what prepares it, by the row's title."""
    made: dict[str, tuple[str, Prepare]] = {}
    for name, workload in WORKLOADS.items():
        for contender in fastseq_contenders(name):
            made[f"{workload.title}: {contender.title}"] = (name, contender.prepare)
    for drop_in in DROP_INS:
        made[drop_in.title] = ("whole", partial(alone, make=drop_in.make, ours=True))
    made["`DataLoader`, 224 x 224"] = ("whole", data_loader)
    made["`DataGenerator`, 256 x 472"] = ("tutorial", data_generator)
    return made


def work(title: str) -> None:
    """Run one row in this process: an order on stdin's first line, then an epoch count for each turn."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not reach the replies
    order = json.loads(sys.stdin.readline())
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: order["threads"]])
    workload, prepare = rows()[title]
    try:
        epoch = prepare(Job(tuple(order["paths"]), workload, order["threads"]))
    except NotInstalledError as missing:
        print(json.dumps({"missing": str(missing)}), file=replies)
        return
    print(json.dumps({}), file=replies)
    # CPU time counts from the end of one turn to the end of the next, so that prefetching is paid for too.
    cpu = time.process_time()
    for line in sys.stdin:
        images = 0
        for _ in range(int(line)):
            for batch in epoch():
                images += len(batch[0] if isinstance(batch, (tuple, list)) else batch)
        before, cpu = cpu, time.process_time()
        print(json.dumps({"cpu": cpu - before, "images": images}), file=replies)


def package(python: Path) -> str:
    """Return where an interpreter's fastseq is."""
    program = "import fastseq; print(fastseq.__file__)"
    ran = subprocess.run([str(python), "-P", "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    return str(Path(ran.stdout.strip()).parent)


class Worker:
    """A process of one build that runs one row."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, message: object) -> dict[str, Any]:
        """Send a line and return the reply."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(message)}\n")
        self._process.stdin.flush()
        reply = self._process.stdout.readline()
        if not reply:
            raise SystemExit("a worker died; its traceback is above")
        answer: dict[str, Any] = json.loads(reply)
        return answer

    def turn(self, epochs: int) -> float:
        """Run some epochs and return CPU milliseconds per image."""
        reply = self.ask(epochs)
        return float(1000 * reply["cpu"] / reply["images"])


@contextmanager
def worker(python: Path, title: str) -> Iterator[Worker]:
    """Start a worker of a build; closing its stdin ends it."""
    command = [str(python), __file__, "--worker", title]
    with subprocess.Popen(
        command, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Worker(process)
        assert process.stdin is not None
        process.stdin.close()


def take_turns(title: str, builds: Sequence[Path], paths: Sequence[str], threads: int, rounds: int) -> Times:
    """Run one row in a new process per build.

    Returns:
        (base, new) CPU milliseconds per image for each round.

    Raises:
        NotInstalledError: If something that the row needs is missing.
    """
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(python, title)) for python in builds]
        for each in workers:
            ready = each.ask({"paths": list(paths), "threads": threads})
            if "missing" in ready:
                raise NotInstalledError(ready["missing"])
        workers[0].turn(1)  # into the page cache
        epochs = max(1, round(TURN_SECONDS / (workers[0].turn(1) * len(paths) / 1000)))
        for each in workers:
            each.turn(epochs)  # unmeasured: caches fill and memory is allocated
        times = []
        for k in range(rounds):
            order = (0, 1) if k % 2 == 0 else (1, 0)
            cpu = {which: workers[which].turn(epochs) for which in order}
            times.append((cpu[0], cpu[1]))
    return times


def table_row(title: str, times: Times) -> str:
    """Return a row of the table: medians, and the spread of the ratio over the rounds."""
    base, new = zip(*times, strict=True)
    low, middle, high = statistics.quantiles([b / a for a, b in times], n=4, method="inclusive")
    medians = f"{statistics.median(base):.3f} | {statistics.median(new):.3f}"
    return f"| {title} | {medians} | {middle:.3f} | {low:.3f} to {high:.3f} | {min(new) / min(base):.3f} |"


def main() -> None:
    """Measure every row and print."""
    parser = argparse.ArgumentParser(description="Compare the CPU time of two builds of fastseq.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--base", required=True, type=Path, help="Python interpreter of the build to compare with")
    parser.add_argument("--new", required=True, type=Path, help="Python interpreter of the new build")
    parser.add_argument("--camera", type=Path, help="folder of large photos, for the workload 'camera'")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each process")
    parser.add_argument("--processes", type=int, default=3, help="processes per build, one after the other")
    parser.add_argument("--threads", type=int, default=1, help="decoding threads, and cores for them")
    parser.add_argument("--only", default="", help="measure only rows whose title contains this text")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("--rounds must be at least 2")
    builds = (options.base, options.new)
    with images_of(options.images) as paths:
        print(f"base: {package(options.base)}, new: {package(options.new)}")
        print(f"{len(paths)} files, {options.threads} threads, {options.processes} x {options.rounds} rounds\n")
        print("| | CPU ms per image, base | new | new / base, median | quartiles | fastest turns |")
        print("| --- |" + " ---: |" * 5, flush=True)
        for title, (workload, _) in rows().items():
            camera = workload == "camera"
            if options.only not in title or (camera and options.camera is None):
                continue
            files = jpegs(options.camera) if camera else paths
            times: Times = []
            try:
                for k in range(options.processes):
                    progress(f"{title}: processes {k + 1} of {options.processes}")
                    times += take_turns(title, builds, files, options.threads, options.rounds)
            except NotInstalledError as missing:
                progress("")
                print(f"{title} is left out: {missing}", file=sys.stderr)
                continue
            progress("")
            print(table_row(title, times), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2])
    else:
        main()
