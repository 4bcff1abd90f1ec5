"""compat.ImageDataGenerator against the one that is installed with Keras: the same draws, the same images."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from drop_ins import WAYS, assert_same_attributes, assert_same_batches, by_index, by_iterating, mixed_folder
from hypothesis import given
from hypothesis import strategies as st
from native.native import examples
from PIL import ImageFile

from fastseq import DecodeError

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*scipy.ndimage:DeprecationWarning"),  # what Keras calls
    pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning"),  # likewise
]

SIZE = (20, 26)
NOTHING: dict = {}
# Each argument alone. Pixels are equal where `level` is None.
ALONE = {
    "nothing": (NOTHING, None),
    "rescale": ({"rescale": 1 / 255}, None),
    "horizontal_flip": ({"horizontal_flip": True}, None),
    "vertical_flip": ({"vertical_flip": True}, None),
    "rotation_range": ({"rotation_range": 30}, 1.0),
    "width_shift_range": ({"width_shift_range": 0.2}, 1.0),
    "height_shift_range": ({"height_shift_range": 0.2}, 1.0),
    "shift in pixels": ({"width_shift_range": 3.5, "height_shift_range": 2.0}, 1.0),
    "shift by an integer": ({"width_shift_range": 3}, 1.0),
    "shift from a list": ({"height_shift_range": [-4, 1.5, 4]}, 1.0),
    "shear_range": ({"shear_range": 20.0}, 1.0),
    "zoom_range": ({"zoom_range": 0.3}, 1.0),
    "zoom_range of two": ({"zoom_range": [0.5, 0.8]}, 1.0),
    "channel_shift_range": ({"channel_shift_range": 60.0}, 1.0),
    "brightness_range": ({"brightness_range": (0.3, 1.8)}, None),
    "brightness of a turned one": ({"brightness_range": (0.3, 1.8), "rotation_range": 20}, 1.0),
    "brightness beyond bytes": (
        {"brightness_range": (0.3, 1.8), "shear_range": 9, "fill_mode": "constant", "cval": -9},
        2,
    ),
    "constant": ({"rotation_range": 40, "fill_mode": "constant", "cval": 100.0}, 1.0),
    "reflect": ({"rotation_range": 40, "fill_mode": "reflect"}, 1.0),
    "wrap": ({"rotation_range": 40, "fill_mode": "wrap"}, 1.0),
    "another of scipy's modes": ({"rotation_range": 40, "fill_mode": "mirror"}, 1.0),
    "order 0": ({"rotation_range": 40, "interpolation_order": 0}, 1.0),
    "order 3": ({"rotation_range": 40, "interpolation_order": 3}, 1.0),
    "samplewise_center": ({"samplewise_center": True}, 1e-3),
    "samplewise_std_normalization": ({"samplewise_center": True, "samplewise_std_normalization": True}, 1e-4),
    "preprocessing_function": ({"preprocessing_function": lambda x: x / 2 + 1, "zoom_range": 0.2}, 1.0),
    "float64": ({"dtype": "float64", "rotation_range": 9}, 1.0),
    "float16": ({"dtype": "float16"}, None),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return mixed_folder(tmp_path_factory.mktemp("generator") / "tree")


def run(generator, method, arguments, options, way=by_index, seed=11):
    """The batches of an iterator, and what NumPy's generator gives after them."""
    np.random.seed(seed)
    batches = way(getattr(generator, method)(*arguments, **options))
    return batches, np.random.random()


def compare(generators, settings, method, arguments, options, way=by_index, level=None, inputs=1):
    ours, theirs = (run(made(**settings), method, arguments, options, way) for made in generators)
    scale = settings.get("rescale", 1.0)
    assert_same_batches(ours[0], theirs[0], level=level, inputs=inputs, scale=scale)
    assert ours[1] == theirs[1], "NumPy's generator is in another state"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [None, 4])
@pytest.mark.parametrize("name", ALONE)
def test_each_argument_alone(generators, root, name, seed, way):
    settings, level = ALONE[name]
    options = {"target_size": SIZE, "batch_size": 7, "seed": seed}
    compare(generators, settings, "flow_from_directory", [root], options, WAYS[way], level)


