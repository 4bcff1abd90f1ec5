"""One batch under way: its buffer, its native job, and what OpenCV has to add."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq.engine.fallback import Decode, decode_by_opencv, finish_sample
from fastseq.engine.interrupts import watch
from fastseq.engine.python_threads import Work
from fastseq.engine.settings import Settings
from fastseq.engine.threads import Threads
from fastseq.errors import DecodeError, StrPath
from fastseq.status import Status, describe, is_good

GRACE_S = 0.02  # for reads that are under way when a batch is cancelled
_LOOK_S = 0.05  # between looks for an interrupt, and for a sample that stalls
_STALLED_S = 1.0  # before that a batch is waited for, and the main thread alone is interrupted

Read = Callable[[int], "bytes | memoryview"]  # the bytes of a file, or as many as it is told


@dataclass(frozen=True)
class Failure:
    """A bad sample of a batch.

    Attributes:
        place: in the batch.
        status: what is wrong.
        detail: the decoder's words for it.
    """

    place: int
    status: Status
    detail: str

    @property
    def reason(self) -> str:
        """What is wrong, in words."""
        return describe(self.status, self.detail)


class PendingBatch:
    """A batch whose samples are being decoded into `images`.

    Attributes:
        images: the batch; complete once `result` has returned.
    """

    def __init__(
        self,
        job: Job,
        images: NDArray[Any],
        settings: Settings,
        readers: Callable[[int], Read],
        threads: Threads,
        decode: Decode = decode_by_opencv,
    ) -> None:
        """Take over a job that has been submitted.

        Args:
            job: writes to the memory of `images`.
            images: the batch, one slot a sample.
            settings: those of the job.
            readers: for a place in the batch, what gives the bytes of its file.
            threads: those that decode.
            decode: what decodes it there.
        """
        self.images = images
        self._job = job
        self._settings = settings
        self._readers = readers
        self._threads = threads
        self._decode = decode
        self._statuses = np.empty(len(images), np.int32)
        self._clean = False
        self._others: list[Work] | None = None
        self._error: RuntimeError | None = None  # for `result` to raise

    def poll(self) -> None:
        """Hand what is not JPEG to OpenCV, if the native part has ended. Never waits."""
        if self._others is None and self._job.ready():
            self._start_others()

    def result(self, stall_s: float = 0, on_stall: Callable[[int], None] | None = None) -> NDArray[np.int32]:
        """Wait for all samples; an interrupt ends the batch as `cancel` does and is raised.

        In threads other than the main one, too, if they have waited for longer than batches take: where TensorFlow asks
        for batches, the main thread waits for this one.

        Args:
            stall_s: seconds.
            on_stall: called once with the place of a sample that has kept everybody waiting for so long; -1 where it
                is of another batch, and no thread is left for this one.

        Returns:
            int32 (n,): each sample's `Status`. The slots of bad samples are 0.

        Raises:
            RuntimeError: if no thread could be started for what is not JPEG.
        """
        try:
            self._wait(stall_s, on_stall)
            if self._others is None:
                self._start_others()
                self._wait(stall_s, on_stall)
            if self._error is not None:
                raise self._error
        except BaseException:
            self.cancel()
            raise
        if self._others:
            self._clean = self._job.statuses(self._statuses)
        return self._statuses

    def _wait(self, stall_s: float, on_stall: Callable[[int], None] | None) -> None:
        if self._job.ready():
            return
        begun = since = time.monotonic()
        first = -1
        with watch() as interrupted:
            while not self._job.wait(_LOOK_S):
                if interrupted() and time.monotonic() - begun >= _STALLED_S:
                    raise KeyboardInterrupt
                pending = self._job.first_pending()
                if pending != first:
                    first, since = pending, time.monotonic()
                elif on_stall is not None and time.monotonic() - since >= stall_s:
                    on_stall(pending)
                    on_stall = None

    def failures(self) -> list[Failure]:
        """The bad samples, in their order; valid after `result`."""
        statuses = [] if self._clean else self._statuses.tolist()
        bad = [(i, Status(status)) for i, status in enumerate(statuses) if not is_good(status)]
        return [Failure(i, status, self._job.reason(i)) for i, status in bad]

    def raise_first(self, source_of: Callable[[int], tuple[StrPath | None, int]]) -> None:
        """Raise `DecodeError` for the first bad sample, if there is one; valid after `result`.

        Args:
            source_of: for a place in the batch, the path and the number of its sample.
        """
        for failure in self.failures():
            path, number = source_of(failure.place)
            raise DecodeError(path, number, failure.status, failure.detail)

    def stop(self) -> None:
        """Begin nothing any more; `cancel` waits for what is under way."""
        self._job.stop()

    def cancel(self, grace_s: float = GRACE_S) -> None:
        """End it; returns when nothing writes to `images` any more.

        Args:
            grace_s: for how long reads and OpenCV are waited for; then they are given up, and their threads replaced.
        """
        self._job.cancel(grace_s)
        if self._others:
            self._threads.drop(self._others)

    def _start_others(self) -> None:
        self._clean = self._job.statuses(self._statuses)
        self._others = others = []
        if self._clean:
            return
        places = [
            i for i in np.flatnonzero(self._statuses == Status.NEEDS_DECODER).tolist() if self._job.begin_fetch(i)
        ]
        try:
            for i in places:
                finish = partial(finish_sample, self._job, i, self._readers(i), self._settings, self._decode)
                others.append(self._threads.submit(finish))
        except RuntimeError as error:  # no thread can be started: nobody would end them
            self._error = error
            self.cancel()


def cancel_all(batches: Iterable[PendingBatch]) -> None:
    """Cancel batches that were begun, with one time of grace for them all."""
    begun = list(batches)
    for batch in begun:
        batch.stop()
    end = time.monotonic() + GRACE_S
    for batch in begun:
        batch.cancel(max(0.0, end - time.monotonic()))
