"""What fastseq relies on in Keras, observed on the installed one: a test that fails names what Keras has changed."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import fastseq

PACKAGE = Path(fastseq.__file__).parent
CALLS = Path(__file__).parent / "backends" / "keras_calls.py"
BATCHES = 6


def relies_on(fact: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Whatever fails in the test is reported as a change in Keras, with its version and the fact that held before."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def checked(*args, **kwargs):
            try:
                test(*args, **kwargs)
            except Exception as error:
                pytest.fail(
                    f"Keras {version('keras')} no longer does what fastseq relies on: {fact}. "
                    f"See fastseq/keras/internals.\n{type(error).__name__}: {error}"
                )

        return checked

    return decorate


# Calls of a PyDataset: fastseq.keras.internals.py_dataset


@pytest.fixture(scope="module", params=["tensorflow", "jax", "torch"])
def calls(request) -> dict[str, list[list]]:
    """What keras_calls.py prints, for each of its runs."""
    ran = subprocess.run(
        [sys.executable, CALLS],
        env={**os.environ, "KERAS_BACKEND": request.param},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


def by_keras(run: list[list]) -> list[list]:
    return [call for call in run if call[1]]


def names(run: list[list]) -> list[str]:
    return [name for name, _, _ in run]


def requests(run: list[list]) -> list[int]:
    return [detail[0] for name, _, detail in run if name == "request"]


def origins(run: list[list]) -> list[list]:
    """For each request the number that Keras asked for, the pass's order, whether it is a probe, and the method."""
    return [detail[1:] for name, _, detail in run if name == "request"]


def set_up_and_rest(run: list[list]) -> tuple[list[list], list[list]]:
    """The calls before the first `on_epoch_end`, and those after it."""
    end = names(run).index("on_epoch_end")
    return run[:end], run[end + 1 :]


def passes(run: list[list]) -> list[tuple[list[int], list[int]]]:
    """For each iterator that was used: its order, as the first request tells it, and the batches requested."""
    found: list[tuple[list[int], list[int]]] = []
    is_new = False
    for name, _, detail in run:
        if name == "num_batches":
            is_new = True
        elif name == "request" and is_new:
            found.append((detail[2], [detail[0]]))
            is_new = False
        elif name == "request":
            found[-1][1].append(detail[0])
    return found


@relies_on("PyDatasetAdapter.__init__ reads `workers`, once for each fit, evaluate, predict and validation")
def test_workers_is_read_once_before_anything_is_requested(calls):
    for run in (run for name, run in calls.items() if not name.endswith("wrapped")):
        assert names(by_keras(run)).count("workers") == 1
        assert names(run).index("workers") < names(run).index("request")


@relies_on("PyDatasetAdapter reads `num_batches` when it creates an iterator, and not again before its end")
def test_num_batches_is_read_before_each_pass(calls):
    for name, run, epochs in (
        ("fit", calls["fit, unbuilt"], 2),
        ("fit", calls["fit, shuffled"], 3),
        ("evaluate", calls["evaluate"], 1),
    ):
        _, rest = set_up_and_rest(run)
        assert [sorted(one) for _, one in passes(rest)] == [[*range(BATCHES)]] * epochs, name
    _, rest = set_up_and_rest(calls["validation"])
    assert [one for _, one in passes(rest)] == [[0, 1, 2, 3]] * 2


@relies_on("PyDatasetAdapter._finite_generator keeps the order in which it will request batches in its `indices`")
def test_the_order_of_a_pass_is_known_at_its_first_request(calls):
    _, rest = set_up_and_rest(calls["fit, shuffled"])
    drawn = passes(rest)
    assert [one for _, one in drawn] == [order for order, _ in drawn]
    assert any(one != sorted(one) for _, one in drawn)
    for unshuffled in ("fit, unbuilt", "evaluate"):
        _, rest = set_up_and_rest(calls[unshuffled])
        assert all(one == [*range(BATCHES)] for _, one in passes(rest))


