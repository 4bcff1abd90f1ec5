"""image_dataset_from_directory: Keras's own dataset of files and labels, with the images decoded by the native core."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import tensorflow as tf

from fastseq.compat.image_dataset.batches import DatasetBatches
from fastseq.engine.settings import Settings
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.file_dataset import files_of
from fastseq.transforms import CropToAspect, PadToAspect

_UNBATCHED = 32  # images decoded together if the dataset yields them one by one

_signature = inspect.signature(keras.utils.image_dataset_from_directory)


@wraps(keras.utils.image_dataset_from_directory)
def image_dataset_from_directory(*args: Any, **kwargs: Any) -> Any:
    """`keras.utils.image_dataset_from_directory`, argument for argument, with the images decoded natively.

    Files, labels, splits, their order in each epoch, shapes, dtypes and errors are Keras's: they come from its own
    dataset. The pixels are those of `tf.image.resize` on what TensorFlow decodes with `dct_method="INTEGER_ACCURATE"`;
    Keras decodes with a faster, less exact DCT, which differs by one grey level on average. TensorFlow takes a batch
    over without a copy. A file that cannot be read ends the iteration with an error that names it.

    With `format="grain"` or `color_mode="rgba"` this returns Keras's own dataset.

    Args:
        *args: as for Keras's function.
        **kwargs: likewise.

    Returns:
        A `tf.data.Dataset` with `.class_names` and `.file_paths`, or two of them for `subset="both"`.

    Raises:
        ValueError: as Keras does.
    """
    loaded = keras.utils.image_dataset_from_directory(*args, **kwargs)
    bound = _signature.bind(*args, **kwargs)
    bound.apply_defaults()
    options = bound.arguments
    if options.get("format", "tf") != "tf" or options["color_mode"] == "rgba":
        return loaded
    if isinstance(loaded, list):
        return [_natively(dataset, options) for dataset in loaded]
    return _natively(loaded, options)


def _natively(loaded: Any, options: dict[str, Any]) -> Any:
    """A dataset of the files in `loaded`, a dataset of Keras's."""
    spec = loaded.element_spec
    has_labels = isinstance(spec, tuple)
    images = spec[0] if has_labels else spec
    batch_size = options["batch_size"]
    batches = DatasetBatches(_settings(options, images), batch_size or _UNBATCHED)
    begin_batch, finish_batch = _weak(batches.begin), _weak(batches.finish)

    def begin(paths: Any) -> Any:
        return tf.numpy_function(begin_batch, [paths], tf.int64)

    def finish(ticket: Any, paths: Any) -> Any:
        made = tf.numpy_function(finish_batch, [ticket, paths], images.dtype)
        made.set_shape(images.shape if batch_size else (None, *images.shape))
        return made

    dataset = files_of(loaded).batch(batch_size or _UNBATCHED)
    dataset.fastseq_batches = batches  # lives as long as this dataset, those derived from it, and their iterators
    if has_labels:
        dataset = dataset.map(lambda paths, labels: (begin(paths), paths, labels)).prefetch(batches.depth)
        dataset = dataset.map(lambda ticket, paths, labels: (finish(ticket, paths), labels))
    else:
        dataset = dataset.map(lambda paths: (begin(paths), paths)).prefetch(batches.depth).map(finish)
    if not batch_size:
        dataset = dataset.unbatch().apply(tf.data.experimental.assert_cardinality(loaded.cardinality()))
    dataset = dataset.prefetch(tf.data.AUTOTUNE)
    dataset.class_names = loaded.class_names
    dataset.file_paths = loaded.file_paths
    return dataset


def _weak(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that does not keep its object alive: TensorFlow never releases a Python function it has called."""
    reference = weakref.WeakMethod(method)

    def call(*args: Any) -> Any:
        bound = reference()
        assert bound is not None, "a dataset outlives its iterators"
        return bound(*args)

    return call


def _settings(options: dict[str, Any], images: Any) -> Settings:
    size = options["image_size"]
    data_format = options["data_format"] or keras.config.image_data_format()
    transform: Any = ()
    if options["crop_to_aspect_ratio"]:
        transform = CropToAspect(float32=True)
    elif options["pad_to_aspect_ratio"]:
        transform = PadToAspect()
    return Settings(
        (size, size) if isinstance(size, int) else tuple(size),
        transform,
        interpolation="tf." + options["interpolation"].lower(),
        orient="none",
        color="gray" if options["color_mode"] == "grayscale" else "rgb",
        dtype=images.dtype.as_numpy_dtype,
        data_format=data_format,
        strict="whole",
    )
