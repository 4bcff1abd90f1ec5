"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RayAddress = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help='A Ray cluster that does it: "auto", "local" or "ray://HOST:10001".'),
]
Quarantine = Annotated[Path, typer.Option(metavar="FILE", help="Where to list bad files, for Samples.without.")]
QUARANTINE = Path("fastseq-bad.jsonl")
"""The default of the latter."""
