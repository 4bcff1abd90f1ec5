"""The whole corpus with each policy: exactly the bad samples are listed, whatever the number of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_corpus import FOLDER, ROWS

from fastseq import BadSample, Loader, RandomFlip, RandomResizedCrop, Samples, Status

pytestmark = [
    pytest.mark.soak,
    pytest.mark.native,
    pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning"),
    pytest.mark.skipif(not ROWS, reason="FASTSEQ_CORPUS is not set"),
]


def by_kind(found: BadSample) -> str:
    """A policy function that depends on the sample."""
    return "skip" if found.status is Status.NOT_AN_IMAGE else "fill"


def loader_of(samples: Samples, **options) -> Loader:
    augment = [RandomResizedCrop(), RandomFlip()]
    return Loader(samples, (64, 96), 16, labels="int", shuffle=True, transform=augment, max_bad=1.0, **options)


@pytest.mark.parametrize("strict", [True, False, "whole"])
@pytest.mark.parametrize("policy", ["skip", "fill", "substitute", by_kind])
def test_each_policy(policy, strict, figure):
    paths = [str(Path(FOLDER) / row["path"]) for row in ROWS]
    samples = Samples.from_files(paths, np.arange(len(paths)) % 2)
    streams, lists = [], []
    for threads in (1, 4):
        loader = loader_of(samples, on_error=policy, strict=strict, threads=threads)
        streams.append([x.sum(axis=(1, 2, 3), dtype=np.int64).tolist() for x, *_ in loader])
        lists.append([(found.index, found.status) for found in loader.errors])
    assert streams[0] == streams[1]
    assert lists[0] == lists[1]
    alone = loader_of(samples, on_error="fill", strict=strict)
    assert len(list(alone)) == len(loader)
    assert lists[0] == [(found.index, found.status) for found in alone.errors]
    figure(f"{len(paths)} files, {len(lists[0])} bad")
