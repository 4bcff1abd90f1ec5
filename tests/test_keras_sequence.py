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


def epoch_of(sequence, batches) -> int:
    """The epoch that the batches belong to, which are those of a whole one."""
    order = sequence.loader.order
    batches = list(batches)
    assert len(batches) == len(order)
    (found,) = (
        epoch
        for epoch in range(9)
        if all(np.array_equal(x, sequence.loader.batch(epoch, k)[0]) for k, (x, _) in enumerate(batches))
    )
    return found


def decoded(sequence) -> list[int]:
    """Counts the samples that the sequence begins to decode, from now on."""
    counted = []
    begin = sequence.loader._prefetcher.decoder.begin

    def count(sources, *args, **kwargs):
        counted.append(len(sources))
        return begin(sources, *args, **kwargs)

    sequence.loader._prefetcher.decoder.begin = count
    return counted


def test_each_loop_of_the_users_own_is_the_next_epoch(sequence):
    assert [epoch_of(sequence, sequence) for _ in range(3)] == [0, 1, 2]
    by_number = [[sequence[k] for k in range(7)] for _ in range(2)]
    assert [epoch_of(sequence, batches) for batches in by_number] == [3, 4]
    assert sequence.epoch == 4


def test_a_loop_that_was_left_is_begun_anew(sequence):
    next(iter(sequence))
    assert [epoch_of(sequence, sequence) for _ in range(2)] == [0, 1]


def test_two_loops_at_once_read_the_same_epoch(sequence):
    sequence[6]
    pairs = list(zip(sequence, sequence, strict=True))
    for side in range(2):
        assert epoch_of(sequence, (pair[side] for pair in pairs)) == 0
    assert epoch_of(sequence, sequence) == 1


@pytest.mark.parametrize("order", [[*range(7)], [3, 1, 6, 2, 0, 5, 4], [0, 2, 4, 6, 1, 3, 5]])
def test_own_requests_decode_each_sample_once_in_whatever_order(sequence, order):
    counted = decoded(sequence)
    for _ in range(2):
        for k in order:
            sequence[k]
    assert sum(counted) == 2 * 27


def test_a_for_loop_decodes_each_sample_once_and_ahead(sequence):
    counted = decoded(sequence)
    batches = iter(sequence)
    next(batches)
    assert len(counted) > 1
    assert 1 + sum(1 for _ in batches) == 7
    assert sum(counted) == 27


def test_indices_are_the_sample_numbers_of_the_epoch_that_was_read_last(sequence, samples):
    for epoch in range(2):
        for k, (_, y) in enumerate(sequence):
            indices = sequence.indices(k)
            np.testing.assert_array_equal(indices, sequence.loader.order.indices(epoch, k))
            np.testing.assert_array_equal(samples.labels[indices], y)
    np.testing.assert_array_equal(np.sort(np.concatenate([sequence.indices(k) for k in range(7)])), np.arange(27))
    np.testing.assert_array_equal(sequence.indices(-1), sequence.indices(6))
    with pytest.raises(IndexError, match="no batch 7"):
        sequence.indices(7)


def test_indices_follow_a_state_that_was_loaded(sequence, samples):
    for _, _ in zip(range(3), sequence, strict=False):
        pass
    twin = fastseq.ImageSequence(samples, **OPTIONS)
    twin.load_state_dict(sequence.state_dict(consumed=3))
    for k in range(7):
        epoch, place = divmod(3 + k, 7)
        np.testing.assert_array_equal(twin.indices(k), sequence.loader.order.indices(epoch, place))
        np.testing.assert_array_equal(samples.labels[twin.indices(k)], twin[k][1])


def test_a_state_counts_what_a_loop_has_read(sequence, samples):
    expected = [y.tolist() for epoch in range(3) for y in (sequence.loader.batch(epoch, k)[1] for k in range(7))]
    read = 0
    for _ in range(2):
        for _ in sequence:
            read += 1
            twin = fastseq.ImageSequence(samples, **OPTIONS)
            twin.load_state_dict(sequence.state_dict())
            assert [y.tolist() for _, y in twin] == expected[read : read + 7]
    list(sequence.take(3))
    assert sequence.state_dict() == sequence.state_dict(consumed=7)
    sequence.set_epoch(2)
    assert sequence.state_dict() == sequence.state_dict(consumed=0)
    sequence[1]
    with pytest.raises(
        ValueError, match=r"out of order: use fastseq\.DataBackup for fit, or pass state_dict\(consumed"
    ):
        sequence.state_dict()
    sequence[0]
    assert sequence.state_dict() == sequence.state_dict(consumed=2)


def test_set_epoch_goes_to_the_beginning_of_an_epoch(sequence, samples):
    sequence[0]
    sequence.set_epoch(4)
    assert sequence.epoch == 4
    assert [epoch_of(sequence, sequence) for _ in range(2)] == [4, 5]
    twin = fastseq.ImageSequence(samples, **OPTIONS)
    twin.load_state_dict(sequence.state_dict(consumed=3))
    twin.set_epoch(np.int64(2))
    assert [epoch_of(twin, twin) for _ in range(2)] == [2, 3]
    with pytest.raises(ValueError, match="epoch must be in 0 <= epoch"):
        sequence.set_epoch(-1)
    with pytest.raises(TypeError, match="epoch must be an integer"):
        sequence.set_epoch("2")


def dataset_around(keras, inner, order=None):
    """A dataset of the user's own around another one; `order` is how it asks for its batches."""

    class Around(keras.utils.PyDataset):
        def __len__(self):
            return len(inner)

        def __getitem__(self, k):
            return inner[k if order is None else order[k]]

    return Around()


def mean_model(keras):
    """A model that returns the mean color of an image."""
    model = keras.Sequential([keras.Input((16, 24, 3)), keras.layers.GlobalAveragePooling2D()])
    model.compile()
    return model


@pytest.mark.parametrize("order", [None, [6, 5, 4, 3, 2, 1, 0]])
@pytest.mark.filterwarnings("ignore:predict does not give one row")
def test_predict_reads_the_epoch_that_a_loop_has_read(keras, sequence, order):
    model = mean_model(keras)
    around = dataset_around(keras, sequence, order)
    for dataset in (sequence, around, around):
        read = np.concatenate([x.mean((1, 2)) for x, _ in dataset])
        np.testing.assert_allclose(model.predict(dataset, verbose=0), read, rtol=1e-5)
    assert sequence.epoch == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shuffle": True}, "shuffle=True mixes the rows"),
        ({"drop_last": True}, "drop_last=True leaves out 3 of 27 samples"),
        ({"rank": 1, "world_size": 2}, "rank 1 of 2 has a part"),
    ],
)
def test_predict_of_anything_but_all_samples_in_order_is_warned_of_once(keras, samples, options, said):
    model = mean_model(keras)
    for wrap in (lambda dataset: dataset, lambda dataset: dataset_around(keras, dataset)):
        sequence = fastseq.ImageSequence(samples, size=(16, 24), batch_size=4, **options)
        with pytest.warns(UserWarning, match=said) as caught:
            model.predict(wrap(sequence), verbose=0)
        model.predict(wrap(sequence), verbose=0)
        assert len(caught) == 1
        assert "Use a sequence without these settings" in str(caught[0].message)
        assert caught[0].filename == __file__
    whole = fastseq.ImageSequence(samples, size=(16, 24), batch_size=9, drop_last=True)
    assert len(model.predict(whole, verbose=0)) == 27


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
        for k, (*_, (batch,)) in enumerate(iterator):
            assert_equal(batch, loader.batch(epoch, k))
    assert sequence.epoch == 1
