"""Runs every scenario on the back end named by KERAS_BACKEND, in one process, and prints the outcomes as JSON.

Each image has a single color that encodes its sample number. The model records the numbers it is given in weights of
its own, so that the scenarios check what reached the compiled step. An image with several colors is recorded as -1.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")

import cv2
import keras
import numpy as np
from drop_ins import CASES, DROP_INS
from keras.src.layers.preprocessing import normalization
from sources import publish, solid_image, sources, write_sources

import fastseq
from fastseq.loading.prefetcher import Prefetcher

ROOT = Path(sys.argv[1])
BACKEND = keras.backend.backend()
SIZE, BATCH, SAMPLES = (8, 8), 4, 48  # 12 batches
LOG = 4096


class Recorder(keras.layers.Layer):
    """Records the sample numbers it is given: in one weight during training, in another otherwise."""

    channels = (0, 1)  # encode the low and the high hexadecimal digit of a sample number

    def build(self, shape):
        for name in ("train", "other"):
            setattr(self, name, self.add_weight(shape=(LOG,), initializer="zeros", trainable=False, name=name))
            setattr(self, f"{name}_n", self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="int32"))

    def compute_output_shape(self, shape):
        return shape

    def call(self, inputs, training=False):
        x = keras.ops.cast(inputs, "float32")
        log, count = (self.train, self.train_n) if training else (self.other, self.other_n)
        low, high = (keras.ops.round(x[:, 4, 4, channel] * 16 / 255) for channel in self.channels)
        spread = keras.ops.max(keras.ops.max(x, (1, 2)) - keras.ops.min(x, (1, 2)), 1)
        number = keras.ops.where(spread < 1, low + 16 * high, -1.0)
        shown = keras.ops.shape(x)[0]
        places = keras.ops.arange(shown, dtype="int32") + count
        log.assign(keras.ops.scatter_update(log, places[:, None], number))
        count.assign(count + shown)
        return inputs


class Shown:
    """A small model and the samples it was given."""

    def __init__(self, loss="sparse_categorical_crossentropy", outputs=3, activation="softmax", rate=0.0):
        self.recorder = Recorder()
        x = inputs = keras.Input((*SIZE, 3))
        x = self.recorder(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = keras.layers.Rescaling(1 / 255)(x)
        x = keras.layers.Dense(outputs, activation=activation)(x)
        self.model = keras.Model(inputs, x)
        self.model.compile(keras.optimizers.SGD(rate), loss, jit_compile=BACKEND == "jax")

    def take(self, kind: str) -> list[int]:
        """Return the sample numbers recorded since the last call, in order."""
        log, count = getattr(self.recorder, kind), getattr(self.recorder, f"{kind}_n")
        n = int(keras.ops.convert_to_numpy(count))
        assert n < LOG
        numbers = keras.ops.convert_to_numpy(log)[:n].astype(int).tolist()
        count.assign(0)
        return numbers

    def fit(self, sequence, epochs=1, **options) -> list[int]:
        try:
            self.history = self.model.fit(sequence, epochs=epochs, verbose=0, **options).history
        except BaseException:
            if BACKEND == "jax":
                self.model.jax_state_sync()  # Keras 3.8 leaves the model without its variables
            raise
        return self.take("train")


def whole_of(count: int) -> np.ndarray:
    return np.stack([cv2.resize(solid_image(i), SIZE) for i in range(count)]).astype(np.float32)


def samples_of(count: int = SAMPLES, labels: object = "classes") -> fastseq.Samples:
    files = [ROOT / f"{i}.png" for i in range(count)]
    for i, file in enumerate(files):
        if not file.exists():
            cv2.imwrite(str(file), solid_image(i)[:, :, ::-1])
    classes = [i % 3 for i in range(count)]
    return fastseq.Samples.from_files(files, labels=classes if isinstance(labels, str) else labels)


def sequence_of(samples=None, **options) -> fastseq.ImageSequence:
    options = {"size": SIZE, "batch_size": BATCH, "dtype": "float32", "interpolation": "cv2.nearest", **options}
    return fastseq.ImageSequence(samples or samples_of(), **options)


def order_of(sequence, epoch: int) -> list[int]:
    return [int(i) for k in range(len(sequence)) for i in sequence.loader.order.indices(epoch, k)]


def batches_of(numbers: list[int], size: int = BATCH) -> set[tuple[int, ...]]:
    return {tuple(numbers[i : i + size]) for i in range(0, len(numbers), size)}


def same(first, second) -> None:
    if first != second:
        raise AssertionError(f"{first}\nis not\n{second}")


def once_each(numbers: list[int], count: int = SAMPLES) -> None:
    """Assert that each consecutive run of `count` numbers has every sample once."""
    same(len(numbers) % count, 0)
    for start in range(0, len(numbers), count):
        same(sorted(numbers[start : start + count]), list(range(count)))


SHOWN: dict[str, Shown] = {}
SCENARIOS: dict[str, Callable[[], None]] = {}


def shown() -> Shown:
    """Return the model that most scenarios share: it is compiled once, and its learning rate is 0."""
    model = SHOWN.setdefault("default", Shown())
    model.take("train"), model.take("other")
    return model


def scenario(function: Callable[[], None]) -> Callable[[], None]:
    SCENARIOS[function.__name__] = function
    return function


class Call(keras.callbacks.Callback):
    """A callback with the given methods, each called with the callback and the epoch or batch number."""

    def __init__(self, **functions):
        super().__init__()
        for name, function in functions.items():
            setattr(self, name, lambda number, logs=None, function=function: function(self, number))


@contextmanager
def spied() -> Iterator[dict[str, int]]:
    """Count the requested batches, and how many of them were prefetched."""
    counts = {"asked": 0, "begun": 0}
    fetch = Prefetcher.fetch

    def spy(self, key, ahead, *probe):
        counts["asked"] += 1
        counts["begun"] += key in self.look_ahead
        return fetch(self, key, ahead, *probe)

    Prefetcher.fetch = spy
    try:
        yield counts
    finally:
        Prefetcher.fetch = fetch


@contextmanager
def raised(kind: type[BaseException], *words: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        text = str(error)
        assert all(word in text for word in words), text
    else:
        raise AssertionError(f"no {kind.__name__}")


@scenario
def fit_shows_every_sample_of_each_source_once_an_epoch():
    os.environ["XDG_CACHE_HOME"] = str(ROOT / "cache")
    write_sources(SAMPLES, ROOT / "sources")
    for name, samples in sources(ROOT / "sources", publish(ROOT / "sources")):
        numbers = shown().fit(sequence_of(samples, shuffle=True, seed=4, window_bytes="1MB"), epochs=2)
        try:
            once_each(numbers)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None


@scenario
def fit_shuffles_batches_and_shows_every_sample_once_an_epoch():
    sequence = sequence_of(shuffle=True, seed=4)
    numbers = shown().fit(sequence, epochs=3)
    once_each(numbers)
    for epoch in range(3):
        same(batches_of(numbers[epoch * SAMPLES :][:SAMPLES]), batches_of(order_of(sequence, epoch)))
    assert numbers[:SAMPLES] != order_of(sequence, 0), "the batches were not shuffled"
    same(sequence.epoch, 2)


@scenario
def probes_use_nothing_up():
    fresh, sequence = Shown(), sequence_of(shuffle=True)  # the model is not built yet
    same(fresh.fit(sequence, shuffle=False, epochs=2), order_of(sequence, 0) + order_of(sequence, 1))


@scenario
def repeated_fits_go_on_with_the_epochs():
    model, sequence = shown(), sequence_of(shuffle=True)
    for epoch in range(3):
        same(model.fit(sequence, shuffle=False), order_of(sequence, epoch))
    same(model.fit(sequence, shuffle=False, epochs=5, initial_epoch=3), order_of(sequence, 3) + order_of(sequence, 4))


@scenario
def prefetch_follows_the_shuffled_order():
    sequence = sequence_of(samples_of(96), batch_size=2)
    with spied() as counts:
        once_each(shown().fit(sequence, epochs=2), 96)
    assert counts["begun"] >= 0.8 * counts["asked"] >= 0.8 * 96, counts


@scenario
def prefetch_follows_evaluate_and_predict():
    model, sequence = shown(), sequence_of(samples_of(96), batch_size=2)
    with spied() as counts:
        model.model.evaluate(sequence, verbose=0)
        model.model.predict(sequence, verbose=0)
    assert counts["begun"] >= 0.8 * counts["asked"] >= 0.8 * 96, counts


@scenario
def workers_that_a_user_sets_change_nothing():
    sequence = sequence_of(shuffle=True)
    sequence.workers, sequence.use_multiprocessing, sequence.max_queue_size = 4, True, 2
    once_each(shown().fit(sequence, epochs=3))
    same(sequence.epoch, 2)


@scenario
def with_fewer_steps_a_pass_goes_on():
    for steps in (3, 4, 6, 1):
        sequence = sequence_of(shuffle=True)
        numbers = shown().fit(sequence, epochs=24 // steps, steps_per_epoch=steps)
        same(len(numbers), 2 * SAMPLES)
        once_each(numbers)


@scenario
def with_steps_that_do_not_divide_a_pass_stays_whole():
    sequence = sequence_of(shuffle=True)
    numbers = shown().fit(sequence, epochs=9, steps_per_epoch=5)
    whole = len(numbers) // SAMPLES * SAMPLES
    assert whole >= 2 * SAMPLES, len(numbers)
    once_each(numbers[:whole])
    rest = numbers[whole:]
    same(len(set(rest)), len(rest))


@scenario
def an_early_stop_leaves_the_next_fit_whole():
    model, sequence = shown(), sequence_of(shuffle=True)

    def stop(callback, number):
        callback.model.stop_training = number == 1

    once_each(model.fit(sequence, epochs=5, callbacks=[Call(on_epoch_end=stop)]))
    once_each(model.fit(sequence, epochs=2))
    model.fit(sequence, epochs=1, steps_per_epoch=5)
    once_each(model.fit(sequence, epochs=2))


@scenario
def an_exception_in_mid_epoch_leaves_the_next_fit_whole():
    model, sequence = shown(), sequence_of(shuffle=True)

    def interrupt(callback, number):
        if number == 4:
            raise KeyboardInterrupt

    with raised(KeyboardInterrupt):
        model.fit(sequence, epochs=2, callbacks=[Call(on_train_batch_end=interrupt)])
    model.take("train")
    once_each(model.fit(sequence, epochs=2))


@scenario
def validation_within_the_epoch_keeps_both_whole():
    train, valid = sequence_of(shuffle=True), sequence_of(samples_of(20), shuffle=True)
    model = shown()
    once_each(model.fit(train, epochs=3, validation_data=valid))
    once_each(model.take("other"), 20)
    once_each(model.fit(train, epochs=2, validation_data=train))
    once_each(model.take("other"))


@scenario
def evaluate_sees_every_sample_once():
    model, sequence = shown(), sequence_of(shuffle=True)
    for epoch in range(2):
        model.model.evaluate(sequence, verbose=0)
        same(model.take("other"), order_of(sequence, epoch))


@scenario
def predict_keeps_the_order_of_the_files():
    model, sequence = shown(), sequence_of(samples_of(50))  # the last batch is partial
    model.fit(sequence)
    for _ in range(2):
        model.take("other")
        predictions = model.model.predict(sequence, verbose=0)
        same(model.take("other"), list(range(50)))
        expected = model.model.predict(whole_of(50), batch_size=50, verbose=0)
        np.testing.assert_allclose(predictions, expected, atol=1e-5)


@scenario
def predict_between_fits_uses_nothing_up():
    model, sequence = shown(), sequence_of(shuffle=True)
    model.model.predict(sequence, verbose=0)
    same(model.fit(sequence, shuffle=False), order_of(sequence, 0))
    model.model.predict(sequence, verbose=0)
    same(model.fit(sequence, shuffle=False), order_of(sequence, 1))


@scenario
def a_last_partial_batch_is_shown():
    sequence = sequence_of(samples_of(50), shuffle=True)
    once_each(shown().fit(sequence, epochs=2), 50)


@scenario
def a_callback_may_look_at_a_batch():
    model, train, valid = shown(), sequence_of(shuffle=True), sequence_of(shuffle=True)
    looks: list[int] = []

    def look(callback, number):
        for sequence in (train, valid):
            x, _ = sequence[number % 12]
            looks.append(len(x))

    callbacks = [Call(on_train_batch_begin=look, on_train_batch_end=look, on_epoch_end=look, on_test_batch_end=look)]
    numbers = model.fit(train, epochs=3, validation_data=valid, callbacks=callbacks)
    assert len(looks) > 100
    once_each(numbers)
    for epoch in range(3):
        same(batches_of(numbers[epoch * SAMPLES :][:SAMPLES]), batches_of(order_of(train, epoch)))
    once_each(model.take("other"))


@scenario
def a_subclass_may_change_what_batches_are():
    class Inverted(fastseq.ImageSequence):
        def __getitem__(self, k):
            x, y = super().__getitem__(k)
            return 255 - (255 - x), y

        def on_epoch_end(self):
            super().on_epoch_end()

    sequence = Inverted(samples_of(), SIZE, BATCH, shuffle=True, dtype="float32", interpolation="cv2.nearest")
    with spied() as counts:
        once_each(shown().fit(sequence, epochs=4))
    same(sequence.epoch, 3)
    assert counts["begun"] >= 0.8 * counts["asked"], counts


@scenario
def a_loop_of_the_users_own_after_fit_goes_on_with_the_epochs():
    model, sequence = shown(), sequence_of(shuffle=True)
    model.fit(sequence, epochs=2)
    for epoch in (2, 3, 4):
        same([number for x, _ in sequence for number in numbers_of(x)], order_of(sequence, epoch))
        if epoch == 3:
            sequence.on_epoch_end()
    same(model.fit(sequence, shuffle=False), order_of(sequence, 5))


@scenario
def predict_and_a_loop_after_fit_read_the_same_epoch():
    model = shown()
    for predict_first in (False, True):
        sequence = sequence_of(shuffle=True)
        model.fit(sequence, epochs=2)
        model.take("other")
        read = []
        for predict in (predict_first, not predict_first):
            if predict:
                model.model.predict(sequence, verbose=0)
                numbers = model.take("other")
                same(numbers, [int(i) for k in range(len(sequence)) for i in sequence.indices(k)])
            else:
                numbers = [number for x, _ in sequence for number in numbers_of(x)]
            read.append(numbers)
        same(*read)
        once_each(read[0])
        same(model.fit(sequence, shuffle=False), order_of(sequence, 3 - predict_first))


@scenario
def a_callback_may_predict_and_read_labels():
    model, train, valid = shown(), sequence_of(shuffle=True), sequence_of(samples_of(20), shuffle=True)
    read = []

    def look(callback, number):
        for sequence in (train, valid):
            model.take("other")
            labels = np.concatenate([y for _, y in sequence])
            model.model.predict(sequence, verbose=0)
            numbers = model.take("other")
            read.append(numbers)
            same(labels.tolist(), [number % 3 for number in numbers])

    numbers = model.fit(train, epochs=3, validation_data=valid, callbacks=[Call(on_epoch_end=look)])
    once_each(numbers)
    for epoch in range(3):
        same(batches_of(numbers[epoch * SAMPLES :][:SAMPLES]), batches_of(order_of(train, epoch)))
        same(read[2 * epoch], order_of(train, epoch))
        same(read[2 * epoch + 1], order_of(valid, epoch))


@scenario
def an_epoch_that_is_set_is_the_first_that_fit_reads():
    sequence = sequence_of(shuffle=True)
    sequence.set_epoch(2)
    numbers = Shown().fit(sequence, epochs=4, initial_epoch=2, shuffle=False)
    same(numbers, order_of(sequence, 2) + order_of(sequence, 3))


@scenario
def looking_at_a_batch_before_fit_changes_nothing():
    sequence = sequence_of(shuffle=True)
    sequence[11], sequence[0]
    same(Shown().fit(sequence, shuffle=False), order_of(sequence, 0))


class Around(keras.utils.PyDataset):
    """A dataset of the user's own around ours; with `hook`, it passes `on_epoch_end` on."""

    def __init__(self, inner, hook=False, **options):
        super().__init__(**options)
        self.inner, self.hook = inner, hook

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, k):
        return self.inner[k]

    def on_epoch_end(self):
        if self.hook:
            self.inner.on_epoch_end()


