"""Which layer of a model gets the batches as they are.

Mirrors keras/src/models/functional.py and sequential.py, whose models cast what they are given to the dtype of their
inputs, and keras/src/layers/layer.py: a subclassed model, like any layer, casts floats alone. The convolutions of
keras/src/backend/tensorflow/nn.py and torch/nn.py take no integers; those of JAX do.
"""

from __future__ import annotations

from typing import Any

from fastseq.keras.internals.checked_keras import keras, unsupported

try:
    from keras.src.models.functional import Functional
except ImportError as error:
    raise unsupported(keras.__version__, "Functional in keras.src.models.functional") from error


def convolution_of_integers(model: Any) -> Any:
    """The convolution that a subclassed model begins with, which fails if it is given integers; None if there is none.

    Which layer comes first is taken from the order in which the model's attributes were set.
    """
    if keras.backend.backend() not in ("tensorflow", "torch"):
        return None
    layers = keras.layers
    convolutions = (layers.Conv2D, layers.Conv2DTranspose, layers.DepthwiseConv2D, layers.SeparableConv2D)
    layer = model
    while layer is not None and not isinstance(layer, (Functional, keras.Sequential)):
        if isinstance(layer, convolutions):
            return layer
        layer = next(iter(layer._flatten_layers(include_self=False, recursive=False)), None)
    return None
