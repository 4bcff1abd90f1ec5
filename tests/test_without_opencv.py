"""Where OpenCV is not installed Pillow decodes, to the same pixels; where neither is, errors say what to install."""

from __future__ import annotations

import struct
import subprocess
import sys
from importlib import metadata

import cv2
import numpy as np
import pytest
from images import encoded, photo
from PIL import Image, features
from tiff_files import tiff

from fastseq import DecodeError, Status, decode_batch
from fastseq.engine import opencv_module
from fastseq.engine.opencv import Read

SIZE = (24, 32)
SAME = {"interpolation": "pil.nearest"}
IMAGE = photo(*SIZE)
GRAY = photo(*SIZE, 1, channels=1)
RGBA = np.dstack([IMAGE, photo(*SIZE, 7, channels=1)])
DEEP = np.random.default_rng(0).integers(0, 65536, (*SIZE, 3)).astype(np.uint16)
PALETTE = Image.fromarray(IMAGE).quantize(64)

FILES = {
    "bmp": encoded(IMAGE, "bmp"),
    "bmp palette": encoded(PALETTE, "bmp"),
    "gif": encoded(PALETTE, "gif"),
    "png palette": encoded(PALETTE, "png"),
    "ppm": encoded(IMAGE, "ppm"),
    "tiff": encoded(IMAGE, "tiff"),
    "tiff palette": encoded(PALETTE, "tiff"),
    "tiff gray": encoded(GRAY, "tiff"),
    "tiff lzw": encoded(IMAGE, "tiff", compression="tiff_lzw"),
    "tiff jpeg": encoded(IMAGE, "tiff", compression="jpeg"),
    "tiff orientation": tiff(IMAGE, extra={274: 6}),
    "webp lossless": encoded(IMAGE, "webp"),
    "webp lossy": encoded(IMAGE, "webp", lossless=False),
    "webp alpha": encoded(RGBA, "webp"),
    "jpeg 2000": encoded(IMAGE, "jpeg2000"),
}
if features.check("avif"):
    FILES["avif"] = encoded(IMAGE, "avif")
DEEP_FILES = {
    "png gray": cv2.imencode(".png", DEEP[..., 0])[1].tobytes(),
    "pgm": cv2.imencode(".pgm", DEEP[..., 0])[1].tobytes(),
    "tiff gray": tiff(DEEP[..., :1]),
}


@pytest.fixture
def hide(monkeypatch):
    """A function that hides modules, and what is installed under other names."""

    def absent(*modules: str, installed: tuple[str, ...] = ()) -> None:
        def distribution(name):
            if name not in installed:
                raise metadata.PackageNotFoundError(name)

        for name in modules:
            monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setattr(opencv_module, "_opencv", None)
        monkeypatch.setattr(opencv_module.metadata, "distribution", distribution)

    return absent


def error_of(data: bytes, **options: object) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode_batch([data], SIZE, **SAME, **options)
    return caught.value


@pytest.mark.parametrize("color", ["rgb", "gray", "pil.gray"])
@pytest.mark.parametrize("name", FILES)
def test_pillow_gives_the_same_bytes(hide, name, color):
    expected = decode_batch([FILES[name]], SIZE, color=color, **SAME).astype(int)
    hide("cv2")
    made = decode_batch([FILES[name]], SIZE, color=color, **SAME)
    assert np.abs(made - expected).max() <= (color == "gray")  # whose weights OpenCV rounds otherwise


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("name", DEEP_FILES)
def test_pillow_gives_the_same_16_bits(hide, name, dtype):
    options = {"color": "gray", "dtype": dtype, **SAME}
    expected = decode_batch([DEEP_FILES[name]], SIZE, **options)
    np.testing.assert_array_equal(expected[0], DEEP[..., :1])
    hide("cv2")
    np.testing.assert_array_equal(decode_batch([DEEP_FILES[name]], SIZE, **options), expected)


@pytest.mark.parametrize("name", DEEP_FILES)
def test_pillow_gives_the_same_high_bytes(hide, name):
    hide("cv2")
    with pytest.warns(UserWarning, match="keeps only the high byte"):
        made = decode_batch([DEEP_FILES[name]], SIZE, color="gray", **SAME)
    np.testing.assert_array_equal(made[0], DEEP[..., :1] >> 8)


