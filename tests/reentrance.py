"""Calls in the middle of other calls, as signal handlers and finalizers make them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import fastseq

PACKAGE = str(Path(fastseq.__file__).parent)


@contextmanager
def called_at_every_line(call: Callable[[], None]) -> Iterator[list[str]]:
    """Make the call before each line of fastseq that this thread runs in the block, once for each line.

    Yields the lines at which it was made.
    """
    made: dict[tuple[str, int], None] = {}
    lines: list[str] = []

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and place not in made:
            made[place] = None
            lines.append(f"{Path(place[0]).name}:{place[1]}")
            call()  # nothing is traced meanwhile
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)
