"""What not every operating system has."""

from __future__ import annotations

import os
from collections.abc import Callable

REGULAR_FILE_FLAGS = os.O_RDONLY
"""Of `os.open`, for a file that is to be read: no waiting for the other end of a pipe, no inheriting."""
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_NOINHERIT", "O_BINARY"):
    REGULAR_FILE_FLAGS |= getattr(os, _name, 0)


def call_after_fork(in_child: Callable[[], None], **others: Callable[[], None]) -> None:
    """Make this call in each forked child, where processes fork; `others` are those of `os.register_at_fork`."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=in_child, **others)


def cpus_of_process() -> int:
    """The number of CPUs that this process may run on, as far as the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
