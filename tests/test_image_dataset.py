"""compat.image_dataset_from_directory against Keras's own."""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drop_ins import mixed_folder
from hypothesis import assume, given
from hypothesis import strategies as st
from images import encoded, folder, photo
from native.native import examples

SIZE = (20, 26)
METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """JPEGs of differing sizes in three class folders, with all else that Keras reads."""
    root = mixed_folder(tmp_path_factory.mktemp("dataset") / "tree", 11)
    (root / "dog" / "cmyk.jpg").unlink()  # TensorFlow's colours of CMYK are its own
    (root / "owl" / "flat.bmp").unlink()  # and it makes no gray of it
    return root


@pytest.fixture(scope="module")
def tf():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        return importlib.import_module("tensorflow")


@pytest.fixture(scope="module")
def exact_dct(tf):
    """Lets Keras decode with the DCT that all other decoders use."""
    decode = tf.image.decode_image

    def accurately(data, channels=None, expand_animations=True):
        jpeg = tf.equal(tf.strings.substr(data, 0, 2), b"\xff\xd8")
        return tf.cond(
            jpeg,
            lambda: tf.io.decode_jpeg(data, channels=channels, dct_method="INTEGER_ACCURATE"),
            lambda: decode(data, channels=channels, expand_animations=expand_animations),
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.image, "decode_image", accurately)
        yield


@pytest.fixture(scope="module")
def both(keras, tf, exact_dct):
    from fastseq.compat import image_dataset_from_directory

    return image_dataset_from_directory, keras.utils.image_dataset_from_directory


def makers():
    """All that make batches for a dataset of fastseq's."""
    from fastseq.compat.image_dataset.batches import DatasetBatches

    gc.collect()
    return [it for it in gc.get_objects() if type(it) is DatasetBatches]


def batches(dataset, epochs=1):
    return [batch for _ in range(epochs) for batch in dataset.as_numpy_iterator()]


def assert_same(ours, theirs, tolerance=0.0):
    assert len(ours) == len(theirs) > 0
    for mine, original in zip(ours, theirs, strict=True):
        mine, original = (b if isinstance(b, tuple) else (b,) for b in (mine, original))
        assert len(mine) == len(original)
        assert [(a.dtype, a.shape) for a in mine] == [(a.dtype, a.shape) for a in original]
        np.testing.assert_allclose(mine[0], original[0], rtol=0, atol=tolerance)
        for a, b in zip(mine[1:], original[1:], strict=True):
            np.testing.assert_array_equal(a, b)


def assert_same_datasets(ours, theirs, tolerance=0.0, epochs=3):
    assert ours.element_spec == theirs.element_spec
    assert int(ours.cardinality()) == int(theirs.cardinality())
    assert ours.class_names == theirs.class_names
    assert ours.file_paths == theirs.file_paths
    assert_same(batches(ours, epochs), batches(theirs, epochs), tolerance)


ARGUMENTS = {
    "defaults": {},
    "in order": {"shuffle": False},
    "categorical": {"label_mode": "categorical"},
    "binary": {"label_mode": "binary", "class_names": ["owl", "cat"]},
    "no labels": {"label_mode": None},
    "labels=None": {"labels": None},
    "class_names": {"class_names": ["owl", "dog"]},
    "grayscale": {"color_mode": "grayscale"},
    "one batch": {"batch_size": 100},
    "unbatched": {"batch_size": None},
    "unbatched, no labels": {"batch_size": None, "label_mode": None, "shuffle": False},
    "one side": {"image_size": 17},
    "channels_first": {"data_format": "channels_first"},
    "training": {"validation_split": 0.3, "subset": "training"},
    "validation": {"validation_split": 0.3, "subset": "validation"},
    "follow_links": {"follow_links": True},
    "crop": {"crop_to_aspect_ratio": True},
    "pad": {"pad_to_aspect_ratio": True},
    "crop, channels_first": {"crop_to_aspect_ratio": True, "data_format": "channels_first"},
    "pad, channels_first": {"pad_to_aspect_ratio": True, "data_format": "channels_first"},
    "pad, nearest": {"pad_to_aspect_ratio": True, "interpolation": "nearest"},
    "pad, lanczos3": {"pad_to_aspect_ratio": True, "interpolation": "lanczos3"},
    "quiet": {"verbose": False},
    **{method: {"interpolation": method} for method in METHODS},
}


def tolerance(options):
    return 0.0 if options.get("interpolation", "bilinear") in ("bilinear", "nearest") else 1e-3


