"""Tasks in processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from fastseq.executors import Executor, Task

_AHEAD = 2  # tasks for each process that are sent before they are needed


def in_processes(processes: int) -> Executor:
    """An executor that runs so many tasks at a time, each in another process; they and their results are pickled.

    The processes are started anew, and not forked: locks of this one cannot be held in them.
    """

    def run(tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(processes, max(len(tasks), 1)), context)
        try:
            numbers: dict[Future[Any], int] = {}
            for number, task in enumerate(tasks):
                if len(numbers) >= _AHEAD * processes:
                    yield from _results(numbers)
                numbers[pool.submit(task)] = number
            while numbers:
                yield from _results(numbers)
        except BrokenProcessPool as error:
            raise RuntimeError(
                "a process that ran tasks has ended: killed for lack of memory? Try fewer, with --workers"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    return run


def _results(numbers: dict[Future[Any], int]) -> Iterator[tuple[int, Any]]:
    """Take the tasks that have ended out of those with numbers, and wait until there is one."""
    for future in wait(numbers, return_when=FIRST_COMPLETED).done:
        yield numbers.pop(future), future.result()
