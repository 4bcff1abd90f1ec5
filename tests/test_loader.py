"""Loader: epochs, order, labels, prefetch, errors, and its use from threads and other processes."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from images import encoded, jpeg, photo

from fastseq import DecodeError, Loader, RandomFlip, RandomResizedCrop, Samples, Status, decode_batch
from fastseq.order.order import Order

SIZE = (16, 24)
RANDOM = {"transform": (RandomResizedCrop(), RandomFlip()), "shuffle": True, "seed": 11}


def loader_of(samples, batch_size=4, **options) -> Loader:
    return Loader(samples, SIZE, batch_size, **options)


def digest(batch) -> str:
    parts = batch if isinstance(batch, tuple) else (batch,)
    return " ".join(blake2b(part.tobytes(), digest_size=8).hexdigest() for part in parts)


def test_a_batch_is_that_of_decode_batch(samples):
    loader = loader_of(samples, 5, **RANDOM)
    paths = list(samples.paths())
    for epoch in range(2):
        for k, (x, y) in enumerate(loader):
            indices = Order(27, 5, shuffle=True, seed=11).indices(epoch, k)
            assert x.shape == (len(indices), *SIZE, 3)
            assert x.dtype == np.uint8
            np.testing.assert_array_equal(y, samples.labels[indices])
            for image, i in zip(x, indices, strict=True):
                draws = {"transform": RANDOM["transform"], "seed": 11, "epoch": epoch}
                alone = decode_batch([paths[i]] * (i + 1), SIZE, **draws)[i]  # source i draws as sample i
                np.testing.assert_array_equal(image, alone)


def test_without_shuffle_samples_come_in_their_order(samples):
    whole = decode_batch(list(samples.paths()), SIZE)
    loader = loader_of(samples, labels=None)
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(loader)), whole)


def test_one_for_is_one_epoch_and_the_next_one_the_next(samples):
    loader = loader_of(samples, **RANDOM)
    expected = [[digest(loader.batch(epoch, k)) for k in range(7)] for epoch in range(4)]
    assert [digest(batch) for batch in loader] == expected[0]
    for seen, batch in enumerate(loader):
        assert digest(batch) == expected[1][seen]
        if seen == 2:
            break
    assert [digest(batch) for batch in loader] == expected[2]
    assert [digest(batch) for batch in loader] == expected[3]
    assert len({tuple(epoch) for epoch in expected}) == 4


def test_indices_are_the_sample_numbers_of_the_current_epoch(samples):
    loader = loader_of(samples, **RANDOM)
    for epoch in range(2):
        for k, (_, y) in enumerate(loader):
            np.testing.assert_array_equal(loader.indices(k), loader.order.indices(epoch, k))
            np.testing.assert_array_equal(samples.labels[loader.indices(k)], y)
    np.testing.assert_array_equal(loader.indices(-1), loader.order.indices(1, 6))
    with pytest.raises(IndexError, match="no batch 7"):
        loader.indices(7)


def test_set_epoch_says_what_the_next_loop_reads(samples):
    loader = loader_of(samples, **RANDOM)
    for epoch in (3, 3, 0):
        next(iter(loader))
        loader.set_epoch(epoch)
        assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (epoch, 0)
        for expected in (epoch, epoch + 1):
            assert [digest(batch) for batch in loader] == [digest(loader.batch(expected, k)) for k in range(7)]
    for wrong, error in ((-1, ValueError), (2**64, ValueError), (1.0, TypeError)):
        with pytest.raises(error, match="epoch must be"):
            loader.set_epoch(wrong)


def test_the_seed_of_the_draws_changes_the_views_and_not_the_order(samples):
    views = [loader_of(samples, **{**RANDOM, **seeds}) for seeds in ({}, {"draw_seed": 1}, {"seed": 1})]
    for epoch in range(2):
        for k in range(7):
            (x, y), (other, same), _ = (view.batch(epoch, k) for view in views)
            np.testing.assert_array_equal(y, same)
            assert (x != other).any((1, 2, 3)).all()
    drawn = [loader_of(samples, **{**RANDOM, **seeds}) for seeds in ({"seed": 1}, {"draw_seed": 1})]
    images = [
        dict(zip(map(int, loader.indices(k)), loader.batch(0, k)[0], strict=True)) for loader in drawn for k in range(7)
    ]
    first, second = ({n: x for part in images[i : i + 7] for n, x in part.items()} for i in (0, 7))
    assert all(np.array_equal(first[n], second[n]) for n in range(27))
    assert [digest(batch) for batch in loader_of(samples, **RANDOM, draw_seed=11)] == [digest(b) for b in views[0]]


@pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning")
def test_substitutes_are_the_same_samples_in_both_views(samples, tmp_path):
    paths = [tmp_path / "none.jpg" if i in (3, 8) else path for i, path in enumerate(samples.paths())]
    dirty = Samples.from_files(paths, labels=list(range(27)))
    options = {**RANDOM, "on_error": "substitute", "max_bad": 2}
    views = [loader_of(dirty, **options, draw_seed=draw_seed) for draw_seed in (1, 2)]
    labels = [np.concatenate([view.batch(0, k)[1] for k in range(7)]) for view in views]
    np.testing.assert_array_equal(*labels)
    assert not {3, 8} & set(labels[0].tolist())


def test_every_sample_comes_once_an_epoch(tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(23)]
    for i, file in enumerate(files):
        file.write_bytes(encoded(np.full((4, 4, 3), 10 * i, np.uint8), "png"))
    loader = loader_of(Samples.from_files(files, labels=list(range(23))), shuffle=True)
    orders = []
    for _ in range(3):
        epoch = [(x[:, 0, 0, 0] // 10, y) for x, y in loader]
        shown, labels = (np.concatenate(parts) for parts in zip(*epoch, strict=True))
        np.testing.assert_array_equal(shown, labels)
        assert sorted(labels) == list(range(23))
        orders.append(tuple(labels))
    assert len(set(orders)) == 3


def test_the_order_is_of_seed_and_epoch(samples):
    def labels(seed, epoch):
        numbered = Samples.from_files(samples.paths(), labels=np.arange(27.0))
        return np.concatenate([y for _, y in _epoch(loader_of(numbered, shuffle=True, seed=seed), epoch)]).tolist()

    assert labels(1, 0) == labels(1, 0)
    assert len({tuple(labels(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def _epoch(loader, epoch):
    return [loader.batch(epoch, k) for k in range(len(loader))]


@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [8, 8, 8, 3]), (True, [8, 8, 8])])
def test_the_last_batch_is_partial_or_dropped(samples, drop_last, sizes):
    loader = loader_of(samples, 8, drop_last=drop_last)
    assert len(loader) == len(sizes)
    assert [len(x) for x, _ in loader] == sizes
    x, y = loader.batch(0, -1)
    assert len(x) == len(y) == sizes[-1]


@pytest.mark.parametrize("k", [7, -8])
def test_a_batch_that_is_not_there_is_an_index_error(samples, k):
    with pytest.raises(IndexError, match=f"no batch {k}: an epoch has 7"):
        loader_of(samples).batch(0, k)


@pytest.mark.parametrize("k", ["0", 0.0, slice(2), None])
def test_the_number_of_a_batch_is_an_integer(samples, k):
    with pytest.raises(TypeError, match="k must be an integer, not "):
        loader_of(samples).batch(0, k)


@pytest.mark.parametrize("world_size", [2, 3])
@pytest.mark.parametrize("drop_last", [False, True])
def test_the_ranks_share_each_global_batch(samples, world_size, drop_last):
    options = {**RANDOM, "drop_last": drop_last}
    alone = loader_of(samples, 6, **options)
    ranks = [loader_of(samples, 6, rank=rank, world_size=world_size, **options) for rank in range(world_size)]
    for _ in range(2):
        for whole, *parts in zip(alone, *ranks, strict=True):
            for i in range(2):
                np.testing.assert_array_equal(np.concatenate([part[i] for part in parts]), whole[i])


def test_a_last_batch_smaller_than_the_world_is_filled_up(samples):
    ranks = [loader_of(samples.select(range(9)), 8, rank=rank, world_size=4) for rank in range(4)]
    assert [len(rank) for rank in ranks] == [2] * 4
    assert [len(rank.batch(0, 1)[0]) for rank in ranks] == [1] * 4


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("prefetch_bytes", [0, 3 * 4 * 16 * 24 * 3, None])
def test_the_bytes_of_a_batch_do_not_depend_on_how_it_is_asked_for(samples, threads, prefetch_bytes):
    reference = loader_of(samples, threads=1, prefetch_bytes=0, **RANDOM)
    expected = [[digest(reference.batch(epoch, k)) for k in range(7)] for epoch in range(2)]
    loader = loader_of(samples, threads=threads, prefetch_bytes=prefetch_bytes, **RANDOM)
    assert [[digest(batch) for batch in loader] for _ in range(2)] == expected
    for number in np.random.default_rng(3).permutation(28) % 14:
        epoch, k = divmod(int(number), 7)
        ahead = [(epoch, (k + 3) % 7), (1 - epoch, k), (epoch, k)]
        assert digest(loader.batch(epoch, k - 7, ahead)) == expected[epoch][k]


def test_kinds_of_labels(samples):
    two = samples.select(samples.labels < 2)
    hot = np.eye(3, dtype=np.float32)
    for chosen, kind, labels in (
        (samples, "auto", samples.labels),
        (samples, "int", samples.labels),
        (two, "categorical", hot[two.labels]),
        (samples, "multi_hot", hot[samples.labels]),
    ):
        y = np.concatenate([y for _, y in loader_of(chosen, labels=kind)])
        assert y.dtype == labels.dtype
        np.testing.assert_array_equal(y, labels)
    pair = Samples.from_files(two.paths(), labels=["ab"[c] for c in two.labels])
    binary = np.concatenate([y for _, y in loader_of(pair, labels="binary")])
    assert binary.dtype == np.float32
    np.testing.assert_array_equal(binary, two.labels)
    assert isinstance(next(iter(loader_of(samples, labels=None))), np.ndarray)
    assert isinstance(next(iter(loader_of(Samples.from_files(samples.paths())))), np.ndarray)
    values = np.random.default_rng(0).random((27, 2)).astype(np.float32)
    raw = np.concatenate([y for _, y in loader_of(Samples.from_files(samples.paths(), labels=values))])
    np.testing.assert_array_equal(raw, values)


def test_weights_follow_their_samples(samples):
    weights = np.arange(27) / 7
    loader = loader_of(samples, 5, sample_weight=weights, **RANDOM)
    for k, (_, y, w) in enumerate(loader):
        indices = loader.order.indices(0, k)
        assert w.dtype == np.float32
        np.testing.assert_array_equal(w, weights[indices].astype(np.float32))
        np.testing.assert_array_equal(y, samples.labels[indices])


def test_a_weight_for_each_sample_and_a_label_beside_it(samples):
    with pytest.raises(ValueError, match="sample_weight"):
        loader_of(samples, sample_weight=np.ones(26))
    with pytest.raises(ValueError, match="sample_weight needs labels"):
        loader_of(samples, labels=None, sample_weight=np.ones(27))
    for weights in ({0: 1.0}, ["heavy"] * 27):
        with pytest.raises(TypeError, match="sample_weight must be numbers, one for each sample, not "):
            loader_of(samples, sample_weight=weights)
    for weight in (np.nan, np.inf, 1e300):
        with pytest.raises(ValueError, match="sample_weight must be finite"):
            loader_of(samples, sample_weight=[weight] * 27)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"on_error": "ignore"}, "on_error must be one of 'raise', 'skip', .* not 'ignore'"),
        ({"on_error": "skip", "max_bad": -1}, "max_bad must be a count .* not -1"),
        ({"on_error": "skip", "max_bad": 1.5}, r"a share \(float\) from 0.0 to 1.0, not 1.5"),
        ({"on_error": "fill", "labels": None}, "'fill' needs labels"),
        ({"max_bad": 3}, "max_bad needs a policy"),
        ({"labels": "one_hot"}, "'categorical'"),
        ({"prefetch_bytes": -1}, "prefetch_bytes must be"),
        ({"threads": 0}, "threads must be"),
        ({"stall_warn_s": 0}, "stall_warn_s must be more than 0 seconds"),
        ({"rank": 2, "world_size": 2}, "rank=2 must be less than world_size=2"),
        ({"world_size": 3}, "batch_size=4 .* multiple of world_size=3"),
        ({"interpolation": "area"}, "'cv2.linear'"),
    ],
)
def test_a_wrong_setting_is_an_error_that_says_what_is_possible(samples, options, words):
    with pytest.raises(ValueError, match=words):
        loader_of(samples, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"on_error": "skip", "max_bad": "1%"}, "max_bad must be a number, not '1%'"),
        ({"on_error": "skip", "max_bad": True}, "max_bad must be a number, not True"),
        ({"batch_size": 4.0}, "batch_size must be an integer, not 4.0"),
        ({"batch_size": True}, "batch_size must be an integer, not True"),
        ({"seed": None}, "seed must be an integer, not None"),
        ({"draw_seed": 1.5}, "draw_seed must be an integer, not 1.5"),
        ({"threads": "2"}, "threads must be an integer, not '2'"),
        ({"prefetch_bytes": 1e6}, "prefetch_bytes must be an integer, not 1000000.0"),
        ({"rank": False, "world_size": 2}, "rank must be an integer, not False"),
        ({"stall_warn_s": True}, "stall_warn_s must be a number, not True"),
        ({"limits": 3}, "limits must be a fastseq.Limits, not 3"),
    ],
)
def test_a_setting_of_the_wrong_type_is_an_error_that_names_it(samples, options, words):
    with pytest.raises(TypeError, match=words):
        loader_of(samples, **options)


def test_close_lets_go_and_the_loader_goes_on(samples):
    loader = loader_of(samples, **RANDOM)
    expected = [digest(batch) for batch in _epoch(loader, 0)]
    batches = iter(loader)
    assert digest(next(batches)) == expected[0]
    loader.close()
    assert loader._prefetcher.decoder.memory.bytes_in_use == 0
    assert [digest(batch) for batch in batches] == expected[1:]
    loader.close()
    loader.close()
    assert len(list(loader)) == 7


def test_a_break_lets_go_of_what_was_begun(samples):
    loader = loader_of(samples)
    batches = iter(loader)
    next(batches)
    assert loader._prefetcher.decoder.memory.bytes_in_use > 0
    batches.close()
    assert loader._prefetcher.decoder.memory.bytes_in_use == 0


def test_two_loaders_at_once(samples):
    options = [{**RANDOM, "seed": 1}, {**RANDOM, "seed": 2, "threads": 3}]
    expected = [[digest(batch) for batch in loader_of(samples, **each)] for each in options]
    together = zip(*(loader_of(samples, **each) for each in options), strict=True)
    assert [[digest(batch) for batch in batches] for batches in zip(*together, strict=True)] == expected


def test_two_iterators_of_one_loader(samples):
    loader = loader_of(samples, **RANDOM)
    expected = [[digest(batch) for batch in _epoch(loader, epoch)] for epoch in range(2)]
    first = iter(loader)
    seen = [digest(next(first)) for _ in range(3)]
    assert [digest(batch) for batch in loader] == expected[1]
    assert seen + [digest(batch) for batch in first] == expected[0]


def test_several_threads_on_one_loader(samples):
    loader = loader_of(samples, **RANDOM)
    keys = [(epoch, k) for epoch in range(3) for k in range(7)]
    expected = {key: digest(loader.batch(*key)) for key in keys}
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(21), 12)).tolist()
    gate = threading.Barrier(4)

    def work(part):
        gate.wait()
        return [(keys[i], digest(loader.batch(*keys[i], ahead=[keys[i - 1], keys[i - 2]]))) for i in part]

    with ThreadPoolExecutor(4) as executor:
        for results in executor.map(work, (order[i::4] for i in range(4))):
            assert all(expected[key] == seen for key, seen in results)


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_a_pickled_loader_is_where_the_first_one_was(samples, protocol):
    loader = loader_of(samples, **RANDOM)
    batches = iter(loader)
    next(batches), next(batches)
    twin = pickle.loads(pickle.dumps(loader, protocol))
    assert twin.state_dict() == loader.state_dict()
    assert [digest(batch) for batch in twin] == [digest(batch) for batch in _epoch(loader, 1)]
    assert len(list(batches)) == 5


def test_another_process_makes_the_same_batches(samples, tmp_path):
    loader = loader_of(samples, **RANDOM)
    next(iter(loader))
    (tmp_path / "loader").write_bytes(pickle.dumps(loader))
    code = (
        "import pickle, sys, hashlib\n"
        "loader = pickle.load(open(sys.argv[1], 'rb'))\n"
        "for k in range(len(loader)):\n"
        "    print(*(hashlib.blake2b(a.tobytes(), digest_size=8).hexdigest() for a in loader.batch(2, k)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "loader"], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.splitlines() == [digest(batch) for batch in _epoch(loader, 2)]
    assert ran.stderr == ""


@pytest.fixture
def damaged(tmp_path) -> Samples:
    files = [tmp_path / f"{i:02d}.jpg" for i in range(20)]
    for i, file in enumerate(files):
        file.write_bytes(jpeg(photo(30, 30, i)))
    files[9].write_bytes(b"not an image")
    files[13].unlink()
    return Samples.from_files(files)


def test_a_bad_sample_is_named_and_the_loader_goes_on(damaged):
    loader = loader_of(damaged)
    batches = iter(loader)
    assert len(next(batches)) == len(next(batches)) == 4
    with pytest.raises(DecodeError) as caught:
        next(batches)
    assert (caught.value.path, caught.value.index) == (damaged.path(9), 9)
    assert caught.value.status == Status.NOT_AN_IMAGE
    assert loader.state_dict()["batch"] == 2
    with pytest.raises(DecodeError, match=r"13\.jpg"):
        loader.batch(0, 3)
    good = decode_batch(list(damaged.paths())[16:], SIZE)
    np.testing.assert_array_equal(loader.batch(0, 4), good)
    for i in (9, 13):
        Path(damaged.path(i)).write_bytes(jpeg(photo(30, 30)))
    assert [len(batch) for batch in loader] == [4] * 5


def test_the_index_of_a_bad_sample_is_that_of_the_samples(damaged):
    loader = loader_of(damaged.select(range(8, 12)), shuffle=True)
    with pytest.raises(DecodeError) as caught:
        loader.batch(0, 0)
    assert (caught.value.index, caught.value.path) == (1, damaged.path(9))


def test_no_file_is_looked_at_before_its_batch(tmp_path):
    samples = Samples.from_files([tmp_path / f"{i}.jpg" for i in range(12)], labels=["a"] * 12)
    loader = loader_of(samples, 4, prefetch_bytes=0)
    for i in range(4):
        (tmp_path / f"{i}.jpg").write_bytes(jpeg(photo(20, 20, i)))
    batches = iter(loader)
    next(batches)
    with pytest.raises(DecodeError) as caught:
        next(batches)
    assert (caught.value.path, caught.value.status) == (str(tmp_path / "4.jpg"), Status.NOT_FOUND)


def test_what_was_begun_ahead_and_is_bad_is_reported_when_it_is_asked_for(damaged):
    loader = loader_of(damaged, threads=8)
    assert loader.depth > 3
    batches = iter(loader)
    assert len(next(batches)) == 4
    assert len(next(batches)) == 4
    with pytest.raises(DecodeError, match=r"09\.jpg"):
        next(batches)


def test_prefetch_stays_under_its_cap_while_batches_are_held(samples):
    one = 4 * 16 * 24 * 3
    loader = loader_of(samples.select(range(24)), prefetch_bytes=2 * one, labels=None, threads=8)
    buffers = loader._prefetcher.decoder.memory
    held = []
    for epoch in range(3):
        for k in range(6):
            held.append(loader.batch(epoch, k, [(epoch, n) for n in range(k + 1, 6)]))
            assert buffers.bytes_in_use == (len(held) + min(2, 5 - k)) * one
    digests = [digest(batch) for batch in held]
    assert digests[:6] == digests[6:12]
    del held
    loader.close()
    assert buffers.bytes_in_use == 0
    assert buffers.held_bytes <= 2 * one


def test_prefetch_of_nothing_begins_nothing(samples):
    loader = loader_of(samples, prefetch_bytes=0, labels=None)
    one = 4 * 16 * 24 * 3
    for batch in loader:
        assert loader._prefetcher.decoder.memory.bytes_in_use == len(batch) * one // 4 <= one


def test_a_loader_of_many_files_keeps_no_descriptor_open(samples):
    loader = loader_of(samples)
    list(loader)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        list(loader)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_probe_is_kept_and_cannot_be_spoilt(samples, monkeypatch):
    loader = Loader(samples, (16, 24), batch_size=4, prefetch_bytes=1 << 20)
    expected = [Loader(samples, (16, 24), batch_size=4).batch(0, k)[0] for k in range(3)]
    for k in range(3):
        probe, _ = loader.batch(0, k, probe=True)
        np.testing.assert_array_equal(probe, expected[k])
        probe[:] = 77
    begun = []
    begin = type(loader._prefetcher).begin
    monkeypatch.setattr(
        type(loader._prefetcher),
        "begin",
        lambda self, key, urgent=False: begun.append(key) or begin(self, key, urgent),
    )
    for k in range(3):
        np.testing.assert_array_equal(loader.batch(0, k)[0], expected[k])
    assert begun == [(0, 2)]
    loader.batch(1, 0, probe=True)
    loader.batch(2, 0)
    loader.batch(1, 0)
    assert begun == [(0, 2), (1, 0), (2, 0), (1, 0)]


def test_an_iterator_that_the_garbage_collector_ends_in_mid_fetch_does_no_harm(samples, monkeypatch):
    loader = Loader(samples, (16, 24), batch_size=4)
    expected = [batch[0].copy() for batch in loader]
    begin = type(loader._prefetcher).begin

    class Holder:
        pass

    def collecting(self, key, urgent=False):
        holder = Holder()
        holder.me, holder.iterator = holder, iter(loader)
        loader._prefetcher.cancel_prefetch()  # what the iterator's end does
        return begin(self, key, urgent)

    monkeypatch.setattr(type(loader._prefetcher), "begin", collecting)
    for k, x in enumerate(expected):
        np.testing.assert_array_equal(loader.batch(0, k, [(0, k + 1)] if k + 1 < len(loader) else [])[0], x)


def test_close_leaves_nothing_running_for_other_formats_either(tmp_path):
    paths = []
    for i in range(12):
        paths.append(tmp_path / f"{i}.bmp")
        paths[-1].write_bytes(encoded(photo(90, 120, i), "bmp"))
    loader = Loader(Samples.from_files(paths), (16, 24), batch_size=3, threads=1)
    batch = loader.batch(0, 0, [(0, 1), (0, 2)])
    batch = loader.batch(0, 0, [(0, 1), (0, 2)])
    loader.close()
    assert loader._prefetcher.decoder.memory.bytes_in_use == batch.nbytes
