"""How the images of an `ImageDataGenerator` are made: what the native core does, and what Keras's own code does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastseq.compat.image_data_generator.augmentation import FILL_MODES, ParameterDraws, rows_of
from fastseq.engine.batch_memory import BatchAllocator
from fastseq.engine.decoder import Decoder
from fastseq.engine.settings import Settings
from fastseq.engine.sources import ListSources
from fastseq.engine.threads import shared_threads
from fastseq.keras.internals.checked_keras import keras
from fastseq.keras.internals.image_iterator import (
    GENERATOR_SETTINGS,
    STANDARDIZE_SETTINGS,
    has_usual_axes,
    is_keras_filter,
    is_keras_method,
    loads_as_keras,
    transforms_as_keras,
)
from fastseq.transforms import CropToAspect

Floats: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class ImageRecipe:
    """How the images of one iterator are made.

    Attributes:
        settings: of the native core's part.
        draws: draws the random parameters of that part for a batch; None if `step` draws them image by image.
        step: Python code applied to each image of a batch after that, in order; returns the changed image. None if
            there is none.
        arrays: whether the images are float32 arrays rather than files.
    """

    settings: Settings
    draws: ParameterDraws | None
    step: Callable[[Floats], Floats] | None
    arrays: bool


def recipe_inputs(generator: Any) -> list[Any]:
    """Everything that the recipe of a generator's images depends on; it may change between two batches."""
    settings = [getattr(generator, name) for name in GENERATOR_SETTINGS]
    own = [is_keras_method(generator, name) for name in ("get_random_transform", "apply_transform", "standardize")]
    patched = [loads_as_keras(), transforms_as_keras()]
    keras_wide = [keras.config.floatx(), keras.config.image_data_format()]
    return [*settings, generator.data_format, has_usual_axes(generator), *own, *patched, *keras_wide]


def image_recipe(
    generator: Any,
    size: tuple[int, int],
    channels: int,
    *,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    arrays: bool = False,
) -> ImageRecipe | None:
    """Decide which part the native core does.

    Args:
        generator: an `ImageDataGenerator`.
        size: (height, width) of the images.
        channels: of the images.
        interpolation: the name of one of Pillow's filters, for files.
        keep_aspect_ratio: whether files are cropped to the aspect ratio of `size`.
        arrays: whether the images are float32 arrays rather than files.

    Returns:
        None if Keras's own code has to do everything: for RGBA, for a `keras.config.floatx()` other than float32, for
        unknown filters, and where somebody has patched the functions that load files.
    """
    if channels not in (1, 3) or keras.config.floatx() != "float32":
        return None
    if not arrays and not (is_keras_filter(interpolation) and loads_as_keras()):
        return None
    transforms_natively = _has_native_transform(generator)
    only_rescales = is_keras_method(generator, "standardize") and not any(
        getattr(generator, name) for name in STANDARDIZE_SETTINGS
    )
    draws = None
    if (
        transforms_natively
        and is_keras_method(generator, "get_random_transform")
        and not generator.preprocessing_function
    ):
        draws = ParameterDraws.of(generator, *size)
    step: Callable[[Floats], Floats] | None = None if only_rescales else _standardize_step(generator)
    if draws is None:
        step = _RandomStep(generator, size, channels) if transforms_natively else _keras_step(generator)
    factor = float(generator.rescale or 1) if step is None else 1.0
    fused = draws is not None and (draws.random or arrays)
    settings = Settings(
        size,
        CropToAspect(float32=False) if keep_aspect_ratio else (),
        interpolation="pil." + interpolation,
        orient="none",
        color="pil.rgb" if channels == 3 else "pil.gray",
        dtype="float32",
        scale=1.0 if fused else factor,
        data_format=generator.data_format,
        strict="whole",
        augment=_augment(generator, factor, arrays) if fused else None,
        native_png=False,
    )
    return ImageRecipe(settings, draws, step, arrays)


def _standardize_step(generator: Any) -> Callable[[Floats], Floats]:
    """The generator's `standardize`, looked up for each image: it may be replaced between two batches."""

    def step(image: Floats) -> Floats:
        changed: Floats = generator.standardize(image)
        return changed

    return step


def _keras_step(generator: Any) -> Callable[[Floats], Floats]:
    """Everything that Keras's own code does to a loaded image."""

    def step(image: Floats) -> Floats:
        parameters = generator.get_random_transform(image.shape)
        changed: Floats = generator.standardize(generator.apply_transform(image, parameters))
        return changed

    return step


class _RandomStep:
    """The same with the transform in the native core, for generators whose parameters cannot be drawn by the batch.

    A `preprocessing_function`, for one, may draw from NumPy's generator between the parameters of two images.
    """

    def __init__(self, generator: Any, size: tuple[int, int], channels: int) -> None:
        self._generator = generator
        self._size = size
        settings = Settings(
            size,
            color="rgb" if channels == 3 else "gray",
            dtype="float32",
            data_format=generator.data_format,
            augment=_augment(generator, 1.0, True),
        )
        self._decoder = Decoder(settings, shared_threads(None), BatchAllocator(0))

    def __call__(self, image: Floats) -> Floats:
        parameters = self._generator.get_random_transform(image.shape)
        source = np.ascontiguousarray(image, np.float32).reshape(-1).view(np.uint8)
        transformed = self._decoder.decode(ListSources([source]), rows_of([parameters], *self._size))
        changed: Floats = self._generator.standardize(transformed[0])
        return changed


def _augment(generator: Any, factor: float, arrays: bool) -> tuple[int, float, bool, float, bool, int]:
    mode = FILL_MODES[generator.fill_mode]
    return mode, float(generator.cval), generator.interpolation_order == 1, factor, arrays, 0


def _has_native_transform(generator: Any) -> bool:
    # Keras's brightness assumes the global data format, whatever the generator's is.
    brightens = generator.brightness_range is not None
    return (
        is_keras_method(generator, "apply_transform")
        and transforms_as_keras()
        and has_usual_axes(generator)
        and generator.fill_mode in FILL_MODES
        and generator.interpolation_order in (0, 1)
        and not (brightens and generator.data_format != keras.config.image_data_format())
    )
