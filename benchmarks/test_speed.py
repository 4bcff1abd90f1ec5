"""pytest-benchmark benchmarks of `fastseq.decode_batch`; run them with ``pytest benchmarks/test_speed.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from contenders import transforms
from image_set import make_set
from workloads import WORKLOADS

import fastseq

BATCH = 64
CASES = [(name, kind) for name in ("whole", "crop", "tutorial") for kind in WORKLOADS[name].interpolations]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the paths of one batch of JPEGs."""
    return make_set(tmp_path_factory.mktemp("images"), BATCH)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("name", "interpolation"), CASES)
def test_decode_batch(benchmark: Any, paths: list[str], name: str, interpolation: str, threads: int) -> None:
    """Time one batch of a workload, decoded into a preallocated array."""
    workload = WORKLOADS[name]
    out = np.empty((len(paths), *workload.size, 3), np.uint8)
    benchmark.extra_info["images"] = len(paths)
    benchmark(
        fastseq.decode_batch,
        paths,
        size=workload.size,
        transform=transforms(workload),
        interpolation=interpolation,
        orient=workload.orient,
        color=workload.color,
        out=out,
        threads=threads,
    )
    assert out.any()
