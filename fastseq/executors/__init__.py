"""Where tasks run that do not depend on each other: in threads, in processes, or on a Ray cluster.

An executor takes tasks, functions without arguments, and yields the number of each with its result, as they end. It
raises what a task raises, and starts no further ones then.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

Task: TypeAlias = Callable[[], Any]
Executor: TypeAlias = Callable[[Sequence[Task]], Iterator[tuple[int, Any]]]
