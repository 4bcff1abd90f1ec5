"""fastseq.tf.decode in `tf.data` pipelines."""

from __future__ import annotations

import copy
import gc
import importlib
import os
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from jpeg_headers import with_bytes_before_end
from native.native import examples

import fastseq
from fastseq.tf.string_sources import is_contents

SIZE = (20, 26)
CROPS = [fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")]
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}


@pytest.fixture(scope="module")
def tf():
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return importlib.import_module("tensorflow")


@pytest.fixture(scope="module")
def paths(tree) -> list[str]:
    return [str(path) for path in sorted(tree.glob("*/*.jpg"))]


@pytest.fixture(scope="module")
def contents(paths) -> list[bytes]:
    return [Path(path).read_bytes() for path in paths]


@pytest.fixture(scope="module")
def records(tf, contents, tmp_path_factory) -> list[str]:
    """Three TFRecord files of nine images each, with their numbers as labels."""
    root = tmp_path_factory.mktemp("records")
    names = [str(root / f"{i}.tfrecord") for i in range(3)]
    for i, name in enumerate(names):
        with tf.io.TFRecordWriter(name) as writer:
            for label in range(9 * i, 9 * i + 9):
                features = {
                    "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[contents[label]])),
                    "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return names


def slices(tf, data):
    return tf.data.Dataset.from_tensor_slices(data)


def joined(dataset):
    return np.concatenate([batch.numpy() for batch in dataset])


def assert_equal(one, other):
    np.testing.assert_array_equal(one, other)


SETTINGS = {
    "defaults": {},
    "float32": {"dtype": "float32", "scale": 1 / 255},
    "float16": {"dtype": "float16", "scale": 1 / 255, "offset": -0.5},
    "channels_first": {"data_format": "channels_first"},
    "gray": {"color": "gray", "interpolation": "linear"},
    "crop": {"transform": fastseq.transforms.CropToAspect(), "interpolation": "pil.bilinear"},
    "preset": {"dtype": "float32", "preset": "torch"},
    "one thread": {"threads": 1},
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("parallel", [None, 2, -1])
def test_the_images_are_those_of_decode_batch(tf, paths, name, parallel):
    settings = SETTINGS[name]
    dataset = slices(tf, paths).batch(8).map(fastseq.tf.decode(SIZE, **settings), num_parallel_calls=parallel)
    expected = fastseq.decode_batch(paths, SIZE, **settings)
    assert dataset.element_spec == tf.TensorSpec((None, *expected.shape[1:]), expected.dtype)
    assert [len(batch) for batch in dataset] == [8, 8, 8, 3]
    assert_equal(joined(dataset), expected)


def test_the_shape_is_static(tf, paths):
    decode = fastseq.tf.decode(SIZE)
    assert slices(tf, paths).batch(8, drop_remainder=True).map(decode).element_spec.shape == (8, *SIZE, 3)
    assert slices(tf, paths).map(decode).element_spec.shape == (*SIZE, 3)
    unknown = tf.function(decode).get_concrete_function(tf.TensorSpec(None, tf.string))
    assert unknown.structured_outputs.shape.rank is None


def test_paths_and_contents_may_be_mixed(tf, paths, contents):
    mixed = [contents[i] if i % 3 else paths[i] for i in range(len(paths))]
    assert_equal(joined(slices(tf, mixed).batch(10).map(fastseq.tf.decode(SIZE))), fastseq.decode_batch(contents, SIZE))


@pytest.mark.parametrize("form", ["png", "webp", "bmp", "gif", "tiff", "ppm", "jpeg"])
def test_contents_of_each_format(tf, tmp_path, form):
    data = encoded(photo(30, 41, seed=1), form)
    (tmp_path / "image").write_bytes(data)
    dataset = slices(tf, [data, str(tmp_path / "image")]).batch(2).map(fastseq.tf.decode(SIZE))
    assert_equal(joined(dataset), fastseq.decode_batch([data] * 2, SIZE))


@examples(max_examples=200)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=900))
def test_no_path_is_taken_for_contents(path):
    assert not is_contents(path.encode())


@pytest.mark.parametrize("path", [b"BMW/1.jpg", b"GIF89a/x", b"P6/x", b"RIFF/WEBP", b"II*/x", b"\xff\xd8/x", b"x"])
def test_paths_that_begin_like_image_files(path):
    assert not is_contents(path)


