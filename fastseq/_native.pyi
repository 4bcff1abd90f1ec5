"""Types of the native core's binding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

def status_table() -> list[tuple[int, str, str, str]]: ...
def default_limits() -> tuple[int, int, int, int, int]: ...
def instruction_sets() -> int: ...
def disable_instruction_sets(mask: int) -> None: ...

class Recipe:
    slot_bytes: int
    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        *,
        channels_first: bool,
        item_bytes: int,
        lookup: NDArray[np.uint8],
        scale: float,
        offset: float,
        bgr: bool,
        interpolation: int,
        orient: int,
        strict: int,
        ops: Sequence[tuple[int, float, float, float, float, int]],
        limits: tuple[int, ...],
        pillow_colors: bool = False,
        augment: tuple[int, float, bool, float, bool, int] | None = None,
    ) -> None: ...

class Pool:
    threads: int
    def __init__(self, threads: int) -> None: ...

class Job:
    def __init__(
        self,
        pool: Pool,
        recipe: Recipe,
        out: Any,
        draws: NDArray[np.float64],
        sources: Any,
        paths: Sequence[bool] | None = None,
        *,
        urgent: bool = False,
    ) -> None: ...
    def __len__(self) -> int: ...
    def ready(self) -> bool: ...
    def wait(self, at_most_s: float = ...) -> bool: ...
    def first_pending(self) -> int: ...
    def cancel(self) -> None: ...
    def statuses(self, out: NDArray[np.int32]) -> bool: ...
    def reason(self, i: int) -> str: ...
    def put_pixels(self, i: int, pixels: NDArray[np.uint8], bgr: bool) -> None: ...
    def fail(self, i: int, status: int, reason: str) -> None: ...
