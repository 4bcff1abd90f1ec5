"""A decoder for `tf.data` pipelines."""

from __future__ import annotations

import typing as _typing
from importlib import import_module as _import_module

if _typing.TYPE_CHECKING:
    from fastseq.tf.map_function import decode

__all__ = ["decode"]


def __getattr__(name: str) -> _typing.Any:
    """Import on first use what needs TensorFlow."""
    if name == "decode":
        return _import_module("fastseq.tf.map_function").decode
    raise AttributeError(f"module 'fastseq.tf' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