# Keras takes no image with channels first for its brightness.
ARRAYS = [
    (name, channels, data_format)
    for name, (settings, _) in ALONE.items()
    for channels in (1, 3, 4)
    for data_format in ("channels_last", "channels_first")
    if data_format == "channels_last" or "brightness_range" not in settings
]


@pytest.mark.parametrize(("name", "channels", "data_format"), ARRAYS)
def test_arrays(generators, name, channels, data_format):
    settings, level = ALONE[name]
    x = np.random.default_rng(3).integers(0, 256, (9, *SIZE, channels)).astype("float32")
    if data_format == "channels_first":
        x = x.transpose(0, 3, 1, 2)
    before = x.copy()
    compare(
        generators, {**settings, "data_format": data_format}, "flow", [x, np.arange(9)], {"batch_size": 4}, level=level
    )
    np.testing.assert_array_equal(x, before)


def test_a_sample_asked_for_twice_among_the_next_batches(generators, root):
    # With an integer shift Keras draws image by image.
    settings = {"height_shift_range": 1, "brightness_range": (0.0, 1.0)}
    options = {"target_size": SIZE, "batch_size": 1, "seed": 0}
    compare(generators, settings, "flow_from_directory", [root], options, WAYS["by iterating"])


ANY = st.fixed_dictionaries(
    {},
    optional={
        "rotation_range": st.integers(0, 180),
        "width_shift_range": st.floats(0, 0.9),
        "height_shift_range": st.floats(0, 0.9) | st.integers(1, 5),
        "shear_range": st.floats(0, 60),
        "zoom_range": st.floats(0, 0.9) | st.tuples(st.floats(0.2, 1), st.floats(1, 3)),
        "channel_shift_range": st.floats(0, 120),
        "brightness_range": st.tuples(st.floats(0, 1), st.floats(1, 3)),
        "fill_mode": st.sampled_from(["nearest", "constant", "reflect", "wrap"]),
        "cval": st.floats(0, 255),
        "horizontal_flip": st.booleans(),
        "vertical_flip": st.booleans(),
        "rescale": st.sampled_from([None, 1 / 255, 2.0]),
        "interpolation_order": st.sampled_from([0, 1]),
    },
)


@examples(max_examples=60)
@given(ANY, st.sampled_from(sorted(WAYS)), st.none() | st.integers(0, 99), st.booleans(), st.integers(1, 14))
def test_random_combinations(generators, root, settings, way, seed, shuffle, batch_size):
    options = {"target_size": SIZE, "batch_size": batch_size, "seed": seed, "shuffle": shuffle}
    settings = {**settings, "rescale": settings.get("rescale") or 1.0}
    compare(generators, settings, "flow_from_directory", [root], options, WAYS[way], level=1.0)


@examples(max_examples=60)
@given(ANY, st.integers(2, 40), st.integers(2, 40), st.sampled_from([1, 3]), st.integers(0, 9))
def test_random_combinations_of_arrays(generators, settings, height, width, channels, number):
    x = np.random.default_rng(number).uniform(0, 255, (6, height, width, channels)).astype("float32")
    settings = {**settings, "rescale": settings.get("rescale") or 1.0}
    compare(generators, settings, "flow", [x], {"batch_size": 4, "seed": number}, level=1.0)


