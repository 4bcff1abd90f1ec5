"""Tasks in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any

from fastseq.executors import Executor, Task, WorkerDiedError

_EXIT_TIMEOUT_S = 2.0


def in_processes(processes: int) -> Executor:
    """An executor that runs so many tasks at a time, each in another process; they and their results are pickled.

    The processes are started anew, and not forked: locks of this one cannot be held in them. They end with the last
    task, with the first error, and with this process; their temporary files go with them.
    """

    def run(tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        waiting = iter(enumerate(tasks))
        with tempfile.TemporaryDirectory(prefix="fastseq-") as folder:
            workers = {worker.pipe: worker for worker in (_Worker(folder) for _ in range(min(processes, len(tasks))))}
            busy = []
            try:
                for worker, following in zip(workers.values(), waiting, strict=False):
                    worker.begin(*following)
                    busy.append(worker.pipe)
                while busy:
                    for pipe in wait(busy):
                        assert isinstance(pipe, Connection)
                        worker = workers[pipe]
                        yield worker.number, worker.result()
                        if (more := next(waiting, None)) is None:
                            busy.remove(pipe)
                        else:
                            worker.begin(*more)
            finally:
                for worker in workers.values():
                    worker.terminate()
                for worker in workers.values():
                    worker.join()

    return run


class _Worker:
    """A process that runs one task after the other.

    Attributes:
        pipe: through which tasks are sent and results received.
        number: of the task that it runs.
    """

    def __init__(self, folder: str) -> None:
        """Start it; its temporary files are in a folder."""
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.number = -1
        self._process = context.Process(target=_work, args=(theirs, folder), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, number: int, task: Task) -> None:
        """Send it a task."""
        self.number = number
        with suppress(BrokenPipeError):  # `result` says so
            self.pipe.send(task)

    def result(self) -> Any:
        """Wait for its task; raises what that raised, or `WorkerDiedError`."""
        try:
            result, error = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(_EXIT_TIMEOUT_S)
            raise WorkerDiedError(
                f"a process that ran a task has ended with status {self._process.exitcode}. If it was killed for lack "
                "of memory, try fewer at a time"
            ) from None
        if error is not None:
            raise error
        return result

    def terminate(self) -> None:
        """Tell it to end now."""
        self.pipe.close()
        self._process.terminate()

    def join(self) -> None:
        """Wait until it has ended."""
        self._process.join(_EXIT_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(pipe: Connection, folder: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one, and ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = folder
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        answer: tuple[Any, BaseException | None]
        try:
            answer = task(), None
        except BaseException as error:  # for the process that waits
            answer = None, error
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return
        except Exception as error:  # it cannot be pickled
            pipe.send((None, RuntimeError(f"{error!r} in the answer {answer!r}")))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
