"""Drop-ins: the names and arguments that people use today, on fastseq."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastseq.compat.prefetch import set_prefetch_bytes

_HOMES = {
    "DataGenerator": "data_generator",
    "ImageDataGenerator": "image_data_generator.image_data_generator",
    "image_dataset_from_directory": "image_dataset.image_dataset",
    "Sequence": "sequence.sequence",
}

if TYPE_CHECKING:
    from fastseq.compat.data_generator import DataGenerator
    from fastseq.compat.image_data_generator.image_data_generator import ImageDataGenerator
    from fastseq.compat.image_dataset.image_dataset import image_dataset_from_directory
    from fastseq.compat.sequence.sequence import Sequence

__all__ = ["DataGenerator", "ImageDataGenerator", "Sequence", "image_dataset_from_directory", "set_prefetch_bytes"]


def __getattr__(name: str) -> Any:
    """Import what needs Keras when it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f"fastseq.compat.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'fastseq.compat' has no attribute {name!r}")
