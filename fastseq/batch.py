"""One batch under way: its buffer, its native job, and what OpenCV has to add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import _native
from fastseq.errors import DecodeError, StrPath
from fastseq.fallback import Decode, decode_by_opencv, finish_sample
from fastseq.settings import Settings
from fastseq.status import Status, is_good

Read = Callable[[], "bytes | memoryview"]


class PendingBatch:
    """A batch whose samples are being decoded into `images`.

    Attributes:
        images: the batch; complete once `result` has returned.
    """

    def __init__(
        self,
        job: _native.Job,
        images: NDArray[Any],
        settings: Settings,
        readers: Callable[[int], Read],
        executor: Callable[[], ThreadPoolExecutor],
        decode: Decode = decode_by_opencv,
    ) -> None:
        """Take over a job that has been submitted.

        Args:
            job: writes to the memory of `images`.
            images: the batch, one slot a sample.
            settings: those of the job.
            readers: for a place in the batch, what gives the bytes of its file.
            executor: the threads for what is decoded from Python, asked for only when needed.
            decode: what decodes it there.
        """
        self.images = images
        self._job = job
        self._settings = settings
        self._readers = readers
        self._executor = executor
        self._decode = decode
        self._statuses = np.empty(len(images), np.int32)
        self._clean = False
        self._others: Sequence[Future[None]] | None = None

    def poll(self) -> None:
        """Hand what is not JPEG to OpenCV, if the native part has ended. Never waits."""
        if self._others is None and self._job.ready():
            self._start_others()

    def result(self) -> NDArray[np.int32]:
        """Wait for all samples; an interrupt cancels and drains the batch and is raised.

        Returns:
            int32 (n,): each sample's `Status`. The slots of bad samples are 0.
        """
        try:
            self._job.wait()
            if self._others is None:
                self._start_others()
            wait(self._others or ())
        except BaseException:
            self.cancel()
            raise
        if self._others:
            for other in self._others:
                other.result()
            self._clean = self._job.statuses(self._statuses)
        return self._statuses

    def raise_first(self, source_of: Callable[[int], tuple[StrPath | None, int]]) -> None:
        """Raise `DecodeError` for the first bad sample, if there is one; valid after `result`.

        Args:
            source_of: for a place in the batch, the path and the number of its sample.
        """
        for i, status in enumerate([] if self._clean else self._statuses.tolist()):
            if not is_good(status):
                path, number = source_of(i)
                raise DecodeError(path, number, Status(status), self._job.reason(i))

    def cancel(self) -> None:
        """End it; returns when nothing writes to `images` any more."""
        self._job.cancel()
        for other in self._others or ():
            other.cancel()
        wait(self._others or ())

    def _start_others(self) -> None:
        self._clean = self._job.statuses(self._statuses)
        if self._clean:
            self._others = ()
            return
        places = np.flatnonzero(self._statuses == Status.NEEDS_DECODER).tolist()
        self._others = [
            self._executor().submit(
                partial(finish_sample, self._job, i, self._readers(i), self._settings, self._decode)
            )
            for i in places
        ]
