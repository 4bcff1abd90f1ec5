"""What a sample has besides its first image: more images, and values of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.samples.class_labels import listed


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of samples besides the first image, and the names of all of them. The arrays are read-only.

    Attributes:
        image_name: the name of the first image; None if it is the only input, and x an array.
        further_rows: int64 (n,) for each further image, by its name: its rows in the table of paths.
        columns: (n,) or (n, k) for each column, by its name; text as objects. See `column_values`.
    """

    image_name: str | None = None
    further_rows: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for array in (*self.further_rows.values(), *self.columns.values()):
            array.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Inputs, (self.image_name, self.further_rows, self.columns)

    @classmethod
    def in_blocks(cls, images: Mapping[str, object], columns: Mapping[str, NDArray[Any]], samples: int) -> Inputs:
        """The inputs of samples whose table has the paths of one image after those of the other.

        Args:
            images: by name, in the order of the table.
            columns: by name.
            samples: how many there are.

        Raises:
            ValueError: if an image and a column have the same name.
        """
        if twice := [name for name in columns if name in images]:
            raise ValueError(
                f"{twice[0]!r} names two inputs; the images are {listed(images)}, the columns {listed(columns)}: give "
                "each a name of its own, as in columns={'name': ...}"
            )
        first, *further = images
        return cls(first, _blocks(further, samples), columns)

    def with_rows_in_blocks(self, samples: int) -> Inputs:
        """The same inputs, for a table as `in_blocks` takes it."""
        return Inputs(self.image_name, _blocks(self.further_rows, samples), self.columns)

    @property
    def image_count(self) -> int:
        """The number of images of a sample."""
        return 1 + len(self.further_rows)

    @property
    def image_names(self) -> tuple[str, ...]:
        """The names of the images; empty if x is an array."""
        return () if self.image_name is None else (self.image_name, *self.further_rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images, then those of the columns; empty if x is an array."""
        return (*self.image_names, *self.columns)

    def take(self, chosen: NDArray[Any]) -> Inputs:
        """The inputs of some samples: int (m,), their numbers, or bool (n,)."""
        rows = {name: array[chosen] for name, array in self.further_rows.items()}
        return Inputs(self.image_name, rows, {name: array[chosen] for name, array in self.columns.items()})

    def check_length(self, samples: int) -> None:
        """Raise a ValueError if there is not one image and one value for each sample."""
        for name, array in (*self.further_rows.items(), *self.columns.items()):
            if len(array) != samples:
                raise ValueError(f"{samples} samples but {len(array)} values of the input {name!r}")

    def x(self, images: NDArray[Any], indices: NDArray[np.int64]) -> Any:
        """The x of a batch.

        Args:
            images: (`image_count` * b, ...), image j of sample i at place i + j * b.
            indices: int64 (b,), the numbers of the samples.

        Returns:
            `images` itself if it is the only input; otherwise a dict of arrays (b, ...) by name, those of images views.
        """
        if self.image_name is None:
            return images
        b = len(indices)
        blocks = {name: images[j * b : (j + 1) * b] for j, name in enumerate(self.image_names)}
        return blocks | {name: _values(column, indices) for name, column in self.columns.items()}


def _values(column: NDArray[Any], indices: NDArray[np.int64]) -> NDArray[Any]:
    chosen = column[indices]
    return chosen.astype(str) if chosen.dtype.kind == "O" else chosen


def _blocks(names: Iterable[str], samples: int) -> dict[str, NDArray[np.int64]]:
    """The rows of the images with these names, one block after the other, behind that of the first image."""
    return {name: np.arange(samples) + place * samples for place, name in enumerate(names, start=1)}
