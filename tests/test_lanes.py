"""Shuffling by blocks: each sample once, few blocks at a time, the same global batches whatever the world size."""

from __future__ import annotations

import itertools
import pickle

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo
from tar_files import tar

import fastseq.samples.blocks as blocks_module
from fastseq import ImageSequence, Loader, Samples
from fastseq._native.order import shuffled
from fastseq.order.lanes import _STAGGER, BlockedSamples, LaneOrder, Lanes, lane_count
from fastseq.order.order import Order
from fastseq.order.rng import BLOCK_STREAM, WINDOW_STREAM, stream_key
from fastseq.samples.blocks import Blocks


def lanes_of(sizes: list[int], batch_size: int, window: int, samples: list[int] | None = None) -> Lanes:
    starts = np.cumsum([0, *sizes])
    numbers = None if samples is None else np.array(samples)
    return Lanes(BlockedSamples(starts, numbers, np.arange(len(sizes))), batch_size, window)


def epoch_of(order: Order, epoch: int) -> list[int]:
    return [int(i) for k in range(len(order)) for i in order.global_indices(epoch, k)]


@st.composite
def worlds(draw):
    """Sizes of blocks, a batch size, a window, and a world size that divides the lanes."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=30))
    world = draw(st.integers(1, 5))
    return sizes, world * draw(st.integers(1, 10)), draw(st.integers(1, 5)), world


def reference(sizes: list[int], batch_size: int, window: int, seed: int, epoch: int) -> list[int]:
    """An epoch, as the docstrings of `Lanes` and `LaneOrder` say it, in lists."""
    starts = np.cumsum([0, *sizes]).tolist()
    blocks = np.frombuffer(shuffled(stream_key(seed, epoch, BLOCK_STREAM), len(sizes)), np.int32).tolist()
    walk = [(block, starts[block] + i) for block in blocks for i in range(sizes[block])]
    n, lanes = len(walk), lane_count(batch_size)
    batches = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    parts = [[size * (lane + 1) // lanes - size * lane // lanes for lane in range(lanes)] for size in batches]
    queues, begin = [], 0
    for lane in range(lanes):
        size = sum(part[lane] for part in parts)
        run = walk[begin : begin + size]
        begin += size
        distinct = list(dict.fromkeys(block for block, _ in run))
        if lane % 2:
            distinct.reverse()
        first = 1 + ((lane * _STAGGER % 2**32 * window) >> 32)
        cuts = [0, *range(first, len(distinct) + window, window)]
        queue = []
        for number, (low, high) in enumerate(itertools.pairwise(cuts)):
            members = [sample for block, sample in run if block in distinct[low:high]]
            if members:
                key = stream_key(stream_key(seed, epoch, WINDOW_STREAM), lane, number)
                queue += [members[i] for i in np.frombuffer(shuffled(key, len(members)), np.int32)]
        queues.append(queue)
    return [queues[lane].pop(0) for part in parts for lane in range(lanes) for _ in range(part[lane])]


@given(worlds(), st.integers(0, 2**64 - 1), st.integers(0, 100))
def test_the_order_is_that_of_the_slow_twin(world, seed, epoch):
    sizes, batch_size, window, _ = world
    order = LaneOrder(lanes_of(sizes, batch_size, window), seed, epoch)
    assert order(np.arange(sum(sizes))).tolist() == reference(sizes, batch_size, window, seed, epoch)


@given(worlds(), st.integers(0, 100), st.data())
def test_each_sample_comes_once_and_ranks_share_each_batch(world, epoch, data):
    sizes, batch_size, window, world_size = world
    n = sum(sizes)
    samples = data.draw(st.permutations(range(n)))
    settings = {"shuffle": True, "lanes": lanes_of(sizes, batch_size, window, samples)}
    orders = [Order(n, batch_size, rank=rank, world_size=world_size, **settings) for rank in range(world_size)]
    alone = Order(n, batch_size, **settings)
    assert sorted(epoch_of(alone, epoch)) == list(range(n))
    for k in range(len(alone)):
        together = np.concatenate([order.indices(epoch, k) for order in orders])
        assert np.array_equal(together[: len(alone.indices(epoch, k))], alone.indices(epoch, k))


@given(worlds(), st.integers(0, 100))
def test_a_block_is_needed_by_one_rank(world, epoch):
    sizes, batch_size, window, world_size = world
    n = sum(sizes)
    order = LaneOrder(lanes_of(sizes, batch_size, window), 3, epoch)
    full = np.arange(n // batch_size * batch_size).reshape(-1, world_size, batch_size // world_size)
    needed = [len(np.unique(order.blocks(full[:, rank].ravel()))) for rank in range(world_size)]
    assert sum(needed) <= len(sizes) + world_size - 1  # which are split between two


def test_a_lane_needs_a_window_of_blocks_at_a_time():
    window, batch_size = 3, 4
    lanes = lanes_of([5] * 200, batch_size, window)
    order = LaneOrder(lanes, 0, 0)
    needed = order.blocks(np.arange(1000)).reshape(-1, batch_size)
    for lane in range(batch_size):
        column = needed[:, lane]
        first, last = ({block: place(column, block) for block in column.tolist()} for place in (_first, _last))
        in_use = [sum(first[block] <= step <= last[block] for block in first) for step in range(len(column))]
        assert max(in_use) <= window


def _first(column, block):
    return int(np.flatnonzero(column == block)[0])


def _last(column, block):
    return int(np.flatnonzero(column == block)[-1])


def test_epochs_and_seeds_differ():
    lanes = lanes_of([7] * 50, 16, 2)
    orders = [epoch_of(Order(350, 16, shuffle=True, seed=seed, lanes=lanes), epoch) for seed, epoch in _PAIRS]
    assert len(set(map(tuple, orders))) == len(_PAIRS)


_PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_batches_of_a_set_sorted_by_class_are_mixed_as_by_a_global_shuffle():
    classes, per_class, per_block, batch_size = 1000, 64, 16, 256
    n = classes * per_class
    lanes = lanes_of([per_block] * (n // per_block), batch_size, n // per_block * 3 // 100 // 256 or 1)
    order = Order(n, batch_size, shuffle=True, drop_last=True, lanes=lanes)
    labels = [order.indices(0, k) // per_class for k in range(len(order))]
    counts = np.array([np.bincount(batch, minlength=classes) for batch in labels])
    expected = batch_size / classes
    chi2 = ((counts - expected) ** 2 / expected).sum(axis=1) / (classes - 1)
    distinct = (counts > 0).sum(axis=1).mean()
    assert chi2.mean() <= 1.05
    assert distinct >= 0.98 * classes * (1 - (1 - 1 / classes) ** batch_size)


def test_worlds_that_cannot_share_the_lanes_are_refused():
    assert lane_count(1000) == 250
    with pytest.raises(ValueError, match=r"250 lanes, which 8 processes cannot share"):
        Order(5000, 1000, shuffle=True, world_size=8, lanes=lanes_of([5] * 1000, 1000, 2))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 4)), min_size=1, max_size=40))
def test_images_are_in_the_block_that_begins_before_them(images):
    shards, offsets, lengths = (np.array(column) for column in zip(*images, strict=True))
    shards = shards.astype(np.int32)
    blocks = Blocks.of_images(shards, offsets, lengths, 10)
    found = blocks.find(shards, offsets)
    assert np.array_equal(blocks.shards[found], shards)
    assert (blocks.offsets[found] <= offsets).all()
    assert (offsets + lengths <= blocks.offsets[found] + blocks.lengths[found]).all()
    assert len(set(zip(shards.tolist(), (offsets // 10).tolist(), strict=True))) == len(blocks)


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Three archives of 20 images in all, whose labels are their numbers."""
    folder = tmp_path_factory.mktemp("archives")
    for shard, numbers in enumerate((range(8), range(8, 9), range(9, 20))):
        files = [(f"{i:02}.{kind}", data) for i in numbers for kind, data in (("jpg", _jpeg(i)), ("cls", b"%d" % i))]
        (folder / f"{shard}.tar").write_bytes(tar(files))
    return folder


