"""What build_info tells of this installation."""

from __future__ import annotations

import platform

import numpy as np

import fastseq
from fastseq._native import job


def test_versions_and_the_instruction_set_are_told():
    info = fastseq.build_info()
    libraries = ("libjpeg-turbo", "Highway", "libdeflate", "zlib")
    assert list(info)[: len(libraries)] == list(libraries)
    for name in libraries:
        assert info[name].replace(".", "").isdigit(), name
    assert info["compiler"]
    assert int(info["threads"]) >= 1
    assert (info["Python"], info["numpy"]) == (platform.python_version(), np.__version__)


def test_the_instruction_set_is_the_best_in_use():
    best = job.instruction_set()
    try:
        job.disable_instruction_sets(job.instruction_sets())
        least = job.instruction_set()
    finally:
        job.disable_instruction_sets(0)
    assert job.instruction_set() == best == fastseq.build_info()["instruction set"]
    assert least in ("SSSE3", "SSE4", "NEON") or least == best
