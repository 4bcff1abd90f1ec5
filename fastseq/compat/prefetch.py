"""How much the drop-ins decode ahead."""

from __future__ import annotations

from fastseq.engine.look_ahead import prefetch_cap

_default = prefetch_cap(None)


def set_prefetch_bytes(prefetch_bytes: int | None) -> None:
    """Bound the memory of the batches that a drop-in decodes ahead, for all drop-ins made from now on.

    Only batches that are begun and not handed out count. One batch is always decoded ahead, however large.

    Args:
        prefetch_bytes: bytes for each dataset, generator or iterator; 0 turns decoding ahead off, None restores the
            default of 256 MiB.

    Raises:
        TypeError: if it is not an integer.
        ValueError: if it is negative.
    """
    global _default
    _default = prefetch_cap(prefetch_bytes)


def drop_in_cap(prefetch_bytes: int | None = None) -> int:
    """The cap of one drop-in: `prefetch_bytes`, or what `set_prefetch_bytes` says where None."""
    return _default if prefetch_bytes is None else prefetch_cap(prefetch_bytes)