def _jpeg(i):
    return jpeg(photo(30, 40, seed=i))


@pytest.fixture
def samples(archives, monkeypatch):
    """Their samples, in blocks of a few images."""
    of_images = Blocks.of_images.__func__
    monkeypatch.setattr(
        blocks_module.Blocks, "of_images", classmethod(lambda cls, *columns: of_images(cls, *columns, 4096))
    )
    return Samples.from_tar(f"{archives}/*.tar", image="jpg", label="cls")


def labels_of(loader):
    return [label for _, labels in loader for label in labels.tolist()]


def test_a_loader_shuffles_by_blocks(samples):
    assert len(samples.table.blocks) > 4
    loader = Loader(samples, (16, 16), 4, shuffle="blocks", window_bytes=32768)
    order = LaneOrder(loader.order.lanes, 0, 0)
    assert labels_of(loader) == order(np.arange(20)).tolist()
    assert sorted(labels_of(loader)) == list(range(20))


def test_a_run_by_blocks_resumes(samples):
    settings = {"size": (16, 16), "batch_size": 4, "shuffle": "blocks", "window_bytes": 32768}
    first, second = Loader(samples, **settings), Loader(pickle.loads(pickle.dumps(samples)), **settings)
    batches = iter(first)
    next(batches)
    second.load_state_dict(first.state_dict())
    assert labels_of(second) == [label for _, labels in batches for label in labels.tolist()]
    with pytest.raises(ValueError, match=r"shuffle 'blocks, \d+ a lane' \(here 'blocks, \d+ a lane'\)"):
        Loader(samples, **(settings | {"window_bytes": 2**30})).load_state_dict(first.state_dict())


