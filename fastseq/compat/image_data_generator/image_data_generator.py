"""ImageDataGenerator: Keras's own, with the images decoded and augmented by the native core."""

from __future__ import annotations

from functools import wraps
from typing import Any

from fastseq.compat.image_data_generator.iterators import DataFrameIterator, DirectoryIterator, NumpyArrayIterator
from fastseq.keras.internals import image_iterator


class ImageDataGenerator(image_iterator.ImageDataGenerator):  # type: ignore[misc]
    """`tf.keras.preprocessing.image.ImageDataGenerator` with the same arguments, attributes, methods and draws.

    `flow`, `flow_from_directory` and `flow_from_dataframe` decode JPEGs, resize them with the bits of Pillow's filters,
    transform them (affine map, channel shift, flips, brightness) and rescale them in the native core, on all cores and
    ahead of need. Interpolated pixels are within one grey level of Keras's.

    Keras's own Python code still runs, at its own speed, for a `preprocessing_function`, samplewise and featurewise
    statistics, ZCA, RGBA images, interpolation orders above 1, fill modes that Keras does not document, `save_to_dir`,
    and methods that a subclass overrides.

    From the same state of NumPy's global generator the iterators return the same batches as Keras's, and leave it in
    the same state. A file that neither fastseq nor Keras can read raises `fastseq.DecodeError`, which names it.
    """

    @wraps(image_iterator.ImageDataGenerator.flow)
    def flow(self, *args: Any, **kwargs: Any) -> NumpyArrayIterator:  # noqa: D102 - Keras's own
        flow: NumpyArrayIterator = NumpyArrayIterator.from_keras(super().flow(*args, **kwargs))
        return flow

    @wraps(image_iterator.ImageDataGenerator.flow_from_directory)
    def flow_from_directory(self, *args: Any, **kwargs: Any) -> DirectoryIterator:  # noqa: D102
        flow: DirectoryIterator = DirectoryIterator.from_keras(super().flow_from_directory(*args, **kwargs))
        return flow

    @wraps(image_iterator.ImageDataGenerator.flow_from_dataframe)
    def flow_from_dataframe(self, *args: Any, **kwargs: Any) -> DataFrameIterator:  # noqa: D102
        flow: DataFrameIterator = DataFrameIterator.from_keras(super().flow_from_dataframe(*args, **kwargs))
        return flow
