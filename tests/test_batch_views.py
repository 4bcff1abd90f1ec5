"""What a loader and a sequence tell about their samples, and batches to look at."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from images import encoded
from matplotlib.figure import Figure
from PIL import Image

import fastseq
from fastseq import Loader, RandomFlip, Samples

SIZE = (16, 24)
RANDOM = {"size": SIZE, "batch_size": 4, "shuffle": True, "seed": 3, "transform": RandomFlip("horizontal")}


@pytest.fixture(params=["Loader", "ImageSequence"])
def made(request, keras):
    """Make a loader or a sequence."""
    return getattr(fastseq, request.param)


@pytest.fixture
def colors(tmp_path) -> Samples:
    """Twelve plain images, red, green and blue in turn, with their colors as labels."""
    files = []
    for i in range(12):
        image = np.zeros((10, 10, 3), np.uint8)
        image[..., i % 3] = 255
        files.append(tmp_path / f"{i}.png")
        files[-1].write_bytes(encoded(image, "png"))
    return Samples.from_files(files, ["red", "green", "blue"] * 4)


def titles(figure: Figure) -> list[str]:
    return [cell.get_title() for cell in figure.axes if cell.images]


def drawn(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(cell.images[0].get_array()) for cell in figure.axes if cell.images]


def assert_equal(first, second) -> None:
    for x, y in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, y)


def test_classes_and_paths_are_those_of_the_samples(made, samples):
    source = made(samples, **RANDOM)
    assert source.samples is samples
    assert source.class_names == ["cat", "dog", "owl"]
    assert source.class_indices == {"cat": 0, "dog": 1, "owl": 2}
    assert source.file_paths == list(samples.paths())
    bare = made(Samples.from_files(["a.jpg"]), SIZE)
    assert (bare.class_names, bare.class_indices) == (None, None)


def test_taking_batches_consumes_nothing(made, samples):
    source, loader = made(samples, **RANDOM), Loader(samples, **RANDOM)
    for _ in range(2):
        taken = list(source.take(3))
        assert len(taken) == 3
        for k, batch in enumerate(taken):
            assert_equal(batch, loader.batch(0, k))
    for k, batch in enumerate(source):
        assert_equal(batch, loader.batch(0, k))
    assert len(list(source.take(100))) == len(source) == 7
    assert list(source.take(0)) == []
    with pytest.raises(ValueError, match="n must be at least 0"):
        source.take(-1)


def test_taking_within_an_epoch_is_of_that_epoch(samples):
    loader = Loader(samples, **RANDOM)
    list(loader)
    for k, batch in enumerate(loader):
        assert_equal(batch, loader.batch(1, k))
        assert_equal(next(loader.take(1)), loader.batch(1, 0))
    assert loader.state_dict()["epoch"] == 1


def test_a_batch_is_drawn_with_the_names_of_its_classes(made, colors, tmp_path):
    source = made(colors, SIZE, 5)
    figure = source.show_batch(file=tmp_path / "batch.png")
    assert titles(figure) == ["red", "green", "blue", "red", "green"]
    with Image.open(tmp_path / "batch.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    for color, columns in (((255, 0, 0), 2), ((0, 255, 0), 2), ((0, 0, 255), 1)):
        found = (pixels == color).all(axis=-1).any(axis=0)
        assert np.count_nonzero(np.diff(found.astype(int), prepend=0) == 1) == columns
    assert len(drawn(source.show_batch(-1, max_images=1, file=tmp_path / "last.png"))) == 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"color": "bgr"},
        {"dtype": "float32", "scale": 1 / 255},
        {"dtype": "float16", "scale": 1 / 127.5, "offset": -1.0},
        {"dtype": "float32", "scale": -1.0, "offset": 255.0, "color": "bgr", "data_format": "channels_first"},
        {"dtype": "float64"},
        {"dtype": "float32", "scale": [1 / 255, 1.0, 2.0], "offset": [0.0, -1.0, 3.0]},
        {"dtype": "float32", "preset": "caffe"},
    ],
)
def test_images_are_drawn_as_the_pixels_they_were(colors, tmp_path, options):
    images = drawn(Loader(colors, SIZE, 3, **options).show_batch(file=tmp_path / "batch.png"))
    for image, color in zip(images, np.eye(3, dtype=np.uint8) * 255, strict=True):
        assert image.shape == (*SIZE, 3)
        assert np.abs(image.astype(int) - color).max() <= 1


@pytest.mark.parametrize(
    ("stored", "dtype", "low", "high"), [("u2", "uint16", 0, 60000), ("f4", "float32", -1000, 3000)]
)
def test_deep_images_are_drawn_from_black_to_white(tmp_path, stored, dtype, low, high):
    file = tmp_path / "deep.tiff"
    Image.fromarray(np.tile(np.linspace(low, high, SIZE[1]).astype(stored), (SIZE[0], 1))).save(file)
    loader = Loader(Samples.from_files([file]), SIZE, 1, color="gray", dtype=dtype, interpolation="pil.nearest")
    (image,) = drawn(loader.show_batch(file=tmp_path / "batch.png"))
    assert (image.min(), image.max()) == (0, 255)
    assert (np.diff(image[0].astype(int)) > 0).all()


def test_gray_images_are_drawn_gray(colors, tmp_path):
    figure = Loader(colors, SIZE, 3, color="gray", dtype="float32", scale=1 / 255).show_batch(file=tmp_path / "b.png")
    assert [image.shape for image in drawn(figure)] == [SIZE] * 3
    assert figure.axes[0].images[0].get_clim() == (0, 255)


@pytest.mark.parametrize(
    ("labels", "kind", "expected"),
    [
        (["a", "b", "a"], "int", ["a", "b", "a"]),
        (["a", "b", "a"], "binary", ["a", "b", "a"]),
        (["a", "b", "c"], "categorical", ["a", "b", "c"]),
        ([["a"], [], ["a", "b"]], "auto", ["a", "", "a, b"]),
        ([0.5, 1, 1e9], "auto", ["0.5", "1", "1e+09"]),
        ([[0.5, 1, 2, 3, 4]] * 3, "auto", ["0.5, 1, 2, 3"] * 3),
        (["a", "b", "a"], None, ["", "", ""]),
        (["$x", "a long name of more than a few letters", "b"], "int", ["$x", "a long name of more than...", "b"]),
    ],
)
def test_titles_by_kind_of_label(colors, tmp_path, labels, kind, expected):
    samples = Samples.from_files(colors.take(3).paths(), labels)
    assert titles(Loader(samples, SIZE, 3, labels=kind).show_batch(file=tmp_path / "batch.png")) == expected


def test_without_a_file_the_figure_is_one_of_pyplot(colors):
    """In a process of its own, which has no display."""
    code = (
        "import sys, fastseq\nfrom matplotlib import pyplot\n"
        "figure = fastseq.Loader(fastseq.Samples.from_files(sys.argv[1:]), (8, 8)).show_batch()\n"
        "assert figure is pyplot.gcf()\nprint(len(figure.axes))"
    )
    command = [sys.executable, "-W", "error", "-c", code, *colors.take(3).paths()]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={"MPLBACKEND": "agg"})
    assert (ran.stdout, ran.stderr) == ("3\n", "")


def test_without_matplotlib_the_error_says_what_to_install(colors, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="show_batch needs matplotlib: pip install matplotlib"):
        Loader(colors, SIZE).show_batch(file=tmp_path / "batch.png")


def test_what_cannot_be_drawn_is_an_error(colors):
    loader = Loader(colors, SIZE, 4)
    with pytest.raises(IndexError, match="no batch 3"):
        loader.show_batch(3)
    with pytest.raises(ValueError, match="max_images must be at least 1"):
        loader.show_batch(max_images=0)
