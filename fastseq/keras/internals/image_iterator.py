"""Keras's legacy `ImageDataGenerator` and its iterators: the classes, and what their private parts do.

Mirrors keras/src/legacy/preprocessing/image.py, whose classes Keras 3 exports under `_tf_keras` alone, and the filters
of keras/src/utils/image_utils.py. fastseq's iterators are subclasses of Keras's; they rely on these facts:

1. `Iterator.__getitem__(k)` and `Iterator.__next__` hand the sample numbers of a batch to
   `_get_batches_of_transformed_samples`, the method that fastseq overrides.
2. Before each batch an iterator with a seed calls `np.random.seed(seed + total_batches_seen)`, then counts the batch.
3. A new order is drawn from `np.random` at the end of an epoch, and by iteration when `batch_index` is 0: `draw_order`.
4. By iteration, `batch_index` is already that of the batch after next when a batch is made: `coming_steps`.
5. A batch draws the parameters of its images one by one, with `get_random_transform`, in the order of the batch;
   `fastseq.compat.image_data_generator.augmentation` draws the same numbers at once.
6. An image depends on no attributes of a generator but `GENERATOR_SETTINGS`, the axes of its `data_format`, and the
   statistics that `fit` computes.
7. Each batch reads anew what the attributes of the iterator and of its generator are, and calls whatever functions are
   in the place of `_LOADING` and `_TRANSFORMS`: users change them between batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.keras.internals.checked_keras import keras, unsupported

try:
    from keras.src.legacy.preprocessing import image as _image
    from keras.src.legacy.preprocessing.image import (
        DataFrameIterator,
        DirectoryIterator,
        ImageDataGenerator,
        NumpyArrayIterator,
    )
    from keras.src.utils import image_utils as _image_utils
except ImportError as error:
    raise unsupported(keras.__version__, "ImageDataGenerator in keras.src.legacy.preprocessing.image") from error

__all__ = ["DataFrameIterator", "DirectoryIterator", "ImageDataGenerator", "NumpyArrayIterator"]

PILLOW_FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
"""The names in `PIL_INTERPOLATION_METHODS`, all of which Pillow still has."""

_FILTERS = dict(_image_utils.PIL_INTERPOLATION_METHODS)  # as they are before anybody changes them

_LOADING = ("load_img", "img_to_array")
_TRANSFORMS = (
    *("apply_affine_transform", "transform_matrix_offset_center", "apply_channel_shift"),
    *("apply_brightness_shift", "flip_axis"),
)

STANDARDIZE_SETTINGS = (
    "preprocessing_function",
    *("samplewise_center", "samplewise_std_normalization"),
    *("featurewise_center", "featurewise_std_normalization", "zca_whitening"),
)
"""What `ImageDataGenerator.standardize` applies beside `rescale`, if it is set."""

GENERATOR_SETTINGS = (
    *("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "zoom_range"),
    *("channel_shift_range", "brightness_range", "fill_mode", "cval", "horizontal_flip", "vertical_flip"),
    *("rescale", "interpolation_order", *STANDARDIZE_SETTINGS),
)
"""The attributes of an `ImageDataGenerator` that decide what is done to an image; a user may set them at any time."""


@dataclass(frozen=True)
class Step:
    """A batch that an iterator will make.

    Attributes:
        first: its first place in the order.
        new_order: whether a new order is drawn before it.
    """

    first: int
    new_order: bool = False


def restart_iteration(iterator: Any) -> None:
    """Give an iterator whose attributes were copied from another the generator behind `next` that is its own."""
    iterator.index_generator = iterator._flow_index()


def coming_steps(iterator: Any, count: int) -> Iterator[Step]:
    """The next `count` batches of the endless iteration, as `_flow_index` will choose them."""
    index = iterator.batch_index
    for _ in range(count):
        first = index * iterator.batch_size % max(iterator.n, 1)
        yield Step(first, index == 0)
        index = index + 1 if iterator.n > first + iterator.batch_size else 0


def seed_batch(iterator: Any, random: np.random.RandomState, ahead: int) -> None:
    """Seed `random` as the iterator will seed `np.random` before the batch that comes after `ahead` others."""
    if iterator.seed is not None:
        random.seed(iterator.seed + iterator.total_batches_seen + ahead)


def current_order(iterator: Any) -> NDArray[np.int64]:
    """int64 (n,): the order that the iterator goes through; only once a batch was requested."""
    order: NDArray[np.int64] = iterator.index_array
    return order


def draw_order(iterator: Any, random: np.random.RandomState) -> NDArray[np.int64]:
    """int64 (n,): the order that `_set_index_array` would set if `np.random` were in the state of `random`."""
    return random.permutation(iterator.n) if iterator.shuffle else np.arange(iterator.n)


def has_usual_axes(generator: Any) -> bool:
    """Whether a generator's axes are those of its `data_format`."""
    axes = (generator.row_axis, generator.col_axis, generator.channel_axis)
    return axes == ((1, 2, 3) if generator.data_format == "channels_last" else (2, 3, 1))


def is_keras_method(generator: Any, name: str) -> bool:
    """Whether a method of an `ImageDataGenerator` is Keras's own: nobody has overridden or patched it."""
    return _is_defined_in(_image, getattr(type(generator), name)) and name not in vars(generator)


def is_keras_filter(name: Any) -> bool:
    """Whether `load_img` resizes with Pillow's filter of that name."""
    return name in PILLOW_FILTERS and _image_utils.PIL_INTERPOLATION_METHODS.get(name) == _FILTERS[name]


def loads_as_keras() -> bool:
    """Whether nobody has patched the functions that load files."""
    return _are_keras(_image_utils, _LOADING)


def transforms_as_keras() -> bool:
    """Whether nobody has patched the functions that transform images."""
    return _are_keras(_image, _TRANSFORMS)


def is_keras_batch(method: Any) -> bool:
    """Whether a `_get_batches_of_transformed_samples` is Keras's own."""
    return _is_defined_in(_image, method)


def _are_keras(module: Any, names: Iterable[str]) -> bool:
    return all(_is_defined_in(module, getattr(module, name)) for name in names)


def _is_defined_in(module: Any, function: Any) -> bool:
    return getattr(function, "__globals__", None) is vars(module)
