"""The state of a loader, and whether two states go together."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from hashlib import blake2b
from typing import Any

from fastseq import arguments
from fastseq.engine.settings import Settings

State = dict[str, Any]  # JSON-ready

_MAX_TEXT = 32  # characters of a setting; a longer one is stored as its fingerprint


def describe_settings(settings: Settings) -> dict[str, str]:
    """The text of each setting, or a fingerprint of it."""
    return {field.name: shortened(repr(getattr(settings, field.name))) for field in fields(settings)}


def shortened(text: str) -> str:
    """The text of a setting, or a fingerprint of it."""
    return text if len(text) <= _MAX_TEXT else fingerprint(text.encode())


def fingerprint(data: bytes) -> str:
    """A hash of the data, 16 hex digits."""
    return blake2b(data, digest_size=8).hexdigest()


def check_compatible(theirs: State, ours: State, ignore: Collection[str]) -> None:
    """Check that two states belong to loaders with the same samples and settings.

    Args:
        theirs: the state to resume from.
        ours: the state of the loader that resumes.
        ignore: the keys that may differ.

    Raises:
        ValueError: if anything else differs; the message says what.
    """
    if not isinstance(theirs, dict) or "version" not in theirs:
        raise ValueError("this is not a state of fastseq: pass what state_dict() returned")
    differing = [
        f"{key} {their!r} (here {our!r})"
        for key, their, our in _pairs(theirs, ours)
        if their != our and key not in ignore
    ]
    if differing:
        raise ValueError(f"this state belongs to a loader with different settings: {', '.join(differing)}")


def counter(state: State, key: str) -> int:
    """A number of a state.

    Raises:
        ValueError: if it is missing, or is not an integer from 0 to 2**64 - 1.
    """
    try:
        return arguments.integer(f"state[{key!r}]", state.get(key), minimum=0, maximum=2**64 - 1)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _pairs(theirs: State, ours: State) -> Iterator[tuple[str, Any, Any]]:
    """Each key with both values; the settings one by one."""
    for key, our in ours.items():
        their = theirs.get(key)
        if isinstance(our, dict) and isinstance(their, dict):
            for name in dict.fromkeys([*our, *their]):
                yield name, their.get(name), our.get(name)
        else:
            yield key, their, our
