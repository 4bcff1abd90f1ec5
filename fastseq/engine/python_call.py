"""PythonCall: a batch that the user's own code makes, on a thread of ours."""

from __future__ import annotations

import _thread
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fastseq.engine.python_threads import TaskThreads

_POLL_S = 0.05


class PythonCall:
    """A batch that a thread makes, unless it is cancelled before.

    The user's code writes to memory of its own: there is nothing to wait for when it is cancelled.

    Attributes:
        nbytes: the size of the batch; an estimate until it is made.
        cancelled: whether nobody will ask for it any more.
    """

    needs_poll = False  # its decoder runs in the call

    def __init__(
        self,
        make: Callable[[], Any],
        threads: TaskThreads,
        nbytes: int,
        inside: AbstractContextManager[None] | None = None,
    ) -> None:
        """Queue the call.

        Args:
            make: makes the batch.
            threads: one of which makes the call.
            nbytes: the estimate.
            inside: entered before it is decided whether the call is still wanted, and left after it.

        Raises:
            RuntimeError: if no thread can be started.
        """
        self.nbytes = nbytes
        self.cancelled = False
        self._batch: Any = None
        self._error: BaseException | None = None
        self._running = _thread.allocate_lock()  # held until the call has ended
        self._running.acquire()
        self._threads = threads
        self._task = threads.submit(lambda: self._run(make, nullcontext() if inside is None else inside))

    def _run(self, make: Callable[[], Any], inside: AbstractContextManager[None]) -> None:
        try:
            with inside:
                if not self.cancelled:
                    self._batch = make()
                    self.nbytes = nbytes_of(self._batch) or self.nbytes
        except BaseException as error:  # for whoever asks for this batch
            self._error = error
        finally:
            self._running.release()

    def poll(self) -> None:
        """Nothing follows on the call."""

    def stop(self) -> None:
        """Do not make the call, if it is not being made yet."""
        self.cancelled = True

    def cancel(self, grace_s: float = 0.0, /) -> None:
        """The same: there is nothing to wait for."""
        self.stop()

    def result(self, may_overtake: bool = True, on_wait: Callable[[float], None] | None = None) -> Any:
        """Wait for the batch.

        Args:
            may_overtake: whether other calls may be made on another thread if the wait for this one is interrupted.
            on_wait: called now and then with the seconds that the wait has taken so far.

        Raises:
            BaseException: what the call raised.
        """
        begun = time.monotonic()
        try:
            while not self._running.acquire(timeout=_POLL_S):
                self._threads.ensure_running()
                if on_wait is not None:
                    on_wait(time.monotonic() - begun)
        except BaseException:
            self.cancel()
            if may_overtake:
                self._threads.abandon([self._task])
            raise
        if self._error is None:
            return self._batch
        try:
            raise self._error
        finally:
            self._error = None  # which would keep this frame alive


def nbytes_of(batch: Any) -> int:
    """The memory of the arrays in a batch: an array, or tuples, lists and dicts of them."""
    if isinstance(batch, dict):
        batch = list(batch.values())
    if isinstance(batch, (tuple, list)):
        return sum(map(nbytes_of, batch))
    try:
        nbytes = getattr(batch, "nbytes", None)
        if nbytes is None:  # of a tensor of TensorFlow
            nbytes = math.prod(batch.shape) * batch.dtype.size
    except Exception:  # of a sparse tensor, for example, or of what is no array
        return 0
    return nbytes if isinstance(nbytes, int) else 0