@pytest.mark.parametrize("name", ARGUMENTS)
def test_each_argument(both, root, name):
    options = {"image_size": SIZE, "batch_size": 6, "seed": 3, **ARGUMENTS[name]}
    assert_same_datasets(*(made(root, **options) for made in both), tolerance(options))


def test_both_subsets(both, root):
    options = {"image_size": SIZE, "validation_split": 0.4, "subset": "both", "seed": 5, "batch_size": 8}
    for ours, theirs in zip(*(made(root, **options) for made in both), strict=True):
        assert_same_datasets(ours, theirs)


def test_labels_of_ones_own(both, root):
    labels = [i % 5 for i in range(len(both[1](root, labels=None, shuffle=False).file_paths))]
    # Keras shuffles the list that it is given.
    assert_same_datasets(*(made(root, list(labels), image_size=SIZE, seed=3) for made in both))


def test_without_a_seed_numpy_gives_one(both, root):
    datasets = []
    for made in both:
        np.random.seed(12)
        datasets.append(made(root, image_size=SIZE))
    assert_same_datasets(*datasets)


def test_rgba_is_keras_own(both, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(encoded(photo(30, 41, seed=1), "png"))
    assert_same_datasets(*(made(tmp_path, color_mode="rgba", image_size=SIZE, seed=3) for made in both))


def test_other_formats(both, tmp_path):
    (tmp_path / "a").mkdir()
    for form in ("gif", "bmp"):
        (tmp_path / "a" / f"image.{form}").write_bytes(encoded(photo(30, 41, seed=1), form))
    assert_same_datasets(*(made(tmp_path, image_size=SIZE, seed=3) for made in both))


@examples(max_examples=25)
@given(
    st.fixed_dictionaries(
        {
            "image_size": st.tuples(st.integers(1, 60), st.integers(1, 60)),
            "batch_size": st.integers(1, 40) | st.none(),
            "seed": st.integers(0, 99),
            "interpolation": st.sampled_from(METHODS),
            "label_mode": st.sampled_from(["int", "categorical", None]),
            "color_mode": st.sampled_from(["rgb", "grayscale"]),
            "data_format": st.sampled_from(["channels_last", "channels_first"]),
            "shuffle": st.booleans(),
            "verbose": st.just(False),
        },
        optional={"pad_to_aspect_ratio": st.booleans()},
    )
)
def test_random_combinations(both, root, options):
    assume(not options.get("pad_to_aspect_ratio") or min(options["image_size"]) > 3)  # TensorFlow would leave no pixel
    assert_same_datasets(*(made(root, **options) for made in both), tolerance(options))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Keras leaves a pool open
@pytest.mark.parametrize(
    "options",
    [
        {"labels": "others"},
        {"label_mode": "others"},
        {"color_mode": "cmyk"},
        {"image_size": (1, 2, 3)},
        {"interpolation": "cubic"},
        {"format": "torch"},
        {"label_mode": "binary"},
        {"class_names": ["nobody"]},
        {"validation_split": 2},
        {"validation_split": 0.5},
        {"validation_split": 0.5, "subset": "training"},
        {"labels": [1, 2, 3]},
        {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_the_same_errors(both, root, options):
    messages = []
    for made in both:
        with pytest.raises((ValueError, TypeError)) as caught:  # whatever Keras says; 3.8 to 3.11 have no `format`
            made(root, **options)
        messages.append(str(caught.value))
        gc.collect()
    assert messages[0].splitlines()[-1] == messages[1].splitlines()[-1]


def test_it_is_a_dataset(both, tf, root):
    dataset = both[0](root, image_size=SIZE, batch_size=6, seed=1)
    assert isinstance(dataset, tf.data.Dataset)
    assert inspect.signature(both[0]) == inspect.signature(both[1])
    again = dataset.map(lambda x, y: (x / 255, y)).unbatch().batch(5).repeat(2)
    assert sum(len(x) for x, _ in again) == 2 * len(dataset.file_paths)
    assert [len(x) for x, _ in dataset.take(2)] == [6, 6]


def test_two_iterations_at_once(both, root):
    dataset = both[0](root, image_size=SIZE, batch_size=6, shuffle=False)
    first, second = dataset.as_numpy_iterator(), dataset.as_numpy_iterator()
    for (x, y), (x2, y2) in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y, y2)


def test_iterations_that_are_left_leave_no_more_than_the_cap(both, root):
    dataset = both[0](root, image_size=SIZE, batch_size=6, shuffle=False)
    expected = batches(dataset)
    for _ in range(30):
        next(iter(dataset))
    assert_same(batches(dataset), expected)
    (maker,) = makers()
    assert len(maker.look_ahead) <= 2 * maker.depth + 2
    del dataset, maker
    assert makers() == []


def test_batches_that_are_held_stay_as_they_are(both, root):
    dataset = both[0](root, image_size=SIZE, batch_size=3, shuffle=False)
    held = list(dataset.repeat(5))
    expected = batches(dataset, 5)
    assert_same([tuple(part.numpy() for part in batch) for batch in held], expected)


def test_a_batch_is_handed_over_without_a_copy(both, root):
    dataset = both[0](root, image_size=SIZE, batch_size=3, shuffle=False, label_mode=None)
    tensors = list(dataset)
    (maker,) = makers()
    assert maker.decoder.memory.bytes_in_use == sum(int(np.prod(tensor.shape)) * 4 for tensor in tensors)
    del tensors
    gc.collect()
    assert maker.decoder.memory.bytes_in_use == 0


THREADS = """
import gc, os, sys, time
from pathlib import Path
from fastseq.compat import image_dataset_from_directory

def name(task):
    try:
        return Path(f"/proc/self/task/{task}/comm").read_text()
    except OSError:  # it has ended since it was listed
        return ""

def native():
    return sum(name(task) == "fastseq\\n" for task in os.listdir("/proc/self/task"))

dataset = image_dataset_from_directory(sys.argv[1], image_size=(20, 26), batch_size=6)
assert native() == 0
assert sum(1 for _ in dataset) > 0
assert native() > 0
del dataset
gc.collect()
end = time.monotonic() + 30
while native() and time.monotonic() < end:  # the system takes a joined thread off its list a moment later
    os.sched_yield()
assert native() == 0, native()
"""


def test_threads_end_with_the_dataset(root):
    environment = {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    ran = subprocess.run(
        [sys.executable, "-c", THREADS, str(root)], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def test_an_unreadable_file_is_named(both, tf, tmp_path):
    root = folder(tmp_path / "tree", per_class=2)
    (root / "cat" / "broken.jpg").write_bytes((root / "cat" / "000.jpg").read_bytes()[:300])
    dataset = both[0](root, image_size=SIZE, shuffle=False)
    with pytest.raises(tf.errors.OpError, match=r"cat/broken\.jpg"):
        batches(dataset)


def damaged_folder(root: Path) -> Path:
    """Forty files in two class folders, three of which no decoder reads."""
    folder(root, classes=("cat", "dog"), per_class=20)
    whole = (root / "cat" / "003.jpg").read_bytes()
    (root / "cat" / "003.jpg").write_bytes(whole[:300])
    (root / "cat" / "011.jpg").write_bytes(b"")
    (root / "dog" / "019.jpg").write_bytes(b"no image")
    return root


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_bad_file_costs_itself_alone(both, tmp_path, shuffle):
    root = damaged_folder(tmp_path / "tree")
    options = {"image_size": SIZE, "batch_size": None, "shuffle": shuffle, "seed": 4}
    ours, theirs = (batches(made(root, **options).ignore_errors(), 2) for made in both)
    assert len(ours) == 2 * 37
    assert_same(ours, theirs)


def test_a_group_that_fails_as_a_whole_ends(both, tf, tmp_path, monkeypatch):
    from fastseq.compat.image_dataset.batches import DatasetBatches

    dataset = both[0](folder(tmp_path / "tree", per_class=20), image_size=SIZE, batch_size=None, shuffle=False)
    begin, begun = DatasetBatches._begin, []

    def fail_first(self, sources, urgent):
        begun.append(len(sources))
        if len(begun) == 1:
            raise RuntimeError("no thread")
        return begin(self, sources, urgent)

    monkeypatch.setattr(DatasetBatches, "_begin", fail_first)
    monkeypatch.setattr(DatasetBatches, "_begin_ahead", lambda self: None)
    with pytest.raises(tf.errors.InvalidArgumentError, match="no thread"):
        batches(dataset)
    begun.clear()
    assert len(batches(dataset.ignore_errors())) == 60 - 32


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("kind", ["missing", "cut off", "empty", "no image", "a folder"])
def test_errors_are_of_the_types_of_keras(both, tf, tmp_path, kind, batch_size):
    root = folder(tmp_path / "tree", per_class=3)
    bad = root / "dog" / "001.jpg"
    whole = bad.read_bytes()
    raised = []
    for made in both:
        dataset = made(root, image_size=SIZE, batch_size=batch_size, shuffle=False)
        bad.unlink()
        if kind == "a folder":
            bad.mkdir()
        elif kind != "missing":
            bad.write_bytes({"cut off": whole[:-300], "empty": b"", "no image": b"text"}[kind])
        with pytest.raises(tf.errors.OpError) as caught:
            batches(dataset)
        raised.append(type(caught.value))
        if made is both[0]:
            assert "dog/001.jpg" in str(caught.value)
        bad.rmdir() if kind == "a folder" else bad.unlink(missing_ok=True)
        bad.write_bytes(whole)
    assert raised[0] is raised[1]


LOOP = """
import signal, sys
from fastseq.compat import image_dataset_from_directory

dataset = image_dataset_from_directory(sys.argv[1], image_size=(20, 26), batch_size=None).ignore_errors().repeat()
try:
    for k, _ in enumerate(dataset):
        if k == 50:
            print("running", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_loop_over_bad_files(tmp_path):
    root = damaged_folder(tmp_path / "tree")
    environment = {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", LOOP, str(root)]
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True) as program:
        assert any(line == "running\n" for line in program.stdout)
        program.send_signal(signal.SIGINT)
        try:
            assert program.communicate(timeout=60)[0] == "interrupted\n"
        finally:
            program.kill()


OPTIONS = {"image_size": SIZE, "shuffle": False, "verbose": False}
BATCHES = pytest.mark.parametrize("batch_size", [None, 6])


@BATCHES
def test_made_inside_interleave(both, tf, root, batch_size):
    def interleaved(made):
        datasets = tf.data.Dataset.range(3)
        return datasets.interleave(lambda _: made(root, batch_size=batch_size, **OPTIONS), cycle_length=2)

    ours, theirs = map(interleaved, both)
    gc.collect()
    assert_same(batches(ours, 2), batches(theirs, 2))


def test_one_dataset_in_interleave(both, tf, root):
    def interleaved(made):
        dataset = made(root, batch_size=6, **OPTIONS)
        return tf.data.Dataset.range(3).interleave(lambda _: dataset, cycle_length=3, num_parallel_calls=2)

    ours, theirs = map(interleaved, both)
    gc.collect()
    assert_same(batches(ours), batches(theirs))


@BATCHES
def test_made_inside_a_function(both, tf, root, batch_size):
    def total(made):
        @tf.function
        def run():
            total = tf.constant(0.0)
            for x, y in made(root, batch_size=batch_size, **OPTIONS):
                total += tf.reduce_sum(x) + tf.reduce_sum(tf.cast(y, tf.float32))
            return total

        return [run().numpy(), run().numpy()]

    ours, theirs = map(total, both)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_dataset_of_outside_in_a_function(both, tf, root):
    def total(made):
        dataset = made(root, batch_size=6, **OPTIONS)
        return tf.function(lambda: dataset.reduce(0.0, lambda total, pair: total + tf.reduce_sum(pair[0])))

    ours, theirs = map(total, both)
    gc.collect()
    np.testing.assert_allclose(ours(), theirs(), rtol=1e-6)


@BATCHES
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_checkpoint_of_an_iterator(both, tf, root, tmp_path, batch_size, shuffle):
    def run(made, name):
        options = {**OPTIONS, "shuffle": shuffle, "seed": 6, "batch_size": batch_size}
        iterator = iter(made(root, **options))
        first = [next(iterator) for _ in range(3)]
        path = tf.train.Checkpoint(iterator=iterator).save(str(tmp_path / name))
        rest = list(iterator)
        again = iter(made(root, **options))  # as in another process
        next(again)
        tf.train.Checkpoint(iterator=again).restore(path).assert_consumed()
        assert_same(numpy(list(again)), numpy(rest))
        return numpy([*first, *rest])

    assert_same(run(both[0], "ours"), run(both[1], "theirs"))


def numpy(batches):
    return [tuple(part.numpy() for part in batch) for batch in batches]


@BATCHES
def test_a_url_is_read_by_keras(both, keras, tf, root, batch_size):
    for file in root.glob("*/*.*"):
        target = f"ram://images/{file.parent.name}/{file.name}"
        tf.io.gfile.makedirs(os.path.dirname(target))
        with tf.io.gfile.GFile(target, "wb") as copy:
            copy.write(file.read_bytes())
    options = {"image_size": SIZE, "seed": 3, "batch_size": batch_size}
    assert_same_datasets(*(made("ram://images", **options) for made in both))
    assert_same_datasets(*(made(root.as_uri(), **options) for made in both))


@pytest.mark.skipif("FASTSEQ_CORPUS" not in os.environ, reason="FASTSEQ_CORPUS is not set")
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "area"])
def test_real_photographs(both, interpolation):
    options = {"labels": None, "interpolation": interpolation, "image_size": (224, 224), "seed": 1}
    root = Path(os.environ["FASTSEQ_CORPUS"]) / "imagenet"
    assert_same_datasets(*(made(root, **options) for made in both), tolerance(options), epochs=1)
