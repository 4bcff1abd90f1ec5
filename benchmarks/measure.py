"""Interleaved measurement: each contender runs in its own processes, and all of them take turns, round by round."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from contenders import Contender
from rivals import Job, NotInstalledError

# Keras needs no back end to load images; TensorFlow should not log.
ENVIRONMENT = {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


@dataclass(frozen=True)
class Round:
    """The cost of one epoch of one contender: CPU seconds of all its threads, and wall-clock seconds."""

    images: int
    cpu: float
    wall: float


@dataclass(frozen=True)
class Result:
    """One contender with one number of threads: medians over the rounds.

    Attributes:
        title: The contender's name.
        threads: The number of threads or processes.
        ratio: CPU time per image over that of the baseline with one thread in the same round.
        cpu_per_1000: CPU seconds per 1000 images.
        images_per_second: Images per second of wall-clock time.
    """

    title: str
    threads: int
    ratio: float
    cpu_per_1000: float
    images_per_second: float


def measure(
    contenders: Sequence[Contender],
    paths: Sequence[str],
    workload_name: str,
    threads: Sequence[int] = (1, 2),
    rounds: int = 7,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Result]:
    """Run contenders in turn over the same files.

    A rival that needs something that is not installed is left out, with a line on stderr.

    Args:
        contenders: The first one, with one thread, is the baseline.
        paths: The files; an unmeasured first round brings them into the page cache.
        workload_name: A key of `WORKLOADS`.
        threads: The numbers of threads to measure; the baseline is always measured with one thread too.
        rounds: How many rounds to measure.
        progress: Called with a line of text before each step.

    Returns:
        One result for each contender and number of threads, in that order.

    Raises:
        NotInstalledError: If the baseline needs something that is not installed.
    """
    pairs = [(contender, n) for contender in contenders for n in threads]
    if (contenders[0], 1) not in pairs:
        pairs.insert(0, (contenders[0], 1))
    with ExitStack() as stack:
        runners, missing = [], set()
        for contender, n in pairs:
            if contender in missing:
                continue
            progress(f"{workload_name}: preparing {contender.title}, {n}")
            job = Job(tuple(paths), workload_name, 1 if contender.processes else n)
            try:
                runners.append(stack.enter_context(_Runner(contender, job, n if contender.processes else 1)))
            except NotInstalledError as reason:
                if contender is contenders[0]:
                    raise
                missing.add(contender)
                progress("")
                print(f"{contender.title} is left out: {reason}", file=sys.stderr)
        pairs = [pair for pair in pairs if pair[0] not in missing]
        log: list[list[Round]] = [[] for _ in pairs]
        for k in range(rounds):
            for place in range(len(pairs)):
                who = (place + k) % len(pairs)
                progress(f"{workload_name}: round {k + 1} of {rounds}, {pairs[who][0].title}, {pairs[who][1]}")
                log[who].append(runners[who].run())
    base = pairs.index((contenders[0], 1))
    return [_result(contender.title, n, own, log[base]) for (contender, n), own in zip(pairs, log, strict=True)]


def _result(title: str, threads: int, own: Sequence[Round], base: Sequence[Round]) -> Result:
    costs = [a.cpu / a.images for a in own]
    return Result(
        title,
        threads,
        statistics.median(cost / (b.cpu / b.images) for cost, b in zip(costs, base, strict=True)),
        1000 * statistics.median(costs),
        statistics.median(a.images / a.wall for a in own),
    )


class _Runner:
    """The processes of one contender; each runs one epoch on request."""

    def __init__(self, contender: Contender, job: Job, processes: int) -> None:
        self._title = contender.title
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        context = multiprocessing.get_context("spawn")
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(contender, job, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> _Runner:
        self._receive()
        self.run()
        return self

    def __exit__(self, *exception: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()

    def run(self) -> Round:
        """Run an epoch in every process at once."""
        for pipe in self._pipes:
            pipe.send("run")
        rounds = self._receive()
        return Round(sum(r.images for r in rounds), sum(r.cpu for r in rounds), max(r.wall for r in rounds))

    def _receive(self) -> list[Any]:
        try:
            replies = [pipe.recv() for pipe in self._pipes]
        except EOFError:
            raise RuntimeError(f"{self._title} died; its traceback is above") from None
        for reply in replies:
            if isinstance(reply, NotInstalledError):
                raise reply
        return replies


def _serve(contender: Contender, job: Job, pipe: Connection) -> None:
    os.environ.update(ENVIRONMENT)
    try:
        epoch = contender.prepare(job)
    except NotInstalledError as missing:
        pipe.send(missing)
        return
    pipe.send("ready")
    # CPU time counts from the end of one round to the end of the next, so that prefetching is paid for too.
    cpu = _cpu_s()
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        start = end = time.perf_counter()
        images = 0
        for batch in epoch():
            images += len(batch[0] if isinstance(batch, (tuple, list)) else batch)
            end = time.perf_counter()
        before, cpu = cpu, _cpu_s()
        pipe.send(Round(images, cpu - before, end - start))


def _cpu_s() -> float:
    """The CPU time of this process, and of its children that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
