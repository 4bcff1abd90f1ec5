"""What happens to an image of an `ImageDataGenerator`, and what does it: the native core or Keras's own code."""

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
    PILLOW_FILTERS,
    STANDARDIZE_SETTINGS,
    is_keras_method,
)
from fastseq.transforms import CropToAspect

Floats: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class ImageWork:
    """How the images of one iterator are made.

    Attributes:
        settings: what the native core does.
        draws: draws its random numbers for a whole batch; None if `step` draws them image by image.
        step: called with each decoded image, in order, and returns the changed image; None if nothing is left to do.
    """

    settings: Settings
    draws: ParameterDraws | None
    step: Callable[[Floats], Floats] | None


def fingerprint(generator: Any) -> str:
    """The settings of a generator that `image_work` depends on; users may change them between two batches."""
    return repr([getattr(generator, name) for name in GENERATOR_SETTINGS])


def image_work(
    generator: Any,
    size: tuple[int, int],
    channels: int,
    *,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    arrays: bool = False,
) -> ImageWork | None:
    """Divide the work between the native core and Keras's own code.

    Args:
        generator: an `ImageDataGenerator`.
        size: (height, width) of the images.
        channels: their number of channels.
        interpolation: the name of one of Pillow's filters, for files.
        keep_aspect_ratio: whether files are cropped to the aspect ratio of `size`.
        arrays: whether the images are float32 arrays rather than files.

    Returns:
        The plan; None if Keras's own code has to do everything: for RGBA, for a `keras.config.floatx()` other than
        float32, and for unsupported filters.
    """
    if channels not in (1, 3) or keras.config.floatx() != "float32" or interpolation not in PILLOW_FILTERS:
        return None
    natively = _has_native_transform(generator)
    plain = is_keras_method(generator, "standardize") and not any(
        getattr(generator, name) for name in STANDARDIZE_SETTINGS
    )
    draws = None
    if natively and is_keras_method(generator, "get_random_transform") and not generator.preprocessing_function:
        draws = ParameterDraws.of(generator, *size)
    step: Callable[[Floats], Floats] | None = None if plain else generator.standardize
    if draws is None:
        step = _RandomStep(generator, size, channels) if natively else _keras_step(generator)
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
    )
    return ImageWork(settings, draws, step)


def _keras_step(generator: Any) -> Callable[[Floats], Floats]:
    """Everything that Keras's own code does to a loaded image."""

    def step(image: Floats) -> Floats:
        changed: Floats = generator.standardize(generator.random_transform(image))
        return changed

    return step


class _RandomStep:
    """The same with a native transform, for generators whose random numbers cannot be drawn for a whole batch at once.

    A `preprocessing_function`, for example, may draw from NumPy's generator between the parameters of two images.
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
    # Keras's brightness treats every image as if it had the global data format.
    brightens = generator.brightness_range is not None
    return (
        is_keras_method(generator, "apply_transform")
        and generator.fill_mode in FILL_MODES
        and generator.interpolation_order in (0, 1)
        and not (brightens and generator.data_format != keras.config.image_data_format())
    )