def test_a_truncated_file_is_no_path(contents):
    assert all(is_contents(contents[0][:size]) for size in (0, 3, 4, 10, 5000))


def test_structures(tf, paths):
    expected = fastseq.decode_batch(paths[:4], SIZE)
    numbers = [0, 1, 2, 3]
    strings = paths[:4]

    def only(data, **options):
        (element,) = slices(tf, data).batch(4).map(fastseq.tf.decode(SIZE, **options))
        return element

    assert_equal(only(strings), expected)
    images, labels = only((strings, numbers))
    assert_equal(images, expected)
    assert_equal(labels, numbers)
    images, labels, weights = only((strings, numbers, numbers))
    assert_equal(images, expected)
    assert_equal(weights, labels)
    labels, images = only((numbers, strings), key=1)
    assert_equal(images, expected)
    assert_equal(labels, numbers)
    (images, first), second = only(((strings, numbers), numbers))
    assert_equal(images, expected)
    assert_equal(first, second)
    element = only({"image": strings, "label": numbers}, key="image")
    assert set(element) == {"image", "label"}
    assert_equal(element["image"], expected)
    inputs, labels = only(({"image": strings, "age": numbers}, numbers), key="image")
    assert_equal(inputs["image"], expected)
    assert_equal(inputs["age"], labels)


def test_two_images_in_an_element(tf, paths):
    pairs = slices(tf, {"left": paths[:4], "right": paths[4:8]}).batch(4)
    decoded = pairs.map(fastseq.tf.decode(SIZE, key="left")).map(fastseq.tf.decode((8, 8), key="right"))
    (element,) = decoded
    assert_equal(element["left"], fastseq.decode_batch(paths[:4], SIZE))
    assert_equal(element["right"], fastseq.decode_batch(paths[4:8], (8, 8)))


def test_strings_of_any_shape(tf, paths):
    decode = fastseq.tf.decode(SIZE)
    expected = fastseq.decode_batch(paths[:6], SIZE)
    assert_equal(joined(slices(tf, paths[:6]).map(decode).batch(6)), expected)
    (grid,) = slices(tf, np.reshape(paths[:6], (1, 2, 3))).map(decode)
    assert grid.shape == (2, 3, *SIZE, 3)
    assert_equal(grid, expected.reshape(grid.shape))
    (empty,) = slices(tf, [paths[:6]]).map(lambda strings: strings[:0]).map(decode)
    assert empty.shape == (0, *SIZE, 3)


def test_ragged_strings(tf, paths):
    ragged = tf.ragged.constant([paths[:2], [], paths[2:5]])
    dataset = slices(tf, (ragged, [1, 2, 3])).batch(3).map(fastseq.tf.decode(SIZE))
    ((images, labels),) = dataset
    assert isinstance(images, tf.RaggedTensor)
    assert images.shape.as_list() == [3, None, *SIZE, 3]
    assert images.row_lengths().numpy().tolist() == [2, 0, 3]
    assert_equal(images.flat_values, fastseq.decode_batch(paths[:5], SIZE))
    assert_equal(labels, [1, 2, 3])


def test_eager_tensors_and_lists(tf, paths):
    decode = fastseq.tf.decode(SIZE)
    expected = fastseq.decode_batch(paths[:3], SIZE)
    assert_equal(decode(tf.constant(paths[:3])), expected)
    assert_equal(decode(paths[:3]), expected)
    assert_equal(decode(tf.constant(paths[0])), expected[0])
    with pytest.raises(fastseq.DecodeError, match="missing") as caught:
        decode(["missing.jpg"])
    assert caught.value.path == "missing.jpg"


def parsed(tf, names):
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
    return tf.data.TFRecordDataset(names).batch(4).map(lambda batch: tf.io.parse_example(batch, features))


def test_records(tf, records, contents):
    elements = list(parsed(tf, records).map(fastseq.tf.decode(SIZE, key="image")))
    assert_equal(np.concatenate([element["label"] for element in elements]), np.arange(27))
    assert_equal(np.concatenate([element["image"] for element in elements]), fastseq.decode_batch(contents, SIZE))