DIRECTORY = {
    "grayscale": {"color_mode": "grayscale"},
    "rgba": {"color_mode": "rgba"},
    "classes": {"classes": ["owl", "cat"]},
    "binary": {"classes": ["owl", "cat"], "class_mode": "binary"},
    "sparse": {"class_mode": "sparse"},
    "input": {"class_mode": "input"},
    "no labels": {"class_mode": None},
    "in order": {"shuffle": False},
    "training": {"subset": "training"},
    "validation": {"subset": "validation"},
    "follow_links": {"follow_links": True},
    "keep_aspect_ratio": {"keep_aspect_ratio": True},
    **{name: {"interpolation": name} for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")},
    "bicubic, keep_aspect_ratio": {"interpolation": "bicubic", "keep_aspect_ratio": True},
    "gray, lanczos": {"interpolation": "lanczos", "color_mode": "grayscale"},
}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", DIRECTORY)
def test_each_argument_of_flow_from_directory(generators, root, name, data_format):
    (root / "linked.txt").write_text("no image")
    options = {"target_size": SIZE, "batch_size": 5, **DIRECTORY[name]}
    settings = {"validation_split": 0.3, "data_format": data_format, "horizontal_flip": True}
    inputs = 2 if options.get("class_mode", "") == "input" else 1
    compare(generators, settings, "flow_from_directory", [root], options, inputs=inputs)


def test_links_are_followed_only_if_asked(generators, root, tmp_path):
    (tmp_path / "tree" / "cat").mkdir(parents=True)
    (tmp_path / "tree" / "cat" / "more").symlink_to(root / "cat")
    for follow, expected in ((True, 6), (False, 0)):
        found = {made().flow_from_directory(tmp_path / "tree", follow_links=follow).samples for made in generators}
        assert found == {expected}


def test_images_are_saved_where_asked(generators, root, tmp_path):
    names = []
    for place, made in enumerate(generators):
        folder = tmp_path / str(place)
        folder.mkdir()
        options = {"target_size": SIZE, "save_to_dir": folder, "save_prefix": "a", "save_format": "bmp", "seed": 2}
        made(rotation_range=20).flow_from_directory(root, **options)[0]
        names.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert names[0] == names[1]
    assert len(names[0]) == 20


def test_methods_that_a_subclass_overrides_are_used(generators, root):
    def subclass(base):
        class Noisy(base):
            def get_random_transform(self, img_shape, seed=None):
                return {**super().get_random_transform(img_shape, seed), "tx": np.random.randint(3)}

            def standardize(self, x):
                return super().standardize(x) + np.random.uniform(0, 9)

        return Noisy

    made = [subclass(base) for base in generators]
    for way in WAYS.values():
        compare(made, {"zoom_range": 0.2}, "flow_from_directory", [root], {"target_size": SIZE}, way, level=1.0)


@pytest.mark.parametrize("method", ["flow_from_directory", "flow"])
def test_a_preprocessing_function_may_draw(generators, root, method):
    settings = {"rotation_range": 20, "preprocessing_function": lambda x: x + np.random.normal(0, 5)}
    x = np.random.default_rng(3).uniform(0, 255, (9, *SIZE, 3)).astype("float32")
    arguments = [root] if method == "flow_from_directory" else [x]
    options = {"target_size": SIZE} if method == "flow_from_directory" else {}
    compare(generators, settings, method, arguments, {"batch_size": 4, **options}, level=1.0)


@pytest.mark.parametrize("kind", ["featurewise_center", "featurewise_std_normalization", "zca_whitening"])
@pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies:UserWarning")
def test_statistics_that_fit_learns(generators, root, kind):
    x = np.random.default_rng(1).uniform(0, 255, (30, 6, 5, 3)).astype("float32")
    results = []
    for made in generators:
        generator = made(**{kind: True}, rescale=0.5, horizontal_flip=True)
        np.random.seed(3)
        before = generator.flow_from_directory(root, target_size=(6, 5), batch_size=6, seed=1)
        first = before[0]  # not fitted yet
        generator.fit(x, augment=True, rounds=2, seed=5)
        results.append([first, *by_index(before, 1), *by_index(generator.flow(x, batch_size=9, seed=1), 1)])
    assert_same_batches(*results)


def test_an_array_at_an_odd_address(generators):
    memory = np.zeros(4 * 9 * 8 * 7 * 3 + 1, np.uint8)[1:]
    x = memory.view(np.float32).reshape(9, 8, 7, 3)
    x[...] = np.random.default_rng(1).uniform(0, 255, x.shape)
    results = []
    for made in generators:
        np.random.seed(3)
        results.append(by_index(made(horizontal_flip=True).flow(x, batch_size=4), 1))
    assert_same_batches(*results)


def test_a_generator_may_be_changed_between_batches(generators, root):
    results = []
    for made in generators:
        generator = made(rescale=1 / 255)
        np.random.seed(3)
        iterator = generator.flow_from_directory(root, target_size=SIZE, batch_size=4)
        batches = [iterator[0], iterator[1]]
        generator.rescale, generator.vertical_flip = None, True
        results.append([*batches, *by_index(iterator, 1)])
    assert_same_batches(*results)


@pytest.mark.parametrize("way", WAYS)
def test_somebody_else_draws_meanwhile(generators, root, way):
    """Then what was begun ahead is not what Keras would give, and is made again."""

    def meddling(iterator):
        batches = []
        for batch in WAYS[way](Between(iterator)):
            batches.append(batch)
        return batches

    class Between:
        def __init__(self, iterator):
            self.iterator = iterator

        def __len__(self):
            return len(self.iterator)

        def __getitem__(self, k):
            np.random.random()
            return self.iterator[k]

        def __next__(self):
            np.random.random()
            return next(self.iterator)

        def on_epoch_end(self):
            self.iterator.on_epoch_end()

    compare(generators, {"horizontal_flip": True}, "flow_from_directory", [root], {"target_size": SIZE}, meddling)


def test_images_and_their_masks_get_the_same_draws(generators, root):
    results = []
    for made in generators:
        generator = made(rotation_range=30, horizontal_flip=True)
        options = {"target_size": SIZE, "class_mode": None, "seed": 8, "batch_size": 6}
        images = generator.flow_from_directory(root, **options)
        masks = generator.flow_from_directory(root, color_mode="grayscale", **options)
        results.append([pair for pair, _ in zip(zip(images, masks, strict=True), range(9), strict=False)])
    assert_same_batches(*results, level=1.0, inputs=2)


def test_batches_in_any_order(generators, root):
    def jumping(iterator):
        return [iterator[k] for k in (2, 0, 1, 1, 0, 2)]

    for seed in (None, 5):
        options = {"target_size": SIZE, "batch_size": 7, "seed": seed}
        compare(generators, {"horizontal_flip": True}, "flow_from_directory", [root], options, jumping)


def test_attributes(generators, root):
    ours, theirs = (made().flow_from_directory(root, target_size=SIZE, batch_size=8) for made in generators)
    assert len(ours) == len(theirs) == 3
    assert set(vars(theirs)) <= set(vars(ours))
    names = ["samples", "n", "num_classes", "class_indices", "classes", "filenames", "filepaths", "labels"]
    names += ["image_shape", "target_size", "batch_size", "shuffle", "seed", "class_mode", "dtype", "directory"]
    assert_same_attributes(ours, theirs, names)
    ours.reset()
    assert ours.batch_index == 0


def test_it_is_what_keras_expects(keras, generators, keras_image, root):
    ours, theirs = generators
    iterator = ours().flow_from_directory(root)
    assert isinstance(iterator, keras.utils.PyDataset)
    assert isinstance(iterator, keras_image.DirectoryIterator)
    assert issubclass(ours, theirs)
    for name in ("__init__", "flow", "flow_from_directory", "flow_from_dataframe", "fit", "standardize"):
        assert inspect.signature(getattr(ours, name)) == inspect.signature(getattr(theirs, name))
    with pytest.raises(ValueError, match="length 1"):
        iterator[1]


def test_an_unreadable_file_is_named(generators, root, tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "broken.jpg").write_bytes((root / "cat" / "000.jpg").read_bytes()[:300])
    iterator = generators[0]().flow_from_directory(tmp_path, target_size=SIZE)
    with pytest.raises(DecodeError, match=r"cat/broken\.jpg"):
        iterator[0]


def test_pillows_switch_for_cut_off_files_counts(generators, root, tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    (tmp_path / "cat").mkdir()
    whole = (root / "cat" / "000.jpg").read_bytes()
    (tmp_path / "cat" / "cut.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    compare(generators, {"rotation_range": 9}, "flow_from_directory", [tmp_path], {"target_size": SIZE}, level=1.0)


def test_gray_images_of_16_bits_are_as_in_keras(generators, tmp_path):
    from PIL import Image

    (tmp_path / "cat").mkdir()
    Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50).save(tmp_path / "cat" / "deep.png")
    options = {"target_size": (30, 40), "color_mode": "grayscale"}
    compare(generators, {"rotation_range": 9}, "flow_from_directory", [tmp_path], options, level=1.0)


def test_no_more_is_begun_where_the_iteration_ends(generators, root):
    iterator = generators[0](horizontal_flip=True).flow_from_directory(root, target_size=SIZE, batch_size=4)
    assert len(by_iterating(iterator, 1)) == len(iterator)
    again = by_index(iterator, 2)
    assert [len(x) for x, _ in again] == [4, 4, 4, 4, 4, 4, 4, 4, 4, 4]


FLOW = {
    "labels": {"y": np.arange(20) % 2},
    "weights": {"y": np.arange(20) % 2, "sample_weight": np.linspace(0, 1, 20)},
    "in order": {"shuffle": False},
    "training": {"y": np.arange(20) % 2, "subset": "training"},
    "validation": {"y": np.arange(20) % 2, "subset": "validation"},
    "classes that the split parts": {"y": np.arange(20) // 10, "subset": "training", "ignore_class_split": True},
    "seed": {"seed": 4},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FLOW)
def test_each_argument_of_flow(generators, name, way):
    x = np.random.default_rng(3).uniform(0, 255, (20, 9, 11, 3)).astype("float32")
    settings = {"validation_split": 0.3, "horizontal_flip": True}
    compare(generators, settings, "flow", [x], {"batch_size": 6, **FLOW[name]}, WAYS[way])


def test_further_inputs_beside_the_images(generators):
    x = np.random.default_rng(3).uniform(0, 255, (20, 9, 11, 3)).astype("float32")
    more = [np.arange(20), np.arange(40).reshape(20, 2)]
    for inputs in ((x, more), (x, more[0])):
        compare(generators, {"vertical_flip": True}, "flow", [inputs, np.arange(20)], {"batch_size": 6})


def test_arrays_of_other_dtypes(generators):
    x = np.random.default_rng(3).integers(0, 256, (9, 12, 10, 3)).astype("uint8")
    compare(generators, {"vertical_flip": True}, "flow", [x], {})
    compare(generators, {"rotation_range": 30, "dtype": "float64"}, "flow", [x], {}, level=1.0)


def test_the_errors_of_flow(generators):
    x = np.zeros((4, 5, 5, 3))
    messages = []
    for made in generators:
        for arguments, options in (
            ([x, [1, 2]], {}),
            ([x, None], {"sample_weight": [1, 2]}),
            ([x, [0, 0, 1, 1]], {"subset": "training"}),
            ([x[0], None], {}),
            ([x], {"subset": "both"}),
        ):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - whatever Keras says
                made(validation_split=0.5).flow(*arguments, **options)
            messages.append(str(caught.value))
    assert messages[:5] == messages[5:]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("settings", [NOTHING, {"rotation_range": 20}], ids=["plain", "random"])
def test_batches_are_begun_before_they_are_requested(generators, root, monkeypatch, settings, shuffle, seed, way):
    from fastseq.compat.image_data_generator.batches import ImageBatches

    begin, late = ImageBatches._begin, []

    def note(self, *args, urgent):
        late.append(urgent)
        return begin(self, *args, urgent=urgent)

    monkeypatch.setattr(ImageBatches, "_begin", note)
    iterator = generators[0](**settings).flow_from_directory(root, SIZE, batch_size=4, shuffle=shuffle, seed=seed)
    WAYS[way](iterator)
    # By index, the order is known once three batches of an epoch came in it.
    assert late.count(True) == {"by index": 3 * 3, "by iterating": 1}[way]
    assert late.count(False) <= 3 * len(iterator) - late.count(True) + iterator._depth, "and none of them twice"
