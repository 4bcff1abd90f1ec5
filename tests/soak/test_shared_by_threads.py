"""Threads share loaders for a long time."""

from __future__ import annotations

import os

import pytest
from shared_by_threads import run


@pytest.mark.soak
def test_threads_share_loaders(tree, figure):
    seconds = float(os.environ.get("FASTSEQ_SOAK_SECONDS", "60"))
    figure(f"{run(str(tree / 'cat'), seconds)} calls")
