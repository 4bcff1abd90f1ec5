"""ImageDataGenerator: Keras's own, its pictures made by the native core."""

from __future__ import annotations

from functools import wraps
from typing import Any

from fastseq.compat.image_data_generator.iterators import DataFrameIterator, DirectoryIterator, NumpyArrayIterator
from fastseq.keras.internals import image_iterator


class ImageDataGenerator(image_iterator.ImageDataGenerator):  # type: ignore[misc]
    """`tf.keras.preprocessing.image.ImageDataGenerator` with the same arguments, attributes, methods and draws.

    What differs is who makes the pictures of `flow`, `flow_from_directory` and `flow_from_dataframe`. JPEGs are
    decoded, resized by Pillow's filters bit for bit, transformed (affine map, shift of the channels, flips, brightness)
    and rescaled in the native core, on all cores and ahead of need. Interpolated pictures are within a grey level of
    Keras's. A `preprocessing_function`, statistics and ZCA are Keras's own Python and cost what they cost there, and so
    are RGBA pictures, interpolation orders above 1, other fill modes than Keras documents, `save_to_dir`, and methods
    that a subclass overrides.

    The iterators give the same batches for the same state of NumPy's global generator, and leave it in the same state.
    A file that neither fastseq nor Keras can read raises `fastseq.DecodeError`, which names it.
    """

    @wraps(image_iterator.ImageDataGenerator.flow)
    def flow(self, *args: Any, **kwargs: Any) -> NumpyArrayIterator:  # noqa: D102 - Keras's own
        flow: NumpyArrayIterator = NumpyArrayIterator.adopt(super().flow(*args, **kwargs))
        return flow

    @wraps(image_iterator.ImageDataGenerator.flow_from_directory)
    def flow_from_directory(self, *args: Any, **kwargs: Any) -> DirectoryIterator:  # noqa: D102
        flow: DirectoryIterator = DirectoryIterator.adopt(super().flow_from_directory(*args, **kwargs))
        return flow

    @wraps(image_iterator.ImageDataGenerator.flow_from_dataframe)
    def flow_from_dataframe(self, *args: Any, **kwargs: Any) -> DataFrameIterator:  # noqa: D102
        flow: DataFrameIterator = DataFrameIterator.adopt(super().flow_from_dataframe(*args, **kwargs))
        return flow
