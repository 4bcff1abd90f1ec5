"""Types that several packages share."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

if sys.version_info >= (3, 11):
    from typing import Self, Unpack
elif TYPE_CHECKING:
    from typing_extensions import Self, Unpack
else:
    Self = Unpack = Any  # they stand in annotations alone, which nothing evaluates

__all__ = ["Self", "StrPath", "Unpack"]

StrPath: TypeAlias = str | os.PathLike[str]