def test_within_interleave(tf, records, contents):
    decode = fastseq.tf.decode(SIZE, key="image")
    dataset = slices(tf, records).interleave(
        lambda name: parsed(tf, name).map(decode, num_parallel_calls=tf.data.AUTOTUNE),
        cycle_length=3,
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    expected = fastseq.decode_batch(contents, SIZE)
    for _ in range(2):
        elements = list(dataset)
        labels = np.concatenate([element["label"] for element in elements])
        assert labels.tolist() != sorted(labels)
        assert_equal(np.concatenate([element["image"] for element in elements]), expected[labels])


def test_within_a_tf_function(tf, paths):
    decode = fastseq.tf.decode(SIZE)

    @tf.function
    def total(strings):
        count = tf.constant(0, tf.int64)
        for images in tf.data.Dataset.from_tensor_slices(strings).batch(4).map(decode):
            count += tf.reduce_sum(tf.cast(images, tf.int64))
        return count

    assert int(total(tf.constant(paths))) == int(fastseq.decode_batch(paths, SIZE).sum(dtype=np.int64))


def test_cache_shuffle_repeat_and_prefetch(tf, paths):
    expected = fastseq.decode_batch(paths, SIZE)
    dataset = slices(tf, (paths, range(27))).shuffle(27, seed=1).repeat(3).batch(6)
    dataset = dataset.map(fastseq.tf.decode(SIZE), num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    orders = []
    for images, labels in dataset:
        assert_equal(images, expected[labels])
        orders += labels.numpy().tolist()
    assert [sorted(orders[i : i + 27]) for i in (0, 27, 54)] == [list(range(27))] * 3
    cached = slices(tf, paths).batch(6).map(fastseq.tf.decode(SIZE)).cache()
    first, second = joined(cached), joined(cached)
    assert_equal(first, expected)
    assert_equal(second, expected)


def test_batches_that_are_held_stay_as_they_are(tf, paths):
    dataset = slices(tf, paths).batch(6).map(fastseq.tf.decode(SIZE), num_parallel_calls=2)
    held = [list(dataset) for _ in range(5)]
    expected = fastseq.decode_batch(paths, SIZE)
    for epoch in held:
        assert_equal(np.concatenate(epoch), expected)


@pytest.mark.parametrize("size", [(224, 224), (7, 5)])
def test_a_batch_is_handed_over_without_a_copy(tf, paths, size):
    from fastseq.tf.string_decoder import _memory

    gc.collect()
    before = _memory.bytes_in_use
    tensors = list(slices(tf, (paths, range(27))).batch(6).map(fastseq.tf.decode(size, dtype="float32")))
    assert _memory.bytes_in_use - before == 27 * size[0] * size[1] * 3 * 4
    del tensors
    gc.collect()
    assert _memory.bytes_in_use == before


def threads():
    return [name.read_text() for name in Path("/proc/self/task").glob("*/comm")].count("fastseq\n")


def test_calls_in_parallel_share_the_threads(tf, paths):
    list(slices(tf, paths).batch(3).map(fastseq.tf.decode(SIZE), num_parallel_calls=1))
    before = threads()
    for calls in (16, tf.data.AUTOTUNE):
        list(slices(tf, paths * 4).batch(3).map(fastseq.tf.decode(SIZE), num_parallel_calls=calls))
    assert threads() == before


def test_the_function_can_be_pickled_and_copied(tf, paths):
    decode = fastseq.tf.decode(SIZE, key="image", threads=2, seed=3, transform=CROPS, on_error="fill")
    batches = tf.data.Dataset.zip(
        slices(tf, [5]), slices(tf, ({"image": [paths], "age": [[0] * 27]}, [list(range(27))]))
    )
    expected = fastseq.decode_batch(paths, SIZE, seed=3, epoch=5, transform=CROPS)
    for function in (decode, pickle.loads(pickle.dumps(decode)), copy.deepcopy(decode)):
        ((inputs, _, weights),) = batches.map(function)
        assert_equal(inputs["image"], expected)
        assert weights.numpy().tolist() == [1] * 27


class TestOriginalPipeline:
    """Against `tf.io.decode_jpeg` and `tf.image.resize`."""

    @staticmethod
    def original(tf, paths, **options):
        def load(path):
            image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3, **options)
            return tf.image.resize(image, SIZE)

        return joined(slices(tf, paths).map(load).batch(8))

    @staticmethod
    def ours(tf, paths):
        decode = fastseq.tf.decode(SIZE, interpolation="tf.bilinear", orient="none", dtype="float32")
        return joined(slices(tf, paths).batch(8).map(decode))

    def test_the_same_bits_with_the_exact_dct(self, tf, paths):
        assert_equal(self.ours(tf, paths), self.original(tf, paths, dct_method="INTEGER_ACCURATE"))

    def test_close_with_the_default_dct(self, tf, paths):
        difference = np.abs(self.ours(tf, paths) - self.original(tf, paths))
        assert difference.mean() < 1.5
        assert difference.max() <= 22

    @pytest.mark.skipif("FASTSEQ_CORPUS" not in os.environ, reason="FASTSEQ_CORPUS is not set")
    def test_real_photographs(self, tf):
        files = sorted(map(str, (Path(os.environ["FASTSEQ_CORPUS"]) / "imagenet").rglob("*.[jJ]*")))[:60]
        assert_equal(self.ours(tf, files), self.original(tf, files, dct_method="INTEGER_ACCURATE"))


class TestRandomTransforms:
    def test_a_batch_draws_by_its_number(self, tf, paths):
        batches = slices(tf, (paths, range(27))).repeat(2).batch(9).enumerate()
        decode = fastseq.tf.decode(SIZE, transform=CROPS, seed=7)
        for calls in (None, 4, tf.data.AUTOTUNE):
            elements = list(batches.map(decode, num_parallel_calls=calls))
            assert len(elements) == 6
            for k, (images, labels) in enumerate(elements):
                sources = [paths[i] for i in labels]
                assert_equal(images, fastseq.decode_batch(sources, SIZE, transform=CROPS, seed=7, epoch=k))
            decode = fastseq.tf.decode(SIZE, transform=CROPS, seed=7)
        assert not np.array_equal(elements[0][0], elements[3][0])

    def test_elements_of_each_structure(self, tf, paths):
        decode = fastseq.tf.decode(SIZE, transform=CROPS)
        expected = fastseq.decode_batch(paths, SIZE, transform=CROPS, epoch=4)
        counter = slices(tf, [4])
        (images,) = tf.data.Dataset.zip(counter, slices(tf, paths).batch(27)).map(decode)
        assert_equal(images, expected)
        decode = fastseq.tf.decode(SIZE, transform=CROPS, key="image")
        (element,) = tf.data.Dataset.zip(counter, slices(tf, {"image": paths}).batch(27)).map(decode)
        assert_equal(element["image"], expected)

    def test_numbers_of_a_random_dataset(self, tf, paths):
        def epochs(count):
            counter = tf.data.Dataset.random(seed=3, rerandomize_each_iteration=True)
            batches = tf.data.Dataset.zip(counter, slices(tf, paths).batch(9))
            dataset = batches.map(fastseq.tf.decode(SIZE, transform=CROPS), num_parallel_calls=4)
            return [joined(dataset) for _ in range(count)]

        first, again = epochs(3), epochs(3)
        assert_equal(first, again)
        assert not np.array_equal(first[0], first[1])
        assert not np.array_equal(first[1], first[2])

    def test_negative_numbers(self, tf, paths):
        batches = tf.data.Dataset.zip(slices(tf, [-1]), slices(tf, paths).batch(27))
        (images,) = batches.map(fastseq.tf.decode(SIZE, transform=CROPS))
        assert_equal(images, fastseq.decode_batch(paths, SIZE, transform=CROPS, epoch=2**64 - 1))

    @pytest.mark.parametrize("labels", [range(27), np.zeros((27, 2))])
    def test_a_counter_is_needed(self, tf, paths, labels):
        decode = fastseq.tf.decode(SIZE, transform=CROPS)
        for data in (paths, (paths, labels), {"image": paths}):
            with pytest.raises(ValueError, match=r"need a counter: .*Dataset\.random.*\.enumerate\(\)"):
                slices(tf, data).batch(9).map(decode)

    def test_without_random_transforms_there_is_no_counter(self, tf, paths):
        with pytest.raises(TypeError, match=r"not SymbolicTensor of int64.*key="):
            slices(tf, (paths, range(27))).batch(9).enumerate().map(fastseq.tf.decode(SIZE))

    def test_a_counter_that_starts_again_is_warned_of_once(self, tf, paths):
        dataset = slices(tf, paths).batch(9).enumerate().map(fastseq.tf.decode(SIZE, transform=CROPS))
        first = joined(dataset)
        with pytest.warns(UserWarning, match=r"0 again.*\.repeat\(\) before \.enumerate\(\)"):
            again = joined(dataset)
        assert_equal(first, again)
        joined(dataset)


class TestBadImages:
    @pytest.fixture
    def broken(self, tmp_path, contents) -> str:
        (tmp_path / "broken.jpg").write_bytes(contents[0][:300])
        return str(tmp_path / "broken.jpg")

    def test_the_file_is_named(self, tf, paths, broken):
        dataset = slices(tf, [*paths[:2], broken]).batch(3).map(fastseq.tf.decode(SIZE))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"broken\.jpg' \(sample 2\).*TRUNCATED"):
            list(dataset)

    def test_the_remedy_is_named(self, tf, paths, contents, tmp_path):
        (tmp_path / "cut.jpg").write_bytes(contents[0][:-200])
        for file, remedy in (("cut.jpg", "strict=False accepts it"), ("cut.jpeg", r"did you mean '.*cut\.jpg'")):
            dataset = slices(tf, [str(tmp_path / file)]).batch(1).map(fastseq.tf.decode(SIZE))
            with pytest.raises(tf.errors.InvalidArgumentError, match=remedy):
                list(dataset)

    def test_contents_are_named_by_their_place(self, tf, paths, contents):
        dataset = slices(tf, [paths[0], contents[1][:300]]).batch(2).map(fastseq.tf.decode(SIZE))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"cannot decode sample 1: .*TRUNCATED"):
            list(dataset)

    @pytest.mark.parametrize(
        ("string", "message"),
        [
            (b"there/is/no.jpg", r"'there/is/no\.jpg' \(sample 1\).*NOT_FOUND"),
            (b"no path at all\xff", r"sample 1.*NOT_FOUND"),
            (b"", "sample 1: .*EMPTY"),
            (b"\0\1\2", "sample 1: .*NOT_AN_IMAGE"),
            (b"x" * 5000, "sample 1: .*NOT_AN_IMAGE"),
            (b"/", r"'/' \(sample 1\).*NOT_A_FILE"),
        ],
    )
    def test_garbage(self, tf, paths, string, message):
        dataset = slices(tf, [paths[0].encode(), string]).batch(2).map(fastseq.tf.decode(SIZE))
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            list(dataset)

    @pytest.mark.parametrize("url", ["gs://bucket/a.jpg", "file:///a.jpg", "ram://a.jpg"])
    def test_urls_say_how(self, tf, paths, url):
        dataset = slices(tf, [paths[0], url]).batch(2).map(fastseq.tf.decode(SIZE))
        with pytest.raises(tf.errors.InvalidArgumentError, match=rf"{re.escape(url)}.*image 1 of.*tf\.io\.read_file"):
            list(dataset)

    def test_files_that_tensorflow_reads(self, tf, paths):
        read = slices(tf, [f"file://{path}" for path in paths]).map(tf.io.read_file).batch(8)
        assert_equal(joined(read.map(fastseq.tf.decode(SIZE))), fastseq.decode_batch(paths, SIZE))

    def test_images_recovered_from_damaged_data_are_told_once(self, tf, paths):
        damaged = with_bytes_before_end(jpeg(photo(64, 64)))
        dataset = slices(tf, [damaged, *[path.encode() for path in paths[:3]], damaged]).batch(4)
        with pytest.warns(fastseq.BadSamplesWarning, match=r"1 of the [14] images of a batch were decoded") as caught:
            list(dataset.map(fastseq.tf.decode(SIZE)))
        assert len(caught) == 1
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"sample 0.*CORRUPT"):
            list(dataset.map(fastseq.tf.decode(SIZE, strict=True)))

    def test_ignore_errors_leaves_out_the_batch(self, tf, paths, broken):
        strings = [*paths[:4], broken, *paths[5:9]]
        dataset = slices(tf, strings).batch(3).map(fastseq.tf.decode(SIZE)).ignore_errors()
        for _ in range(2):
            assert_equal(joined(dataset), fastseq.decode_batch(strings[:3] + strings[6:], SIZE))

    def test_the_same_dataset_goes_on_afterwards(self, tf, paths, broken):
        dataset = slices(tf, [broken, *paths[1:9]]).batch(3).map(fastseq.tf.decode(SIZE), num_parallel_calls=2)
        for _ in range(3):
            with pytest.raises(tf.errors.InvalidArgumentError):
                list(dataset)
        Path(broken).write_bytes(Path(paths[0]).read_bytes())
        assert_equal(joined(dataset), fastseq.decode_batch(paths[:9], SIZE))

    def test_fill(self, tf, paths, contents, broken):
        strings = [paths[0], broken, paths[2], contents[3][:200], paths[4]]
        decode = fastseq.tf.decode(SIZE, on_error="fill", dtype="float32", offset=1)
        dataset = slices(tf, (strings, range(5))).batch(3).map(decode)
        assert dataset.element_spec[2] == tf.TensorSpec((None,), tf.float32)
        first_of_its_batch = r"broken\.jpg' \(sample 1\)|^sample 0: "  # TensorFlow may run two batches at once
        with pytest.warns(fastseq.BadSamplesWarning, match=first_of_its_batch) as caught:
            elements = list(dataset) + list(dataset)
        assert len(caught) == 1
        images, labels, weights = (np.concatenate(parts) for parts in zip(*elements[:2], strict=True))
        assert labels.tolist() == [0, 1, 2, 3, 4]
        assert weights.tolist() == [1, 0, 1, 0, 1]
        expected = fastseq.decode_batch([paths[i] for i in (0, 2, 4)], SIZE, dtype="float32", offset=1)
        assert_equal(images[weights == 1], expected)
        assert not images[weights == 0].any()

    def test_fill_with_ragged_strings(self, tf, paths, broken):
        ragged = tf.ragged.constant([[paths[0], broken], [paths[2]]])
        dataset = slices(tf, (ragged, [0, 1])).batch(2).map(fastseq.tf.decode(SIZE, on_error="fill"))
        with pytest.warns(fastseq.BadSamplesWarning):
            ((_, _, weights),) = dataset
        assert weights.to_list() == [[1, 0], [1]]

    @pytest.mark.parametrize("parts", [1, 3])
    def test_fill_needs_labels(self, tf, paths, parts):
        data = (paths, range(27), range(27))[:parts] if parts > 1 else paths
        with pytest.raises(ValueError, match=r'on_error="fill" needs elements \(x, y\)'):
            slices(tf, data).batch(3).map(fastseq.tf.decode(SIZE, on_error="fill"))


