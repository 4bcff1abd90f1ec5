"""image_dataset_from_directory: Keras's own dataset of files and labels, with the images decoded by the native core."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import tensorflow as tf

from fastseq.compat.image_dataset.batches import DatasetBatches
from fastseq.compat.image_dataset.errors import raise_first
from fastseq.engine.settings import Settings
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.file_dataset import files_of, is_url
from fastseq.transforms import CropToAspect, PadToAspect

_UNBATCHED = 32  # images decoded together if the dataset yields them one by one
_IN_ORDER = {"num_parallel_calls": 1}  # else TensorFlow makes these maps parallel, as they call no stateful operation

_signature = inspect.signature(keras.utils.image_dataset_from_directory)


@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
@wraps(keras.utils.image_dataset_from_directory)
def image_dataset_from_directory(*args: Any, **kwargs: Any) -> Any:
    """`keras.utils.image_dataset_from_directory`, argument for argument, with the images decoded natively.

    Files, labels, splits, their order in each epoch, shapes, dtypes and errors are Keras's: they come from its own
    dataset. The pixels are those of `tf.image.resize` on what TensorFlow decodes with `dct_method="INTEGER_ACCURATE"`;
    Keras decodes with a faster, less exact DCT, which differs by one grey level on average. TensorFlow takes a batch
    over without a copy. A file that cannot be read is the error that Keras's dataset raises, with a message that names
    the file.

    With `format="grain"`, with `color_mode="rgba"`, and for a directory that is a URL, such as `gs://...`, this returns
    Keras's own dataset.

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
    if options.get("format", "tf") != "tf" or options["color_mode"] == "rgba" or is_url(options["directory"]):
        return loaded
    if isinstance(loaded, list):
        return [_natively(dataset, options) for dataset in loaded]
    return _natively(loaded, options)


def _natively(loaded: Any, options: dict[str, Any]) -> Any:
    """A dataset of the files in `loaded`, a dataset of Keras's."""
    spec = loaded.element_spec
    images = spec[0] if isinstance(spec, tuple) else spec
    batch_size = options["batch_size"]
    batches = DatasetBatches(_settings(options, images), batch_size or _UNBATCHED)
    begin_batch = _held(batches.begin)
    finish_batch = _held(batches.finish if batch_size else batches.finish_each)

    def begin(paths: Any, *labels: Any) -> Any:
        return (_call(begin_batch, [paths], tf.int64), paths, *labels)

    def finish(ticket: Any, paths: Any, *labels: Any) -> Any:
        made, errors = _call(finish_batch, [ticket, paths], [images.dtype, tf.string])
        made.set_shape((None, *images.shape[-3:]))
        errors.set_shape((None,))
        return (made, errors, paths, *labels)

    def check(made: Any, errors: Any, paths: Any, *labels: Any) -> Any:
        checked = raise_first(made, errors, paths)
        return (checked, *labels) if labels else checked

    dataset = files_of(loaded).batch(batch_size or _UNBATCHED)
    dataset.fastseq_batches = batches  # lives as long as this dataset, those derived from it, and their iterators
    dataset = dataset.map(begin, **_IN_ORDER).prefetch(batches.depth).map(finish, **_IN_ORDER)
    if not batch_size:
        dataset = dataset.unbatch().apply(tf.data.experimental.assert_cardinality(loaded.cardinality()))
    dataset = dataset.map(check, **_IN_ORDER).prefetch(tf.data.AUTOTUNE)
    dataset.class_names = loaded.class_names
    dataset.file_paths = loaded.file_paths
    return dataset


def _call(function: Callable[..., Any], arguments: list[Any], result: Any) -> Any:
    """Call a Python function from a graph, by an operation that a checkpoint of the iterator may leave out."""
    return tf.numpy_function(function, arguments, result, stateful=False)


def _held(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method for a graph, which TensorFlow never releases once it has called it.

    It does not keep its object alive: a dataset does. But of one that is made while TensorFlow traces a function, in
    `interleave` for example, only the graph is left when the function runs.
    """
    if not tf.executing_eagerly():
        return method
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
        native_png=False,
    )
