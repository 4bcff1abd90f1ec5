"""The dataset of files inside the one that `keras.utils.image_dataset_from_directory` returns.

Mirrors `paths_and_labels_to_dataset` in keras/src/utils/image_dataset_utils.py: a chain of `tf.data` datasets that
begins with the paths and labels in their order, shuffled by Keras, and goes on with a `map` that loads the images.
"""

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

from fastseq.keras.internals.checked_keras import keras, unsupported


def files_of(dataset: Any) -> Any:
    """The last part of the chain before the images are loaded: a dataset of path, or of (path, label).

    Raises:
        ImportError: if there is no such part.
    """
    part = dataset
    while True:
        spec = part.element_spec
        if getattr(spec[0] if isinstance(spec, tuple) else spec, "dtype", None) == tf.string:
            return part
        inputs = part._inputs()
        if len(inputs) != 1:
            raise unsupported(keras.__version__, "dataset of paths inside image_dataset_from_directory's")
        (part,) = inputs


def is_url(directory: str | os.PathLike[str]) -> bool:
    """Whether Keras lists and reads a directory by `tf.io.gfile`, as `is_remote_path` in its file_utils.py says."""
    return "://" in os.fspath(directory)
