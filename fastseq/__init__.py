"""A batch loader for Keras: folders and tables of images, decoded by a native core straight into the batch.

`ImageSequence` is for Keras; `Loader`, `DataLoader` and `decode_batch` give NumPy arrays to anyone; `compat` has
drop-ins for Keras's own loaders; `tf` decodes inside a `tf.data` pipeline. Importing this package imports neither Keras
nor TensorFlow.
"""

from __future__ import annotations

import typing as _typing
from importlib import import_module as _import_module

from fastseq import _native as _native  # before NumPy: it says what the processor lacks
from fastseq.build import build_info
from fastseq.compat.torch.data_loader import DataLoader
from fastseq.engine.decode_batch import decode_batch
from fastseq.engine.pixel_settings import PixelSettings
from fastseq.errors import (
    BadSample,
    BadSamplesWarning,
    DecodeError,
    SamplesWarning,
    StalledWarning,
    TooManyBadSamples,
    UnknownLabelError,
)
from fastseq.file_range import FileRange
from fastseq.limits import Limits
from fastseq.loading.loader import Loader
from fastseq.packing.pack import PackProgress, PackSummary, pack
from fastseq.samples import Samples
from fastseq.status import Status
from fastseq.transforms import CenterCrop, RandomFlip, RandomResizedCrop, Resize

if _typing.TYPE_CHECKING:
    from fastseq import compat, tf
    from fastseq.keras.backup import DataBackup
    from fastseq.keras.image_sequence import ImageSequence

__version__ = "0.1.0"  # the build reads it from here

__all__ = [
    "BadSample",
    "BadSamplesWarning",
    "CenterCrop",
    "DataBackup",
    "DataLoader",
    "DecodeError",
    "FileRange",
    "ImageSequence",
    "Limits",
    "Loader",
    "PackProgress",
    "PackSummary",
    "PixelSettings",
    "RandomFlip",
    "RandomResizedCrop",
    "Resize",
    "Samples",
    "SamplesWarning",
    "StalledWarning",
    "Status",
    "TooManyBadSamples",
    "UnknownLabelError",
    "build_info",
    "compat",
    "decode_batch",
    "pack",
    "tf",
]

_NEED_KERAS = {"DataBackup": "fastseq.keras.backup", "ImageSequence": "fastseq.keras.image_sequence"}


def __getattr__(name: str) -> _typing.Any:
    """Import on first use what needs Keras or TensorFlow."""
    if name in ("compat", "tf"):
        return _import_module(f"fastseq.{name}")
    if name in _NEED_KERAS:
        return getattr(_import_module(_NEED_KERAS[name]), name)
    raise AttributeError(f"module 'fastseq' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
