"""ImageSequence: a keras.utils.PyDataset of image batches."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from fastseq.keras.dataset import PassAwareDataset
from fastseq.keras.passes import KerasPasses
from fastseq.loading.batch_views import BatchViews
from fastseq.loading.loader import Batch, Loader
from fastseq.loading.state import State


class ImageSequence(BatchViews, PassAwareDataset):
    """A `keras.utils.PyDataset` of image batches for `fit`, `evaluate` and `predict`, on any back end of Keras.

    `seq[k]` is batch k of the current epoch, a pure function of samples, settings, seed, epoch and k. Native threads
    decode ahead, whatever `workers` says, in the order in which Keras requests batches, that of `fit(shuffle=True)`
    included. Each pass of `fit` or `evaluate` is an epoch, with every sample exactly once; batches that Keras fetches
    to build the model consume nothing. With `steps_per_epoch` below the number of batches, a pass goes on in the next
    Keras epoch. In a loop of your own, call `on_epoch_end()` to go to the next epoch.

    Args:
        *args: as for `fastseq.Loader`.
        **kwargs: likewise.

    Attributes:
        loader: the `Loader` behind it.
        samples: its images and their labels.
    """

    __signature__ = inspect.signature(Loader)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See `fastseq.Loader`."""
        super().__init__()
        self.loader = Loader(*args, **kwargs)
        self.passes = KerasPasses(len(self.loader))
        self.samples, self.settings = self.loader.samples, self.loader.settings
        self._shift = 0  # batches of the stream that came before batch 0 of epoch 0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.loader)

    def __getitem__(self, k: int) -> Batch:
        """Batch `k` of the current epoch.

        Returns:
            x, (x, y) or (x, y, w); see `fastseq.Loader.batch`.

        Raises:
            IndexError: if there is no such batch.
            DecodeError: for the first bad sample in it.
        """
        k = self._batch_number(k)
        epoch, expected = self._request(k, self.loader.depth)
        ahead = [self._in_stream(*key) for key in expected]
        batch = self.loader.batch(*self._in_stream(epoch, k), ahead, probe=self.passes.probing)
        if self.passes.predicting:
            self.loader.log_probed(self.passes.requested)
        return batch

    def _peek(self, k: int, ahead: Iterable[int] = ()) -> Batch:
        coming = [self._in_stream(self.epoch, a) for a in islice(ahead, self.loader.depth)]
        return self.loader.batch(*self._in_stream(self.epoch, k), coming, probe=True)

    def _label_texts(self, labels: Any) -> list[str]:
        return self.loader._label_texts(labels)

    def _in_stream(self, epoch: int, k: int) -> tuple[int, int]:
        return divmod(epoch * len(self.loader) + k + self._shift, len(self.loader))

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the current epoch in their order."""
        return (self[k] for k in range(len(self)))

    @property
    def epoch(self) -> int:
        """The number of the current epoch, counted from 0."""
        return self.passes.epoch

    def on_epoch_end(self) -> None:
        """Go to the next epoch if batches of this one were requested. In `fit` and `evaluate` the passes decide."""
        self._end_epoch()

    def state_dict(self, consumed: int = 0) -> State:
        """The position in the data: JSON-ready, at most 1 KB; see `fastseq.Loader.state_dict`.

        Args:
            consumed: batches of the current epoch that the model has trained on. Keras requests batches long before it
                uses them: only a callback such as `fastseq.DataBackup` knows the number.
        """
        epoch, batch = self._in_stream(self.epoch, consumed)
        return self.loader.state_at(epoch, batch)

    def load_state_dict(self, state: State) -> None:
        """Go to the position of another sequence with the same samples and settings.

        The current epoch begins there and is as long as any other: the rest of the interrupted epoch, then the
        beginning of the next, so that every sample comes as often as in an uninterrupted run.

        Raises:
            ValueError: if the samples or settings differ; the message names the difference.
        """
        self.loader.load_state_dict(state)
        epoch, batch = self.loader.position
        self.passes.epoch, self._shift = epoch, batch

    def close(self) -> None:
        """Cancel the batches begun ahead and release their memory. The sequence can be used again."""
        self.loader.close()
