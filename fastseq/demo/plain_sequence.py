"""The usual hand-written Sequence, for comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt


class PlainSequence(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of images that cv2 reads, decodes and resizes one by one.

    Args:
        paths: the image files.
        labels: one label per file.
        batch_size: samples per batch; the last one may be smaller.
        size: (height, width) of the images.
    """

    def __init__(self, paths: Sequence[str], labels: npt.NDArray[Any], batch_size: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.paths, self.labels = paths, labels
        self.batch_size = batch_size
        self.size = size

    def __len__(self) -> int:
        """Return the number of batches."""
        return math.ceil(len(self.paths) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[Any]]:
        """Return batch `index`: float32 RGB images (n, height, width, 3) from 0 to 1, and their labels."""
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return np.stack([self._image(path) for path in self.paths[part]]), self.labels[part]

    def _image(self, path: str) -> npt.NDArray[np.float32]:
        image: Any = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise OSError(f"cv2 cannot decode {path}")
        image = cv2.resize(image, (self.size[1], self.size[0]))
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.float32)
        return rgb / np.float32(255)
