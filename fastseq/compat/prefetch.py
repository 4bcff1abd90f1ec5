"""How much the drop-ins decode ahead."""

from __future__ import annotations

from fastseq.engine.look_ahead import prefetch_cap

_default = prefetch_cap(None)


def set_prefetch_bytes(prefetch_bytes: int | None) -> None:
    """Cap what each drop-in made from now on decodes ahead.

    Only batches that are begun and not yet handed out count. At least one batch is always decoded ahead, however large,
    and the cap never blocks a batch that is requested.

    Args:
        prefetch_bytes: the cap for each dataset, generator or iterator, in bytes. 0 turns decoding ahead off; None
            restores the default of 256 MiB.

    Raises:
        TypeError: if it is not an integer.
        ValueError: if it is negative.
    """
    global _default
    _default = prefetch_cap(prefetch_bytes)


def drop_in_cap(prefetch_bytes: int | None = None) -> int:
    """The cap of one drop-in: `prefetch_bytes`, or the cap set by `set_prefetch_bytes` if None."""
    return _default if prefetch_bytes is None else prefetch_cap(prefetch_bytes)
