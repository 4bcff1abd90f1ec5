"""decode_batch: sources, outputs, settings, errors and formats."""

from __future__ import annotations

import gc
import io
import pickle
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
from images import encoded, jpeg, photo, with_orientation
from PIL import Image
from reference.pixels import decode_cv2, resize_cv2_linear

import fastseq
from fastseq import DecodeError, Limits, Status, decode_batch

SIZE = (24, 32)
SINCE_4_12 = pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split(".")[:2])) < (4, 12), reason="this OpenCV decodes no GIF, and Pillow does"
)
HIGH_BYTE = pytest.mark.filterwarnings("ignore:dtype='uint8' keeps only the high byte")
LINEAR = {"interpolation": "cv2.linear"}


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    return [jpeg(photo(40 + 9 * i, 70 - 8 * i, i), subsampling=("4:4:4", "4:2:0")[i % 2]) for i in range(6)]


def expected(files, size=SIZE, **options) -> np.ndarray:
    return np.stack([resize_cv2_linear(decode_cv2(data, **options), size) for data in files])


def test_every_kind_of_source_in_one_batch(files, tmp_path):
    paths = [tmp_path / f"ü {i}.jpg" for i in range(2)]
    for path, data in zip(paths, files, strict=False):
        path.write_bytes(data)
    sources = [
        str(paths[0]),
        paths[1],
        files[2],
        bytearray(files[3]),
        memoryview(b"xx" + files[4])[2:],
        np.frombuffer(files[5], np.uint8),
    ]
    np.testing.assert_array_equal(decode_batch(sources, SIZE, **LINEAR), expected(files))


def test_a_relative_path_is_of_the_working_directory(files, tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(files[0])
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(decode_batch(["a.jpg"], SIZE, **LINEAR), expected(files[:1]))


def test_a_name_that_is_not_unicode(files, tmp_path):
    path = bytes(tmp_path) + b"/\xff.jpg"
    Path(path.decode(errors="surrogateescape")).write_bytes(files[0])
    source = path.decode(errors="surrogateescape")
    np.testing.assert_array_equal(decode_batch([source], SIZE, **LINEAR), expected(files[:1]))


@pytest.mark.parametrize(("dtype", "data_format"), [("uint8", "channels_last"), ("float32", "channels_first")])
def test_nothing_gives_an_empty_batch(dtype, data_format):
    batch = decode_batch([], SIZE, dtype=dtype, data_format=data_format)
    assert batch.shape == ((0, *SIZE, 3) if data_format == "channels_last" else (0, 3, *SIZE))
    assert batch.dtype == dtype


def test_out_is_written_and_returned(files):
    out = np.full((6, *SIZE, 3), 7.5, np.float32)
    assert decode_batch(files, SIZE, dtype="float32", out=out, **LINEAR) is out
    np.testing.assert_array_equal(out, expected(files))


def test_a_part_of_an_array_as_out(files):
    whole = np.full((8, *SIZE, 3), 9, np.uint8)
    decode_batch(files, SIZE, out=whole[1:7], **LINEAR)
    np.testing.assert_array_equal(whole[1:7], expected(files))
    assert (whole[[0, 7]] == 9).all()


@pytest.mark.parametrize(
    "out",
    [
        np.empty((5, *SIZE, 3), np.uint8),
        np.empty((6, 32, 24, 3), np.uint8),
        np.empty((6, *SIZE, 3), np.int8),
        np.empty((6, *SIZE, 3), np.float32),
        np.empty((6, *SIZE, 6), np.uint8)[..., ::2],
        np.asfortranarray(np.empty((6, *SIZE, 3), np.uint8)),
        np.broadcast_to(np.uint8(0), (6, *SIZE, 3)),
    ],
)
def test_an_out_that_does_not_fit_is_refused(files, out):
    with pytest.raises(ValueError, match=r"out must be a writable C-contiguous array of shape \(6, 24, 32, 3\)"):
        decode_batch(files, SIZE, out=out)


def test_the_message_says_why_an_out_of_the_right_shape_does_not_fit(files):
    with pytest.raises(ValueError, match=r"not one with strides \("):
        decode_batch(files, SIZE, out=np.zeros((6, *SIZE, 6), np.uint8)[..., ::2])
    out = np.zeros((6, *SIZE, 3), np.uint8)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="not a read-only one"):
        decode_batch(files, SIZE, out=out)


@pytest.mark.parametrize("out", [[], bytearray(9), memoryview(bytearray(9)), "out"])
def test_an_out_that_is_no_array_is_refused(out):
    with pytest.raises(TypeError, match=f"out must be a NumPy array, not {type(out).__name__}"):
        decode_batch([], SIZE, out=out)