class TestArguments:
    def test_images_that_are_decoded_already(self, tf):
        images = tf.zeros((4, 30, 40, 3), tf.uint8)
        with pytest.raises(TypeError, match=r"uint8, shape \(None, 30, 40, 3\); .*SkipDecoding"):
            slices(tf, images).batch(2).map(fastseq.tf.decode(SIZE))

    @pytest.mark.parametrize(
        ("data", "key", "message"),
        [
            ({"image": ["a"], "label": [1]}, None, "key must be one of 'image', 'label', not None"),
            ({"image": ["a"], "label": [1]}, "picture", "key must be one of 'image', 'label', not 'picture'"),
            ({"image": ["a"], "label": [1]}, "label", "not SymbolicTensor of int32"),
            (["a"], "image", "key='image', but the element is SymbolicTensor of string"),
            ((["a"], [1]), 2, r"key=2, but the element is \(SymbolicTensor of string"),
            (([1], ["a"]), None, "say by key="),
        ],
    )
    def test_strings_that_are_not_there(self, tf, data, key, message):
        with pytest.raises(TypeError, match=message):
            slices(tf, data).batch(1).map(fastseq.tf.decode(SIZE, key=key))

    def test_sparse_strings(self, tf):
        sparse = tf.sparse.from_dense([["a", ""]])
        with pytest.raises(TypeError, match="not SparseTensor"):
            slices(tf, sparse).batch(1).map(fastseq.tf.decode(SIZE))

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"size": 224}, ValueError, "height, width"),
            ({"size": SIZE, "target_size": SIZE}, TypeError, r"size=\(height, width\)"),
            ({"size": SIZE, "num_parallel_calls": 2}, TypeError, "threads"),
            ({"size": SIZE, "interpolation": "bilinear"}, ValueError, "tf.bilinear"),
            ({"size": SIZE, "key": 1.5}, TypeError, "key must be an integer"),
            ({"size": SIZE, "key": -1}, ValueError, "key must be at least 0"),
            ({"size": SIZE, "seed": -1}, ValueError, "seed"),
            ({"size": SIZE, "threads": 0}, ValueError, "threads"),
            ({"size": SIZE, "on_error": "skip"}, ValueError, "on_error must be one of 'raise', 'fill'"),
        ],
    )
    def test_what_is_refused(self, tf, options, error, message):
        with pytest.raises(error, match=message):
            fastseq.tf.decode(**options)


