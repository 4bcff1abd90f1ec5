"""The exceptions of fastseq."""

from __future__ import annotations


class UnknownLabelError(ValueError):
    """A label that is not among the classes that were given."""