@relies_on("EpochIterator.reset calls `on_epoch_end` after the probes of fit and evaluate, before their first epoch")
def test_on_epoch_end_parts_the_probes_from_the_epochs(calls):
    for name, epochs in (("fit, unbuilt", 2), ("fit, shuffled", 3), ("evaluate", 1)):
        _, rest = set_up_and_rest(calls[name])
        assert len(requests(rest)) == epochs * BATCHES
        ends = [i for i, call in enumerate(rest) if call[0] == "on_epoch_end"]
        served = [len(requests(rest[:end])) for end in ends]
        assert {BATCHES * (epoch + 1) for epoch in range(epochs)} <= set(served), name
        assert all(count % BATCHES == 0 for count in served), name


@relies_on("Keras requests at most NUM_BATCHES_FOR_TENSOR_SPEC batches, 2, before the first epoch")
def test_there_are_no_more_probes_than_expected(calls, keras):
    from keras.src.trainers.data_adapters import data_adapter_utils

    from fastseq.keras.internals.py_dataset import MAX_PROBES

    assert data_adapter_utils.NUM_BATCHES_FOR_TENSOR_SPEC == MAX_PROBES
    for name in ("fit, unbuilt", "validation", "fit, shuffled", "fit, 4 steps", "evaluate"):
        probes, _ = set_up_and_rest(calls[name])
        assert len(requests(probes)) <= MAX_PROBES, name


@relies_on("predict calls `on_epoch_end` only at its end, after it has requested the batches in order")
def test_predict_calls_on_epoch_end_at_its_end(calls):
    run = calls["predict"]
    before, after = set_up_and_rest(run)
    assert requests(before)[-BATCHES:] == [*range(BATCHES)]
    assert requests(after) == []


@relies_on("with steps_per_epoch, EpochIterator goes on with its iterator in the next epoch")
def test_a_pass_goes_on_in_the_next_epoch_of_keras(calls):
    _, rest = set_up_and_rest(calls["fit, 4 steps"])
    assert [sorted(one) for _, one in passes(rest)] == [[*range(BATCHES)]] * 2
    assert names(rest).count("on_epoch_end") >= 4


@relies_on("Keras calls a dataset from modules named `keras.*`, on every back end and in every thread")
def test_calls_of_keras_are_told_from_the_users_own(calls):
    for name in ("fit, unbuilt", "validation", "fit, shuffled", "fit, 4 steps", "evaluate", "predict"):
        assert by_keras(calls[name]) == calls[name], name
    look = calls["fit, with a callback"]
    _, rest = set_up_and_rest(by_keras(look))
    assert sorted(requests(rest)) == [*range(BATCHES)]
    assert names(rest).count("on_epoch_end") == 1
    own = [call for call in look if not call[1]]
    assert sorted(names(own)) == sorted(["request", "workers", "num_batches", "on_epoch_end"] * BATCHES)
    assert all(origin == [] for origin in origins(own))
    assert not any(ended for name, _, ended in own if name == "on_epoch_end")
    assert all(ended for name, _, ended in by_keras(look) if name == "on_epoch_end")


@relies_on("`fit`, `evaluate` and `predict` have what they iterate over in `x` or `val_x` when its adapter is created")
def test_the_method_is_known_when_an_adapter_is_created(calls):
    methods = {
        name: [detail for call, is_keras, detail in run if is_keras and call == "workers"]
        for name, run in calls.items()
    }
    expected = {"evaluate": ["evaluate"], "predict": ["predict"]}
    wrapped = {name for name in calls if name.endswith("wrapped")}
    assert methods == {name: [] if name in wrapped else expected.get(name, ["fit"]) for name in calls}


@relies_on("the frames above a request show what Keras asked of a dataset, in which order, and whether it is a probe")
def test_a_request_that_a_dataset_passes_on_shows_where_it_began(calls):
    for name, method, count in (("fit", "fit", 2), ("evaluate", "evaluate", 1), ("predict", "predict", 1)):
        run = calls[f"{name}, wrapped"]
        assert not by_keras(run)
        passed_on = [
            (k, asked, order)
            for k, asked, order, is_probe, _ in (detail for call, _, detail in run if call == "request")
            if not is_probe
        ]
        assert len(passed_on) == count * BATCHES, name
        for start in range(0, len(passed_on), BATCHES):
            one = passed_on[start : start + BATCHES]
            assert all(k == asked for k, asked, _ in one), name
            assert all(order == [k for k, _, _ in one] for _, _, order in one), name
        assert {origin[3] for origin in origins(run)} == {method}
        assert len(origins(run)) - len(passed_on) <= 2, name
        assert all(ended for call, _, ended in run if call == "on_epoch_end"), name
    if adapted := calls.get("adapt, wrapped"):
        probes = [detail for call, _, detail in adapted if call == "request" and len(detail) > 1]
        assert [detail[0] for detail in probes] == [0]
        assert probes[0][3]
        assert requests(adapted) == [0, *range(BATCHES)]


