"""How the drop-ins are compared with Keras's originals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from images import cmyk_jpeg, encoded, folder, jpeg, photo

Batches = list[Any]


def mixed_folder(root: Path, per_class: int = 4) -> Path:
    """Class folders of JPEGs, and among them what else is found in such folders."""
    folder(root, per_class=per_class)
    color, gray = photo(41, 57, seed=90), photo(38, 64, seed=91, channels=1)
    others = {
        "cat/gray.jpg": jpeg(gray),
        "cat/turned.jpg": jpeg(color, orientation=6),
        "dog/cmyk.jpg": cmyk_jpeg(photo(44, 52, seed=92, channels=4)),
        "dog/progressive.jpg": jpeg(color, progressive=True, subsampling="4:2:0"),
        "dog/odd.jpg": jpeg(photo(71, 49, seed=93), subsampling="4:1:1"),
        "owl/picture.png": encoded(color, "png"),
        "owl/gray.png": encoded(gray, "png"),
        "owl/flat.bmp": encoded(color, "bmp"),
    }
    for name, data in others.items():
        (root / name).write_bytes(data)
    return root


def by_index(iterator: Any, epochs: int = 3) -> Batches:
    """Some epochs, as `fit` asks for them."""
    batches = []
    for _ in range(epochs):
        batches += [iterator[k] for k in range(len(iterator))]
        iterator.on_epoch_end()
    return batches


def by_iterating(iterator: Any, epochs: int = 3) -> Batches:
    """As many batches from Keras's endless iteration."""
    return [next(iterator) for _ in range(epochs * len(iterator))]


WAYS: dict[str, Callable[[Any], Batches]] = {"by index": by_index, "by iterating": by_iterating}


def leaves(batch: Any) -> list[Any]:
    """The arrays of a batch, however they are nested."""
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
        inputs: how many of a batch's first arrays are pictures; all else is equal.
        level: None where pictures are equal; else 99.9 % of their values are within so many grey levels, and they
            differ by 0.05 of it on average.
        scale: a grey level in the batch's units.
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
    """Compare what users read from an iterator."""
    for name in names:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert type(a) is type(b), name
        np.testing.assert_array_equal(a, b, name)
