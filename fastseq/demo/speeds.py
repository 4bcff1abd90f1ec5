"""A table of images per second."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.table import Table


class Speed(NamedTuple):
    """The speed of one loader.

    Attributes:
        title: what was measured.
        threads: how many threads decode.
        images: images per second.
    """

    title: str
    threads: int
    images: float


def speed_table(speeds: Iterable[Speed]) -> Table:
    """Return a rich table with one row per speed."""
    table = Table("", "threads", "images / s")
    for column in table.columns[1:]:
        column.justify = "right"
    for speed in speeds:
        table.add_row(speed.title, str(speed.threads), f"{speed.images:,.0f}")
    return table
