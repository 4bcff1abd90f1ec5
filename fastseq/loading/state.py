"""What a loader's state says, and how two states differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from hashlib import blake2b
from typing import Any

from fastseq.engine.settings import Settings

State = dict[str, Any]  # JSON-ready

_LONGEST_WORD = 32  # of a setting; a longer one is told by its fingerprint


def in_words(settings: Settings) -> dict[str, str]:
    """Each setting as it is written, or a fingerprint of that."""
    words = {field.name: repr(getattr(settings, field.name)) for field in fields(settings)}
    return {name: word if len(word) <= _LONGEST_WORD else fingerprint(word.encode()) for name, word in words.items()}


def fingerprint(data: bytes) -> str:
    """Sixteen hex digits that change with the data."""
    return blake2b(data, digest_size=8).hexdigest()


def refuse_differences(theirs: State, ours: State, besides: Collection[str]) -> None:
    """Check that two states are of loaders of the same samples and settings.

    Args:
        theirs: the state to go on from.
        ours: that of the loader which is to go on.
        besides: what may differ.

    Raises:
        ValueError: if something else does; the message names it.
    """
    differing = [
        f"{key} {their!r} (here {our!r})"
        for key, their, our in _in_pairs(theirs, ours)
        if their != our and key not in besides
    ]
    if differing:
        raise ValueError(f"this state is of a loader with other {', '.join(differing)}")


def whole_number(state: State, key: str) -> int:
    """A number in a state; ValueError if it is none."""
    value = state.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"the state has {value!r} as {key!r}, which is no whole number of at least 0")
    return value


def _in_pairs(theirs: State, ours: State) -> Iterator[tuple[str, Any, Any]]:
    """The entries of both, those of the settings one by one."""
    for key, our in ours.items():
        their = theirs.get(key)
        if isinstance(our, dict) and isinstance(their, dict):
            for name in dict.fromkeys([*our, *their]):
                yield name, their.get(name), our.get(name)
        else:
            yield key, their, our
