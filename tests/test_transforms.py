"""Transforms: their draws, their argument checks and their results."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from images import encoded, jpeg, photo
from reference.geometry import crop_window, kept_part
from reference.pixels import decode_cv2, resize_cv2_linear

from fastseq import CenterCrop, RandomFlip, RandomResizedCrop, Resize, decode_batch
from fastseq.order.rng import uniform
from fastseq.transforms import CropToAspect, PadToAspect, Pipeline

SIZE = (20, 28)
LINEAR = {"interpolation": "cv2.linear"}


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    return [jpeg(photo(50 + 17 * i, 120 - 13 * i, i), subsampling=("4:2:0", "4:4:4")[i % 2]) for i in range(6)]


def draws(transforms, samples, seed=0, epoch=0, size=SIZE) -> np.ndarray:
    return Pipeline(transforms, size).draw(seed, epoch, np.asarray(samples, np.int64))


@hypothesis_settings(deadline=None)
@given(
    st.lists(st.integers(0, 2**40), min_size=1, max_size=8),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**20),
    st.permutations([RandomFlip(), RandomFlip("horizontal_and_vertical"), RandomResizedCrop(), CenterCrop(9)]),
)
def test_draws_depend_only_on_seed_epoch_and_sample(samples, seed, epoch, transforms):
    together = draws(transforms, samples, seed, epoch)
    assert together.shape == (len(samples), 25)
    assert ((together >= 0) & (together < 1)).all()
    for sample, row in zip(samples, together, strict=True):
        np.testing.assert_array_equal(draws(transforms, [sample], seed, epoch)[0], row)
    assert not np.array_equal(draws(transforms, samples, seed, epoch + 1), together)
    assert not np.array_equal(draws(transforms, samples, (seed + 1) % 2**64, epoch), together)


def test_draws_of_one_sample_are_distinct():
    numbers = draws([RandomFlip(), RandomResizedCrop(), RandomFlip(), RandomResizedCrop()], range(100))
    assert len(np.unique(numbers)) == numbers.size == 100 * 46


def test_each_transform_keeps_its_stream_in_every_version():
    numbers = draws([RandomFlip(), RandomResizedCrop(), RandomFlip("horizontal_and_vertical")], [5, 9], 3, 4)
    parts = [uniform(3, 4, np.array([5, 9]), stream, count) for stream, count in ((2, 1), (1, 22), (2 + 256, 2))]
    np.testing.assert_array_equal(numbers, np.concatenate(parts, axis=1))


@pytest.mark.parametrize("crop", [RandomResizedCrop(), CenterCrop(40)])
def test_other_transforms_do_not_change_a_flips_draw(crop):
    alone = draws([RandomFlip()], range(50))[:, 0]
    np.testing.assert_array_equal(draws([RandomFlip(), crop], range(50))[:, 0], alone)
    np.testing.assert_array_equal(draws([crop, RandomFlip()], range(50))[:, -1], alone)


def test_other_flips_do_not_change_a_crops_window(files):
    crop = RandomResizedCrop()
    alone = decode_batch(files, SIZE, transform=crop, seed=4, **LINEAR)
    for transform in ((crop, RandomFlip()), (RandomFlip(), crop)):
        flipped = decode_batch(files, SIZE, transform=transform, seed=4, **LINEAR)
        if transform[0] is crop:
            for a, b in zip(alone, flipped, strict=True):
                assert np.array_equal(a, b) or np.array_equal(a[:, ::-1], b)
        first = transform.index(crop)
        columns = slice(first, first + 22)
        np.testing.assert_array_equal(draws(transform, range(6), 4)[:, columns], draws(crop, range(6), 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RandomFlip("both"), "'horizontal', 'vertical', 'horizontal_and_vertical', not 'both'"),
        (lambda: Resize(0), "Resize: short must be at least 1, not 0"),
        (lambda: CenterCrop((3, -1)), r"CenterCrop: size must be \(height, width\), .* not \(3, -1\)"),
        (lambda: CenterCrop(True), "not True"),
        (lambda: RandomResizedCrop(scale=(0, 1)), r"scale must be \(low, high\)"),
        (lambda: RandomResizedCrop(scale=(0.5, 1.5)), "scale must be at most 1, not 1.5"),
        (lambda: RandomResizedCrop(ratio=(2, 1)), r"ratio must be \(low, high\)"),
        (lambda: RandomResizedCrop(ratio=(1, math.inf)), "ratio must be finite, not inf"),
        (lambda: Pipeline(Resize(32), (32, 32)), r"add CenterCrop\(\(32, 32\)\) after it"),
        (lambda: Pipeline([Resize(32), CenterCrop(16)], (32, 32)), r"add CenterCrop\(\(32, 32\)\) after it"),
        (lambda: Pipeline([Resize(16), CenterCrop(32)], (32, 32)), "resize to more"),
        (lambda: Pipeline([Resize(32), RandomResizedCrop(), CenterCrop(32)], (32, 32)), "resized once"),
        (lambda: Pipeline([Resize(32), Resize(40), CenterCrop(32)], (32, 32)), "resized once"),
        (lambda: Pipeline([PadToAspect(), CenterCrop(9)], SIZE), "only RandomFlip can follow PadToAspect"),
        (lambda: Pipeline([PadToAspect(), PadToAspect()], SIZE), "only RandomFlip can follow PadToAspect"),
        (lambda: Pipeline([Resize(32), PadToAspect()], (32, 32)), "resized once"),
        (lambda: decode_batch([], SIZE, transform=PadToAspect()), "PadToAspect needs .* not interpolation='antialias'"),
    ],
)
def test_invalid_arguments_are_rejected(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def flip(image):
    return image[:, ::-1]


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        ("flip", r"not 'flip'; there are .*fastseq\.RandomFlip"),
        (["flip"], r"not 'flip'; there are .*fastseq\.RandomFlip"),
        (None, "not None; leave it out"),
        (RandomFlip, r"write RandomFlip\(\.\.\.\)"),
        (flip, "as map="),
        ([RandomFlip(), flip], "as map="),
        (3, "not 3; there are"),
    ],
)
def test_objects_that_are_not_transforms_are_rejected(transform, words):
    with pytest.raises(TypeError, match=f"transform must be a fastseq transform or a list of them, .*{words}"):
        decode_batch([], SIZE, transform=transform)


def test_a_keras_layer_is_rejected(keras):
    with pytest.raises(TypeError, match=r"write fastseq\.RandomFlip\(\.\.\.\), or put the layer in the model"):
        decode_batch([], SIZE, transform=keras.layers.RandomFlip())
    with pytest.raises(TypeError, match=r"put the layer in the model, or write map=lambda x, y: \(layer\(x\), y\)"):
        decode_batch([], SIZE, transform=[keras.layers.Rescaling(1 / 255)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CenterCrop(height=8, width=9), r"'height': write size=\(height, width\)"),
        (lambda: Resize(size=256), "'size': the arguments are short"),
        (lambda: RandomFlip(p=0.5), "'p': every second image"),
        (lambda: RandomFlip("vertical", seed=3), "'seed': random transforms draw from the seed of the loader"),
        (lambda: RandomResizedCrop(size=224), "'size': the arguments are scale, ratio"),
        (lambda: RandomResizedCrop(224), r"scale must be \(low, high\), not 224; it takes no size"),
        (lambda: RandomResizedCrop(("a", "b")), "scale must be a number, not 'a'"),
        (lambda: Resize(1.5), "short must be an integer, not 1.5"),
        (lambda: Resize(True), "short must be an integer, not True"),
    ],
)
def test_other_libraries_arguments_are_rejected_with_advice(make, words):
    with pytest.raises(TypeError, match=words):
        make()


def test_numpy_numbers_are_accepted():
    assert Resize(np.int64(32)) == Resize(32)
    assert CenterCrop(np.int32(8)) == CenterCrop(8)
    assert CenterCrop((np.int64(8), 9)) == CenterCrop([8, 9]) == CenterCrop((8, 9))
    assert RandomResizedCrop((np.float32(0.5), 1)) == RandomResizedCrop((0.5, 1.0))


def test_a_flip_mirrors_the_resized_image(files):
    plain = decode_batch(files, SIZE, **LINEAR)
    for mode, axes in (("horizontal", [1]), ("vertical", [0]), ("horizontal_and_vertical", [1, 0])):
        flipped = decode_batch(files, SIZE, transform=RandomFlip(mode), seed=8, epoch=2, **LINEAR)
        numbers = draws(RandomFlip(mode), range(6), 8, 2)
        assert 0 < (numbers < 0.5).sum() < numbers.size
        for image, result, row in zip(plain, flipped, numbers, strict=True):
            mirrored = [axis for axis, number in zip(axes, row, strict=True) if number < 0.5]
            np.testing.assert_array_equal(result, np.flip(image, mirrored))


@pytest.mark.parametrize("orient", ["exif", "landscape"])
@pytest.mark.parametrize(("scale", "ratio"), [((0.08, 1.0), (3 / 4, 4 / 3)), ((0.9, 1.0), (6.0, 9.0))])
def test_random_resized_crop_equals_slice_resize_flip(files, orient, scale, ratio):
    transform = (RandomResizedCrop(scale, ratio), RandomFlip())
    sources = [*files, encoded(photo(70, 90, seed=7), "png")]
    batch = decode_batch(sources, SIZE, transform=transform, seed=5, epoch=3, orient=orient, **LINEAR)
    numbers = draws(transform, range(len(sources)), 5, 3)
    for data, result, row in zip(sources, batch, numbers, strict=True):
        image = decode_cv2(data, orient=orient)
        height, width = image.shape[:2]
        window = crop_window(height, width, scale, ratio, row[:22].tolist())
        if window is None:  # no window fits: the largest centered crop with the nearest allowed ratio
            h = round(width / ratio[0])
            window = ((height - h) // 2, 0, h, width)
        top, left, h, w = window
        part = resize_cv2_linear(np.ascontiguousarray(image[top : top + h, left : left + w]), SIZE)
        np.testing.assert_array_equal(result, part[:, ::-1] if row[22] < 0.5 else part)


@pytest.mark.parametrize("crop", [CenterCrop(41), CenterCrop((30, 44)), CenterCrop((500, 33))])
def test_center_crop_equals_slice_resize(files, crop):
    batch = decode_batch(files, SIZE, transform=crop, **LINEAR)
    for data, result in zip(files, batch, strict=True):
        image = decode_cv2(data)
        h, w = (min(side, length) for side, length in zip(crop.sides, image.shape, strict=False))
        top, left = (image.shape[0] - h) // 2, (image.shape[1] - w) // 2
        part = np.ascontiguousarray(image[top : top + h, left : left + w])
        np.testing.assert_array_equal(result, resize_cv2_linear(part, SIZE))


def test_center_crop_rounds_as_torchvision(files):
    """torchvision's center_crop: int(round((side - crop) / 2.0)) on both sides."""
    for data in files:
        image = decode_cv2(data)
        height, width = image.shape[:2]
        for margin in range(12):
            h, w = height - margin, width - (margin + 3) % 12
            top, left = round((height - h) / 2.0), round((width - w) / 2.0)
            part = np.ascontiguousarray(image[top : top + h, left : left + w])
            (made,) = decode_batch([data], (h, w), transform=CenterCrop((h, w), rounding="torchvision"), **LINEAR)
            np.testing.assert_array_equal(made, part)
    with pytest.raises(ValueError, match="CenterCrop: rounding must be one of 'down', 'torchvision'"):
        CenterCrop(224, rounding="up")


