"""Importing TensorFlow without its words to the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what libraries write to stderr, natively too; it is shown after all if an exception comes."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held, os.fdopen(terminal, "wb") as shown:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            shutil.copyfileobj(held, shown)
            raise
        finally:
            os.dup2(terminal, 2)
