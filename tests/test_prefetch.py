"""What is decoded ahead: bounded by `prefetch_bytes`, whatever the consumer holds, and never nothing."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas
import pytest
from images import encoded, photo
from programs import TIMEOUT

from fastseq import DataLoader, Loader, Samples, decode_batch
from fastseq.compat import set_prefetch_bytes
from fastseq.engine.look_ahead import LookAhead
from fastseq.engine.threads import Threads

SIZE = (16, 16)
BATCHES = 6
SAMPLES = 4 * BATCHES
ONE = 4 * 16 * 16 * 3 * 4  # bytes of a float32 batch

Consumer = Callable[[], Iterator[Any]]  # the batches of an epoch, in their order
Way = tuple[Consumer, Callable[[], LookAhead]]


def keras_pass(dataset) -> Consumer:
    """An evaluation by Keras, whose order is known from its first batch on."""
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    def consume():
        random.seed(1)  # a shuffled order would not begin as the real one does
        adapter = PyDatasetAdapter(dataset, shuffle=False)
        adapter.on_epoch_end()  # what was asked for before were probes
        return adapter.get_numpy_iterator()

    return consume


def loader(samples, cap) -> Way:
    made = Loader(samples.select(range(SAMPLES)), SIZE, 4, labels=None, dtype="float32", prefetch_bytes=cap)
    return lambda: iter(made), lambda: made._prefetcher.look_ahead


def image_sequence(samples, cap) -> Way:
    from fastseq import ImageSequence

    some = samples.select(range(SAMPLES))
    made = ImageSequence(some, SIZE, 4, labels=None, dtype="float32", prefetch_bytes=cap)
    return lambda: iter(made), lambda: made.loader._prefetcher.look_ahead


def mapped(samples, cap) -> Way:
    some = samples.select(range(SAMPLES))
    made = Loader(some, SIZE, 4, labels=None, dtype="float32", prefetch_bytes=cap, map=lambda x: {"image": x})
    return lambda: iter(made), lambda: made._map_ahead._look_ahead


def data_loader(samples, cap) -> Way:
    paths = list(samples.paths())[:SAMPLES]
    epochs = []

    def consume():
        epochs.append(iter(DataLoader(paths, 4, size=SIZE, dtype="float32", prefetch_bytes=cap)))
        return epochs[-1]

    return consume, lambda: epochs[-1]._look_ahead


def data_generator(samples, cap) -> Way:
    from fastseq.compat import DataGenerator

    table = pandas.DataFrame({"images": list(samples.paths())[:SAMPLES], "labels": "a"})
    options = {"to_fit": False, "batch_size": 4, "dim": SIZE, "shuffle": False, "dtype": "float32"}
    made = DataGenerator(table, range(SAMPLES), **options, prefetch_bytes=cap)
    return keras_pass(made), lambda: made._prefetcher.look_ahead


def sequence(samples, cap) -> Way:
    from fastseq.compat import Sequence

    paths = list(samples.paths())

    class Files(Sequence):
        prefetch_bytes = cap

        def __len__(self):
            return BATCHES

        def __getitem__(self, k):
            return {"x": self.images(paths[4 * k : 4 * k + 4], SIZE, dtype="float32")}, np.empty((4, 0))

    made = Files(workers=2)
    return keras_pass(made), lambda: made._fastseq.ahead._calls


def image_data_generator(samples, cap) -> Way:
    from fastseq.compat import ImageDataGenerator

    set_prefetch_bytes(cap)
    table = pandas.DataFrame({"filename": list(samples.paths())[:SAMPLES]})
    options = {"class_mode": None, "target_size": SIZE, "batch_size": 4, "shuffle": False}
    made = ImageDataGenerator(rotation_range=9).flow_from_dataframe(table, **options)
    return keras_pass(made), lambda: made._batches._look_ahead


def image_dataset(samples, cap) -> Way:
    """As tf.data asks for batches: it announces some, and then for each that it takes another one."""
    from fastseq.compat.image_dataset.batches import DatasetBatches
    from fastseq.engine.settings import Settings

    set_prefetch_bytes(cap)
    made = DatasetBatches(Settings(SIZE, dtype="float32"), 4)
    paths = [os.fsencode(path) for path in samples.paths()]
    files = [np.array(paths[4 * k : 4 * k + 4], object) for k in range(BATCHES)]

    def consume():
        tickets = [made.begin(batch) for batch in files[: made.depth]]
        for k, batch in enumerate(files):
            if k + made.depth < BATCHES:
                tickets.append(made.begin(files[k + made.depth]))
            yield made.finish(tickets[k], batch)

    return consume, lambda: made.look_ahead


WAYS = [loader, image_sequence, mapped, data_loader, data_generator, sequence, image_data_generator, image_dataset]


@pytest.fixture(autouse=True)
def default_cap() -> Iterator[None]:
    yield
    set_prefetch_bytes(None)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(("cap", "ahead"), [(0, 0), (1, 1), (ONE - 1, 1), (2 * ONE - 1, 1), (2 * ONE, 2)])
@pytest.mark.parametrize("held", [0, 1, 3])
def test_the_cap_counts_batches_ahead_and_not_those_held(keras, samples, way, cap, ahead, held):
    consume, look_ahead = way(samples, cap)
    begun, holding = [], []
    for batch in consume():
        holding = [*holding, batch][-held:] if held else []
        begun.append(len(look_ahead()))
        assert look_ahead().nbytes <= max(ONE, cap)
    if way in (sequence, mapped):  # how large batches are is known once the first was made
        assert begun.pop(0) == min(1, ahead)
        begun.insert(0, ahead)
    assert begun == [min(ahead, BATCHES - 1 - k) for k in range(BATCHES)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_default_is_enough_for_all_threads(keras, samples, way):
    consume, look_ahead = way(samples, None)
    batches = iter(consume())
    next(batches)
    assert len(look_ahead()) >= (1 if way in (sequence, mapped) else 2)
    assert look_ahead().max_bytes == 256 << 20


@pytest.mark.parametrize("cap", [-1, 1.5, "1 GB", True])
def test_impossible_bounds(cap):
    with pytest.raises((TypeError, ValueError), match="prefetch_bytes must be"):
        set_prefetch_bytes(cap)


def test_batches_of_an_iterator_that_was_left_make_room(keras, samples):
    consume, look_ahead = image_dataset(samples, 1)
    next(consume())
    assert len(look_ahead()) == 1
    for _ in range(2):
        for _ in consume():
            pass
    assert len(look_ahead()) == 0


def test_an_interrupt_between_two_calls_of_the_fallback_leaves_no_batch_half_begun(tmp_path, monkeypatch):
    files = [tmp_path / f"{i}.{form}" for i, form in enumerate(["jpeg", "jpeg", "bmp", "bmp"])]
    for file in files:
        file.write_bytes(encoded(photo(20, 30), file.suffix[1:]))
    made = Loader(Samples.from_files(files), SIZE, 2, labels=None, threads=1)
    made.batch(0, 0, [(0, 1)])
    made._prefetcher.look_ahead._begun[0, 1]._job.wait()
    submit, calls = Threads.submit, iter([False, True])

    def interrupted(threads: Threads, call: Callable[[], None]) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return submit(threads, call)

    monkeypatch.setattr(Threads, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.batch(0, 0, [(0, 1)])
    monkeypatch.undo()
    np.testing.assert_array_equal(made.batch(0, 1), decode_batch(files[2:], SIZE))


@pytest.mark.parametrize("function", [None, lambda x: x])
def test_threads_that_ask_for_the_same_batches_and_close_meanwhile(samples, function):
    options = {"labels": None, "shuffle": True, "threads": 2, "prefetch_bytes": 2 * ONE, "map": function}
    made = Loader(samples.select(range(SAMPLES)), SIZE, 4, **options)
    expected = {(epoch, k): made.batch(epoch, k).copy() for epoch in range(2) for k in range(BATCHES)}
    wrong: list[tuple[int, int]] = []

    def ask(seed: int) -> None:
        order = random.Random(seed)
        for _ in range(50):
            epoch, k = order.randrange(2), order.randrange(BATCHES)
            batch = made.batch(epoch, k, [(epoch, n) for n in range(k + 1, BATCHES)], probe=order.random() < 0.2)
            if (batch != expected[epoch, k]).any():
                wrong.append((epoch, k))
            if order.random() < 0.1:
                made.close()

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    made.close()
    assert len(made._prefetcher.look_ahead) == 0
    end = time.monotonic() + TIMEOUT
    while made._prefetcher.decoder.memory.bytes_in_use and time.monotonic() < end:
        threading.Event().wait(0.01)  # the thread of `map` lets go of the last batch after it has handed it over
    assert made._prefetcher.decoder.memory.bytes_in_use == 0
