"""A Griffe extension: the reference shows signatures and docstrings as Python has them at run time.

fastseq spells out `**pixels: Unpack[PixelSettings]` when it is imported; Griffe reads source text alone.
"""

from __future__ import annotations

import inspect
import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")  # the lightest one

import griffe

import fastseq

NAMES = ("DataLoader", "ImageSequence", "Loader", "decode_batch", "compat.Sequence.images", "tf.decode")


class RuntimeSignatures(griffe.Extension):
    """Replaces the parameters and the docstring of `NAMES`."""

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Do so once fastseq has been read."""
        if pkg.name != "fastseq":
            return
        for name in NAMES:
            actual: Any = fastseq
            for part in name.split("."):
                actual = getattr(actual, part)
            shown = pkg[name]
            shown = shown.final_target if shown.is_alias else shown
            shown.docstring.value = inspect.getdoc(actual)
            function = shown.members["__init__"] if shown.is_class else shown
            parameters = [_parameter(p) for p in inspect.signature(actual).parameters.values()]
            bound = [p for p in function.parameters if p.name == "self" and p.name != parameters[0].name]
            function.parameters = griffe.Parameters(*bound, *parameters)


def _parameter(actual: inspect.Parameter) -> griffe.Parameter:
    return griffe.Parameter(
        actual.name,
        annotation=None if actual.annotation is actual.empty else str(actual.annotation),
        kind=griffe.ParameterKind(actual.kind.description),
        default=None if actual.default is actual.empty else repr(actual.default),
    )