@pytest.mark.parametrize("float32", [False, True])
def test_crop_to_aspect_ratio_equals_a_center_crop(files, float32):
    for data in files:
        height, width = kept_part(*decode_cv2(data).shape[:2], *SIZE, float32)
        made = decode_batch([data], SIZE, transform=CropToAspect(float32), **LINEAR)
        np.testing.assert_array_equal(made, decode_batch([data], SIZE, transform=CenterCrop((height, width)), **LINEAR))


def test_padding_is_flipped_with_the_image(files):
    options = {"interpolation": "tf.bilinear", "dtype": "float32", "offset": -1.0, "seed": 5}
    straight = decode_batch(files, (28, 31), transform=PadToAspect(), **options)
    flipped = decode_batch(files, (28, 31), transform=[PadToAspect(), RandomFlip()], **options)
    mirrored = [not np.array_equal(a, b) for a, b in zip(straight, flipped, strict=True)]
    assert any(mirrored)
    assert not all(mirrored)
    for a, b, mirror in zip(straight, flipped, mirrored, strict=True):
        np.testing.assert_array_equal(a[:, ::-1] if mirror else a, b)
        assert (a == -1).all(axis=2).any()


@pytest.mark.parametrize("short", [28, 37, 150])
def test_resize_keeps_the_aspect_ratio(files, short):
    transform = (Resize(short), CenterCrop(SIZE), RandomFlip("vertical"))
    batch = decode_batch(files, SIZE, transform=transform, seed=1, **LINEAR)
    numbers = draws(transform, range(6), 1)[:, 0]
    for data, result, number in zip(files, batch, numbers, strict=True):
        image = decode_cv2(data)
        least = min(image.shape[:2])
        grid = tuple(short * side // least for side in image.shape[:2])
        top, left = (grid[0] - SIZE[0]) // 2, (grid[1] - SIZE[1]) // 2
        part = resize_cv2_linear(image, grid)[top : top + SIZE[0], left : left + SIZE[1]]
        np.testing.assert_array_equal(result, part[::-1] if number < 0.5 else part)


@pytest.mark.parametrize("interpolation", ["antialias", "linear"])
def test_every_filter_crops_the_same_window(files, interpolation):
    transform = (RandomResizedCrop((0.2, 0.9)), RandomFlip())
    exact, other = (
        decode_batch(files, SIZE, transform=transform, interpolation=name).astype(int)
        for name in ("cv2.linear", interpolation)
    )
    assert np.abs(exact - other).mean() < 6


def test_flip_frequency():
    half = np.zeros((8, 16, 3), np.uint8)
    half[:4, :8] = 255  # top left
    source = encoded(half, "png")
    both = decode_batch([source] * 800, (8, 16), transform=RandomFlip("horizontal_and_vertical"), **LINEAR)
    corners = np.stack([both[:, 0, 0, 0], both[:, 0, -1, 0], both[:, -1, 0, 0], both[:, -1, -1, 0]], 1) > 127
    assert (corners.sum(1) == 1).all()
    assert (abs(corners.mean(0) - 0.25) < 0.05).all()


def test_random_crops_cover_area_ratio_and_position():
    ramp = np.zeros((256, 256, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(256), np.arange(256)[:, None]
    source = encoded(ramp, "bmp")
    options = {"transform": RandomResizedCrop((0.1, 0.6), (0.5, 2.0)), "dtype": "float64", "interpolation": "linear"}
    batch = decode_batch([source] * 600, (16, 16), **options)
    left, right = batch[:, 0, 0, 0], batch[:, 0, -1, 0]
    top, bottom = batch[:, 0, 0, 1], batch[:, -1, 0, 1]
    width, height = (right - left) * 16 / 15, (bottom - top) * 16 / 15
    area, ratio = width * height / 256**2, width / height
    assert 0.09 < area.min() < 0.13
    assert 0.57 < area.max() < 0.62
    assert abs(area.mean() - 0.35) < 0.02
    assert 0.47 < ratio.min() < 0.55
    assert 1.85 < ratio.max() < 2.1
    assert abs(np.log(ratio).mean()) < 0.06
    for near, far in ((left, 255 - right), (top, 255 - bottom)):
        assert abs((near / (near + far)).mean() - 0.5) < 0.04


def test_random_resized_crop_has_torchvisions_defaults_and_takes_fixed_values():
    assert RandomResizedCrop() == RandomResizedCrop((0.08, 1.0), (3 / 4, 4 / 3))
    assert RandomResizedCrop((0.5, 0.5), (1, 1)).scale == (0.5, 0.5)


@pytest.mark.parametrize("transform", [RandomResizedCrop(), RandomFlip(), CenterCrop(9), Resize(9), CropToAspect()])
def test_transforms_cannot_be_changed_under_a_loader(transform):
    name = dataclasses.fields(transform)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(transform, name, getattr(transform, name))
    assert hash(transform) == hash(dataclasses.replace(transform))


def test_a_crop_stays_within_the_previous_crop():
    for first in (100, (100, 224), (224, 100)):
        with pytest.raises(ValueError, match="is larger than"):
            Pipeline([Resize(256), CenterCrop(first), CenterCrop(224)], (224, 224))
    for first in (224, (224, 225), (225, 224)):
        assert len(Pipeline([Resize(256), CenterCrop(first), CenterCrop(224)], (224, 224)).ops) == 3
    with pytest.raises(ValueError, match="at most 16384"):
        Resize(20000)
