"""Iterators of compat.ImageDataGenerator follow whatever Keras's follow, after any number of batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drop_ins import WAYS, assert_same_batches, mixed_folder

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*scipy.ndimage:DeprecationWarning"),  # what Keras calls
    pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning"),  # likewise
]

SIZE = (20, 26)
LEFT = {"rotation_range": 20, "horizontal_flip": True}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return mixed_folder(tmp_path_factory.mktemp("changes") / "tree")


def resized(iterator):
    iterator.target_size, iterator.image_shape = (31, 17), (31, 17, 3)


def grayed(iterator):
    iterator.color_mode, iterator.image_shape = "grayscale", (*SIZE, 1)


def moved(iterator):
    iterator._filepaths[:] = iterator._filepaths[::-1]


def replaced(iterator):
    iterator._filepaths = iterator._filepaths[3:] + iterator._filepaths[:3]


def one_path(iterator):
    for place in range(0, 20, 3):
        iterator._filepaths[place] = iterator._filepaths[(place + 1) % 20]


def as_paths(iterator):
    iterator._filepaths = [Path(path) for path in iterator._filepaths[::-1]]


def reordered(iterator):
    iterator.index_array[:] = iterator.index_array[::-1].copy()


def relabeled(iterator):
    iterator.classes = (iterator.classes + 1) % 3


def more_classes(iterator):
    iterator.class_indices = {str(k): k for k in range(5)}


def another_generator(iterator):
    iterator.image_data_generator = type(iterator.image_data_generator)(rescale=1 / 255, vertical_flip=True)


def of_the_iterator(**attributes):
    return lambda iterator: [setattr(iterator, name, value) for name, value in attributes.items()]


def of_the_generator(**attributes):
    return lambda iterator: [setattr(iterator.image_data_generator, name, value) for name, value in attributes.items()]


def halved(x, *_):
    return x * 0.5


CHANGES = {
    "paths in place": moved,
    "a new list of paths": replaced,
    "single paths": one_path,
    "paths that are no text": as_paths,
    "order": reordered,
    "classes": relabeled,
    "class_indices": more_classes,
    "class_mode": of_the_iterator(class_mode="sparse"),
    "size": resized,
    "color": grayed,
    "color_mode alone": of_the_iterator(color_mode="grayscale"),
    "interpolation": of_the_iterator(interpolation="bicubic"),
    "keep_aspect_ratio": of_the_iterator(keep_aspect_ratio=True),
    "dtype": of_the_iterator(dtype="float64"),
    "batch_size": of_the_iterator(batch_size=3),
    "seed": of_the_iterator(seed=77),
    "shuffle": of_the_iterator(shuffle=False),
    "generator": another_generator,
    "settings": of_the_generator(vertical_flip=True, rotation_range=60),
    "ranges in place": lambda iterator: iterator.image_data_generator.zoom_range.__setitem__(slice(2), [0.5, 0.7]),
    "preprocessing_function": of_the_generator(preprocessing_function=halved),
    "standardize": of_the_generator(standardize=halved),
    "apply_transform": of_the_generator(apply_transform=halved),
    "get_random_transform": of_the_generator(get_random_transform=lambda shape: {"theta": 30, "tx": 2}),
    "random_transform": of_the_generator(random_transform=halved),  # which Keras does not call
}


def batches_around(change, iterator, way):
    """Batches of three epochs, with a change after the first six."""
    if way == "by index":
        made = [*map(iterator.__getitem__, range(len(iterator)))]
        iterator.on_epoch_end()
        made += [iterator[0]]
        change(iterator)
        made += [*map(iterator.__getitem__, range(1, len(iterator)))]
        iterator.on_epoch_end()
        made += [*map(iterator.__getitem__, range(len(iterator)))]
    else:
        made = [next(iterator) for _ in range(6)]
        change(iterator)
        made += [next(iterator) for _ in range(10)]
    return made


def compare(generators, change, way, make, undo=lambda: None):
    results, states = [], []
    for made in generators:
        np.random.seed(5)
        results.append(batches_around(change, make(made), way))
        states.append(np.random.random())
        undo()
    assert_same_batches(*results, level=1.0)
    assert states[0] == states[1], "NumPy's generator is in another state"


@pytest.mark.parametrize("settings", [{}, LEFT], ids=["plain", "random"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHANGES)
def test_files(generators, root, name, way, settings):
    def make(generator):
        return generator(**settings).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)

    compare(generators, CHANGES[name], way, make)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["load_img", "img_to_array"])
def test_patched_functions_that_load(generators, root, monkeypatch, name, way):
    from keras.src.utils import image_utils

    original = getattr(image_utils, name)

    def make(generator):
        return generator(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)

    def darker(*args, **kwargs):
        made = original(*args, **kwargs)
        return made.point(lambda value: value // 2) if name == "load_img" else made / 2

    compare(generators, lambda iterator: monkeypatch.setattr(image_utils, name, darker), way, make, monkeypatch.undo)


PATCHED = {
    "apply_transform": lambda self, x, parameters: x[::-1],
    "standardize": lambda self, x: x + 1,
    "get_random_transform": lambda self, shape, seed=None: {"flip_vertical": np.random.random() < 0.5},
}


@pytest.mark.parametrize("owner", [0, 1], ids=["fastseq's class", "Keras's class"])
@pytest.mark.parametrize("name", PATCHED)
def test_methods_patched_on_the_class(generators, root, monkeypatch, name, owner):
    def make(generator):
        return generator(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)

    def change(iterator):
        monkeypatch.setattr(generators[owner], name, PATCHED[name], raising=False)
        monkeypatch.setattr(generators[1], name, PATCHED[name])

    compare(generators, change, "by index", make, monkeypatch.undo)


@pytest.mark.parametrize("name", ["apply_affine_transform", "flip_axis"])
def test_patched_transforms(generators, keras_image, root, monkeypatch, name):
    def make(generator):
        return generator(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)

    def change(iterator):
        monkeypatch.setattr(keras_image, name, lambda x, *args, **kwargs: x * 0.5)

    compare(generators, change, "by index", make, monkeypatch.undo)


def test_a_patched_batch_method(generators, keras_image, root, monkeypatch):
    def change(iterator):
        def batch(self, indices):
            return np.asarray(indices) * 2.0

        monkeypatch.setattr(keras_image.DirectoryIterator, "_get_batches_of_transformed_samples", batch)

    def make(generator):
        return generator(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)

    compare(generators, change, "by index", make, monkeypatch.undo)


@pytest.mark.parametrize(
    "change",
    [of_the_iterator(target_size=(31, 17)), of_the_iterator(color_mode="cmyk"), of_the_iterator(interpolation="cubic")],
)
def test_what_keras_refuses_is_refused(generators, root, change):
    messages = []
    for made in generators:
        iterator = made(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4)
        iterator[0]
        change(iterator)
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - whatever Keras says
            iterator[1]
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_list_of_paths_that_is_too_short(generators, root):
    for made in generators:
        iterator = made(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, shuffle=False)
        iterator[0]
        del iterator._filepaths[6:]
        with pytest.raises(IndexError, match="list index out of range"):
            iterator[1]


def test_images_saved_from_some_batch_on(generators, root, tmp_path):
    found = []
    for place, made in enumerate(generators):
        folder = tmp_path / str(place)
        folder.mkdir()
        iterator = made(**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4, seed=2)
        iterator[0]
        iterator.save_to_dir, iterator.save_format = folder, "bmp"
        iterator[1]
        found.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert len(found[0]) == 4
    assert found[0] == found[1]


def pixels(seed, images=20):
    return np.random.default_rng(seed).uniform(0, 255, (images, *SIZE, 3)).astype("float32")


def another_array(iterator):
    iterator.x = pixels(9)


def in_place(iterator):
    iterator.x[...] = iterator.x[::-1].copy()


def one_value(iterator):
    iterator.x[:, 3, 4, 1] += 100


def other_targets(iterator):
    iterator.y, iterator.sample_weight = iterator.y[::-1], iterator.sample_weight * 2


ARRAYS = {
    "another array": another_array,
    "in place": in_place,
    "one value": one_value,
    "a longer array": of_the_iterator(x=pixels(9, 40)),
    "another size": of_the_iterator(x=np.ones((20, 7, 8, 3), np.float32)),
    "another dtype": of_the_iterator(x=pixels(9).astype("float64")),
    "dtype": of_the_iterator(dtype="float64"),
    "targets": other_targets,
    "further inputs": of_the_iterator(x_misc=[np.arange(20)]),
    "standardize": of_the_generator(standardize=halved),
    "generator": another_generator,
}


@pytest.mark.parametrize("settings", [{}, LEFT], ids=["plain", "random"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(generators, name, way, settings):
    def make(generator):
        weights = np.linspace(0, 1, 20)
        return generator(**settings).flow(pixels(3), np.arange(20), batch_size=4, seed=2, sample_weight=weights)

    compare(generators, ARRAYS[name], way, make)


def test_an_array_that_is_too_short(generators):
    for made in generators:
        iterator = made(**LEFT).flow(pixels(3), batch_size=4, shuffle=False)
        iterator[0]
        iterator.x = pixels(4, 9)
        assert len(iterator[1]) == 4
        with pytest.raises(IndexError):
            iterator[2]


def test_what_was_begun_with_other_settings_is_cancelled(generators, root):
    iterator = generators[0](**LEFT).flow_from_directory(root, target_size=SIZE, batch_size=4)
    next(iterator)
    before = iterator._batches
    assert len(before._look_ahead) > 0
    iterator.interpolation = "bicubic"
    next(iterator)
    assert len(before._look_ahead) == 0
