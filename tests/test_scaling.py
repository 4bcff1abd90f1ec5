"""Scale and offset by channel, and the presets of keras.applications."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import jpeg, photo

import fastseq

SCALE, OFFSET = (1 / 58.4, 0.5, -2.0), (-2.1, 7.0, 0.0)


def expected_values(pixels, scale, offset, dtype):
    work = np.float64 if dtype == "float64" else np.float32
    return (np.array(offset, work) + np.array(scale, work) * pixels.astype(work)).astype(dtype)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 70), st.integers(1, 70))
def test_each_channel_has_its_own_scale_and_offset(data, height, width):
    interpolation = data.draw(st.sampled_from(["antialias", "linear", "cv2.linear", "pil.bicubic", "tf.bilinear"]))
    dtype = data.draw(st.sampled_from(["float16", "float32", "float64"]))
    first = data.draw(st.booleans())
    color = data.draw(st.sampled_from(["rgb", "bgr"]))
    files = [jpeg(photo(41, 57, seed=1), orientation=data.draw(st.integers(1, 8)))]
    options = {
        "interpolation": interpolation,
        "color": color,
        "data_format": "channels_first" if first else "channels_last",
    }
    fractions = interpolation.startswith("tf.")
    pixels = fastseq.decode_batch(files, (height, width), dtype="float32" if fractions else "uint8", **options)
    made = fastseq.decode_batch(files, (height, width), dtype=dtype, scale=SCALE, offset=OFFSET, **options)
    shape = (3, 1, 1) if first else (3,)
    np.testing.assert_array_equal(
        made, expected_values(pixels, np.reshape(SCALE, shape), np.reshape(OFFSET, shape), dtype), strict=True
    )


@pytest.mark.parametrize("size", [(224, 224), (1, 1), (3, 65)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_scales_of_all_channels_are_one_scale(size, dtype):
    files = [jpeg(photo(300, 300, seed=2))]
    one = fastseq.decode_batch(files, size, dtype=dtype, scale=1 / 255, offset=-0.5)
    three = fastseq.decode_batch(files, size, dtype=dtype, scale=[1 / 255] * 3, offset=np.full(3, -0.5))
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_presets_are_those_of_keras(mode, dtype):
    from keras.src.applications.imagenet_utils import preprocess_input

    files = [jpeg(photo(300, 280, seed=seed)) for seed in range(3)]
    pixels = fastseq.decode_batch(files, (224, 224))
    expected = preprocess_input(pixels.astype("float64"), data_format="channels_last", mode=mode)
    made = fastseq.decode_batch(files, (224, 224), dtype=dtype, preset=mode)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-6 if mode != "caffe" else 2e-5)
    first = fastseq.decode_batch(files, (224, 224), dtype=dtype, preset=mode, data_format="channels_first")
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), made)


def test_filled_images_are_black_in_each_channel(tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    good = tmp_path / "good.jpg"
    good.write_bytes(jpeg(photo(20, 20, seed=1)))
    samples = fastseq.Samples.from_files([good, bad], labels=[0, 1])
    for first in (False, True):
        loader = fastseq.Loader(
            samples, (8, 8), 2, dtype="float32", preset="torch", on_error="fill", max_bad=None,
            data_format="channels_first" if first else "channels_last",
        )  # fmt: skip
        with pytest.warns(fastseq.BadSamplesWarning):
            ((x, _, _),) = loader
        filled = x[1].transpose(1, 2, 0) if first else x[1]
        np.testing.assert_allclose(filled[3, 4], np.array([-0.485, -0.456, -0.406]) / [0.229, 0.224, 0.225], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": (1, 2)}, r"scale must be one number, or one for each of 3 channels, not \(1.0, 2.0\)"),
        ({"offset": [1, 2, 3], "color": "gray"}, "offset must be one number, or one for each of 1 channels"),
        ({"scale": (1, 2, "3")}, "scale must be a number, not '3'"),
        ({"scale": "1"}, "scale must be a number, not '1'; or one number for each channel"),
        ({"scale": (1, 2, np.inf)}, "scale must be finite"),
        ({"preset": "torch", "scale": 2}, "preset='torch' sets scale, offset and color: leave them out"),
        ({"preset": "caffe", "color": "bgr"}, "preset='caffe' sets scale, offset and color: leave them out"),
        ({"preset": "imagenet"}, "preset must be one of None, 'tf', 'torch', 'caffe', not 'imagenet'"),
        ({"preset": "tf", "dtype": "uint8"}, "preset need a float dtype"),
    ],
)
def test_what_is_refused(options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        fastseq.decode_batch([], (8, 8), **{"dtype": "float32", **options})