class Reordered(Around):
    """Asks for the batches in an order of its own, which it shuffles."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.random = np.random.default_rng(3)
        self.order = self.random.permutation(len(self))

    def __getitem__(self, k):
        return self.inner[int(self.order[k])]

    def on_epoch_end(self):
        super().on_epoch_end()
        self.order = self.random.permutation(len(self))


class Mixing(Around):
    """Asks for another batch beside each."""

    def __getitem__(self, k):
        x, y = self.inner[k]
        other, _ = self.inner[(k * 7 + 3) % len(self)]
        assert other.shape == x.shape
        return x, y


@contextmanager
def decoding() -> Iterator[list[int]]:
    """List the numbers of the samples that are begun to be decoded."""
    numbers: list[int] = []
    begin = Prefetcher._begin_samples

    def spy(self, epoch, indices, urgent):
        numbers.extend(int(i) for i in indices)
        return begin(self, epoch, indices, urgent)

    Prefetcher._begin_samples = spy
    try:
        yield numbers
    finally:
        Prefetcher._begin_samples = begin


@scenario
def every_file_is_decoded_once_an_epoch():
    keras.utils.set_random_seed(1)  # an order that begins 0, 1, 2 would look like a loop of the user's own
    for around in (lambda inner: inner, Around, partial(Around, hook=True), Reordered, partial(Reordered, hook=True)):
        sequence, model = sequence_of(shuffle=True), Shown()  # not built yet: Keras probes
        with decoding() as numbers:
            model.fit(around(sequence), epochs=3)
            same([numbers.count(n) for n in range(SAMPLES)], [3] * SAMPLES)
            model.model.evaluate(around(sequence), verbose=0)
            same(len(numbers), 4 * SAMPLES)
            model.model.predict(around(sequence), verbose=0)
            same(len(numbers), 5 * SAMPLES)


@scenario
def a_function_of_the_batch_is_called_ahead_and_decodes_nothing_twice():
    layer = keras.layers.RandomContrast(0.0)
    sequence, model = sequence_of(shuffle=True, map=lambda x, y: (layer(x, training=True), y)), Shown()  # not built yet
    with decoding() as numbers:
        once_each(model.fit(sequence, epochs=3))
        same([numbers.count(n) for n in range(SAMPLES)], [3] * SAMPLES)
        model.model.evaluate(sequence, verbose=0)
        same(len(numbers), 4 * SAMPLES)


@scenario
def a_dataset_around_ours_has_the_same_epochs():
    for around in (Around, partial(Around, hook=True), Mixing, Reordered, partial(Reordered, hook=True)):
        sequence, model = sequence_of(shuffle=True), Shown()
        dataset = around(sequence)
        numbers = model.fit(dataset, epochs=3)
        once_each(numbers)
        for epoch in range(3):
            same(batches_of(numbers[epoch * SAMPLES :][:SAMPLES]), batches_of(order_of(sequence, epoch)))
        model.take("other")
        model.model.evaluate(dataset, verbose=0)
        same(batches_of(model.take("other")), batches_of(order_of(sequence, 3)))
        if not isinstance(dataset, Reordered):  # it begins a new order in every Keras epoch
            once_each(model.fit(dataset, epochs=4, steps_per_epoch=6))
            same(batches_of(model.fit(dataset)), batches_of(order_of(sequence, 6)))


@scenario
def predict_of_a_dataset_around_ours_reads_what_a_loop_has_read():
    model = shown()
    for around in (Around, partial(Around, hook=True), Reordered):
        sequence = sequence_of(shuffle=True)
        dataset = around(sequence)
        model.fit(dataset, epochs=2)
        for _ in range(2):
            labels = np.concatenate([dataset[k][1] for k in range(len(dataset))])
            model.take("other")
            model.model.predict(dataset, verbose=0)
            same(labels.tolist(), [number % 3 for number in model.take("other")])
        same(sequence.epoch, 3)


@scenario
def a_dataset_around_ours_may_stop_early():
    def interrupt(callback, number):
        if number == 4:
            raise KeyboardInterrupt

    model = shown()
    for hook in (False, True):
        sequence = sequence_of(shuffle=True)
        dataset = Around(sequence, hook)
        with raised(KeyboardInterrupt):
            model.fit(dataset, epochs=2, callbacks=[Call(on_train_batch_end=interrupt)])
        model.take("train")
        once_each(model.fit(dataset, epochs=2))


@scenario
def threads_of_a_dataset_around_ours_lose_nothing():
    sequence = sequence_of(shuffle=True)
    dataset = Around(sequence, workers=3, max_queue_size=4)
    for _ in range(3):
        shown().fit(dataset, epochs=2)
    assert sequence.epoch in range(4, 8), sequence.epoch


@scenario
def prefetch_follows_keras_through_a_dataset_around_ours():
    sequence = sequence_of(samples_of(96), batch_size=2, shuffle=True)
    with spied() as counts:
        once_each(shown().fit(Around(sequence), epochs=2), 96)
    assert counts["begun"] >= 0.8 * counts["asked"] >= 0.8 * 96, counts


@scenario
def adapt_reads_an_epoch():
    if not hasattr(normalization, "PyDataset"):  # before layers of Keras adapted to its datasets
        return
    for around in (lambda inner: inner, Around):
        sequence = sequence_of(shuffle=True)
        with decoding() as numbers:
            keras.layers.Normalization().adapt(around(sequence))
        once_each(numbers)
        same(sequence.epoch, 0)
        same(shown().fit(sequence, shuffle=False), order_of(sequence, 1))


@scenario
def generators_and_tf_data_read_an_epoch_each_time():
    sequence = sequence_of(shuffle=True)

    def forever():
        while True:
            yield from sequence

    once_each(shown().fit(forever(), epochs=3, steps_per_epoch=12))
    assert sequence.epoch >= 2
    if BACKEND != "tensorflow":
        return
    import tensorflow as tf

    sequence = sequence_of(shuffle=True)
    signature = (tf.TensorSpec((None, *SIZE, 3), tf.float32), tf.TensorSpec((None,), tf.int32))
    dataset = tf.data.Dataset.from_generator(lambda: sequence, output_signature=signature).prefetch(2)
    with decoding() as numbers:
        for epoch in range(3):
            read = [number for x, _ in dataset for number in numbers_of(x.numpy())]
            same(read, order_of(sequence, epoch))
        once_each(numbers)
    same(shown().fit(dataset, epochs=2, shuffle=False), order_of(sequence, 3) + order_of(sequence, 4))


class Subclassed(keras.Model):
    """A model whose first layer is a convolution, in a block of its own."""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.conv = keras.layers.Conv2D(2, 3)

        def call(self, x):
            return self.conv(x)

    def __init__(self, first=None):
        super().__init__()
        self.first = first or self.Block()
        self.pool = keras.layers.GlobalAveragePooling2D()
        self.top = keras.layers.Dense(3, activation="softmax")
        self.compile("sgd", "sparse_categorical_crossentropy", jit_compile=BACKEND == "jax")

    def call(self, x):
        return self.top(self.pool(self.first(x)))


def layers_of_blocks() -> keras.Sequential:
    layers = [Subclassed.Block(), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, activation="softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=BACKEND == "jax")
    return model


@scenario
def a_subclassed_model_that_takes_no_uint8_is_told_what_to_pass():
    rescaled = keras.Sequential([keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(2, 3)])
    for model, dtype, fails in (
        (Subclassed(), "uint8", BACKEND != "jax"),
        (Subclassed(keras.layers.Conv2D(2, 3)), "uint8", BACKEND != "jax"),
        (Subclassed(), "float32", False),
        (Subclassed(keras.layers.Rescaling(1 / 255)), "uint8", False),
        (Subclassed(rescaled), "uint8", False),
        (layers_of_blocks(), "uint8", False),
    ):
        sequence = sequence_of(dtype=dtype)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            for _ in range(2):
                try:
                    model.fit(sequence, verbose=0)
                    same(fails, False)
                except AssertionError:
                    raise
                except Exception:
                    same(fails, True)
        told = [str(warning.message) for warning in seen if "subclassed" in str(warning.message)]
        same(len(told), int(fails))
        assert not told or 'dtype="float32"' in told[0], told


def pairs(labels: object, **columns: object) -> fastseq.Samples:
    """Each image beside that of the opposite number."""
    paths = list(samples_of().paths())
    return fastseq.Samples.from_files({"left": paths, "right": paths[::-1]}, labels, columns=columns or None)


@scenario
def samples_with_several_inputs_train_and_predict():
    numbers = np.arange(SAMPLES)
    samples = pairs(numbers / 1.0, number=numbers, row=np.stack([numbers / 2, -numbers], 1), odd=numbers % 2 == 1)
    shapes = {"left": (*SIZE, 3), "right": (*SIZE, 3), "number": (1,), "row": (2,), "odd": (1,)}
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    recorders = {name: Recorder() for name in ("left", "right")}
    found = []
    for name, recorder in recorders.items():
        digits = keras.ops.round(recorder(inputs[name])[:, 4, 4, :2] * (16 / 255))
        found.append(digits[:, :1] + 16 * digits[:, 1:])
    found += [keras.ops.cast(inputs[name], "float32") for name in ("number", "row", "odd")]
    found = keras.layers.Concatenate()(found)
    model = keras.Model(inputs, keras.layers.Dense(1)(found))
    model.compile(keras.optimizers.SGD(1e-4), "mse", jit_compile=BACKEND == "jax")
    sequence = sequence_of(samples, dtype="uint8", shuffle=True)
    losses = model.fit(sequence, epochs=3, shuffle=False, validation_data=sequence_of(samples), verbose=0).history
    assert np.isfinite(losses["loss"]).all(), losses
    assert losses["loss"][-1] < losses["loss"][0], losses
    order = [number for epoch in range(3) for number in order_of(sequence, epoch)]
    for name, recorder in recorders.items():
        shown_numbers = keras.ops.convert_to_numpy(recorder.train)[: 3 * SAMPLES].astype(int).tolist()
        same(shown_numbers, order if name == "left" else [SAMPLES - 1 - number for number in order])
    seen = keras.Model(inputs, found).predict(sequence_of(samples, labels=None), verbose=0)
    expected = np.stack([numbers, SAMPLES - 1 - numbers, numbers, numbers / 2, -numbers, numbers % 2], 1)
    np.testing.assert_allclose(seen, expected)


@scenario
def a_subclassed_model_of_several_inputs_is_told_what_to_pass_too():
    class Pairs(Subclassed):
        def call(self, x):
            return super().call(x["left"]) + super().call(x["right"])

    samples = pairs([i % 3 for i in range(SAMPLES)])
    for dtype in ("float32", "uint8"):
        fails = dtype == "uint8" and BACKEND != "jax"
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            try:
                Pairs().fit(sequence_of(samples, dtype=dtype), verbose=0)
            except Exception:
                assert fails, traceback.format_exc()
            else:
                assert not fails
        same(sum('dtype="float32"' in str(warning.message) for warning in seen), int(fails))


@scenario
def a_state_between_fits_and_not_within_one():
    sequence, model = sequence_of(shuffle=True), shown()

    def ask(callback, number):
        if number == 3:
            with raised(ValueError, "DataBackup"):
                sequence.state_dict()

    model.fit(sequence, epochs=2, callbacks=[Call(on_train_batch_end=ask)])
    model.model.predict(sequence, verbose=0)
    same(sequence.state_dict(), sequence.state_dict(consumed=len(sequence)))
    resumed = sequence_of(shuffle=True)
    resumed.load_state_dict(sequence.state_dict())
    same(model.fit(resumed, shuffle=False), order_of(sequence, 2))


@scenario
def text_is_refused_before_a_fit_unless_a_function_converts_it():
    paths, words = list(samples_of().paths()), [f"{i}" for i in range(SAMPLES)]
    samples = fastseq.Samples.from_files(paths, np.arange(SAMPLES) / 1.0, columns={"word": words})
    inputs = {"image": keras.Input((*SIZE, 3), name="image"), "word": keras.Input((1,), name="word")}
    recorder = Recorder()
    pooled = keras.layers.GlobalAveragePooling2D()(recorder(inputs["image"]))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()([pooled, inputs["word"]])))
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=BACKEND == "jax")
    with raised(TypeError, "Keras takes no text, and the input 'word' is text"):
        model.fit(sequence_of(samples), verbose=0)
    numbered = sequence_of(samples, map=lambda x, y: ({**x, "word": x["word"].astype("float32")}, y))
    model.fit(numbered, epochs=2, verbose=0)
    same(int(keras.ops.convert_to_numpy(recorder.train_n)), 2 * SAMPLES)


def numbers_of(x: np.ndarray) -> list[int]:
    return (np.rint(x[:, 4, 4, 0] * 16 / 255) + 16 * np.rint(x[:, 4, 4, 1] * 16 / 255)).astype(int).tolist()


def assert_loss(model: Shown, weights: np.ndarray, labels: np.ndarray) -> None:
    """Check the loss of the last one-batch fit: a mean over the samples, or over their weights."""
    chances = model.model.predict(whole_of(SAMPLES), verbose=0)
    expected = float((-np.log(chances[np.arange(SAMPLES), labels]) * weights).mean())
    loss = model.history["loss"][0]
    assert min(abs(loss - expected), abs(loss - expected / weights.mean())) < 1e-3, (loss, expected)


@scenario
def class_weights_and_sample_weights_count():
    model, labels = shown(), np.arange(SAMPLES) % 3
    weights = np.array([1.0, 0.0, 5.0])
    model.fit(sequence_of(batch_size=SAMPLES), class_weight=dict(enumerate(weights)))
    assert_loss(model, weights[labels], labels)
    once_each(model.fit(sequence_of(shuffle=True), class_weight=dict(enumerate(weights))))
    weights = np.linspace(0, 2, SAMPLES)
    model.fit(sequence_of(batch_size=SAMPLES, sample_weight=weights, shuffle=True))
    assert_loss(model, weights, labels)
    once_each(model.fit(sequence_of(sample_weight=weights, shuffle=True), epochs=2))


@scenario
def every_kind_of_label_has_its_loss():
    two = samples_of(labels=[i % 2 for i in range(SAMPLES)])
    several = samples_of(labels=[["a", "b", "c"][: i % 4] for i in range(SAMPLES)])
    values = samples_of(labels=np.linspace(0, 1, 2 * SAMPLES, dtype=np.float32).reshape(SAMPLES, 2))
    for samples, kind, loss, outputs, activation in (
        (samples_of(), "categorical", "categorical_crossentropy", 3, "softmax"),
        (two, "binary", "binary_crossentropy", 1, "sigmoid"),
        (several, "multi_hot", "binary_crossentropy", 3, "sigmoid"),
        (values, "raw", "mean_squared_error", 2, None),
    ):
        model = Shown(loss, outputs, activation, rate=0.05)
        once_each(model.fit(sequence_of(samples, labels=kind, shuffle=True, batch_size=24), epochs=2))
        assert np.isfinite(model.history["loss"]).all(), (kind, model.history)
    model = Shown()
    model.model.predict(sequence_of(labels=None), verbose=0)
    same(model.take("other"), list(range(SAMPLES)))


@scenario
def a_bad_file_ends_fit_with_its_name():
    files = [ROOT / f"{i}.png" for i in range(8)]
    samples = fastseq.Samples.from_files([*files, ROOT / "missing.png"], labels=[0] * 9)
    with raised(Exception, "missing.png", "NOT_FOUND"):  # TensorFlow wraps what a generator raises
        shown().fit(sequence_of(samples, batch_size=3, shuffle=False), shuffle=False)
    once_each(shown().fit(sequence_of(), epochs=1))


@scenario
def the_tutorials_generator_shows_every_sample_once_an_epoch():
    import pandas as pd

    from fastseq.compat import DataGenerator

    samples = samples_of()
    df = pd.DataFrame({"images": list(samples.paths()), "labels": ["ab_c", "d", "ab_d"] * 16})
    generator = DataGenerator(df, range(SAMPLES), batch_size=BATCH, dim=SIZE, n_classes=3, labels=["ab", "c", "d"])
    model = Shown("binary_crossentropy", 3, "sigmoid")
    model.recorder.channels = (2, 1)  # images are BGR
    numbers = model.fit(generator, epochs=3)
    once_each(numbers)
    same(len({tuple(numbers[i : i + SAMPLES]) for i in range(0, len(numbers), SAMPLES)}), 3)
    once_each(model.fit(generator, epochs=2, steps_per_epoch=6))


def many() -> fastseq.Samples:
    """Return 2000 samples over 64 noise images."""
    rng = np.random.default_rng(1)
    files = [ROOT / f"noise {i}.jpg" for i in range(64)]
    for file in files:
        cv2.imwrite(str(file), rng.integers(0, 256, (32, 32, 3), np.uint8))
    order = rng.integers(0, 64, 2000)
    return fastseq.Samples.from_files([files[i] for i in order], labels=order.tolist())


@scenario
def no_batch_of_500_is_corrupted():
    samples = many()
    inputs = keras.Input((32, 32, 3))
    rows = keras.layers.Lambda(lambda x: keras.ops.mean(keras.ops.cast(x, "float32"), axis=2), output_shape=(32, 3))
    model = keras.Model(inputs, keras.layers.Flatten()(rows(inputs)))
    model.compile(jit_compile=BACKEND == "jax")
    options = {"size": (32, 32), "batch_size": 4, "interpolation": "cv2.linear", "labels": None}
    held = []

    def burst(callback, number):
        if number % 50 == 49:  # the consumer pauses, and prefetched batches pile up
            held.append(np.ones(1 << 20).sum())

    for dtype in ("uint8", "float32"):
        whole = fastseq.decode_batch(list(samples.paths()), (32, 32), interpolation="cv2.linear", dtype=dtype)
        expected = whole.astype(np.float64).mean(2).reshape(len(samples), -1)
        for prefetch_bytes in (None, 6 * whole[:4].nbytes):
            options.update(dtype=dtype, prefetch_bytes=prefetch_bytes)
            sequence = fastseq.ImageSequence(samples, **options)
            callbacks = [Call(on_predict_batch_end=burst)]
            predictions = model.predict(sequence, verbose=0, callbacks=callbacks)
            wrong = np.flatnonzero(np.abs(predictions - expected).max(1) > 1e-2)
            assert not len(wrong), f"{len(wrong)} samples, from {wrong[:5]}"


@scenario
def tensors_that_are_held_stay_as_they_are():
    samples = many()
    options = {"size": (32, 32), "batch_size": 4, "dtype": "float32", "labels": None}
    sequence = fastseq.ImageSequence(samples, **options)
    expected = fastseq.decode_batch(list(samples.paths()), (32, 32), dtype="float32")
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    adapter = PyDatasetAdapter(sequence)
    iterator = {
        "tensorflow": adapter.get_tf_dataset,
        "jax": adapter.get_jax_iterator,
        "torch": adapter.get_torch_dataloader,
    }[BACKEND]()
    held = [(k, batch[0]) for k, batch in enumerate(iterator) if k % 5 == 0]
    same(len(held), 100)
    converted = [(k, keras.ops.convert_to_tensor(sequence[k])) for k in range(0, 500, 10)]
    for k in range(500):
        sequence[k]
    for k, tensor in held + converted:
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(tensor), expected[4 * k : 4 * k + 4])


def a_drop_in_shows_every_sample_once_an_epoch(name: str, workers: int):
    drop_in, samples = DROP_INS[name], samples_of()
    dataset = drop_in.make(list(samples.paths()), [i % 3 for i in range(SAMPLES)], SIZE, BATCH)
    if hasattr(dataset, "workers"):
        dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size = workers, workers > 1, 6
    model = Shown("binary_crossentropy", 3, "sigmoid") if drop_in.multi_hot else Shown()  # built by the first fit
    model.recorder.channels = (2, 1) if drop_in.bgr else (0, 1)
    numbers = model.fit(dataset, epochs=3)
    same(len(numbers), 3 * SAMPLES)
    once_each(numbers)
    same(len({tuple(numbers[i : i + SAMPLES]) for i in range(0, len(numbers), SAMPLES)}), 3)
    model.model.evaluate(dataset, verbose=0)
    once_each(model.take("other"))
    left = model.fit(dataset, steps_per_epoch=5)
    same((len(left), len(set(left))), (5 * BATCH, 5 * BATCH))
    once_each(model.fit(dataset, epochs=2, validation_data=dataset))
    once_each(model.take("other"))
    model.model.predict(dataset, verbose=0)
    once_each(model.take("other"))


class StoppedError(Exception):
    """Ends a run mid-epoch."""


def stop_at(epoch: int, batch: int) -> Call:
    def stop(self, number):
        self.epoch = number

    def check(self, number):
        if (self.epoch, number) == (epoch, batch):
            raise StoppedError

    return Call(on_epoch_begin=stop, on_train_batch_end=check)


@scenario
def a_backup_goes_on_with_what_the_model_has_not_had():
    for save_freq, (epoch, batch), kept in ((1, (1, 5), 18), (4, (1, 5), 16), (5, (0, 3), 0), (1, (0, 11), 12)):
        file = ROOT / "backup.json"
        sequence = sequence_of(shuffle=True)
        stream = [number for e in range(4) for number in order_of(sequence, e)]
        model = shown()
        with raised(StoppedError):
            backup = fastseq.DataBackup(sequence, file, save_freq=save_freq)
            model.fit(sequence, 3, shuffle=False, callbacks=[backup, stop_at(epoch, batch)])
        same(model.take("train"), stream[: (epoch * 12 + batch + 1) * BATCH])
        again = sequence_of(shuffle=True, threads=1, prefetch_bytes=0)
        backup = fastseq.DataBackup(again, file, save_freq=save_freq)
        numbers = model.fit(again, 3, shuffle=False, initial_epoch=epoch, callbacks=[backup])
        same(numbers, stream[kept * BATCH :][: (3 - epoch) * SAMPLES])
        assert not file.exists()


@scenario
def a_backup_of_epochs_goes_on_with_the_next_however_keras_shuffles():
    file = ROOT / "epochs.json"
    sequence, model = sequence_of(shuffle=True), shown()
    with raised(StoppedError):
        model.fit(sequence, 4, callbacks=[fastseq.DataBackup(sequence, file), stop_at(2, 3)])
    model.take("train")
    again = sequence_of(shuffle=True)
    backup = fastseq.DataBackup(again, file, delete_checkpoint=False)
    numbers = model.fit(again, 4, initial_epoch=2, callbacks=[backup])
    for epoch in (2, 3):
        same(batches_of(numbers[(epoch - 2) * SAMPLES :][:SAMPLES]), batches_of(order_of(again, epoch)))
    same((json.loads(file.read_text())["epoch"], json.loads(file.read_text())["batch"]), (4, 0))
    file.unlink()


@scenario
def a_backup_within_an_epoch_that_keras_shuffles_is_refused():
    sequence = sequence_of(shuffle=True)
    with raised(ValueError, "fit(shuffle=False)"):
        shown().fit(sequence, callbacks=[fastseq.DataBackup(sequence, ROOT / "no.json", save_freq=5)])


@scenario
def bad_samples_are_skipped_and_listed():
    samples = samples_of(SAMPLES)
    bad = [5, 6, 40]
    paths = [ROOT / "gone.png" if i in bad else path for i, path in enumerate(samples.paths())]
    dirty = fastseq.Samples.from_files(paths, labels=[i % 3 for i in range(SAMPLES)])
    sequence = sequence_of(dirty, on_error="skip", max_bad=3)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", fastseq.BadSamplesWarning)
        numbers = shown().fit(sequence, 2, shuffle=False)
    same(numbers, 2 * [i for i in range(SAMPLES) if i not in bad])
    same([found.index for found in sequence.loader.errors], bad)
    same(sum(issubclass(warning.category, fastseq.BadSamplesWarning) for warning in seen), 2)
    with raised(Exception, "TooManyBadSamples" if BACKEND == "tensorflow" else "", "max_bad allows 2"):
        shown().fit(sequence_of(dirty, on_error="skip", max_bad=2), shuffle=False)


@scenario
def predict_lists_what_it_filled_in():
    samples = samples_of(SAMPLES)
    bad = [0, 5, 40, 47]
    paths = [ROOT / "gone.png" if i in bad else path for i, path in enumerate(samples.paths())]
    dirty = fastseq.Samples.from_files(paths, labels=[i % 3 for i in range(SAMPLES)])
    model, sequence = shown(), sequence_of(dirty, on_error="fill", max_bad=4)
    for _ in range(2):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", fastseq.BadSamplesWarning)
            same(len(model.model.predict(sequence, verbose=0)), SAMPLES)
        (told,) = [str(warning.message) for warning in seen if issubclass(warning.category, fastseq.BadSamplesWarning)]
        same(told, "predict: 4 of 48 samples were bad (4 NOT_FOUND); see .errors")
        same([found.index for found in sequence.errors], bad)
    model.fit(sequence, shuffle=False)  # and counts none of them twice: there are no more than max_bad


@scenario
def what_is_filled_in_teaches_nothing():
    samples = samples_of(SAMPLES)
    paths = [ROOT / "gone.png" if i % 2 else path for i, path in enumerate(samples.paths())]
    losses = []
    for labels in ([0] * SAMPLES, [2 * (i % 2) for i in range(SAMPLES)]):  # of bad samples alone are these different
        dirty = fastseq.Samples.from_files(paths, labels=labels, classes=[0, 1, 2])
        keras.utils.set_random_seed(3)
        model = Shown(rate=0.5)
        model.fit(sequence_of(dirty, on_error="fill", max_bad=1.0), 2, shuffle=False)
        losses.append([round(loss, 5) for loss in model.history["loss"]])
    same(*losses)


SCENARIOS.update(
    {case: partial(a_drop_in_shows_every_sample_once_an_epoch, *arguments) for case, arguments in CASES.items()}
)


def main() -> None:
    warnings.simplefilter("ignore")
    chosen = sys.argv[2:] or list(SCENARIOS)
    results = {}
    for name in chosen:
        begun = time.process_time()
        try:
            SCENARIOS[name]()
            results[name] = "ok"
        except Exception:
            results[name] = traceback.format_exc(limit=-4)
        if os.environ.get("VERBOSE"):
            print(f"{time.process_time() - begun:6.1f} s  {name}", results[name], file=sys.stderr)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
