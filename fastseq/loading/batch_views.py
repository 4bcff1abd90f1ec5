"""BatchViews: what loaders and sequences say about their samples, and a look at their batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.settings import Settings
from fastseq.loading.batch_figure import batch_figure
from fastseq.order.launchers import Processes
from fastseq.order.rng import key_word
from fastseq.samples import Samples
from fastseq.samples.label_encoder import LabelEncoder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class BatchViews:
    """A mixin for what makes batches of samples. Looking at a batch consumes nothing: the epoch does not advance.

    Attributes:
        samples: the images and their labels; an attribute of the subclass.
        settings: what becomes of the images; likewise.
    """

    samples: Samples
    settings: Settings
    _labels: LabelEncoder
    _is_mapped: bool  # whether a batch is what the user's function makes of it
    _processes: Processes

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        """The numbers of samples and batches, and which process this is, if there may be several."""
        is_one = self._processes.world_size == 1 and not self._processes.source
        process = "" if is_one else f", {self._processes}"
        return f"<{type(self).__name__}: {len(self.samples)} samples in {len(self)} batches{process}>"

    def _peek(self, k: int, ahead: Iterable[int] = ()) -> Any:
        """Batch `k` of the current epoch, which is kept for whoever requests it next; `ahead` will be next."""
        raise NotImplementedError

    def _go_to_epoch(self, epoch: int) -> None:
        """Do what `set_epoch` says, for a valid epoch."""
        raise NotImplementedError

    def set_epoch(self, epoch: int) -> None:
        """Go to the beginning of an epoch, which is read next; before `fit(initial_epoch=epoch)` in a new process.

        Args:
            epoch: counted from 0.

        Raises:
            TypeError: if it is not an integer.
            ValueError: if it is not in 0 <= epoch < 2**64.
        """
        self._go_to_epoch(key_word("epoch", epoch))

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes in the order of their numbers, as in Keras; None if there are no classes."""
        return self.samples.class_names

    @property
    def class_indices(self) -> dict[str, int] | None:
        """The number of each class by its name, as in Keras; None if there are no classes."""
        return self.samples.class_indices

    @property
    def file_paths(self) -> Sequence[str]:
        """The path of each sample, its first image's, in the order of the samples, not in that of an epoch."""
        return self.samples.file_paths

    def take(self, n: int) -> Iterator[Any]:
        """The first `n` batches of the current epoch, to look at; all of them if there are fewer."""
        count = min(arguments.integer("n", n, minimum=0), len(self))
        return (self._peek(k, range(k + 1, count)) for k in range(count))

    def show_batch(self, k: int = 0, *, max_images: int = 16, file: StrPath | None = None) -> Figure:
        """Draw a batch of the current epoch with its labels, with matplotlib.

        Scaled values are drawn as the pixels that they were. If a sample has several images, the first one is drawn.
        With `map=` the labels are left out: what a function made of them has no names.

        Args:
            k: the number of the batch; negative numbers count from the end.
            max_images: how many of its images to draw, at most.
            file: where to save the figure, such as "batch.png". It needs no display then. None for a figure that
                `matplotlib.pyplot.show()` shows, and notebooks by themselves.

        Returns:
            The figure.

        Raises:
            DecodeError: for a bad image that `on_error` does not tolerate.
            ImportError: if matplotlib is not installed.
            IndexError: if there is no such batch.
            OSError: if the file cannot be written.
            TypeError: if `map` or a subclass has put something else in the place of the images.
        """
        count = arguments.integer("max_images", max_images, minimum=1)
        batch = self._peek(arguments.batch_number("k", k, len(self)))
        given, labels = (batch[0], batch[1]) if isinstance(batch, tuple) else (batch, None)
        if isinstance(given, dict) and self.samples.input_names:
            given = given.get(self.samples.input_names[0], given)
        images = np.asarray(given)
        if images.ndim != 4:
            raise TypeError(f"show_batch draws batches that are one array of images, not {type(given).__name__}")
        titles = [""] * len(images) if labels is None or self._is_mapped else self._labels.texts(labels[:count])
        return batch_figure(images[:count], titles, self.settings, file)
