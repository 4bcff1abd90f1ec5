"""Drop-in replacements for Keras's loaders: their names and arguments, with images decoded by fastseq."""

from __future__ import annotations

import typing as _typing
from importlib import import_module as _import_module

from fastseq.compat.pixel_cache import set_pixel_cache
from fastseq.compat.prefetch import set_prefetch_bytes

_MODULES = {
    "DataGenerator": "data_generator",
    "ImageDataGenerator": "image_data_generator.image_data_generator",
    "image_dataset_from_directory": "image_dataset.image_dataset",
    "Sequence": "sequence.sequence",
}

if _typing.TYPE_CHECKING:
    from fastseq.compat.data_generator import DataGenerator
    from fastseq.compat.image_data_generator.image_data_generator import ImageDataGenerator
    from fastseq.compat.image_dataset.image_dataset import image_dataset_from_directory
    from fastseq.compat.sequence.sequence import Sequence

__all__ = [
    "DataGenerator",
    "ImageDataGenerator",
    "Sequence",
    "image_dataset_from_directory",
    "set_pixel_cache",
    "set_prefetch_bytes",
]


def __getattr__(name: str) -> _typing.Any:
    """Import on first use what needs Keras."""
    if name in _MODULES:
        return getattr(_import_module(f"fastseq.compat.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'fastseq.compat' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