@relies_on("Keras reads `workers` and `num_batches` itself, not by way of the dataset's methods")
def test_properties_that_a_dataset_reads_itself_are_not_read_by_keras(calls):
    _, rest = set_up_and_rest(by_keras(calls["fit, overridden"]))
    assert [sorted(one) for _, one in passes(rest)] == [[*range(BATCHES)]]


@relies_on("EpochIterator takes a PyDataset through an epoch in the order of calls that KerasPasses knows")
def test_the_check_of_newer_versions_passes(keras):
    from fastseq.keras.internals.py_dataset import changed_call_order

    random.seed(3)
    expected = random.random()
    random.seed(3)
    assert changed_call_order() is None
    assert random.random() == expected


# ImageDataGenerator and its iterators: fastseq.keras.internals.image_iterator

N, SIZE = 10, (6, 7, 3)


@pytest.fixture
def arrays(keras):
    """Makes an iterator of Keras's own over 10 images, in batches of 4; it lists the sample numbers of its batches."""
    from fastseq.keras.internals.image_iterator import ImageDataGenerator, NumpyArrayIterator

    class Listed(NumpyArrayIterator):
        def _get_batches_of_transformed_samples(self, index_array):
            self.listed = [*getattr(self, "listed", []), [int(i) for i in index_array]]
            return super()._get_batches_of_transformed_samples(index_array)

    def make(seed=None, shuffle=True):
        x = np.zeros((N, *SIZE), np.float32)
        return Listed(x, None, ImageDataGenerator(horizontal_flip=True), batch_size=4, seed=seed, shuffle=shuffle)

    return make


def forecast(iterator, steps):
    """The sample numbers that fastseq expects in the batches of `steps`."""
    from fastseq.compat.image_data_generator.augmentation import ParameterDraws
    from fastseq.compat.image_data_generator.forecast import requests as coming

    draws = ParameterDraws.of(iterator.image_data_generator, *SIZE[:2])
    generator, expected = np.random.RandomState(), []
    generator.set_state(np.random.get_state())
    for request in coming(iterator, steps, generator):
        expected.append([int(i) for i in request.indices])
        draws(generator, len(request.indices))
    return expected


SEEDS = pytest.mark.parametrize("seed", [None, 5])
SHUFFLE = pytest.mark.parametrize("shuffle", [True, False])


@SEEDS
@SHUFFLE
@relies_on(
    "Iterator._flow_index chooses samples, seeds, and counts batches as fastseq's coming_steps and seed_batch do"
)
def test_iterating_gives_the_batches_that_were_expected(arrays, seed, shuffle):
    from fastseq.keras.internals.image_iterator import coming_steps

    np.random.seed(1)
    iterator = arrays(seed, shuffle)
    next(iterator)
    expected = forecast(iterator, coming_steps(iterator, 8))
    for _ in range(8):
        next(iterator)
    assert iterator.listed[1:] == expected


@SEEDS
@SHUFFLE
@relies_on("Iterator.__getitem__ takes its samples from index_array, seeds, and counts batches as seed_batch does")
def test_indexing_gives_the_batches_that_were_expected(arrays, seed, shuffle):
    from fastseq.keras.internals.image_iterator import Step

    np.random.seed(1)
    iterator = arrays(seed, shuffle)
    iterator[2]
    expected = forecast(iterator, [Step(4 * k) for k in (1, 0, 2)])
    for k in (1, 0, 2):
        iterator[k]
    assert iterator.listed[1:] == expected