TRAIN = """
import sys, warnings
import numpy as np, keras, tensorflow as tf
import fastseq
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "`shuffle=True` was passed")
warnings.filterwarnings("ignore", "__array__ implementation")
size, paths = (20, 26), sys.argv[1:]
labels = [i % 3 for i in range(len(paths))]

def model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((*size, 3))
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(inputs))
    made = keras.Model(inputs, outputs)
    made.compile("sgd", loss="sparse_categorical_crossentropy")
    return made

pixels = {"dtype": "float32", "scale": 1 / 255}
decode = fastseq.tf.decode(size, **pixels)
batches = tf.data.Dataset.from_tensor_slices((paths, labels)).batch(8)
dataset = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
ours = model().fit(dataset, validation_data=dataset, epochs=2, verbose=0).history
images = fastseq.decode_batch(paths, size, **pixels)
same = model().fit(images, np.array(labels), batch_size=8, shuffle=False, epochs=2, verbose=0).history
np.testing.assert_allclose(ours["loss"], same["loss"], rtol=1e-5)

counter = tf.data.Dataset.random(seed=1, rerandomize_each_iteration=True)
crops = fastseq.tf.decode(size, transform=fastseq.RandomResizedCrop(), on_error="fill", **pixels)
model().fit(tf.data.Dataset.zip(counter, batches).map(crops), epochs=3, verbose=0)

strategy = tf.distribute.MirroredStrategy(["CPU:0"])
with strategy.scope():
    mirrored = model()
history = mirrored.fit(dataset, epochs=2, verbose=0).history
np.testing.assert_allclose(history["loss"], ours["loss"], rtol=1e-5)
spread = [x.numpy() for x, y in strategy.experimental_distribute_dataset(dataset)]
np.testing.assert_array_equal(np.concatenate(spread), images)
print("trained")
"""


