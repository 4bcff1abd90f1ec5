"""Where tasks run that do not depend on each other: in threads, in processes, or on a Ray cluster.

An executor takes tasks, functions without arguments, and yields the number of each with its result, as they end. It
raises what a task raises, and starts no further ones then; `WorkerDiedError` if a process or a machine has died.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

Task: TypeAlias = Callable[[], Any]
Executor: TypeAlias = Callable[[Sequence[Task]], Iterator[tuple[int, Any]]]


class WorkerDiedError(RuntimeError):
    """A process or a machine that ran a task has died."""
