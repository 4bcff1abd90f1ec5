"""Transforms: declared in Python, drawn from a counter-based random generator, applied by the native core.

A transform chooses the part of the upright image that the output shows. A pipeline resamples the decoded image once; no
step in between produces pixels.
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