@SHUFFLE
@relies_on("Iterator.on_epoch_end draws a new order with np.random.permutation")
def test_the_end_of_an_epoch_draws_an_order(arrays, shuffle):
    from fastseq.keras.internals.image_iterator import current_order, draw_order

    np.random.seed(2)
    iterator = arrays(shuffle=shuffle)
    generator = np.random.RandomState(2)
    expected = draw_order(iterator, generator)
    iterator.on_epoch_end()
    assert current_order(iterator).tolist() == expected.tolist()
    assert np.random.random() == generator.random()


@relies_on("Iterator.__dict__ is all of its state, but for the generator that _flow_index makes")
def test_an_iterator_may_be_copied_by_its_attributes(arrays):
    from fastseq.keras.internals.image_iterator import restart_iteration

    iterator = arrays(shuffle=False)
    twin = type(iterator).__new__(type(iterator))
    twin.__dict__.update(vars(iterator))
    restart_iteration(twin)
    next(iterator)
    next(twin)
    next(twin)
    assert (iterator.listed, twin.listed) == ([[0, 1, 2, 3]], [[0, 1, 2, 3], [4, 5, 6, 7]])


@pytest.mark.filterwarnings("ignore:.*scipy.ndimage:DeprecationWarning")
@relies_on("a batch calls get_random_transform, apply_transform and standardize on each image in turn")
def test_a_batch_transforms_one_image_after_the_other(keras, tree):
    from fastseq.keras.internals.image_iterator import ImageDataGenerator

    called = []

    class Spy(ImageDataGenerator):
        def get_random_transform(self, img_shape, seed=None):
            called.append("draw")
            return super().get_random_transform(img_shape, seed)

        def apply_transform(self, x, transform_parameters):
            called.append("transform")
            return super().apply_transform(x, transform_parameters)

        def standardize(self, x):
            called.append("standardize")
            return super().standardize(x)

    for iterator in (
        Spy(rotation_range=9).flow(np.zeros((3, *SIZE), np.float32), batch_size=3),
        Spy(rotation_range=9).flow_from_directory(tree, target_size=SIZE[:2], batch_size=3),
    ):
        called.clear()
        iterator[0]
        assert called == ["draw", "transform", "standardize"] * 3


DRAWN = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "height_shift_range": 3.5,
    "shear_range": 9.0,
    "zoom_range": (0.5, 1.5),
    "channel_shift_range": 20.0,
    "brightness_range": (0.5, 1.5),
    "horizontal_flip": True,
    "vertical_flip": True,
}


@pytest.mark.parametrize("settings", [{name: value} for name, value in DRAWN.items()] + [{}, DRAWN])
@relies_on("get_random_transform draws what ParameterDraws draws, in the same order")
def test_parameters_are_drawn_as_keras_draws_them(keras, settings):
    from fastseq.compat.image_data_generator.augmentation import ParameterDraws, rows_of
    from fastseq.keras.internals.image_iterator import ImageDataGenerator

    generator = ImageDataGenerator(**settings)
    np.random.seed(4)
    theirs = rows_of([generator.get_random_transform(SIZE) for _ in range(5)], *SIZE[:2])
    ours = ParameterDraws.of(generator, *SIZE[:2])(np.random.RandomState(4), 5)
    np.testing.assert_array_equal(ours, theirs)


@relies_on("an image depends on no attribute of an ImageDataGenerator but GENERATOR_SETTINGS, axes and statistics")
def test_the_settings_of_a_generator_are_known(keras):
    from fastseq.keras.internals.image_iterator import GENERATOR_SETTINGS, ImageDataGenerator, has_usual_axes

    assert all(has_usual_axes(ImageDataGenerator(data_format=name)) for name in ("channels_first", "channels_last"))
    of_the_iterator = {"data_format", "dtype", "channel_axis", "row_axis", "col_axis", "_validation_split"}
    statistics = {"mean", "std", "zca_epsilon", "zca_whitening_matrix"}
    assert set(vars(ImageDataGenerator())) - of_the_iterator - statistics == set(GENERATOR_SETTINGS)


