"""The pixel cache of the drop-ins: the same batches, and files that are not read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fastseq import DataLoader, FileRange, RandomFlip, RandomResizedCrop
from fastseq.compat import set_pixel_cache

SIZE = (20, 30)


@pytest.fixture
def files(tree, tmp_path) -> Path:
    return Path(shutil.copytree(tree, tmp_path / "tree"))


@pytest.fixture
def kept():
    """Lets the drop-ins keep images once it is called."""
    yield lambda bound="50MB": set_pixel_cache("ram", bound)
    set_pixel_cache(None)


def remove(folder) -> None:
    for file in folder.rglob("*.*"):
        file.unlink()


AUGMENTED = {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255}


def flow(files, **options):
    from fastseq.compat import ImageDataGenerator

    generator = ImageDataGenerator(**options)
    return generator.flow_from_directory(files, target_size=SIZE, batch_size=5, class_mode="sparse", seed=3)


@pytest.mark.parametrize(
    "options",
    [
        {},
        AUGMENTED,
        {"rotation_range": 30, "fill_mode": "reflect", "data_format": "channels_first"},
        {"width_shift_range": [1, 2], "rescale": 2.0},
        {"samplewise_center": True, "vertical_flip": True},
    ],
    ids=repr,
)
def test_image_data_generator_has_the_same_pixels_and_draws(files, kept, options):
    def batches(flow):
        np.random.seed(0)
        return [np.concatenate([part.ravel() for part in next(flow)]) for _ in range(3 * len(flow))]

    expected = batches(flow(files, **options))
    kept()
    for ours, theirs in zip(batches(flow(files, **options)), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_image_data_generator_does_not_read_files_again(files, kept):
    kept()
    generator = flow(files, **AUGMENTED)
    first = [next(generator)[0].shape for _ in range(len(generator))]
    remove(files)
    assert [next(generator)[0].shape for _ in range(len(generator))] == first


def test_other_settings_have_other_pictures(files, kept):
    kept()
    generator = flow(files)
    generator[0]
    generator.target_size, generator.image_shape = (10, 10), (10, 10, 3)
    images = generator[0][0]
    set_pixel_cache(None)
    plain = flow(files)
    plain.target_size, plain.image_shape = (10, 10), (10, 10, 3)
    np.testing.assert_array_equal(images, plain[0][0])


def test_image_dataset_from_directory(files, kept):
    from fastseq.compat import image_dataset_from_directory

    def epochs(dataset):
        return [np.concatenate([x for x, _ in dataset.as_numpy_iterator()]) for _ in range(2)]

    options = {"image_size": SIZE, "batch_size": 5, "shuffle": False}
    expected = epochs(image_dataset_from_directory(files, **options))
    kept()
    dataset = image_dataset_from_directory(files, **options)
    np.testing.assert_array_equal(epochs(dataset), expected)
    remove(files)
    np.testing.assert_array_equal(epochs(dataset), expected)


def test_data_generator(files, kept):
    import pandas

    from fastseq.compat import DataGenerator

    table = pandas.DataFrame({"images": [str(path) for path in sorted(files.rglob("*.jpg"))]})

    def made():
        return DataGenerator(table, range(len(table)), to_fit=False, batch_size=5, dim=SIZE, shuffle=False)

    plain = made()
    expected = [plain[k] for k in range(5)]
    kept()
    ours = made()
    for _ in range(2):
        np.testing.assert_array_equal([ours[k] for k in range(5)], expected)


@pytest.mark.parametrize("interpolation", ["antialias", "cv2.linear"])
def test_data_loader(files, interpolation):
    paths = sorted(files.rglob("*.jpg"))
    data = paths[3].read_bytes()
    dataset = [paths[0], str(paths[1]), FileRange(paths[2], 0, paths[2].stat().st_size), data, *paths[4:]]
    options = {"size": SIZE, "transform": (RandomResizedCrop(), RandomFlip()), "interpolation": interpolation}

    def epochs(bound):
        loader = DataLoader(dataset, 5, pixel_cache="ram", pixel_cache_bytes=bound, **options)
        return np.array([np.concatenate(list(loader)) for _ in range(3)])

    expected = epochs(1)
    np.testing.assert_array_equal(epochs("50MB"), expected)
    if interpolation == "cv2.linear":
        plain = DataLoader(dataset, 5, **options)
        np.testing.assert_array_equal([np.concatenate(list(plain)) for _ in range(3)], expected)
    loader = DataLoader(dataset, 5, pixel_cache="ram", pixel_cache_bytes="50MB", **options)
    list(loader)
    remove(files)
    np.testing.assert_array_equal(np.concatenate(list(loader)), expected[1])


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("folder", 5), ValueError, "also takes a folder"),
        (("ram",), ValueError, "how much memory"),
        ((None, 5), ValueError, "pass its place"),
        (("ram", "much"), ValueError, "pixel_cache_bytes"),
        (("ram", 1.5), TypeError, "pixel_cache_bytes"),
    ],
)
def test_impossible_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        set_pixel_cache(*arguments)
    options = dict(zip(("pixel_cache", "pixel_cache_bytes"), arguments, strict=False))
    with pytest.raises(error, match=text):
        DataLoader(["a.jpg"], size=SIZE, **options)


def test_a_cache_without_a_size_of_images():
    with pytest.raises(ValueError, match="no effect without size"):
        DataLoader(["a.jpg"], pixel_cache="ram", pixel_cache_bytes=5)
