"""What a `tf.data` pipeline calls for each batch: strings to images, with NumPy on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._warn import warn_user
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.settings import Settings
from fastseq.engine.threads import lasting_threads
from fastseq.errors import BadSample, BadSamplesWarning, DecodeError
from fastseq.order.rng import key_word
from fastseq.tf.string_sources import StringSources

_FREE_BYTES = 64 * 2**20
_memory = BatchAllocator(_FREE_BYTES)  # one for all: TensorFlow never releases a Python function, nor what that holds


class InvalidImageError(DecodeError, ValueError):
    """A `DecodeError` that TensorFlow reports as `tf.errors.InvalidArgumentError`, as it does any ValueError."""


class StringDecoder:
    """Decodes the strings of a tensor. Safe to use from several threads.

    Attributes:
        settings: what becomes of an image.
        fills: whether a bad image becomes zeros with weight 0.
    """

    def __init__(self, settings: Settings, threads: int | None, seed: int, on_error: str) -> None:
        """Prepare; no thread is started yet.

        Raises:
            TypeError: if an argument has the wrong type.
            ValueError: if it has an impossible value.
        """
        self.settings = settings
        self.fills = arguments.one_of("on_error", on_error, ("raise", "fill")) == "fill"
        self._seed = key_word("seed", seed)
        self._decoder = Decoder(settings, lasting_threads(threads), _memory)
        self._started = False
        self._warned_of: dict[str, object] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return StringDecoder, (
            self.settings,
            self._decoder.threads.count,
            self._seed,
            "fill" if self.fills else "raise",
        )

    def images(self, strings: NDArray[np.object_], counter: NDArray[np.int64]) -> NDArray[Any]:
        """Decode a batch.

        Args:
            strings: bytes (n,), contents of image files and paths.
            counter: the number of the batch, for random transforms; without them it has no effect.

        Returns:
            The images, in memory that TensorFlow takes over without a copy.

        Raises:
            InvalidImageError: for the first bad image.
            ValueError: if a string is a URL.
        """
        images, bad = self._decode(strings, counter)
        if bad:
            first = bad[0].with_advice()
            raise InvalidImageError(first.path, first.index, first.status, first.detail, first.remedy)
        return images

    def images_and_weights(
        self, strings: NDArray[np.object_], counter: NDArray[np.int64]
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Decode a batch as `images` does, with zeros for bad images; warn of the first one.

        Returns:
            The images, and float32 (n,): 1, or 0 for a bad image.
        """
        images, bad = self._decode(strings, counter)
        weights = np.ones(len(images), np.float32)
        for sample in bad:
            weights[sample.index] = 0
        if bad:
            message = bad[0].with_advice().message
            self._warn_once(
                "bad",
                f"{message}. Its pixels are zeros and its weight is 0; no more warnings follow for this dataset",
                BadSamplesWarning,
            )
        return images, weights

    def _decode(self, strings: NDArray[np.object_], counter: NDArray[np.int64]) -> tuple[NDArray[Any], list[BadSample]]:
        pipeline = self.settings.pipeline
        epoch = int(counter) % 2**64  # a negative number is as good as any
        if pipeline.draw_count and epoch == 0:
            if self._started:
                self._warn_once(
                    "counter",
                    "the counter of fastseq.tf.decode is 0 again: from here on the random transforms draw as they did "
                    "before. Write .repeat() before .enumerate(), or take the counter from "
                    "tf.data.Dataset.random(seed=1, rerandomize_each_iteration=True)",
                    UserWarning,
                )
            self._started = True
        draws = pipeline.draw(self._seed, epoch, np.arange(len(strings)))
        batch = self._decoder.begin(StringSources(strings), draws, urgent=False)
        batch.result()
        if batch.recovered:
            self._warn_once(
                "recovered",
                f"{batch.recovered} of the {len(strings)} images of a batch were decoded from damaged data; "
                "strict=True refuses them, and names the first. No more warnings follow for this dataset",
                BadSamplesWarning,
            )
        return batch.images, [sample for sample in batch.reports().values() if not sample.is_good]

    def _warn_once(self, cause: str, message: str, category: type[Warning]) -> None:
        first = object()
        if self._warned_of.setdefault(cause, first) is first:  # of several threads, one warns
            warn_user(message, category)
