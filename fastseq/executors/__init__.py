"""Runs independent tasks: in threads, in processes, or on a Ray cluster.

An executor takes tasks, functions without arguments, and yields the number of each with its result, as they end. It
raises what a task raises, and starts no further ones then; `WorkerDiedError` if a process or a machine has died.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

Task: TypeAlias = Callable[[], Any]
Executor: TypeAlias = Callable[[Sequence[Task]], Iterator[tuple[int, Any]]]


def results_of(tasks: Sequence[Task], executor: Executor, advance: Callable[[], None] = lambda: None) -> list[Any]:
    """The results of tasks, in the order of these.

    Args:
        tasks: the tasks.
        executor: runs them.
        advance: is called after each.

    Raises:
        Exception: what a task raises.
        WorkerDiedError: if a process or a machine has died.
    """
    results: list[Any] = [None] * len(tasks)
    for number, result in executor(tasks):
        results[number] = result
        advance()
    return results


class LazyTasks(Sequence[Task]):
    """Tasks that are made when they begin: each may hold much that is sent to a worker."""

    def __init__(self, make: Sequence[Callable[[], Task]]) -> None:
        self._make = make

    def __len__(self) -> int:
        return len(self._make)

    def __getitem__(self, i: Any) -> Any:
        return self._make[i]()


class WorkerDiedError(RuntimeError):
    """A process or a machine that ran a task has died."""
