"""Processors that the core is not compiled for; .ci/wheels/cpu_models.py emulates them."""

from __future__ import annotations

import subprocess
import sys

from fastseq._native import cpu

OLD_CPU = """
import sys, types
sys.modules["fastseq._native.cpu"] = types.SimpleNamespace(missing_features=lambda: ["SSE4.2", "POPCNT"])
try:
    import fastseq
except ImportError as error:
    print(error)
print([name for name in sys.modules if name == "numpy" or name.startswith("fastseq._native.")])
"""


def test_this_processor_has_all():
    assert cpu.missing_features() == []


def test_an_old_processor_is_told_what_it_lacks_before_anything_is_loaded():
    ran = subprocess.run([sys.executable, "-c", OLD_CPU], capture_output=True, text=True, check=True, timeout=60)
    message, loaded = ran.stdout.splitlines()
    assert "this one lacks SSE4.2, POPCNT" in message
    assert "-cpu host" in message
    assert (loaded, ran.stderr) == ("['fastseq._native.cpu']", "")
