"""A table of images a second."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.table import Table


class Speed(NamedTuple):
    """How fast one way of doing it was.

    Attributes:
        title: what was measured.
        threads: those that decode.
        images: a second.
    """

    title: str
    threads: int
    images: float


def speed_table(speeds: Iterable[Speed]) -> Table:
    """Return a table with a row for each, to print with rich."""
    table = Table("", "threads", "images / s")
    for column in table.columns[1:]:
        column.justify = "right"
    for speed in speeds:
        table.add_row(speed.title, str(speed.threads), f"{speed.images:,.0f}")
    return table