@pytest.mark.parametrize("name", ["gif", "tiff palette", "bmp palette", "png palette", "tiff gray"])
def test_pillow_gives_the_same_ids(hide, name):
    expected = decode_batch([FILES[name]], SIZE, color="index", interpolation="cv2.nearest")
    hide("cv2")
    made = decode_batch([FILES[name]], SIZE, color="index", interpolation="cv2.nearest")
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (cv2.imencode(".png", DEEP)[1].tobytes(), {"dtype": "uint16"}),
        (tiff(DEEP), {"dtype": "float32"}),
        (tiff(DEEP.astype(np.float32)), {"dtype": "float32"}),
        (b"P5 32 24 100\n" + (GRAY // 3).tobytes(), {}),
        (b"P6 32 24 1000\n" + (DEEP % 1001).astype(">u2").tobytes(), {"dtype": "uint16"}),
        (cv2.imencode(".pam", IMAGE)[1].tobytes(), {}),
    ],
    ids=["png of 16 bits", "tiff of 16 bits", "tiff of floats", "pgm to 100", "ppm to 1000", "pam"],
)
def test_what_pillow_would_change_is_unsupported(hide, data, options):
    assert decode_batch([data], SIZE, **options).any()
    hide("cv2")
    error = error_of(data, **options)
    assert error.status is Status.UNSUPPORTED_FORMAT
    assert "OpenCV is not installed: pip install opencv-python-headless" in str(error)


def test_a_damaged_png_is_damaged(hide):
    hide("cv2")
    data = DEEP_FILES["png gray"]
    assert error_of(data[:-200]).status is Status.CORRUPT


def test_where_neither_is_installed_the_error_says_what_to_install(hide, tmp_path):
    hide("cv2", "PIL")
    path = tmp_path / "a.tif"
    path.write_bytes(FILES["tiff"])
    with pytest.raises(DecodeError) as caught:
        decode_batch([path], SIZE)
    assert caught.value.status is Status.UNSUPPORTED_FORMAT
    assert str(path) in str(caught.value)
    assert (
        "OpenCV or Pillow decodes this TIFF with 3 x uint8 per pixel. OpenCV is not installed: "
        "pip install opencv-python-headless, or pip install 'pillow'" in str(caught.value)
    )


@pytest.mark.parametrize(
    ("installed", "said"),
    [
        (
            ("opencv-python", "opencv-python-headless"),
            "though opencv-python-headless and opencv-python are installed; they overwrite each other's files: "
            "pip uninstall -y opencv-python; pip install --force-reinstall --no-deps opencv-python-headless",
        ),
        (
            ("opencv-python-headless",),
            "though opencv-python-headless is installed: "
            "pip install --force-reinstall --no-deps opencv-python-headless",
        ),
        (
            ("opencv-contrib-python",),
            "though opencv-contrib-python is installed: pip uninstall -y opencv-contrib-python; "
            "pip install --force-reinstall --no-deps opencv-python-headless",
        ),
    ],
)
def test_a_broken_opencv_is_told_from_none(hide, installed, said):
    hide("cv2", "PIL", installed=installed)
    assert said in str(error_of(FILES["tiff"]))


@pytest.mark.parametrize(
    "left",
    ["", "raise ImportError('libGL.so.1: cannot open shared object file')", "raise AttributeError('_ARRAY_API')"],
    ids=["without its functions", "without a library", "for another NumPy"],
)
def test_pillow_decodes_where_opencv_is_broken(tmp_path, left):
    (tmp_path / "cv2.py").write_text(left)
    (tmp_path / "a.tif").write_bytes(FILES["tiff"])
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport fastseq\n"
        f"print(fastseq.decode_batch([{str(tmp_path / 'a.tif')!r}], {SIZE}).any())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_any_module_named_cv2_is_opencv(tmp_path):
    """As opencv-python and the contrib distributions have it."""
    (tmp_path / "cv2.py").write_text(
        "import numpy as np\n__version__ = '4.12.0'\nerror = ValueError\n"
        "class utils:\n    class logging:\n        getLogLevel = setLogLevel = lambda *level: 3\n"
        "imdecode = lambda data, flags: np.full((24, 32, 3), 7, np.uint8)\n"
    )
    (tmp_path / "a.tif").write_bytes(FILES["tiff"])
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport fastseq\n"
        f"print((fastseq.decode_batch([{str(tmp_path / 'a.tif')!r}], {SIZE}) == 7).all())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_the_flags_are_those_of_opencv():
    for flag in Read:
        assert flag == getattr(cv2, f"IMREAD_{flag.name}")
    assert Read.GRAYSCALE == cv2.IMREAD_GRAYSCALE


def test_bmp_of_16_bits_fills_the_low_bits_otherwise(hide):
    """As docs/decoder.md says: OpenCV with 0, Pillow with the high ones."""
    header = struct.pack("<IiiHHIIiiII", 40, SIZE[1], SIZE[0], 1, 16, 0, 0, 0, 0, 0, 0)
    rows = np.full((*SIZE,), 0x7FFF, "<u2").tobytes()
    data = struct.pack("<2sIHHI", b"BM", 54 + len(rows), 0, 0, 54) + header + rows
    assert (decode_batch([data], SIZE) == 248).all()
    hide("cv2")
    assert (decode_batch([data], SIZE) == 255).all()
