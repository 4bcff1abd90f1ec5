"""ImageSequence: a keras.utils.PyDataset of image batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.keras.dataset import PassAwareDataset
from fastseq.keras.distributed import distributed_dataset
from fastseq.keras.internals.first_layer import convolution_of_integers
from fastseq.keras.passes import KerasPasses
from fastseq.keras.served import Loop
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.batch_views import BatchViews
from fastseq.loading.loader import Batch, Loader
from fastseq.loading.state import State

if TYPE_CHECKING:
    import tensorflow as tf


class ImageSequence(BatchViews, PassAwareDataset):
    """A `keras.utils.PyDataset` of image batches for `fit`, `evaluate` and `predict`, on any back end of Keras.

    `seq[k]` is batch k of the current epoch, a pure function of samples, settings, seed, epoch and k. An epoch is over
    when each of its batches was served once; the next request begins another. Batches that Keras fetches to infer
    shapes or to build the model do not count, even if a dataset of your own stands between Keras and this one.
    `predict` serves the current epoch, the one that was read last. With `steps_per_epoch` below the number of batches,
    a pass goes on in the next Keras epoch.

    Native threads decode ahead, whatever `workers` says, in the order in which Keras requests batches, that of
    `fit(shuffle=True)` included. With `shuffle="blocks"`, `fit` gets the batches in their own order, whatever it says.

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
        self._labels, self._is_mapped = self.loader._labels, self.loader._is_mapped
        self._processes = self.loader._processes
        self._shift = 0  # batches of the stream that came before batch 0 of epoch 0
        self._warned: set[str] = set()
        self._known_places: tuple[Sequence[int] | None, dict[int, int]] = None, {}

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
        served = self._request(k, self.loader.depth)
        if served.is_predict:
            self._warn_of_predict()
        place = self._places(served.order)
        ahead = [self._in_stream(epoch, place(n)) for epoch, n in served.ahead]
        batch = self.loader.batch(*self._in_stream(served.epoch, place(k)), ahead, probe=served.is_probe)
        if served.is_probe and self.passes.predicting:
            self.loader.log_probed(self.passes.requested)
        return batch

    def _places(self, order: Sequence[int] | None) -> Callable[[int], int]:
        """Which batch to serve for each that Keras requests in some order.

        It is the batch of that number, but with shuffle="blocks" the next one: in the order in which `fit` shuffles
        batches, they would need all blocks at a time.
        """
        if self.loader.order.lanes is None or order is None:
            return int
        known, places = self._known_places
        if known is not order:
            places = {int(n): place for place, n in enumerate(order)}
            self._known_places = order, places
        return places.__getitem__

    def _peek(self, k: int, ahead: Iterable[int] = ()) -> Batch:
        coming = [self._in_stream(self.epoch, a) for a in islice(ahead, self.loader.depth)]
        return self.loader.batch(*self._in_stream(self.epoch, k), coming, probe=True)

    def indices(self, k: int) -> NDArray[np.int64]:
        """The numbers of the samples in batch `k` of the current epoch: of the one that was read last.

        `predict` returns a row for each of them, in this order.

        Returns:
            int64 (b,), before `on_error` leaves out or replaces bad samples.

        Raises:
            IndexError: if there is no such batch.
        """
        return self.loader.order.indices(*self._in_stream(self.epoch, self._batch_number(k)))

    def _in_stream(self, epoch: int, k: int) -> tuple[int, int]:
        return divmod(epoch * len(self.loader) + k + self._shift, len(self.loader))

    def __iter__(self) -> Iterator[Batch]:
        """The batches of one epoch in their order: of the current one, or of the next if that is over."""
        loop = Loop()
        return (self._in_loop(k, loop) for k in range(len(self)))

    @property
    def epoch(self) -> int:
        """The number of the current epoch, the one that was read last, counted from 0."""
        return self.passes.epoch

    def _go_to_epoch(self, epoch: int) -> None:
        self.loader.set_epoch(epoch)
        self._follow_loader()

    def _follow_loader(self) -> None:
        epoch, self._shift = self.loader.position
        self.passes.set_epoch(epoch)

    def on_epoch_end(self) -> None:
        """Go to the next epoch if batches of this one were served; not needed after a whole epoch.

        In `fit` and `evaluate` the passes decide.
        """
        self._end_epoch()

    def _warn_of_predict(self) -> None:
        order = self.loader.order
        left_out = order.n - len(order) * order.batch_size
        reasons = []
        if order.shuffle:
            reasons.append("shuffle=True mixes the rows (indices(k) has the sample numbers of batch k)")
        if left_out > 0:
            reasons.append(f"drop_last=True leaves out {left_out} of {order.n} samples")
        if order.world_size > 1:
            reasons.append(f"rank {order.rank} of {order.world_size} has a part of each batch")
        if reasons:
            self._warn_once(
                f"predict does not give one row for each sample, in the order of the samples: {', '.join(reasons)}. "
                "Use a sequence without these settings for predict"
            )

    def _check_model(self, model: Any) -> None:
        if type(self).__getitem__ is not ImageSequence.__getitem__ or self._is_mapped:
            return  # the model gets something else
        if texts := [name for name, values in self.samples.columns.items() if values.dtype.kind == "O"]:
            raise TypeError(
                f"Keras takes no text, and the input {texts[0]!r} is text: number it in the table, or write map=... "
                "to convert it in each batch"
            )
        dtype = self.loader.settings.dtype
        if self.loader.settings.numpy_dtype.kind == "f":
            return
        if (layer := convolution_of_integers(model)) is not None:
            self._warn_once(
                f"{type(model).__name__} is a subclassed model, which gets the batches as they are, {dtype}, and "
                f'its first layer, {layer.name}, takes floats. Pass dtype="float32" to the sequence'
            )

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            warn_user(message, UserWarning)

    def distributed_dataset(self, strategy: tf.distribute.Strategy) -> tf.distribute.DistributedDataset:
        """The batches for a training loop of your own under a strategy such as `MultiWorkerMirroredStrategy`.

        Each process decodes its own share of each batch, and each replica gets a part of it; the parts may differ by
        one sample. Each `for` loop over the data set is the next epoch, also after one that was broken off. TensorFlow
        asks for batches ahead of their use, so `state_dict` takes the number of those that were used.

        Args:
            strategy: the strategy; each of its processes has a sequence with its own rank, as `rank="auto"` finds it.

        Raises:
            TypeError: if `map` returns something without a row for each sample.
            ValueError: if the rank or the world size are not those of the strategy, or if a replica could get no
                samples: batches are too small, or `on_error` is "skip".
        """
        return distributed_dataset(self, strategy)

    @property
    def errors(self) -> BadSampleLog:
        """The bad samples so far; see `fastseq.Loader.errors`."""
        return self.loader.errors

    def state_dict(self, consumed: int | None = None) -> State:
        """The position in the data: JSON-ready, at most 1 KB; see `fastseq.Loader.state_dict`.

        Args:
            consumed: batches of the current epoch that the model has trained on. If None, those that a loop of your own
                has read. During `fit` only a callback such as `fastseq.DataBackup` knows the number: Keras requests
                batches long before it uses them.

        Raises:
            ValueError: if `consumed` is None and the number is unknown.
        """
        if consumed is None:
            self._note_that_keras_left()
            consumed = self.passes.consumed
        if consumed is None:
            raise ValueError(
                "how many batches were used is unknown, during fit or after batches were read out of order: use "
                "fastseq.DataBackup for fit, or pass state_dict(consumed=...), the number of batches of this epoch"
            )
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
        self._follow_loader()

    def close(self) -> None:
        """Cancel the batches begun ahead and release their memory. The sequence can be used again."""
        self.loader.close()
