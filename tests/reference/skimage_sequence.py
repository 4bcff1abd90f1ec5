"""The Sequence of Keras's own documentation, which reads and resizes with scikit-image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from skimage.io import imread
from skimage.transform import resize


class SkimageSequence(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of (x, y), x being float64 of shape (batch, *size, 3) between 0 and 1.

    Args:
        x_set: Paths of the image files.
        y_set: Their labels.
        batch_size: Samples in a batch; the last one may be smaller.
        size: (height, width) of the images.
    """

    def __init__(
        self, x_set: Sequence[str], y_set: Sequence[Any], batch_size: int, size: tuple[int, int] = (200, 200)
    ) -> None:
        super().__init__()
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size
        self.size = size

    def __len__(self) -> int:
        """Return the number of batches, a last smaller one included."""
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
        """Return batch `idx`."""
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        batch_x = self.x[low:high]
        batch_y = self.y[low:high]
        x = np.array([resize(imread(name), self.size) for name in batch_x])  # type: ignore[no-untyped-call]
        return x, np.array(batch_y)