def test_fit_and_strategies(paths):
    ran = subprocess.run(
        [sys.executable, "-c", TRAIN, *paths], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True
    )
    assert ran.stdout == "trained\n", ran.stderr


def test_an_iterator_can_be_checkpointed(tf, paths, tmp_path):
    dataset = slices(tf, paths).batch(9).map(fastseq.tf.decode(SIZE))
    iterator = iter(dataset)
    first = next(iterator)
    saved = tf.train.Checkpoint(iterator=iterator).save(str(tmp_path / "state"))
    rest = joined(iterator)
    resumed = iter(dataset)
    tf.train.Checkpoint(iterator=resumed).restore(saved)
    assert_equal(joined(resumed), rest)
    assert_equal(np.concatenate([first, rest]), fastseq.decode_batch(paths, SIZE))


LOAD = """
import sys
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
try:
    loaded.decode(tf.constant(sys.argv[2:]))
except tf.errors.OpError as error:
    print(type(error).__name__, error)
"""


def test_a_saved_graph_does_not_decode_in_another_process(tf, paths, tmp_path):
    module = tf.Module()
    module.decode = tf.function(fastseq.tf.decode(SIZE), input_signature=[tf.TensorSpec([None], tf.string)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.saved_model.save(module, str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path, *paths[:2]],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
    )
    assert re.search(r"^InvalidArgumentError (.*\n)*.*Could not find callback with key=pyfunc_", ran.stdout), ran.stderr


def test_images_can_be_saved(tf, paths, tmp_path):
    slices(tf, paths).batch(9).map(fastseq.tf.decode(SIZE)).save(str(tmp_path))
    assert_equal(joined(tf.data.Dataset.load(str(tmp_path))), fastseq.decode_batch(paths, SIZE))


def test_without_tensorflow_the_error_says_what_to_install(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ModuleNotFoundError('No module', name='tensorflow')\n")
    code = "import fastseq, fastseq.tf\ntry: fastseq.tf.decode\nexcept ImportError as error: print(error)"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert ran.stdout.startswith("fastseq.tf needs TensorFlow, which is not installed: pip install tensorflow"), ran
