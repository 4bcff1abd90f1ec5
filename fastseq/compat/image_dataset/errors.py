"""Raises in a graph what Keras's own dataset raises for a file that cannot be read."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def raise_first(images: Any, errors: Any, paths: Any) -> Any:
    """Check images in a graph.

    Args:
        images: of any shape.
        errors: strings, one for each file; empty for a good one.
        paths: strings, of the same shape.

    Returns:
        The images, without a copy, if there is no error. For the first file that has one, its evaluation raises what
        `tf.io.read_file` raises (NotFoundError, PermissionDeniedError and so on), or else InvalidArgumentError with the
        text of the error.
    """
    is_bad = tf.reshape(tf.strings.length(errors) > 0, [-1])

    def fail() -> Any:
        first = tf.argmax(tf.cast(is_bad, tf.int32))
        content = tf.io.read_file(tf.reshape(paths, [-1])[first])
        error = tf.reshape(errors, [-1])[first]
        # An argument, as TensorFlow drops a control dependency on an operation without side effects.
        return tf.numpy_function(_raise, [error, tf.strings.length(content)], images.dtype, stateful=False)

    checked = tf.cond(tf.reduce_any(is_bad), fail, lambda: images)
    checked.set_shape(images.shape)
    return checked


def _raise(error: bytes, _: int) -> None:
    raise ValueError(error.decode())
