"""NumPy arrays as torch tensors, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np


def require_torch() -> None:
    """Import torch.

    Raises:
        ImportError: if it is not installed; the message says what to do.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError("tensors=True needs PyTorch, which is not installed: pip install torch") from None


def as_tensors(value: Any) -> Any:
    """A batch with a tensor in the place of each array of numbers; tuples, lists and dicts are searched.

    A tensor has the dtype and the memory of its array, which it keeps alive.
    """
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(value) if value.dtype.kind in "biufc" else value
    if isinstance(value, dict):
        return {key: as_tensors(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = map(as_tensors, value)
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value