@relies_on("load_img resizes with the filters of Pillow that PILLOW_FILTERS names")
def test_the_filters_of_load_img_are_known(keras):
    from keras.src.utils import image_utils

    from fastseq.keras.internals.image_iterator import PILLOW_FILTERS

    assert set(image_utils.PIL_INTERPOLATION_METHODS) == set(PILLOW_FILTERS)


@relies_on("the functions that load and transform images are those that fastseq looks at")
def test_patched_functions_are_noticed(keras, monkeypatch):
    from keras.src.legacy.preprocessing import image
    from keras.src.utils import image_utils

    from fastseq.keras.internals.image_iterator import is_keras_filter, loads_as_keras, transforms_as_keras

    assert loads_as_keras()
    assert transforms_as_keras()
    assert is_keras_filter("bilinear")
    monkeypatch.setattr(image_utils, "load_img", lambda *args, **kwargs: None)
    monkeypatch.setattr(image, "flip_axis", lambda *args, **kwargs: None)
    monkeypatch.setitem(image_utils.PIL_INTERPOLATION_METHODS, "bilinear", 0)
    assert not loads_as_keras()
    assert not transforms_as_keras()
    assert not is_keras_filter("bilinear")


@relies_on("ImageDataGenerator has the methods whose overrides fastseq looks for")
def test_overrides_of_a_generators_methods_are_noticed(keras):
    from fastseq.keras.internals.image_iterator import ImageDataGenerator, is_keras_method

    class Changed(ImageDataGenerator):
        def standardize(self, x):
            return x

    generator = Changed()
    generator.apply_transform = lambda x, _: x
    found = [is_keras_method(generator, name) for name in ("standardize", "apply_transform", "get_random_transform")]
    assert found == [False, False, True]


# image_dataset_from_directory: fastseq.keras.internals.file_dataset


@SHUFFLE
@relies_on("image_dataset_from_directory maps a dataset of (path, label) that is found by way of Dataset._inputs")
def test_the_dataset_of_files_is_found(keras, tree, shuffle):
    from fastseq.keras.internals.file_dataset import files_of

    options = {"image_size": SIZE[:2], "batch_size": 4, "shuffle": shuffle, "seed": 1, "verbose": False}
    dataset = keras.utils.image_dataset_from_directory(tree, **options)
    found = [(path.decode(), int(label)) for path, label in files_of(dataset).as_numpy_iterator()]
    paths = [path for path, _ in found]
    assert sorted(paths) == sorted(dataset.file_paths)
    assert shuffle or paths == dataset.file_paths
    assert all(dataset.class_names[label] == Path(path).parent.name for path, label in found)


@relies_on("tf.data datasets name their inputs")
def test_a_dataset_without_files_is_an_error_that_names_the_version(keras):
    import tensorflow as tf

    from fastseq.keras.internals.file_dataset import files_of

    with pytest.raises(ImportError, match=rf"fastseq does not work with Keras {version('keras')}: .*dataset of paths"):
        files_of(tf.data.Dataset.range(3).batch(2))


# Versions, and who may rely on what

DOORS = (
    *("fastseq.ImageSequence", "fastseq.DataBackup", "fastseq.compat.Sequence", "fastseq.compat.DataGenerator"),
    *("fastseq.compat.ImageDataGenerator", "fastseq.compat.image_dataset_from_directory"),
)


