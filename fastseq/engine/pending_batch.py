"""PendingBatch: a batch under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._native.job import Job
from fastseq._types import StrPath
from fastseq.engine.crop_misfit import CropMisfit
from fastseq.engine.fallback import finish_sample
from fastseq.engine.interrupts import watch
from fastseq.engine.lost_range import LostRange
from fastseq.engine.pixels import Decode
from fastseq.engine.python_threads import Task
from fastseq.engine.remedies import remedy_of
from fastseq.engine.sample_info import SampleInfo, sample_info
from fastseq.engine.settings import Settings
from fastseq.engine.sources import Sources
from fastseq.engine.threads import Threads
from fastseq.errors import BadSample, raise_first_bad
from fastseq.status import Status

GRACE_S = 0.02  # how long a cancelled batch waits for reads that are under way
_POLL_S = 0.05  # between looks for an interrupt, and for a sample that stalls
STALLED_S = 1.0  # a wait this long is interrupted on threads other than the main one, too


class PendingBatch:
    """A batch whose samples are being decoded into `images`. One owner at a time calls its methods.

    Attributes:
        images: the batch; complete once `result` has returned.
        numbers: the numbers of its samples.
    """

    def __init__(
        self,
        job: Job,
        images: NDArray[Any],
        numbers: Sequence[Any] | NDArray[np.int64],
        sources: Sources,
        settings: Settings,
        threads: Threads,
        fallback: Decode,
        lost: LostRange,
        misfit: CropMisfit,
    ) -> None:
        """Take over a job that has been submitted; `Decoder.begin` does that.

        Args:
            job: writes to the memory of `images`.
            images: the batch, one slot a sample.
            numbers: the samples' numbers, for messages.
            sources: what the images are decoded from.
            settings: those of the job.
            threads: those that decode.
            fallback: decodes formats other than JPEG there.
            lost: what was lost of images so far; `result` warns of what is new.
            misfit: `result` has it warn of a crop index that does not fit its file.
        """
        self.images = images
        self.numbers = numbers
        self._job = job
        self._sources = sources
        self._settings = settings
        self._threads = threads
        self._fallback = fallback
        self._lost = lost
        self._misfit = misfit
        self._statuses = np.empty(len(images), np.int32)
        self._all_good = False
        self._tasks: list[Task] | None = None  # that decode other formats, once the native part has ended
        self._error: RuntimeError | None = None  # for `result` to raise

    @property
    def nbytes(self) -> int:
        """The size of the batch."""
        return self.images.nbytes

    @property
    def needs_poll(self) -> bool:
        """Whether the native part has ended and the fallback decoder has not been started."""
        return self._tasks is None and self._job.ready()

    def poll(self) -> None:
        """Hand what is not JPEG to the fallback decoder, if the native part has ended. Never waits."""
        if self.needs_poll:
            self._start_fallback()

    def result(self, stall_s: float = 0, on_stall: Callable[[int], None] | None = None) -> NDArray[np.int32]:
        """Wait for all samples; an interrupt cancels the batch and is raised.

        On threads other than the main one it is raised once the wait has taken longer than batches take: where
        TensorFlow asks for batches, the main thread waits for this one.

        Args:
            stall_s: seconds.
            on_stall: called once with the place of a sample that has stalled the batch for so long; -1 if the sample is
                one of another batch, and no thread is left for this one.

        Returns:
            int32 (n,): each sample's `Status`. The slots of bad samples are 0.

        Raises:
            RuntimeError: if no thread can be started for what is not JPEG.
        """
        try:
            self._wait(stall_s, on_stall)
            if self._tasks is None:
                self._start_fallback()
                self._wait(stall_s, on_stall)
            if self._error is not None:
                raise self._error
        except BaseException:
            self.cancel()
            raise
        if self._tasks:
            self._all_good = self._job.statuses(self._statuses)
            self._lost.warn()
        if (place := self._job.crop_index_misfit()) >= 0:
            self._misfit.warn(self.path(place))
        return self._statuses

    def _wait(self, stall_s: float, on_stall: Callable[[int], None] | None) -> None:
        if self._job.ready():
            return
        begun = since = time.monotonic()
        first = -1
        with watch() as interrupted:
            while not self._job.wait(_POLL_S):
                if interrupted() and time.monotonic() - begun >= STALLED_S:
                    raise KeyboardInterrupt
                if self._tasks:
                    self._threads.ensure_running()
                pending = self._job.first_pending()
                if pending != first:
                    first, since = pending, time.monotonic()
                elif on_stall is not None and time.monotonic() - since >= stall_s:
                    on_stall(pending)
                    on_stall = None

    def path(self, place: int) -> StrPath | None:
        """The path of the source at a place; None if it is bytes."""
        return self._sources.path(place)

    def reports(self, epoch: int = 0) -> dict[int, BadSample]:
        """The bad and the recovered samples by their place in the batch, in order; valid after `result`."""
        found = {}
        for place, status in enumerate([] if self._all_good else self._statuses.tolist()):
            if status != Status.OK:
                found[place] = self._report(place, Status(status), epoch)
        return found

    def _report(self, place: int, status: Status, epoch: int) -> BadSample:
        number = self.numbers[place]
        index = number.item() if isinstance(number, np.generic) else number
        remedy = remedy_of(status, self._job.decodes(place), self._sources.content(place))
        return BadSample(index, self._sources.path(place), status, self._job.reason(place), epoch, remedy)

    @property
    def recovered(self) -> int:
        """How many images to warn of, because they were decoded from damaged data; valid after `result`."""
        if self._all_good or not self._settings.warns_of_damage:
            return 0
        return int(np.count_nonzero(self._statuses == Status.RECOVERED))

    def info(self) -> list[SampleInfo]:
        """What is known of each sample, by place; valid after `result`, for a batch that was begun with `info`."""
        return [sample_info(self._job, place) for place in range(len(self._job))]

    def raise_first(self) -> None:
        """Raise `DecodeError` for the first bad sample, if there is one; valid after `result`."""
        raise_first_bad(self.reports().values())

    def stop(self) -> None:
        """Begin no more samples; `cancel` waits for those that run."""
        self._job.stop()

    def cancel(self, grace_s: float = GRACE_S) -> None:
        """End the batch; returns when nothing writes to `images` any more.

        Args:
            grace_s: how long to wait for reads and the fallback decoder; then they are abandoned, and their threads
                replaced.
        """
        self._job.cancel(grace_s)
        if self._tasks:
            self._threads.abandon(self._tasks)

    def _start_fallback(self) -> None:
        self._all_good = self._job.statuses(self._statuses)
        self._tasks = tasks = []
        if self._all_good:
            return
        needs_decoder = np.flatnonzero(self._statuses == Status.NEEDS_DECODER).tolist()
        places = [i for i in needs_decoder if self._job.begin_fetch(i)]
        try:
            for i in places:
                finish = partial(finish_sample, self._job, i, self._settings, self._fallback, self._lost)
                tasks.append(self._threads.submit(finish))
        except RuntimeError as error:  # no thread can be started: nothing would end these samples
            self._error = error
            self.cancel()
