"""Validation of arguments: one rule for each kind, whoever takes the argument.

A value of the wrong type is a TypeError, an impossible one a ValueError. Each message names the argument, says what is
possible and shows what was given.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from fastseq.keywords import value_hint

_BYTES = re.compile(r"(\d+(?:\.\d+)?) ?(?:([KMGT])(i)?)?B?", re.IGNORECASE)
_MAX_SIDE = 65535  # pixels; as many as a JPEG can have
_Choice = TypeVar("_Choice")


def is_integer(value: object) -> bool:
    """Whether `value` is an integer of any type, NumPy's included; booleans are not."""
    if isinstance(value, (bool, np.bool_)):
        return False
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def check_ordered(name: str, value: object) -> None:
    """Refuse what has no order, such as a set, where the order of the items has a meaning.

    Raises:
        TypeError: if it is a set: Python orders its items differently in each process.
    """
    if isinstance(value, (set, frozenset)):
        raise TypeError(f"{name} must be in a fixed order: pass a list, such as sorted(...), not a {type_name(value)}")


def integer(name: str, value: Any, minimum: int | None = None, maximum: int | None = None) -> int:
    """An integer, NumPy's included, as a Python int.

    Raises:
        TypeError: if it is not an integer, or a boolean.
        ValueError: if it is not within [minimum, maximum].
    """
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer, not {shown(value)}")
    number = operator.index(value)
    _check_range(name, number, minimum, maximum)
    return number


def byte_count(name: str, value: Any) -> int:
    """A size in bytes, at least 1: an integer, or text such as "400GB" (powers of 1000) or "64 MiB" (powers of 1024).

    Raises:
        TypeError: if it is neither.
        ValueError: if it is less than 1, or text that says no size.
    """
    if isinstance(value, str):
        said = _BYTES.fullmatch(value.strip())
        if said is None:
            raise ValueError(f'{name} must be a number of bytes, or text such as "400GB" or "64MiB", not {value!r}')
        base = 1024 if said[3] else 1000
        value = int(min(float(said[1]) * base ** " KMGT".index((said[2] or " ").upper()), 2.0**63))
    return integer(name, value, minimum=1, maximum=2**62)


def number(
    name: str, value: Any, minimum: float | None = None, maximum: float | None = None, hint: str | None = None
) -> float:
    """A finite real number as a Python float.

    Raises:
        TypeError: if it is not one number, or a boolean or text; the message ends with `hint`.
        ValueError: if it is not finite or not within [minimum, maximum].
    """
    try:
        if isinstance(value, (bool, np.bool_, str, bytes, bytearray)):
            raise TypeError
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be a number, not {shown(value)}{_after(hint)}") from None
    if not math.isfinite(result):
        raise ValueError(f"{name} must be finite, not {value!r}")
    _check_range(name, result, minimum, maximum)
    return result


def one_of(name: str, value: Any, choices: Iterable[_Choice], hint: str | None = None) -> _Choice:
    """One of a few texts, booleans or None.

    Raises:
        ValueError: if it is something else; the message lists the choices, translates the names of other libraries, and
            ends with `hint`.
    """
    choices = tuple(choices)
    if isinstance(value, np.bool_):
        value = bool(value)
    for choice in choices:
        if choice is value or (isinstance(choice, str) and isinstance(value, str) and choice == value):
            return choice
    listed = ", ".join(map(repr, choices))
    advice = _after(value_hint(name, value)) + _after(hint)
    raise ValueError(f"{name} must be one of {listed}, not {shown(value)}{advice}")


def size(name: str, value: Any) -> tuple[int, int]:
    """A (height, width) in pixels, each from 1 to 65535.

    Raises:
        ValueError: if it is anything else.
    """
    try:
        height, width = value
        return integer(name, height, 1, _MAX_SIDE), integer(name, width, 1, _MAX_SIDE)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} must be (height, width), each from 1 to {_MAX_SIDE} pixels, not {shown(value)}")


def batch_number(name: str, value: Any, batches: int) -> int:
    """The number of one of `batches` batches, counted from the front; negative values count from the end.

    Raises:
        IndexError: if there is no such batch.
        TypeError: if it is not an integer, or a boolean.
    """
    k = integer(name, value)
    if not -batches <= k < batches:
        raise IndexError(f"there is no batch {k}: an epoch has {batches}")
    return k % batches


def _check_range(name: str, value: float, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, not {value}")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be at most {maximum}, not {value}")


def _after(hint: str | None) -> str:
    return f"; {hint}" if hint else ""


def type_name(value: object) -> str:
    """The type of a value, for a message."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def kind(value: object) -> str:
    """What a value is, for a message: its type, or the shape of an array."""
    shape = getattr(value, "shape", ())
    return f"an array of shape {tuple(shape)}" if len(shape) else type_name(value)


def shown(value: object) -> str:
    """The value for a message, cut where an array or a table would fill the screen."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
