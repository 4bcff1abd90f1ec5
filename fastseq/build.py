"""What this installation is made of."""

from __future__ import annotations

import platform

import numpy as np

from fastseq._native import job, tables
from fastseq.engine.threads import thread_count


def build_info() -> dict[str, str]:
    """What to say in a report about a bug: versions of what is inside and around, and what the processor offers.

    Returns:
        Texts by name: "libjpeg-turbo", "Highway", "libdeflate", "zlib" and "compiler" of the native core, "instruction
        set" for its best vectors, "threads" that decode by default, "Python", "numpy" and "platform".
    """
    return {
        **tables.library_versions(),
        "instruction set": job.instruction_set(),
        "threads": str(thread_count(None)),
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }
