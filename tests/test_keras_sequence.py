"""ImageSequence as an object: indexing, epochs, what Keras or its users set, pickles. Training is elsewhere."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import fastseq
from fastseq import DecodeError, Loader, RandomFlip, RandomResizedCrop, Samples

OPTIONS = {
    "size": (16, 24),
    "batch_size": 4,
    "shuffle": True,
    "seed": 2,
    "transform": (RandomResizedCrop(), RandomFlip()),
}


@pytest.fixture
def sequence(keras, samples) -> fastseq.ImageSequence:
    return fastseq.ImageSequence(samples, **OPTIONS)


def assert_equal(first, second) -> None:
    for x, y in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, y)


def test_it_is_a_py_dataset_with_the_batches_of_a_loader(keras, sequence, samples):
    assert isinstance(sequence, keras.utils.PyDataset)
    loader = Loader(samples, **OPTIONS)
    assert len(sequence) == sequence.num_batches == len(loader) == 7
    for k in (3, 0, 6, -1, 3, np.int64(5)):
        assert_equal(sequence[k], loader.batch(0, k))


@pytest.mark.parametrize("k", [7, -8])
def test_a_batch_that_is_not_there_is_an_index_error(sequence, k):
    with pytest.raises(TypeError, match="the number of a batch must be an integer, not slice"):
        sequence[0:2]
    with pytest.raises(IndexError, match=f"no batch {k}: an epoch has 7"):
        sequence[k]


def test_on_epoch_end_goes_on_where_batches_were_taken(sequence, samples):
    loader = Loader(samples, **OPTIONS)
    sequence.on_epoch_end()
    for epoch in range(3):
        assert sequence.epoch == epoch
        for k, batch in enumerate(sequence):
            assert_equal(batch, loader.batch(epoch, k))
        sequence.on_epoch_end()
        sequence.on_epoch_end()


def test_workers_are_accepted_and_left_alone(sequence):
    sequence.workers, sequence.use_multiprocessing, sequence.max_queue_size = 8, True, 20
    assert (sequence.workers, sequence.use_multiprocessing, sequence.max_queue_size) == (1, False, 20)
    assert len(sequence) == 7


def test_reading_its_properties_changes_nothing(sequence, samples):
    loader = Loader(samples, **OPTIONS)
    sequence[0]
    assert (sequence.num_batches, sequence.workers, sequence.use_multiprocessing) == (7, 1, False)
    assert_equal(sequence[1], loader.batch(0, 1))
    assert sequence.epoch == 0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda sequence: pickle.loads(pickle.dumps(sequence))])
def test_a_copy_is_at_the_same_epoch(sequence, duplicate):
    sequence[0]
    sequence.on_epoch_end()
    twin = duplicate(sequence)
    assert twin.epoch == 1
    for k in range(7):
        assert_equal(twin[k], sequence[k])
    twin.on_epoch_end()
    assert (twin.epoch, sequence.epoch) == (2, 1)


def test_close_and_go_on(sequence):
    first = sequence[0]
    sequence.close()
    assert_equal(sequence[0], first)


def test_errors_are_those_of_the_loader(keras, tmp_path):
    sequence = fastseq.ImageSequence(Samples.from_files([tmp_path / "none.jpg"]))
    with pytest.raises(DecodeError, match=r"none\.jpg"):
        sequence[0]
    with pytest.raises(ValueError, match=r"'antialias'"):
        fastseq.ImageSequence(Samples.from_files(["a"]), interpolation="best")


def test_it_has_a_docstring_that_leads_to_the_loaders(keras):
    assert "fastseq.Loader" in (inspect.getdoc(fastseq.ImageSequence) or "")


def test_a_subclass_may_read_its_own_properties(keras, samples):
    from keras.src.trainers.epoch_iterator import EpochIterator

    class Looking(fastseq.ImageSequence):
        def __getitem__(self, k):
            assert (self.workers, self.num_batches) == (1, len(self))
            return super().__getitem__(k)

    sequence, loader = Looking(samples, **OPTIONS), Loader(samples, **OPTIONS)
    iterator = EpochIterator(x=sequence)
    iterator.reset()
    for epoch in range(2):
        for k, (_, _, (batch,)) in enumerate(iterator):
            assert_equal(batch, loader.batch(epoch, k))
    assert sequence.epoch == 1
