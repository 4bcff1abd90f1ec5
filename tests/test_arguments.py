"""What is refused, and that the message says what to write instead: checks of arguments, and other libraries' names."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pandas
import pytest
from images import jpeg, photo
from PIL import Image

import fastseq
from fastseq import DataLoader, Loader, PixelSettings, Samples, arguments, decode_batch, keywords
from fastseq.keywords import check_keywords

SIZE = (8, 9)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("one") / "a.jpg"
    path.write_bytes(jpeg(photo(20, 30)))
    return path


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_integers_of_any_type(value):
    number = arguments.integer("n", value, 3, 3)
    assert number == 3
    assert type(number) is int


@pytest.mark.parametrize("value", [True, False, np.True_, 3.0, "3", None, np.array([3]), [3], math.nan])
def test_what_is_no_integer(value):
    with pytest.raises(TypeError, match=r"^n must be an integer, not "):
        arguments.integer("n", value)


@pytest.mark.parametrize(("value", "words"), [(2, "at least 3, not 2"), (8, "at most 7, not 8")])
def test_integers_out_of_range(value, words):
    with pytest.raises(ValueError, match=f"^n must be {words}$"):
        arguments.integer("n", value, 3, 7)


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.float16(1), np.int8(1), np.array(1.0)])
def test_numbers_of_any_type(value):
    number = arguments.number("x", value, 1, 1)
    assert number == 1
    assert type(number) is float


@pytest.mark.parametrize("value", [True, np.False_, "1", b"1", None, (1, 1, 1), np.ones(3), 1j])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match=r"^x must be a number, not .*; write y$"):
        arguments.number("x", value, hint="write y")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_numbers_are_finite(value):
    with pytest.raises(ValueError, match=r"^x must be finite"):
        arguments.number("x", value)


@pytest.mark.parametrize("value", [SIZE, list(SIZE), np.array(SIZE), (np.int32(8), 9)])
def test_sizes(value):
    assert arguments.size("size", value) == SIZE


@pytest.mark.parametrize("value", [(1, 1), (65535, 65535)])
def test_the_smallest_and_the_largest_size(value):
    assert arguments.size("size", value) == value


@pytest.mark.parametrize(
    "value", [8, (8,), (8.0, 9), (0, 9), (9, 0), (8, 65536), (65536, 8), (True, 9), "89", None, {8: 9}, (8, 9, 3)]
)
def test_what_is_no_size(value):
    with pytest.raises(ValueError, match=r"^size must be \(height, width\), each from 1 to 65535 pixels, not "):
        arguments.size("size", value)


@pytest.mark.parametrize("value", ["a", True, None])
def test_choices(value):
    assert arguments.one_of("x", value, ("a", True, None)) is value
    assert arguments.one_of("x", np.True_, ("a", True)) is True


@pytest.mark.parametrize("value", ["b", 1, 1.0, False, [], np.ones(2), {}])
def test_what_is_no_choice(value):
    with pytest.raises(ValueError, match=r"^x must be one of 'a', True, not "):
        arguments.one_of("x", value, ("a", True))


def test_a_message_does_not_show_a_whole_table():
    with pytest.raises(TypeError) as caught:
        arguments.integer("n", list(range(10_000)))
    assert len(str(caught.value)) < 300


KEYWORDS = [
    ({"image_size": (8, 9)}, r"write size=\(height, width\)"),
    ({"target_size": (8, 9)}, r"write size=\(height, width\)"),
    ({"rescale": 1 / 255}, 'write dtype="float32", scale=1 / 255'),
    ({"workers": 4}, r"threads=\.\.\."),
    ({"use_multiprocessing": True}, r"threads=\.\.\."),
    ({"num_workers": 4}, r"threads=\.\.\."),
    ({"pin_memory": True}, "leave it out"),
    ({"class_mode": "sparse"}, 'labels="int"'),
    ({"label_mode": "int"}, 'labels="int"'),
    ({"color_mode": "grayscale"}, 'color="gray"'),
    ({"horizontal_flip": True}, r'transform=fastseq\.RandomFlip\("horizontal"\)'),
    ({"validation_split": 0.2}, r"samples\.split"),
    ({"preprocessing_function": abs}, "a function of each batch"),
    ({"crop_to_aspect_ratio": True}, r"fastseq\.transforms\.CropToAspect\(\)"),
    ({"shufle": True, "colour": "rgb"}, r"'shufle': did you mean 'shuffle'\?|'colour'"),
    ({"colour": "rgb"}, r"did you mean 'color'\?"),
    ({"zzz": 1}, "the arguments are .*interpolation"),
]


@pytest.mark.parametrize(("options", "words"), KEYWORDS)
def test_keywords_of_other_libraries(file, keras, options, words):
    from fastseq.compat import Sequence

    samples = Samples.from_files([file])
    calls = [
        lambda: Loader(samples, **options),
        lambda: fastseq.ImageSequence(samples, **options),
        lambda: DataLoader([file], **options),
        lambda: decode_batch([file], SIZE, **options),
        lambda: Sequence().images([file], SIZE, **options),
    ]
    name = next(iter(options))
    if name in inspect.signature(DataLoader).parameters:
        del calls[2]
    for call in calls:
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}': .*"):
            call()
    with pytest.raises(TypeError, match=words):
        calls[0]()


def test_torchs_arguments_are_taken_where_they_belong(file):
    with pytest.raises(TypeError, match=r"'sampler': fastseq\.DataLoader takes it"):
        Loader(Samples.from_files([file]), sampler=[0])
    assert len(DataLoader([file], sampler=[0, 0], size=SIZE)) == 2


@pytest.mark.parametrize("name", ["on_error", "max_bad", "labels", "rank", "sample_weight", "stall_warn_s"])
def test_loaders_arguments_are_taken_where_they_belong(file, name):
    with pytest.raises(TypeError, match=rf"'{name}': fastseq\.Loader and fastseq\.ImageSequence take it"):
        DataLoader([file], size=SIZE, **{name: None})
    assert name in inspect.signature(Loader).parameters


def test_what_is_advised_exists():
    """Each keyword of ours that an advice names is the loader's, and each `fastseq.name` is there."""
    values = [text for table in keywords._VALUES.values() for text in table.values()]
    advice = "\n".join([*keywords._KEYWORDS.values(), *values])
    assert set(re.findall(r"(\w+)=", advice)) - {"float32"} <= set(inspect.signature(Loader).parameters)
    for name in set(re.findall(r"fastseq\.(\w+)", advice)):
        assert hasattr(fastseq, name), name
    for name in set(re.findall(r"fastseq\.transforms\.(\w+)", advice)):
        assert hasattr(fastseq.transforms, name), name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *(
            ({"interpolation": name}, words)
            for name, words in [
                ("bilinear", '"antialias" .*"tf.bilinear"'),
                ("lanczos", '"pil.lanczos"'),
                ("nearest", '"cv2.nearest"'),
                ("area", '"cv2.area"'),
                ("bicubic", '"pil.bicubic"'),
                ("lanczos3", '"tf.lanczos3"'),
            ]
        ),
        ({"color": "grayscale"}, 'write "gray"'),
        ({"color": "RGB"}, 'write "rgb"'),
        ({"color": "rgba"}, "alpha is dropped"),
        ({"labels": "sparse"}, 'write "int"'),
        ({"labels": "inferred"}, 'write "auto"'),
        ({"data_format": "NCHW"}, 'write "channels_first"'),
        ({"on_error": "ignore"}, 'write "skip"'),
    ],
)
def test_values_of_other_libraries(file, options, words):
    with pytest.raises(ValueError, match=f"must be one of .*; .*{words}"):
        Loader(Samples.from_files([file]), **options)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ("photos", r"not 'photos'; write fastseq\.Samples\.from_directory\('photos'\)"),
        (Path("photos"), r"not PosixPath\('photos'\); write fastseq\.Samples\.from_directory\('photos'\)"),
        (["a.jpg"], r"not list; write fastseq\.Samples\.from_files"),
        (None, "not NoneType; make one with from_directory"),
        (3, "not int; make one with from_directory"),
    ],
)
def test_samples_are_samples(keras, samples, words):
    for kind in (Loader, fastseq.ImageSequence):
        with pytest.raises(TypeError, match=f"samples must be a fastseq.Samples, {words}"):
            kind(samples)


