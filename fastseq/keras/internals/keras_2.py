"""How tf_keras, the Keras 2 that may be installed beside Keras 3, finds out what it was given.

Mirrors tf_keras/src/engine/data_adapter.py: `select_data_adapter` asks for the `shape` of whatever is given to `fit`,
`evaluate` or `predict`, to see whether it is like an array, before it fails to find an adapter for a dataset of Keras
3, or takes one that has `__next__` for a generator without an end.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from fastseq.keras.internals.checked_keras import CHECKED_KERAS_VERSIONS, WITHOUT_KERAS


class NoShape:
    """An attribute that does not exist, and that raises an ImportError if tf_keras asks for it."""

    def __get__(self, instance: object, owner: type) -> NoReturn:
        asker = str(sys._getframe(1).f_globals.get("__name__", ""))
        if asker.startswith(("tf_keras.", "tensorflow.python.keras.")):
            raise ImportError(
                f"{owner.__name__} needs Keras 3, {CHECKED_KERAS_VERSIONS[0]} or newer, and this model is one of "
                f"Keras 2 ({asker.partition('.src')[0]}): make it with `import keras`, and leave TF_USE_LEGACY_KERAS "
                f"unset. {WITHOUT_KERAS}"
            )
        raise AttributeError(f"{owner.__name__!r} object has no attribute 'shape'")
