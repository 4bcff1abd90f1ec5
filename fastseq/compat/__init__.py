"""Drop-ins: the names and arguments that people use today, on fastseq."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastseq.compat.data_generator import DataGenerator
    from fastseq.compat.sequence import Sequence

__all__ = ["DataGenerator", "Sequence"]


def __getattr__(name: str) -> Any:
    """Import what needs Keras when it is asked for."""
    if name == "DataGenerator":
        from fastseq.compat.data_generator import DataGenerator

        return DataGenerator
    if name == "Sequence":
        from fastseq.compat.sequence import Sequence

        return Sequence
    raise AttributeError(f"module 'fastseq.compat' has no attribute {name!r}")