@pytest.mark.parametrize("name", ["shuffle", "drop_last"])
def test_yes_is_no_boolean(file, name):
    with pytest.raises(ValueError, match=f"{name} must be one of False, True.*, not 'yes'"):
        Loader(Samples.from_files([file]), **{name: "yes"})


def test_a_list_of_files_is_no_table(file):
    with pytest.raises(TypeError, match=r"table must be a path table, not list; use Samples\.from_files"):
        Samples([file])


def test_a_number_of_classes_is_no_list_of_classes(file):
    with pytest.raises(TypeError, match="classes must be a list of names, not 2"):
        Samples.from_files([file], [0], classes=2)


def test_one_text_is_no_list_of_labels(file):
    with pytest.raises(TypeError, match="labels must be a list with one label for each file, not 'cat'"):
        Samples.from_files([file] * 3, "cat")


@pytest.mark.parametrize("limits", [0, {}, 100])
def test_what_is_no_limits(file, limits):
    with pytest.raises(TypeError, match=r"limits must be a fastseq\.Limits, not "):
        decode_batch([file], SIZE, limits=limits)


def test_a_backup_is_of_an_image_sequence(file, keras):
    loader = Loader(Samples.from_files([file]))
    with pytest.raises(TypeError, match=r"sequence must be the fastseq\.ImageSequence passed to fit, not "):
        fastseq.DataBackup(loader, "data.json")


