"""compat.Sequence: a user-defined dataset, prefetched for Keras but never across an epoch hook."""

from __future__ import annotations

import copy
import pickle
import random
import threading

import numpy as np
import pytest

BATCHES, QUEUE = 12, 4
TIMEOUT = 60  # seconds; only a hang takes that long


@pytest.fixture(scope="module")
def base(keras):
    from fastseq.compat import Sequence

    class Numbers(Sequence):
        """Batch k is the numbers at 2k and 2k + 1 of an order that every epoch's end draws anew."""

        def __init__(self, **options):
            super().__init__(**options)
            self.calls: list[tuple[int, threading.Thread]] = []
            self.running: list[int] = []
            self.draw()

        def __len__(self):
            return BATCHES

        def __getitem__(self, k):
            self.running.append(k)
            self.calls.append((k, threading.current_thread()))
            numbers = self.order[2 * k : 2 * k + 2].copy()
            self.running.remove(k)
            return (numbers,)

        def on_epoch_end(self):
            assert not self.running
            self.draw()
            assert not self.running

        def draw(self):
            self.order = np.random.permutation(2 * BATCHES)

    globals()["Numbers"] = Numbers  # for pickle
    Numbers.__qualname__ = "Numbers"
    return Numbers


def numbers_of(batches) -> list[int]:
    return [int(n) for batch in batches for n in batch[0]]


def epochs_of(dataset, epochs: int = 3, *, shuffle: bool = True, **options) -> list[list[int]]:
    """Return what Keras receives in each epoch of `fit`."""
    from keras.src.trainers.epoch_iterator import EpochIterator

    iterator = EpochIterator(x=dataset, shuffle=shuffle, **options)
    for _ in iterator:  # Keras builds the model
        break
    iterator.data_adapter.on_epoch_end()
    iterator.reset()
    return [numbers_of(batch for *_, (batch,) in iterator) for _ in range(epochs)]


def threads_of(dataset) -> set[threading.Thread]:
    return {thread for _, thread in dataset.calls}


def adapter_of(dataset):
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    return PyDatasetAdapter(dataset, shuffle=False)


WORKERS = pytest.mark.parametrize("workers", [0, 1, 4])


@WORKERS
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("use_multiprocessing", [True, False])
def test_every_sample_comes_once_an_epoch(base, workers, shuffle, use_multiprocessing):
    dataset = base(workers=workers, use_multiprocessing=use_multiprocessing, max_queue_size=QUEUE)
    epochs = epochs_of(dataset, 5, shuffle=shuffle)
    assert [sorted(epoch) for epoch in epochs] == [list(range(2 * BATCHES))] * 5
    assert len({tuple(epoch) for epoch in epochs}) == 5


@WORKERS
def test_an_epoch_uses_the_order_set_by_on_epoch_begin(base, workers):
    class Told(base):
        def on_epoch_begin(self):
            self.draw()
            self.told = [*getattr(self, "told", []), self.order.tolist()]

    dataset = Told(workers=workers)
    assert epochs_of(dataset, shuffle=False) == dataset.told[-3:]


@WORKERS
def test_with_fewer_steps_no_batch_is_of_another_epoch(base, workers):
    class Told(base):
        def on_epoch_begin(self):
            self.told = [*getattr(self, "told", []), self.order]

    dataset = Told(workers=workers, max_queue_size=QUEUE)
    epochs = epochs_of(dataset, 6, shuffle=False, steps_per_epoch=4)
    for i, epoch in enumerate(epochs):
        first = 4 * i % BATCHES * 2  # the pass continues, in the order of this epoch
        assert epoch == dataset.told[-6:][i][first : first + 8].tolist()


def test_batches_are_prefetched_in_threads(base):
    dataset = base(workers=1, max_queue_size=QUEUE)
    epochs_of(dataset)
    (thread,) = threads_of(dataset)
    assert thread is not threading.main_thread()
    assert len(dataset.calls) <= 3 * BATCHES + 2, "a batch was made twice"


def test_workers_is_the_number_of_concurrent_calls(base):
    both = threading.Barrier(2)

    class Meeting(base):
        def __getitem__(self, k):
            if k >= 2:
                both.wait(TIMEOUT)
            return super().__getitem__(k)

    assert len(list(adapter_of(Meeting(workers=2)).get_numpy_iterator())) == BATCHES


def test_max_queue_size_bounds_the_prefetch(base):
    dataset = base(workers=3, max_queue_size=QUEUE)
    for k, _ in enumerate(adapter_of(dataset).get_numpy_iterator()):
        assert max(n for n, _ in dataset.calls) <= k + QUEUE


def test_keras_shuffle_order_is_predicted(base):
    dataset = base(workers=1)
    random.seed(3)
    epochs_of(dataset, 1)
    asked = [k for k, _ in dataset.calls][-BATCHES:]
    assert sorted(asked) == list(range(BATCHES)) != asked


def test_without_workers_batches_run_in_the_calling_thread(base):
    dataset = base(workers=0)
    epochs_of(dataset)
    assert threads_of(dataset) == {threading.main_thread()}
    assert len(dataset.calls) == 3 * BATCHES + 1


def test_a_custom_loop_runs_in_its_thread_without_prefetch(base):
    dataset = base(workers=4)
    assert numbers_of(dataset) == dataset.order.tolist()
    assert numbers_of([dataset[5], dataset[-1]]) == [*dataset.order[10:12]]
    assert threads_of(dataset) == {threading.main_thread()}
    assert len(dataset.calls) == BATCHES + 2


