"""Where what is downloaded and built for the wheels is kept from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("FASTSEQ_WHEEL_CACHE") or Path.home() / ".cache" / "fastseq-wheels")


def folder(*parts: str) -> Path:
    """A folder of the cache, made if it is not there."""
    path = CACHE.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path