@pytest.mark.parametrize("make", [str, Path, lambda file: Samples.from_files([file])])
def test_what_is_no_dataset(file, make):
    with pytest.raises(TypeError, match=r"dataset must be a sequence of samples such as \(path, label\), not "):
        DataLoader(make(file), size=SIZE)


def test_a_folder_of_file_contents_is_refused_in_one_line(file):
    with pytest.raises(TypeError, match="is not a path") as caught:
        Samples.from_files([file.read_bytes()])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("dtype", "scale"), [("float16", 1e3), ("float32", 1e37), ("float32", 1e300)])
def test_values_beyond_the_dtype_are_refused(file, dtype, scale):
    with pytest.raises(ValueError, match=f"give values that {dtype} cannot hold"):
        decode_batch([file], SIZE, dtype=dtype, scale=scale)


def test_any_cap_on_prefetching(file):
    assert len(list(Loader(Samples.from_files([file]), SIZE, prefetch_bytes=2**100))) == 1


def test_a_data_frame_is_no_samples():
    with pytest.raises(TypeError, match=r"DataFrame; write fastseq\.Samples\.from_dataframe"):
        Loader(pandas.DataFrame({"image": ["a.jpg"]}))


def test_one_file_is_no_batch(file, keras):
    from fastseq.compat import Sequence

    for source, shown in ((str(file), f"'{file}'"), (file, "Path"), (file.read_bytes(), "the bytes of one file")):
        with pytest.raises(TypeError, match=rf"sources must be a list of files, not .*{shown}.*; write \["):
            decode_batch(source, SIZE)
        with pytest.raises(TypeError, match="paths must be a list of files"):
            Sequence().images(source, SIZE)
    with pytest.raises(TypeError, match="sources must be a list of files, not int"):
        decode_batch(3, SIZE)


@pytest.mark.parametrize("make", [Image.fromarray, np.asarray, lambda pixels: pixels[None].astype("float32")])
def test_a_decoded_image_is_no_file(file, keras, make):
    from fastseq.compat import Sequence

    image = make(photo(20, 30))
    words = (
        r"must be an image file, as its path or its bytes, not (PIL\.Image\.Image|an array of shape \(.*20, 30, 3\))"
    )
    with pytest.raises(TypeError, match=rf"sources\[1\] {words}"):
        decode_batch([file, image], SIZE)
    with pytest.raises(TypeError, match=rf"paths\[0\] {words}"):
        Sequence().images([image], SIZE)


@pytest.mark.parametrize("sample", [lambda image: image, lambda image: (image, 3)])
def test_a_dataset_of_decoded_images_is_refused(sample):
    loader = DataLoader([sample(Image.fromarray(photo(20, 30)))], size=SIZE)
    with pytest.raises(TypeError, match=r"sample 0 must be an image file, .* not PIL\.Image\.Image"):
        next(iter(loader))


@pytest.mark.parametrize("source", [None, 3, object(), ["a.jpg"]])
def test_other_things_are_no_files(source):
    with pytest.raises(TypeError, match=r"sources\[0\] must be an image file"):
        decode_batch([source], SIZE)


def test_settings_follow_by_keyword_only(file):
    samples = Samples.from_files([file])
    with pytest.raises(TypeError, match="positional arguments"):
        Loader(samples, SIZE, 32, True)


def test_pixel_settings_are_declared_once(keras):
    """Signatures and documentation spell them out, with the types and in the order of their one declaration."""
    from fastseq.compat import Sequence

    names = list(get_type_hints(PixelSettings))
    for face in (Loader, fastseq.ImageSequence, DataLoader, decode_batch, Sequence.images):
        parameters = inspect.signature(face).parameters
        assert [name for name in parameters if name in names] == names
        assert list(parameters)[-len(names) :] == names
        assert "pixels" not in parameters
    for face in (Loader, DataLoader, decode_batch, Sequence.images):
        documented = inspect.getdoc(face)
        assert "**pixels" not in documented
        for name in names:
            assert documented.count(f"\n    {name}: ") == 1, (face, name)


def test_a_subclass_has_a_signature_of_its_own(file):
    class Own(Loader):
        """A loader of one set."""

        def __init__(self, color: str = "gray") -> None:
            super().__init__(Samples.from_files([file]), SIZE, color=color)

    assert list(inspect.signature(Own).parameters) == ["color"]
    assert next(iter(Own())).shape == (1, *SIZE, 1)


def test_keywords_that_are_known_pass():
    check_keywords(["a", "b"], ["a", "b", "c"])
