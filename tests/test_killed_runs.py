"""Runs on shards in a store that are killed and go on with another world size have the batches of one process."""

from __future__ import annotations

from itertools import chain, islice
from random import Random

import pytest
from batch_by_batch import contents, loader_of
from killed_runs import check_killed_run, served_shards

pytest.importorskip("obstore")


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with served_shards() as url:
        yield url


@pytest.mark.parametrize("world_size", [1, 2, 4, 8])
def test_batches_are_the_same_at_each_world_size(url, world_size):
    ranks = [contents(loader_of(url, rank=rank, world_size=world_size, threads=1)) for rank in range(world_size)]
    together = [list(chain(*parts)) for parts in islice(zip(*ranks, strict=True), 12)]
    assert together == list(islice(contents(loader_of(url)), 12))


def test_a_run_that_is_killed_goes_on_with_another_world_size(url):
    check_killed_run(url, [2, 4, 1], seed=0)


@pytest.mark.soak
@pytest.mark.parametrize("is_cached", [False, True])
def test_twenty_kills(url, is_cached, tmp_path, figure):
    random, world_sizes = Random(1), [8]
    while len(world_sizes) < 21:
        world_sizes.append(random.choice([size for size in (1, 2, 4, 8) if size != world_sizes[-1]]))
    options = {"cache": str(tmp_path / "blocks"), "cache_bytes": 100_000} if is_cached else {}
    count = check_killed_run(url, world_sizes, seed=2, **options)
    figure(f"{len(world_sizes) - 1} kills, {count} batches, world sizes {world_sizes}")
