"""state_dict and load_state_dict: another loader continues the epoch bit for bit."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import blake2b

import numpy as np
import pytest

from fastseq import Loader, RandomFlip, RandomResizedCrop, Samples

SIZE = (16, 20)
OPTIONS = {"transform": (RandomResizedCrop(), RandomFlip()), "shuffle": True, "seed": 5, "batch_size": 6}


def loader_of(samples, **options) -> Loader:
    return Loader(samples, SIZE, **{**OPTIONS, **options})


def digests(batches) -> list[str]:
    return [blake2b(x.tobytes() + y.tobytes(), digest_size=8).hexdigest() for x, y in batches]


def epochs(loader, count) -> list[str]:
    return [d for epoch in range(count) for d in digests(loader.batch(epoch, k) for k in range(len(loader)))]


def walk(loader, steps) -> None:
    """Take `steps` batches, over as many epochs as needed."""
    while steps:
        for _ in loader:
            steps -= 1
            if not steps:
                break


@pytest.mark.parametrize("steps", range(13))
def test_the_remaining_batches_are_the_same_after_every_step(samples, steps):
    first = loader_of(samples, threads=1)
    walk(first, steps)
    state = json.loads(json.dumps(first.state_dict()))
    second = loader_of(samples, threads=3, prefetch_bytes=(0, 40_000, None)[steps % 3])
    second.load_state_dict(state)
    assert digests(second) + digests(second) == epochs(first, 4)[steps : len(first) * (2 + steps // 5)]


def test_state_dict_returns_the_loaded_state(samples):
    first = loader_of(samples)
    walk(first, 7)
    state = first.state_dict()
    assert (state["epoch"], state["batch"]) == (1, 2)
    second = loader_of(samples)
    second.load_state_dict(state)
    assert second.state_dict() == state
    batches = iter(second)
    assert second.state_dict() == state
    next(batches)
    assert second.state_dict()["batch"] == 3


def test_prefetched_batches_do_not_count(samples):
    loader = loader_of(samples, threads=8)
    batches = iter(loader)
    next(batches)
    assert loader.depth > 1
    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (0, 1)


def test_after_loading_the_first_loop_finishes_the_epoch(samples):
    loader = loader_of(samples)
    expected = epochs(loader, 3)
    walk(loader, 3)
    state = loader.state_dict()
    list(loader)
    loader.load_state_dict(state)
    assert digests(loader) == expected[3:5]
    assert digests(loader) == expected[5:10]


def test_a_state_at_the_end_of_an_epoch_continues_with_the_next(samples):
    first = loader_of(samples)
    list(first)
    assert first.state_dict()["batch"] == 5
    second = loader_of(samples)
    second.load_state_dict(first.state_dict())
    assert digests(second) == digests(first)


def test_a_state_may_be_loaded_while_an_iterator_exists(samples):
    loader = loader_of(samples)
    old = iter(loader)
    next(old)
    state = loader.state_dict()
    next(old), next(old)
    loader.load_state_dict(state)
    assert digests(loader) == epochs(loader, 1)[1:]
    list(old)
    assert loader.state_dict()["batch"] == 5


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 3)])
def test_changing_world_size_keeps_the_global_batches(samples, before, after):
    olds = [loader_of(samples, rank=rank, world_size=before) for rank in range(before)]
    for old in olds:
        walk(old, 7)
    states = [old.state_dict() for old in olds]
    assert all(state == states[0] for state in states)
    news = [loader_of(samples, rank=rank, world_size=after) for rank in range(after)]
    for new in news:
        new.load_state_dict(states[0])
    whole = [loader_of(samples).batch(1, k) for k in range(2, 5)]
    for (x, y), *parts in zip(whole, *news, strict=True):
        np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), x)
        np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), y)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"seed": 6}, r"seed 5 \(here 6\)"),
        ({"draw_seed": 6}, r"draw_seed None \(here 6\)"),
        ({"batch_size": 3}, r"batch_size 6 \(here 3\)"),
        ({"shuffle": False}, "shuffle"),
        ({"drop_last": True}, "drop_last"),
        ({"transform": ()}, r"transform '[0-9a-f]{16}' \(here '\(\)'\)"),
        ({"interpolation": "linear"}, r"interpolation \"'antialias'\" \(here \"'linear'\"\)"),
        ({"dtype": "float32"}, "dtype"),
        ({"labels": "categorical"}, "labels"),
        ({"sample_weight": np.ones(27)}, "sample_weight"),
    ],
)
def test_a_state_with_other_settings_is_rejected_by_name(samples, options, name):
    other = loader_of(samples, **options)
    place = other.state_dict()
    with pytest.raises(ValueError, match=f"different settings: .*{name}"):
        other.load_state_dict(loader_of(samples).state_dict())
    assert other.state_dict() == place


def test_a_state_of_other_samples_is_rejected(samples):
    paths = list(samples.paths())
    state = loader_of(samples).state_dict()
    with pytest.raises(ValueError, match="different settings: samples"):
        loader_of(samples.select(range(26))).load_state_dict(state)
    relabelled = Samples.from_files(paths, labels=["cat"] * 26 + ["dog"])
    with pytest.raises(ValueError, match="different settings: samples"):
        loader_of(relabelled).load_state_dict(state)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"epoch": -1}, r"state\['epoch'\] must be at least 0, not -1"),
        ({"epoch": 2**64}, r"state\['epoch'\] must be at most 18446744073709551615, not 18446744073709551616"),
        ({"batch": 6}, "at batch 6 of epoch 0, but an epoch has 5 batches"),
        ({"batch": -1}, r"state\['batch'\] must be at least 0, not -1"),
        ({"batch": "2"}, r"state\['batch'\] must be an integer, not '2'"),
        ({"bad": None}, r"state\['bad'\] must be an integer, not None"),
    ],
)
def test_positions_out_of_range_are_rejected(samples, place, words):
    loader = loader_of(samples)
    with pytest.raises(ValueError, match=words):
        loader.load_state_dict({**loader.state_dict(), **place})


@pytest.mark.parametrize("state", [{}, {"epoch": 1}, None, "state.json"])
def test_what_is_no_state_is_rejected(samples, state):
    with pytest.raises(ValueError, match=r"not a state of fastseq: pass what state_dict\(\) returned"):
        loader_of(samples).load_state_dict(state)


def test_an_older_state_is_rejected(samples):
    loader = loader_of(samples)
    with pytest.raises(ValueError, match=r"version 0 \(here 2\)"):
        loader.load_state_dict({**loader.state_dict(), "version": 0})


def test_equivalent_settings_compare_equal(samples):
    one = Loader(samples, SIZE, 6, dtype="float32", scale=2, offset=-1)
    two = Loader(samples, list(SIZE), 6, dtype=np.float32, scale=2.0, offset=-1.0)
    two.load_state_dict(one.state_dict())


def test_numpy_numbers_give_a_json_state(samples):
    one = Loader(samples, SIZE, np.int64(6), seed=np.int64(4), shuffle=np.True_)
    two = Loader(samples, SIZE, 6, seed=4, shuffle=True)
    two.load_state_dict(json.loads(json.dumps(one.state_dict())))


def test_the_size_of_a_state_does_not_grow_with_the_samples():
    many = Samples.from_files([f"{i:06d}.jpg" for i in range(100_000)], labels=np.arange(100_000.0))
    state = Loader(many, SIZE, 32, shuffle=True).state_dict()
    assert len(json.dumps(state)) <= 1024


def test_a_new_process_continues_the_epoch(samples, tree):
    first = loader_of(samples)
    walk(first, 8)
    code = (
        "import sys, json, hashlib, fastseq\n"
        "loader = fastseq.Loader(fastseq.Samples.from_directory(sys.argv[1]), (16, 20), threads=5, shuffle=True,\n"
        "    transform=(fastseq.RandomResizedCrop(), fastseq.RandomFlip()), seed=5, batch_size=6)\n"
        "loader.load_state_dict(json.loads(sys.argv[2]))\n"
        "for x, y in loader:\n"
        "    print(hashlib.blake2b(x.tobytes() + y.tobytes(), digest_size=8).hexdigest())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tree), json.dumps(first.state_dict())],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.split() == epochs(first, 2)[8:]