def test_parts_of_a_set_are_shuffled_by_its_blocks(samples):
    train, validation = samples.split(0.5)
    for part in (train, validation, pickle.loads(pickle.dumps(train)), samples[::-1]):
        loader = Loader(part, (16, 16), 4, shuffle="blocks", window_bytes=1)
        assert sorted(labels_of(loader)) == sorted(part.labels.tolist())
        blocks = part.table.blocks.find(part.table.path_numbers, part.table.ranges.offsets)[part.table_rows]
        order = Order(len(part), 1, shuffle=True, lanes=Loader(part, batch_size=1, shuffle="blocks").order.lanes)
        assert len(np.unique(blocks)) == len(order.lanes.blocks)


@pytest.mark.parametrize("shuffle", [False, True])
def test_keras_gets_the_batches_in_their_own_order(samples, shuffle, monkeypatch):
    sequence = ImageSequence(samples, (16, 16), 4, shuffle="blocks", window_bytes=32768)
    served, batch = [], sequence.loader.batch

    def record(epoch, k, ahead, *, probe):
        if not probe:
            served.append((epoch, k))
            assert list(ahead) == [(epoch, n) for n in range(k + 1, 5)[: len(ahead)]]
        return batch(epoch, k, ahead, probe=probe)

    monkeypatch.setattr(sequence.loader, "batch", record)
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(20)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(sequence, epochs=3, shuffle=shuffle, verbose=0)
    assert served == [(epoch, k) for epoch in range(3) for k in range(5)]


def test_whole_files_have_no_blocks(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg(0))
    with pytest.raises(ValueError, match=r'shuffle="blocks" is for images in shards'):
        Loader(Samples.from_files([path]), shuffle="blocks")


def test_windows_are_positive(samples):
    with pytest.raises(ValueError, match="window_bytes must be at least 1"):
        Loader(samples, shuffle="blocks", window_bytes=0)
