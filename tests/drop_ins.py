"""Helpers that compare the drop-ins with Keras's originals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from images import cmyk_jpeg, encoded, folder, jpeg, photo

Batches = list[Any]


def mixed_folder(root: Path, per_class: int = 4) -> Path:
    """Write class folders of JPEGs, mixed with the other files found in such folders."""
    folder(root, per_class=per_class)
    color, gray = photo(41, 57, seed=90), photo(38, 64, seed=91, channels=1)
    others = {
        "cat/gray.jpg": jpeg(gray),
        "cat/turned.jpg": jpeg(color, orientation=6),
        "dog/cmyk.jpg": cmyk_jpeg(photo(44, 52, seed=92, channels=4)),
        "dog/progressive.jpg": jpeg(color, progressive=True, subsampling="4:2:0"),
        "dog/odd.jpg": jpeg(photo(71, 49, seed=93), subsampling="4:1:1"),
        "owl/image.png": encoded(color, "png"),
        "owl/gray.png": encoded(gray, "png"),
        "owl/flat.bmp": encoded(color, "bmp"),
    }
    for name, data in others.items():
        (root / name).write_bytes(data)
    return root


def by_index(iterator: Any, epochs: int = 3) -> Batches:
    """Return the batches of some epochs, requested by index as `fit` does."""
    batches = []
    for _ in range(epochs):
        batches += [iterator[k] for k in range(len(iterator))]
        iterator.on_epoch_end()
    return batches


def by_iterating(iterator: Any, epochs: int = 3) -> Batches:
    """Return the same number of batches from Keras's infinite iterator."""
    return [next(iterator) for _ in range(epochs * len(iterator))]


WAYS: dict[str, Callable[[Any], Batches]] = {"by index": by_index, "by iterating": by_iterating}


def leaves(batch: Any) -> list[Any]:
    """Return the arrays of a nested batch."""
    if isinstance(batch, (tuple, list)):
        return [leaf for part in batch for leaf in leaves(part)]
    return [np.asarray(batch)]


def assert_same_batches(
    ours: Batches, theirs: Batches, *, inputs: int = 1, level: float | None = None, scale: float = 1.0
) -> None:
    """Compare batches.

    Args:
        ours: fastseq's.
        theirs: Keras's.
        inputs: how many arrays at the start of a batch are images; the others must be equal.
        level: None if images must be equal; otherwise 99.9 % of their values must be within this many gray levels,
            and the mean difference within 0.05 times that.
        scale: one gray level in the units of the batch.
    """
    assert len(ours) == len(theirs) > 0
    errors = []
    for mine, original in zip(ours, theirs, strict=True):
        mine_leaves, original_leaves = leaves(mine), leaves(original)
        assert len(mine_leaves) == len(original_leaves)
        assert type(mine) is type(original)
        for place, (a, b) in enumerate(zip(mine_leaves, original_leaves, strict=True)):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            if place >= inputs or level is None:
                np.testing.assert_array_equal(a, b)
            else:
                errors.append(np.abs(a.astype(np.float64) - b.astype(np.float64)).ravel() / scale)
    if errors:
        error = np.concatenate(errors)
        assert np.mean(error > level) <= 1e-3, f"{np.mean(error > level):.2%} differ by more than {level}"
        assert error.mean() <= 0.05 * level, f"{error.mean():.3f} on average"


def assert_same_attributes(ours: Any, theirs: Any, names: Sequence[str]) -> None:
    """Compare the public attributes of two iterators."""
    for name in names:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert type(a) is type(b), name
        np.testing.assert_array_equal(a, b, name)
