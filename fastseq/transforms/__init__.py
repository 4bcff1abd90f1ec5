"""How an image becomes a tensor: declared in Python, drawn from a counter-based generator, run in the native core.

A transform says which part of the upright image the output shows. A whole pipeline is one resampling of the decoded
image; no step produces pixels of its own.
"""

from __future__ import annotations

from fastseq.transforms.base import Transform
from fastseq.transforms.crops import CenterCrop, CropToAspect, RandomResizedCrop
from fastseq.transforms.flips import RandomFlip
from fastseq.transforms.pipeline import Pipeline
from fastseq.transforms.resize import PadToAspect, Resize

__all__ = [
    "CenterCrop",
    "CropToAspect",
    "PadToAspect",
    "Pipeline",
    "RandomFlip",
    "RandomResizedCrop",
    "Resize",
    "Transform",
]
