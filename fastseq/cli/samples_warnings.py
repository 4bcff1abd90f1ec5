"""What a command says of a set that looks wrong."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fastseq.errors import SamplesWarning


@contextmanager
def echoed_warnings() -> Iterator[None]:
    """Print each `SamplesWarning` of what is done meanwhile as a line on stderr, once that has ended well."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SamplesWarning)
        yield
    for warning in caught:
        typer.echo(f"fastseq: {warning.message}", err=True)
