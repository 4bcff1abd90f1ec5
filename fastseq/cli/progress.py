"""How far a command has come."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


def progress_bar(description: str, *columns: ProgressColumn) -> Progress:
    """A bar on stderr, with a count and the time left, and some columns between these."""
    shown = (TextColumn(description), BarColumn(), MofNCompleteColumn(), *columns, TimeRemainingColumn())
    return Progress(*shown, console=Console(stderr=True), speed_estimate_period=600)