def test_user_code_may_request_batches_during_fit(base):
    dataset = base(workers=2)
    for batch in adapter_of(dataset).get_numpy_iterator():
        for k in (0, 7):
            np.testing.assert_array_equal(dataset[k][0], dataset.order[2 * k : 2 * k + 2])
        assert len(batch[0]) == 2


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end"])
def test_epoch_hooks_wait_for_running_calls_and_drop_the_rest(base, hook):
    started, go_on, log = threading.Event(), threading.Event(), []

    class Slow(base):
        def __getitem__(self, k):
            if k == 3:
                started.set()
                assert go_on.wait(TIMEOUT)
            log.append(k)
            return super().__getitem__(k)

        def on_epoch_begin(self):
            assert not self.running
            log.append("changed")

        def on_epoch_end(self):
            self.on_epoch_begin()
            super().on_epoch_end()

    dataset = Slow(workers=1, max_queue_size=QUEUE)
    batches = adapter_of(dataset).get_numpy_iterator()
    first = [next(batches) for _ in range(3)]
    assert started.wait(TIMEOUT)
    change = threading.Thread(target=getattr(dataset, hook))
    change.start()
    go_on.set()
    change.join(TIMEOUT)
    assert log[:4] == [0, 1, 2, 3]
    assert log[-1] == "changed", "what was begun is dropped"
    assert numbers_of(batches) == dataset.order[6:].tolist()
    assert len(first) == 3


@WORKERS
def test_an_exception_is_raised_where_its_batch_is_requested(base, workers):
    class Failing(base):
        def __getitem__(self, k):
            if k == 5:
                raise LookupError("batch five")
            return super().__getitem__(k)

    dataset, seen = Failing(workers=workers), []
    with pytest.raises(LookupError, match="batch five"):
        seen.extend(adapter_of(dataset).get_numpy_iterator())
    assert numbers_of(seen or [dataset[k] for k in range(5)]) == dataset.order[:10].tolist()
    with pytest.raises(LookupError, match="batch five"):
        dataset[5]
    assert len(dataset[6][0]) == 2


@WORKERS
def test_an_infinite_dataset(base, workers):
    class Endless(base):
        num_batches = property(lambda self: None)

        def __getitem__(self, k):
            return super().__getitem__(k % BATCHES)

        def on_epoch_end(self):
            """Keep the order."""

    dataset = Endless(workers=workers)
    (epoch,) = epochs_of(dataset, 1, shuffle=False, steps_per_epoch=2 * BATCHES)
    assert epoch == dataset.order.tolist() * 2
    assert threads_of(dataset) == {threading.main_thread()}


def test_the_number_of_batches_may_change(base):
    class Growing(base):
        size = 3

        def __len__(self):
            return self.size

    dataset = Growing(workers=4)
    for dataset.size in (3, 8, 5):
        assert [len(epoch) for epoch in epochs_of(dataset)] == [2 * dataset.size] * 3


@WORKERS
def test_overridden_methods_run_once_per_class(base, workers):
    class Mixin:
        def on_epoch_begin(self):
            self.begun = getattr(self, "begun", 0) + 1

    class Middle(base):
        def __getitem__(self, k):
            if k == BATCHES - 1:
                self[0]
            return super().__getitem__(k)

        def on_epoch_end(self):
            super().on_epoch_end()
            self.ended = getattr(self, "ended", 0) + 1
            self[0]

    class Last(Mixin, Middle):
        def __getitem__(self, k):
            return super().__getitem__(k)

    dataset = Last(workers=workers)
    assert [sorted(epoch) for epoch in epochs_of(dataset)] == [list(range(2 * BATCHES))] * 3
    assert (dataset.begun, dataset.ended) == (4, 5)


def test_settings_read_back_as_set(base):
    class Looking(base):
        def __getitem__(self, k):
            self.looked = self.workers, self.use_multiprocessing, self.max_queue_size, self.num_batches
            return super().__getitem__(k)

    for workers in (4, 0):
        dataset = Looking(workers=workers, use_multiprocessing=True, max_queue_size=3)
        epochs_of(dataset, 1)
        assert dataset.looked == (workers, True, 3, BATCHES)
        assert (dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size) == (workers, True, 3)
    dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size = 2, False, 7
    assert (dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size) == (2, False, 7)
    assert [sorted(epoch) for epoch in epochs_of(dataset)] == [list(range(2 * BATCHES))] * 3


def test_keras_warns_if_the_constructor_was_not_called(base):
    class Bare(base):
        def __init__(self):
            self.calls, self.running = [], []
            self.draw()

    dataset = Bare()
    with pytest.warns(UserWarning, match=r"should call `super\(\).__init__"):
        adapter = adapter_of(dataset)
    assert numbers_of(adapter.get_numpy_iterator()) == dataset.order.tolist()
    assert len(threads_of(dataset)) == 1


def test_a_copy_shares_no_prefetched_batches(base):
    first = base(workers=2, max_queue_size=BATCHES)
    iterator = iter(adapter_of(first).get_numpy_iterator())
    for _ in range(4):
        next(iterator)
    first.calls.clear()
    for twin in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        twin.calls, twin.running = [], []
        twin.draw()
        assert numbers_of(adapter_of(twin).get_numpy_iterator()) == twin.order.tolist()
        assert (twin.workers, twin.max_queue_size) == (2, BATCHES)
    assert numbers_of(iterator) == first.order[8:].tolist()


def test_batches_of_any_kind_may_be_made_ahead(base):
    """Their size is looked up, which some objects refuse."""

    class Sparse:
        @property
        def nbytes(self):
            raise RuntimeError("no size")

    class Mixed(base):
        def __getitem__(self, k):
            return {"numbers": super().__getitem__(k)[0], "others": [Sparse(), "text", None]}

    dataset = Mixed(workers=2)
    batches = list(adapter_of(dataset).get_numpy_iterator())
    assert [n for batch in batches for n in batch["numbers"]] == dataset.order.tolist()
