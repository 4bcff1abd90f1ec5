"""How a command ends that cannot go on."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(error: str | Exception, exit_code: int = 2) -> NoReturn:
    """Print one line on stderr, and exit."""
    if isinstance(error, OSError) and error.filename:
        error = f"{error.filename}: {error.strerror}"
    typer.echo(f"fastseq: {error}", err=True)
    raise typer.Exit(exit_code)
