"""The generator that Keras tutorials teach, for images in a table with several labels each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt


def load_image(path: str | os.PathLike[str], dim: tuple[int, int] = (256, 472)) -> npt.NDArray[np.uint8]:
    """Read one image as the tutorial does: decode, turn to landscape, resize.

    Args:
        path: The image file.
        dim: (height, width) of the result.

    Returns:
        uint8 BGR pixels of shape (*dim, 3).

    Raises:
        ValueError: If cv2 cannot decode the file.
    """
    with open(path, "rb") as file:
        data = np.frombuffer(file.read(), np.uint8)
    image: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"cv2 cannot decode {os.fspath(path)}")
    height, width = image.shape[:2]
    if height > width:
        image = np.rot90(image)
    resized: Any = cv2.resize(image, (dim[1], dim[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


class DataGenerator(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of images from a table with the columns ``images`` (paths) and ``labels`` ("cat_dog").

    Args:
        df: The table.
        list_IDs: Row positions of the samples to use.
        labels: Every label there is, in the order of the columns of y.
        to_fit: Whether a batch is (X, y) or X alone.
        batch_size: Samples in a batch; a last smaller batch is left out.
        dim: (height, width) of the images.
        n_channels: Channels of X.
        n_classes: Columns of y.
        shuffle: Whether each epoch's end draws a new order from ``np.random``.
    """

    def __init__(
        self,
        df: Any,
        list_IDs: Sequence[int],  # noqa: N803
        labels: Sequence[str],
        to_fit: bool = True,
        batch_size: int = 8,
        dim: tuple[int, int] = (256, 472),
        n_channels: int = 3,
        n_classes: int = 13,
        shuffle: bool = True,
    ) -> None:
        super().__init__()
        self.df = df
        self.list_IDs = list_IDs
        self.labels = labels
        self.to_fit = to_fit
        self.batch_size = batch_size
        self.dim = dim
        self.n_channels = n_channels
        self.n_classes = n_classes
        self.shuffle = shuffle
        self.on_epoch_end()

    def __len__(self) -> int:
        """Return the number of whole batches in an epoch."""
        return int(np.floor(len(self.list_IDs) / self.batch_size))

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`: X float64 (batch, *dim, n_channels), with y int (batch, n_classes) to fit."""
        indexes = self.indexes[index * self.batch_size : (index + 1) * self.batch_size]
        ids = [self.list_IDs[k] for k in indexes]
        if self.to_fit:
            return self._images(ids), self._targets(ids)
        return self._images(ids)

    def on_epoch_end(self) -> None:
        """Start again with all indexes, in a new order if they are to be shuffled."""
        self.indexes = np.arange(len(self.list_IDs))
        if self.shuffle:
            np.random.shuffle(self.indexes)

    def _images(self, ids: Sequence[int]) -> npt.NDArray[np.float64]:
        x = np.empty((len(ids), *self.dim, self.n_channels))
        for i, row in enumerate(ids):
            x[i] = load_image(self.df["images"].iloc[row], self.dim)
        return x

    def _targets(self, ids: Sequence[int]) -> npt.NDArray[np.int_]:
        y = np.zeros((len(ids), self.n_classes), dtype=int)
        for i, row in enumerate(ids):
            for label in self.df["labels"].iloc[row].split("_"):
                y[i, self.labels.index(label)] = 1
        return y
