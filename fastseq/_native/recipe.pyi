"""Types of the binding of recipes."""

from collections.abc import Mapping, Sequence

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
        lookup: bytes,
        scale: Sequence[float],
        offset: Sequence[float],
        bgr: bool,
        interpolation: int,
        orient: int,
        strict: int,
        ops: Sequence[tuple[int, float, float, float, float, int]],
        limits: Mapping[str, int],
        pillow_colors: bool = False,
        index: bool = False,
        uint16_items: bool = False,
        two_taps: bool = False,
        native_png: bool = True,
        augment: tuple[int, float, bool, float, bool, int] | None = None,
    ) -> None: ...