def test_a_readonly_out_is_refused(files):
    out = np.zeros((6, *SIZE, 3), np.uint8)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="writable"):
        decode_batch(files, SIZE, out=out)
    assert not out.any()


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1 / 255, 0.0), (1 / 127.5, -1.0), (-0.3, 1e3)])
@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.linear", "cv2.nearest"])
def test_float_values_are_offset_plus_scale_times_pixel(files, interpolation, scale, offset):
    pixels = decode_batch(files, SIZE, interpolation=interpolation)
    options = {"interpolation": interpolation, "scale": scale, "offset": offset}
    single = np.float32(offset) + np.float32(scale) * pixels.astype(np.float32)
    np.testing.assert_array_equal(decode_batch(files, SIZE, dtype="float32", **options), single)
    np.testing.assert_array_equal(decode_batch(files, SIZE, dtype=np.float16, **options), single.astype(np.float16))
    double = offset + scale * pixels.astype(np.float64)
    np.testing.assert_array_equal(decode_batch(files, SIZE, dtype=np.dtype("f8"), **options), double)


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("color", ["rgb", "bgr", "gray"])
def test_channels_first_is_a_transposed_batch(files, color, dtype):
    last = decode_batch(files, SIZE, color=color, dtype=dtype)
    first = decode_batch(files, SIZE, color=color, dtype=dtype, data_format="channels_first")
    assert first.shape == (6, 1 if color == "gray" else 3, *SIZE)
    assert first.flags.c_contiguous
    np.testing.assert_array_equal(first, last.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("color", ["rgb", "bgr", "gray"])
def test_colours_are_those_of_cv2(files, color):
    np.testing.assert_array_equal(decode_batch(files, SIZE, color=color, **LINEAR), expected(files, color=color))


@pytest.mark.parametrize("orient", ["exif", "none", "landscape"])
def test_orientations_are_those_of_cv2(files, orient):
    turned = [with_orientation(data, tag) for tag in range(1, 9) for data in files[:2]]
    np.testing.assert_array_equal(decode_batch(turned, SIZE, orient=orient, **LINEAR), expected(turned, orient=orient))


@pytest.mark.parametrize(
    "interpolation", ["antialias", "linear", "cv2.linear", "cv2.nearest", "tf.bilinear", "tf.area"]
)
def test_threads_do_not_change_a_bit(files, interpolation):
    sources = [*files * 3, encoded(photo(33, 44), "png")]
    transform = (fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal_and_vertical"))
    batches = [
        decode_batch(sources, SIZE, transform=transform, seed=3, interpolation=interpolation, threads=threads)
        for threads in (1, 2, 5)
    ]
    np.testing.assert_array_equal(batches[0], batches[1])
    np.testing.assert_array_equal(batches[0], batches[2])


@pytest.mark.parametrize(
    "interpolation", ["antialias", "linear", "cv2.linear", "cv2.nearest", "tf.bilinear", "tf.area"]
)
def test_what_a_thread_decoded_before_does_not_change_a_bit(files, interpolation):
    sizes = [(24, 32), (5, 7), (33, 41), (16, 24)]
    options = {"interpolation": interpolation, "threads": 1}
    first = [decode_batch(files, size, **options) for size in sizes]
    for turn in range(12):
        decode_batch(files[turn % 6 :: 2], sizes[turn % 4], transform=fastseq.RandomResizedCrop(), threads=1)
        np.testing.assert_array_equal(decode_batch(files, sizes[turn % 4], **options), first[turn % 4])


@pytest.mark.parametrize("color", ["rgb", "bgr", "gray"])
@pytest.mark.parametrize("form", ["png", "webp", "bmp", pytest.param("gif", marks=SINCE_4_12), "tiff"])
def test_other_formats_are_what_opencv_decodes(form, color):
    data = encoded(photo(50, 41, seed=5), form)
    batch = decode_batch([data], SIZE, color=color, **LINEAR)
    np.testing.assert_array_equal(batch, expected([data], color=color))


@HIGH_BYTE
@pytest.mark.parametrize("form", ["png", "tiff"])
def test_other_formats_in_gray_with_transparency_and_of_16_bits(form):
    alpha = np.dstack([photo(30, 40), photo(30, 40, 1, channels=1)])
    deep = photo(30, 40, 2).astype(np.uint16) * 257
    ok, deep_file = cv2.imencode(f".{form}", deep)
    assert ok
    for data in (encoded(alpha, form), encoded(photo(30, 40, 3, channels=1), form), deep_file.tobytes()):
        np.testing.assert_array_equal(decode_batch([data], SIZE, **LINEAR), expected([data]))


def pillow_file(image: Image.Image, form: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def pillow_files() -> dict[str, bytes]:
    """Files in formats other than JPEG, in each of Pillow's modes that OpenCV decodes to the same RGB."""
    image = Image.fromarray(photo(30, 41, seed=2))
    alpha = Image.fromarray(photo(30, 41, 1, channels=1)[..., 0])
    rgba = image.copy()
    rgba.putalpha(alpha)
    palette = image.quantize(64)
    deep = photo(30, 41, 3).astype(np.uint16) * 256 + 77
    ok, deep_rgb = cv2.imencode(".png", deep)
    assert ok
    return {
        "rgb": pillow_file(image, "png"),
        "bmp": pillow_file(image, "bmp"),
        "webp": pillow_file(image, "webp", lossless=True),
        "tiff": pillow_file(image, "tiff"),
        "rgba": pillow_file(rgba, "png"),
        "gray": pillow_file(image.convert("L"), "png"),
        "gray with alpha": pillow_file(rgba.convert("LA"), "png"),
        "palette": pillow_file(palette, "png"),
        "palette with transparency": pillow_file(palette, "png", transparency=3),
        "one bit": pillow_file(image.convert("1"), "png"),
        "16 bit rgb": deep_rgb.tobytes(),
    }


@HIGH_BYTE
@pytest.mark.parametrize("name", pillow_files())
@pytest.mark.parametrize(("color", "mode"), [("pil.gray", "L"), ("pil.rgb", "RGB")])
@pytest.mark.parametrize("interpolation", ["antialias", "cv2.nearest", "pil.nearest", "pil.bicubic", "tf.bilinear"])
def test_other_formats_are_converted_as_by_pillow(name, color, mode, interpolation):
    data = pillow_files()[name]
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert(mode)).reshape(30, 41, -1)
    batch = decode_batch([data], (30, 41), color=color, interpolation=interpolation)
    np.testing.assert_array_equal(batch[0], expected)


def test_gray_of_pillow_in_every_entry_point(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(pillow_files()["rgb"])
    options = {"color": "pil.gray", "dtype": "float32", "scale": 1 / 255}
    x = decode_batch([path], SIZE, **options)
    loaded = next(iter(fastseq.Loader(fastseq.Samples.from_files([path]), SIZE, **options)))
    np.testing.assert_array_equal(loaded, x)
    np.testing.assert_array_equal(next(iter(fastseq.DataLoader([path], size=SIZE, **options))), x)


@HIGH_BYTE
def test_16_bit_gray_by_the_rules_of_pillow_keeps_the_high_byte():
    deep = photo(30, 41, channels=1)
    ok, data = cv2.imencode(".png", deep.astype(np.uint16) * 256 + 9)
    assert ok
    for color, channels in (("pil.gray", 1), ("pil.rgb", 3)):
        batch = decode_batch([data.tobytes()], (30, 41), color=color, interpolation="pil.nearest")
        np.testing.assert_array_equal(batch[0], np.repeat(deep, channels, axis=-1))


def test_other_formats_take_part_in_all_that_is_done_to_an_image(files):
    image = photo(60, 45, seed=8)
    data = encoded(image, "png")
    options = {"orient": "landscape", "data_format": "channels_first", "dtype": "float32", "scale": 0.5, "offset": 2}
    batch = decode_batch([files[0], data], SIZE, **options, **LINEAR)
    pixels = expected([files[0], data], orient="landscape").transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(batch, np.float32(2) + np.float32(0.5) * pixels)
    transform = (fastseq.Resize(40), fastseq.CenterCrop(SIZE))
    cropped = decode_batch([data], SIZE, transform=transform, **LINEAR)
    whole = resize_cv2_linear(image, (53, 40))
    np.testing.assert_array_equal(cropped[0], whole[14:38, 4:36])


@pytest.mark.parametrize("interpolation", ["antialias", "linear", "cv2.nearest"])
def test_a_png_is_filtered_like_a_jpeg(interpolation):
    image = photo(96, 128, seed=4)
    png, jpg = encoded(image, "png"), jpeg(image, 98)
    batch = decode_batch([png, jpg], SIZE, interpolation=interpolation).astype(int)
    assert np.abs(batch[0] - batch[1]).mean() < 2


def test_the_bytes_decide_not_the_name(files, tmp_path):
    png = encoded(photo(33, 44), "png")
    (tmp_path / "jpeg.png").write_bytes(files[0])
    (tmp_path / "png.jpg").write_bytes(png)
    batch = decode_batch([tmp_path / "jpeg.png", tmp_path / "png.jpg"], SIZE, **LINEAR)
    np.testing.assert_array_equal(batch, expected([files[0], png]))


def failure(sources, **options) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode_batch(sources, SIZE, **options)
    return caught.value


def test_an_error_names_the_file_the_place_the_reason_and_the_remedy(files, tmp_path):
    missing = tmp_path / "missing.jpg"
    error = failure([files[0], missing, files[1]])
    assert (error.path, error.index, error.status) == (missing, 1, Status.NOT_FOUND)
    assert "no such file" in error.reason
    assert str(error) == (
        f"cannot decode '{missing}' (sample 1): {error.reason} [NOT_FOUND]; check the path and the root folder"
    )


def test_an_error_of_bytes_has_no_path(files):
    error = failure([files[0], files[1], b"no image"])
    assert (error.path, error.index, error.status) == (None, 2, Status.NOT_AN_IMAGE)
    assert str(error).startswith("cannot decode sample 2: ")


@pytest.mark.parametrize(
    ("damage", "status"),
    [
        (lambda data: b"", Status.EMPTY),
        (lambda data: b"\0" * 100, Status.NOT_AN_IMAGE),
        (lambda data: b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", Status.UNSUPPORTED_FORMAT),
        (lambda data: data[: len(data) // 2], Status.TRUNCATED),
        (lambda data: encoded(photo(20, 20), "png")[:60], Status.CORRUPT),
    ],
)
def test_what_is_wrong_has_a_status(files, damage, status, tmp_path):
    path = tmp_path / "bad.jpg"
    path.write_bytes(damage(files[0]))
    assert failure([path]).status == status
    assert failure([path.read_bytes()]).status == status


def test_a_folder_is_not_a_file(tmp_path):
    assert failure([tmp_path]).status == Status.NOT_A_FILE


def test_the_first_bad_source_is_named_and_the_good_ones_are_written(files, tmp_path):
    out = np.full((4, *SIZE, 3), 7, np.uint8)
    error = failure([files[0], b"?", tmp_path / "none", files[3]], out=out, **LINEAR)
    assert error.index == 1
    np.testing.assert_array_equal(out[[0, 3]], expected([files[0], files[3]]))
    assert not out[1:3].any()


def test_not_strict_takes_what_is_cut_off(files):
    cut = files[0][: len(files[0]) * 3 // 4]
    assert decode_batch([cut], SIZE, strict=False).any()
    assert failure([cut]).status == Status.TRUNCATED


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize(
    ("limits", "status"),
    [(Limits(pixels=999), Status.TOO_MANY_PIXELS), (Limits(file_bytes=99), Status.FILE_TOO_LARGE)],
)
def test_limits(form, limits, status, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(encoded(photo(40, 25), form))
    assert decode_batch([path], SIZE, limits=Limits(pixels=1000)).any()
    error = failure([path], limits=limits)
    assert error.status == status
    assert "limits=fastseq.Limits(" in str(error)


def test_an_error_that_keeps_its_batch_in_a_cycle_can_be_collected(files):
    for _ in range(3):
        error = failure([*files, b"?"])
        error.cycle, left = error, weakref.ref(error)
        del error
        gc.collect()
        assert left() is None


def test_an_error_survives_pickling():
    error = failure([b"?"])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.path, again.index, again.status, again.reason) == (None, 0, error.status, error.reason)
    assert again.remedy == error.remedy


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interpolation": "bilinear"}, ["'antialias'", "'linear'", "'cv2.linear'", "'cv2.nearest'", "'bilinear'"]),
        ({"orient": "up"}, ["'none'", "'exif'", "'landscape'", "'up'"]),
        ({"color": "hsv"}, ["'rgb'", "'bgr'", "'gray'", "'hsv'"]),
        ({"dtype": "int32"}, ["'uint8'", "'float16'", "'float32'", "'float64'", "'int32'"]),
        ({"data_format": "NCHW"}, ["'channels_last'", "'channels_first'", "'NCHW'"]),
        ({"on_error": "ignore"}, ["'raise'", "'ignore'"]),
        ({"scale": 1 / 255}, ["scale", "dtype='float32'"]),
        ({"offset": -1}, ["offset", "float dtype"]),
        ({"threads": 0}, ["threads must be at least 1, not 0"]),
    ],
)
def test_a_wrong_setting_is_an_error_that_says_what_is_possible(options, words):
    with pytest.raises(ValueError, match=r"must be|need") as caught:
        decode_batch([], SIZE, **options)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("size", [32, (32,), (0, 8), (8, -1), (8.5, 8), "ab", (1, 2, 3), None])
def test_a_size_is_height_and_width(size):
    with pytest.raises(ValueError, match=r"size must be \(height, width\)"):
        decode_batch([], size)


@pytest.mark.parametrize(
    ("bound", "error", "words"),
    [
        (0, ValueError, "at least 1, not 0"),
        (-5, ValueError, "at least 1, not -5"),
        (2**63, ValueError, f"at most {2**63 - 1}, not {2**63}"),
        (2**64, ValueError, f"at most {2**63 - 1}"),
        (1e6, TypeError, "an integer, not 1000000.0"),
        (True, TypeError, "an integer, not True"),
        (None, TypeError, "an integer, not None"),
    ],
)
@pytest.mark.parametrize("name", ["pixels", "scans", "scan_pixels", "file_bytes", "memory_bytes"])
def test_limits_are_positive_and_of_64_bits(name, bound, error, words):
    with pytest.raises(error, match=rf"Limits\.{name} must be {words}"):
        Limits(**{name: bound})


def test_limits_of_any_integer_type_up_to_the_largest():
    data = jpeg(photo(20, 20, 0))
    assert Limits(scans=np.int64(7)) == Limits(scans=7)
    largest = dict.fromkeys(("pixels", "scans", "scan_pixels", "file_bytes", "memory_bytes"), 2**63 - 1)
    np.testing.assert_array_equal(decode_batch([data], SIZE, limits=Limits(**largest)), decode_batch([data], SIZE))


def test_a_path_with_a_nul_is_not_the_file_before_it(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(photo(20, 20, 0)))
    with pytest.raises(DecodeError) as caught:
        decode_batch([f"{tmp_path}/a.jpg\0.png"], (8, 8))
    assert caught.value.status is Status.NOT_FOUND


def test_buffers_of_any_format_and_shape_are_bytes():
    data = jpeg(photo(20, 20, 0))
    expected = decode_batch([data], (8, 8))[0]
    array = np.frombuffer(data + bytes(-len(data) % 4), np.uint8)
    for source in (memoryview(data).cast("b"), array.view(np.int32), array.reshape(-1, 2)):
        np.testing.assert_array_equal(decode_batch([source], (8, 8))[0], expected)


@pytest.mark.parametrize("header", [b"P6\n# made up\n12000 12000\n255\n", b"P5 12000\t12000 255\n"])
def test_the_pixels_of_a_pnm_are_counted_on_its_header(header):
    with pytest.raises(DecodeError) as caught:
        decode_batch([header], (8, 8), limits=Limits(pixels=1000))
    assert caught.value.status is Status.TOO_MANY_PIXELS


def test_the_rows_that_a_filter_keeps_count_as_memory():
    data = jpeg(photo(2000, 3000, 0))
    assert decode_batch([data], (1, 3000)).shape == (1, 1, 3000, 3)
    with pytest.raises(DecodeError) as caught:
        decode_batch([data], (1, 3000), limits=Limits(memory_bytes=1 << 20))
    assert caught.value.status is Status.TOO_MUCH_MEMORY


@pytest.mark.parametrize("shift", [1, 2, 4, 5])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("interpolation", ["antialias", "tf.bilinear"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_an_output_at_any_address(files, shift, dtype, interpolation, data_format):
    """An int32 before a block of float64 in shared memory is enough; slots of 64 KiB are stored past the cache."""
    options = {"interpolation": interpolation, "dtype": dtype, "data_format": data_format}
    expected = decode_batch(files, (160, 150), **options)
    memory = np.full(expected.nbytes + 64, 77, np.uint8)
    out = np.ndarray(expected.shape, dtype, memory, offset=shift)
    assert decode_batch(files, (160, 150), out=out, **options) is out
    np.testing.assert_array_equal(out, expected)
    assert (memory[:shift] == 77).all()
    assert (memory[shift + expected.nbytes :] == 77).all()


def test_other_formats_and_bad_samples_at_odd_addresses():
    memory = np.full(160 * 150 * 3 * 8 * 2 + 3, 77, np.uint8)
    out = np.ndarray((2, 160, 150, 3), np.float64, memory, offset=3)
    png = encoded(photo(60, 70, 3), "png")
    with pytest.raises(DecodeError):
        decode_batch([png, b"bad"], (160, 150), dtype="float64", out=out)
    np.testing.assert_array_equal(out[0], decode_batch([png], (160, 150), dtype="float64")[0])
    assert not out[1].any()
