"""A batch loader for Keras: JPEG folders and tables, decoded by a native core straight into the batch.

`ImageSequence` is for Keras; `Loader`, `DataLoader` and `decode_batch` give numpy arrays to anyone. Importing this
package imports neither Keras nor TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastseq.compat.torch.data_loader import DataLoader
from fastseq.engine.decode_batch import decode_batch
from fastseq.engine.pixel_settings import PixelSettings
from fastseq.errors import (
    BadSample,
    BadSamplesWarning,
    DecodeError,
    StalledWarning,
    TooManyBadSamples,
    UnknownLabelError,
)
from fastseq.limits import Limits
from fastseq.loading.loader import Loader
from fastseq.samples import Samples
from fastseq.status import Status
from fastseq.transforms import CenterCrop, RandomFlip, RandomResizedCrop, Resize

if TYPE_CHECKING:
    from fastseq.keras.backup import DataBackup
    from fastseq.keras.image_sequence import ImageSequence

__version__ = "0.1.0"

__all__ = [
    "BadSample",
    "BadSamplesWarning",
    "CenterCrop",
    "DataBackup",
    "DataLoader",
    "DecodeError",
    "ImageSequence",
    "Limits",
    "Loader",
    "PixelSettings",
    "RandomFlip",
    "RandomResizedCrop",
    "Resize",
    "Samples",
    "StalledWarning",
    "Status",
    "TooManyBadSamples",
    "UnknownLabelError",
    "decode_batch",
]


def __getattr__(name: str) -> Any:
    """Import what needs Keras when it is asked for."""
    if name == "ImageSequence":
        from fastseq.keras.image_sequence import ImageSequence

        return ImageSequence
    if name == "DataBackup":
        from fastseq.keras.backup import DataBackup

        return DataBackup
    raise AttributeError(f"module 'fastseq' has no attribute {name!r}")
