"""RWLock: batches may be made at the same time, but not while the dataset changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WAIT_S = 0.05  # in case an interrupt came before a notification


class _Entry:
    """One thread's way in and out."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()


class RWLock:
    """Admits any number of readers, or one writer. What a thread calls once it is inside needs no lock.

    A signal handler or a finalizer may run inside any of the methods. It may use the lock itself, but where `busy` is
    true it must not wait for another thread that uses it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers: dict[_Entry, None] = {}
        self._writer: _Entry | None = None
        self._waiting: dict[_Entry, None] = {}  # to write
        self._moving: dict[_Entry, None] = {}  # in or out

    @property
    def inside(self) -> bool:
        """Whether the calling thread is inside."""
        writer = self._writer
        return _has_me(self._readers) or (writer is not None and writer.thread == threading.get_ident())

    @property
    def busy(self) -> bool:
        """Whether the calling thread was interrupted on its way in or out."""
        return _has_me(self._moving)

    @property
    def write_requested(self) -> bool:
        """Whether a thread waits to write."""
        return bool(self._waiting)

    @contextmanager
    def read(self) -> Iterator[None]:
        """Be inside with other readers, even while some wait to write: another reader may wait for this one."""
        me = _Entry()
        try:
            with self._transition(me):
                self._wait(lambda: self._writer is None)
                self._readers[me] = None
            yield
        finally:
            self._readers.pop(me, None)
            self._notify(me)

    @contextmanager
    def write(self) -> Iterator[None]:
        """Be inside alone; returns when the others have left."""
        me = _Entry()
        self._waiting[me] = None
        try:
            with self._transition(me):
                self._wait(lambda: self._writer is None and not self._readers)
                self._writer = me
            self._waiting.pop(me, None)
            yield
        finally:
            self._waiting.pop(me, None)
            if self._writer is me:
                self._writer = None
            self._notify(me)

    @contextmanager
    def _transition(self, me: _Entry) -> Iterator[None]:
        self._moving[me] = None
        try:
            with self._changed:
                yield
        finally:
            self._moving.pop(me, None)

    def _wait(self, condition: Callable[[], bool]) -> None:
        while not self._changed.wait_for(condition, _WAIT_S):
            pass

    def _notify(self, me: _Entry) -> None:
        with self._transition(me):
            self._changed.notify_all()


def _has_me(entries: dict[_Entry, None]) -> bool:
    me = threading.get_ident()
    return any(entry.thread == me for entry in entries.copy())