@pytest.mark.parametrize(
    ("stub", "message"),
    [
        ("raise ModuleNotFoundError(\"No module named 'keras'\", name='keras')", "which is not installed"),
        ("__version__ = '2.15.0'", "needs Keras 3.8.0 or newer, and 2.15.0 is installed"),
        ("__version__ = '3.6.0'", "needs Keras 3.8.0 or newer, and 3.6.0 is installed"),
    ],
)
def test_without_a_keras_that_works_every_door_says_what_to_install(tmp_path, stub, message):
    (tmp_path / "keras.py").write_text(stub)
    (tmp_path / "tensorflow.py").touch()  # one that needs no Keras, and no time
    program = f"""
import fastseq, fastseq.compat, sys
for door in {DOORS}:
    owner, name = door.rsplit(".", 1)
    try:
        getattr(sys.modules[owner], name)
    except ImportError as error:
        print(door, error)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    lines = ran.stdout.splitlines()
    assert len(lines) == len(DOORS), ran.stderr
    for line in lines:
        assert message in line
        assert "pip install" in line
        assert "fastseq.Loader" in line


ASKERS = pytest.mark.parametrize(
    "asker", ["tf_keras.src.engine.data_adapter", "tensorflow.python.keras.engine.training"]
)


@ASKERS
def test_a_model_of_keras_2_is_told_what_is_missing(keras, samples, tree, asker):
    """tf_keras looks for a `shape` before it looks for anything that only some datasets have."""
    import pandas as pd

    class Own(fastseq.compat.Sequence):
        def __len__(self):
            return 1

        def __getitem__(self, k):
            return np.zeros(1)

    table = pd.DataFrame({"images": list(samples.paths()), "labels": ["a"] * len(samples)})
    namespace = {"__name__": asker}
    exec("def select_data_adapter(x): return hasattr(x, 'shape') and hasattr(x, 'dtype')", namespace)
    for dataset in (
        fastseq.ImageSequence(samples),
        fastseq.compat.DataGenerator(table, range(9), n_classes=1),
        fastseq.compat.ImageDataGenerator().flow_from_directory(tree),
        Own(),
    ):
        assert not hasattr(dataset, "shape")
        with pytest.raises(ImportError, match=rf"^{type(dataset).__name__} needs Keras 3, .*fastseq\.Loader"):
            namespace["select_data_adapter"](dataset)
    own = Own()
    own.shape = (3, 4)
    assert own.shape == (3, 4)


def test_the_installed_version_was_checked(keras):
    from fastseq.keras.internals.checked_keras import CHECKED_KERAS_VERSIONS

    numbers = [tuple(map(int, checked.split("."))) for checked in CHECKED_KERAS_VERSIONS]
    assert numbers == sorted(numbers)
    major, minor, *_ = map(int, version("keras").split("."))
    assert (major, minor) in {number[:2] for number in numbers}, "run the tests, then add it to CHECKED_KERAS_VERSIONS"


def test_a_newer_version_is_warned_of_where_it_calls_datasets_otherwise(keras, monkeypatch):
    from fastseq.keras.internals import checked_keras

    checked_keras.check_version("3.99.0")
    checked_keras.check_version("4.0.0.dev20270101")
    monkeypatch.setattr(checked_keras, "changed_call_order", lambda: "it calls datasets in another order")
    with pytest.warns(RuntimeWarning, match=r"Keras 3\.99\.0 is newer than .* it calls datasets in another order"):
        checked_keras.check_version("3.99.0")
    checked_keras.check_version(version("keras"))


@pytest.mark.parametrize("change", ["workers", "order"])
def test_the_check_of_newer_versions_notices(keras, monkeypatch, change):
    from keras.src.trainers.data_adapters import py_dataset_adapter

    from fastseq.keras.internals.py_dataset import changed_call_order

    adapter = py_dataset_adapter.PyDatasetAdapter
    finite = adapter._finite_generator

    def changed(self):
        if change == "workers":
            assert self.py_dataset.workers
            return finite(self)
        return (self._standardize_batch(self.py_dataset[k]) for k in range(self.py_dataset.num_batches))

    monkeypatch.setattr(adapter, "_finite_generator", changed)
    said = changed_call_order()
    assert said is not None
    assert ("another order" if change == "workers" else "another way") in said


PRIVATE = {
    *("_getframe", "_current_frames", "currentframe", "_flow_index", "_set_index_array", "index_generator"),
    *("total_batches_seen", "batch_index", "_inputs", "_use_multiprocessing", "_max_queue_size"),
}


PLACES_WARNINGS = PACKAGE / "_warn.py"  # it inspects frames too, and decides nothing by them


def test_nothing_else_relies_on_keras_internals():
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.is_relative_to(PACKAGE / "keras" / "internals") or file == PLACES_WARNINGS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else imported
            private = isinstance(node, ast.Attribute) and node.attr in PRIVATE
            if private or any(name == "keras.src" or name.startswith("keras.src.") for name in imported):
                found.append(f"{file.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
