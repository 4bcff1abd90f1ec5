"""`keras`, imported once its version is known to work. Import it from here wherever Keras's internals matter."""

from __future__ import annotations

import re
import warnings
from typing import Any

from fastseq.keras.internals.py_dataset import changed_call_order

CHECKED_KERAS_VERSIONS = ("3.8.0", "3.9.2", "3.10.0", "3.11.3", "3.12.4", "3.13.2", "3.14.1", "3.15.1")
"""The versions that tests/test_keras_backends.py passed with, oldest first: on TensorFlow and PyTorch, and from 3.10 on
with JAX, as older versions of Keras do not run on a current JAX."""

WITHOUT_KERAS = "fastseq.Loader, fastseq.DataLoader and fastseq.decode_batch work without Keras."


def unsupported(version: str, missing: str) -> ImportError:
    """The error for a Keras that lacks something fastseq is built on."""
    latest = CHECKED_KERAS_VERSIONS[-1]
    return ImportError(
        f"fastseq does not work with Keras {version}: it has no {missing}. Install the latest version that fastseq was "
        f'checked with: pip install "keras=={latest}". {WITHOUT_KERAS}'
    )


def check_version(version: str) -> None:
    """Refuse a version that is too old; warn of a newer one that calls datasets in another order.

    Raises:
        ImportError: if `version` is older than the first of `CHECKED_KERAS_VERSIONS`.
    """
    oldest, latest = CHECKED_KERAS_VERSIONS[0], CHECKED_KERAS_VERSIONS[-1]
    if _minor(version) < _minor(oldest):
        raise ImportError(
            f"fastseq needs Keras {oldest} or newer, and {version} is installed: "
            f'pip install --upgrade "keras>={oldest}". {WITHOUT_KERAS}'
        )
    if _minor(version) > _minor(latest) and (change := changed_call_order()):
        warnings.warn(
            f"Keras {version} is newer than {latest}, the latest version fastseq was checked with, and {change}: an "
            f'epoch may repeat or skip samples. Upgrade fastseq, or pip install "keras=={latest}"',
            RuntimeWarning,
            stacklevel=2,
        )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _import_keras() -> Any:
    try:
        import keras
    except ModuleNotFoundError as error:
        if error.name != "keras":
            raise
        oldest = CHECKED_KERAS_VERSIONS[0]
        raise ImportError(
            f"this part of fastseq needs Keras {oldest} or newer, which is not installed: "
            f'pip install "keras>={oldest}". {WITHOUT_KERAS}'
        ) from None
    check_version(keras.__version__)
    return keras


keras: Any = _import_keras()
