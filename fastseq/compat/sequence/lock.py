"""A gate for a dataset's own code: batches may be made together, but not while the dataset changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets threads in together, or one of them alone. What a thread calls once it is in needs no gate."""

    def __init__(self) -> None:
        """Open it."""
        self._changed = threading.Condition()
        self._together: set[int] = set()  # threads
        self._alone: int | None = None
        self._waiting: set[int] = set()  # to be alone

    @property
    def inside(self) -> bool:
        """Whether the calling thread is in."""
        me = threading.get_ident()
        return me in self._together or me == self._alone

    @property
    def wanted_alone(self) -> bool:
        """Whether a thread waits to be alone."""
        return bool(self._waiting)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Be in with others, also while some wait to be alone: a thread that is in may wait for this one."""
        me = threading.get_ident()
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._alone is None)
                self._together.add(me)
            yield
        finally:
            with self._changed:
                self._together.discard(me)
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be in without others; returns when they have left."""
        me = threading.get_ident()
        try:
            with self._changed:
                self._waiting.add(me)
                self._changed.wait_for(lambda: self._alone is None and not self._together)
                self._waiting.discard(me)
                self._alone = me
            yield
        finally:
            with self._changed:
                self._waiting.discard(me)
                self._alone = None if self._alone == me else self._alone
                self._changed.notify_all()
