"""How far a command has come."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress_bar(what: str, console: Console) -> Progress:
    """A bar that counts what is indexed."""
    columns = (TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn())
    return Progress(*columns, console=console)
