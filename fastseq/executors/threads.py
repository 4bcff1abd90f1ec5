"""Tasks in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any

from fastseq.executors import Executor, Task


def one_by_one(tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
    """Run them here, in their order; see `Executor`."""
    for number, task in enumerate(tasks):
        yield number, task()


def in_threads(threads: int) -> Executor:
    """An executor that runs so many tasks at a time, in threads that Ctrl-C does not wait for."""

    def run(tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        todo: SimpleQueue[int] = SimpleQueue()
        done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()

        def work() -> None:
            while (number := todo.get()) >= 0:
                try:
                    done.put((number, tasks[number](), None))
                except BaseException as error:  # for the thread that waits
                    done.put((number, None, error))

        count = min(threads, len(tasks))
        for _ in range(count):
            Thread(target=work, daemon=True).start()
        try:
            for number in range(count):
                todo.put(number)
            for started in range(count, len(tasks) + count):
                number, result, error = done.get()
                if error is not None:
                    raise error
                yield number, result
                if started < len(tasks):
                    todo.put(started)
        finally:
            for _ in range(count):
                todo.put(-1)

    return run
