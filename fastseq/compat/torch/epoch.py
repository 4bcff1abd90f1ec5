"""One epoch over a dataset: batches of samples in turn, the next ones under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fastseq.compat.torch.batch import Decoding, SampleBatch
from fastseq.engine.pending_batch import cancel_all
from fastseq.engine.threads import look_after


class SampleEpoch:
    """The batches of one epoch. The dataset is asked in the thread that takes them."""

    def __init__(
        self,
        get: Callable[[Any], Any],
        indices: Iterator[Sequence[Any]],
        decoding: Decoding | None,
        depth: int,
        collate_fn: Callable[[list[Any]], Any] | None,
    ) -> None:
        """Prepare; nothing is asked for before the first batch is.

        Args:
            get: gives the sample of an index.
            indices: of each batch in turn.
            decoding: of pictures; None to leave paths as they are.
            depth: how many batches to begin ahead.
            collate_fn: makes a batch of its samples; see `DataLoader`.
        """
        self._waiting: deque[SampleBatch] = deque()
        self._get = get
        self._indices = indices
        self._decoding = decoding
        self._depth = depth
        self._collate_fn = collate_fn
        self._full = 0
        self._used_up: Callable[[], None] | None = None
        look_after(self)

    def when_used_up(self, batch_size: int, call: Callable[[], None]) -> None:
        """Call it once, when the end of the indices shows: at a batch below `batch_size`, or at the end itself."""
        self._full, self._used_up = batch_size, call

    def __iter__(self) -> Iterator[Any]:
        """Itself."""
        return self

    def __next__(self) -> Any:
        """The next batch."""
        batch = self._waiting.popleft() if self._waiting else self._fetch()
        if self._used_up is not None and (batch is None or len(batch) < self._full):
            self._used_up()
            self._used_up = None
        if batch is None:
            raise StopIteration
        batch.begin(needed=True)
        try:
            self._look_ahead()
            return batch.result(self._collate_fn)
        except BaseException:
            _cancel([batch])
            raise

    def _fetch(self) -> SampleBatch | None:
        indices: Sequence[Any] | None = ()
        try:
            indices = next(self._indices, None)
            return None if indices is None else SampleBatch(indices, [*map(self._get, indices)], self._decoding)
        except Exception as error:  # for the one who asks for this batch
            return SampleBatch(indices or (), (), None, error)

    def _look_ahead(self) -> None:
        for batch in self._waiting:
            if not batch.begin(needed=False):
                return
        while len(self._waiting) < self._depth:
            fetched = self._fetch()
            if fetched is None:
                return
            self._waiting.append(fetched)
            if not fetched.begin(needed=False):
                return

    def discard(self) -> None:
        """Cancel what was begun."""
        begun, self._waiting = self._waiting, deque()
        _cancel(begun)

    def close(self) -> None:
        """Leave the epoch, as the iterator of a `Loader` is left."""
        self.discard()

    def forget(self) -> None:
        """Nothing: each batch begins again in a process that has not begun it."""

    def __del__(self) -> None:
        """Leaving early ends what was begun."""
        self.discard()


def _cancel(batches: Iterable[SampleBatch]) -> None:
    cancel_all(batch.under_way for batch in batches if batch.under_way is not None)
