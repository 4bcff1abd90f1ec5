"""Formats that not every OpenCV decodes: Pillow does, or an error says what would; sound files are never "damaged"."""

from __future__ import annotations

import io
import json
import struct
import sys

import numpy as np
import pytest
import typer
from images import encoded, photo
from PIL import Image, features
from reference.pixels import resize_by_pillow
from tiff_files import tiff
from typer.testing import CliRunner

import fastseq
from fastseq import DecodeError, Status, decode_batch
from fastseq.cli.check import check

SIZE = (24, 32)
SAME = {"interpolation": "pil.nearest"}
IMAGE = photo(*SIZE)
SMOOTH = np.repeat(np.repeat(photo(3, 4, 5), 8, 0), 8, 1)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def rgb565() -> bytes:
    """A BMP of 16 bits a pixel with masks."""
    red, green, blue = (IMAGE[..., k].astype(np.uint16) >> shift for k, shift in enumerate((3, 2, 3)))
    rows = (red << 11 | green << 5 | blue)[::-1].astype("<u2").tobytes()
    info = struct.pack("<IiiHHIIiiII", 40, SIZE[1], SIZE[0], 1, 16, 3, len(rows), 0, 0, 0, 0)
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    start = 14 + len(info) + len(masks)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + info + masks + rows


def animated_webp() -> bytes:
    first, second = Image.fromarray(SMOOTH), Image.fromarray(SMOOTH[::-1])
    return saved(first, "webp", save_all=True, append_images=[second], lossless=True)


def five_bands() -> bytes:
    return tiff(np.dstack([IMAGE, IMAGE[..., :2]]))


FILES = {
    "gif": saved(Image.fromarray(SMOOTH).quantize(64), "gif"),
    "animated webp": animated_webp(),
    "j2k codestream": saved(Image.fromarray(IMAGE), "jpeg2000", no_jp2=True),
    "bmp rgb565": rgb565(),
    "tiff of 5 bands": five_bands(),
}
if "avif" in features.get_supported():
    FILES["avif"] = saved(Image.fromarray(SMOOTH), "avif", quality=100)


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def no_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)


@pytest.mark.parametrize("name", FILES)
def test_sound_files_are_decoded(name):
    made = decode_batch([FILES[name]], SIZE, **SAME)[0].astype(int)
    assert np.abs(made - by_pillow(FILES[name])).max() <= 7  # OpenCV fills the low bits of 16-bit colors with 0
    gray = decode_batch([FILES[name]], SIZE, color="gray", **SAME)[0, ..., 0].astype(int)
    assert np.abs(gray - made @ [0.299, 0.587, 0.114]).max() <= 4


@pytest.mark.parametrize("name", FILES)
def test_without_pillow_they_are_decoded_or_unsupported(name, no_pillow):
    made, error = None, None
    try:
        made = decode_batch([FILES[name]], SIZE, **SAME)
    except DecodeError as caught:
        error = caught
    if error is None:
        assert made.any()
        return
    assert error.status is Status.UNSUPPORTED_FORMAT
    assert "pip install 'pillow" in error.reason
    assert "remove" not in str(error)


def test_float_images_need_a_float_dtype_to_keep_their_fractions():
    image = np.random.default_rng(0).random((*SIZE, 1), np.float32)
    made = decode_batch([tiff(image)], SIZE, color="gray", dtype="float32", **SAME)[0]
    np.testing.assert_array_equal(made, image)
    with pytest.warns(UserWarning, match="rounds the fractions"):
        decode_batch([tiff(image)], SIZE, color="gray")


def test_what_nobody_decodes_is_unsupported():
    image = np.random.default_rng(0).random((*SIZE, 7))
    with pytest.raises(DecodeError) as caught:
        decode_batch([tiff(image, 1)], SIZE)
    assert caught.value.status is Status.UNSUPPORTED_FORMAT
    assert "7 x float64" in str(caught.value)


@pytest.mark.parametrize("name", ["gif", "animated webp", "bmp rgb565"])
def test_damaged_files_are_damaged(name):
    data = FILES[name]
    with pytest.raises(DecodeError) as caught:
        decode_batch([data[: len(data) * 2 // 3]], SIZE)
    assert caught.value.status is Status.CORRUPT


def test_orientation_holds_for_pillow_too():
    data = tiff(np.dstack([IMAGE, IMAGE[..., :2]]), extra={274: 6})
    upright = decode_batch([data], SIZE[::-1], **SAME)[0]
    np.testing.assert_array_equal(upright, np.rot90(IMAGE, -1))


@pytest.mark.parametrize("interpolation", ["pil.nearest", "pil.bilinear", "pil.lanczos"])
def test_pillow_filters_drop_the_alpha_of_tiff_as_pillow_does(interpolation):
    rgba = np.dstack([photo(50, 40), photo(50, 40, 1, channels=1)])
    made = decode_batch([tiff(rgba)], SIZE, interpolation=interpolation)[0]
    with Image.open(io.BytesIO(tiff(rgba))) as image:
        expected = np.asarray(resize_by_pillow(image.convert("RGB"), SIZE, interpolation[4:]))
    np.testing.assert_array_equal(made, expected)


def test_damage_in_lzw_data_is_found():
    image = photo(60, 50, 2)
    data = saved(Image.fromarray(image), "tiff", compression="tiff_lzw")
    np.testing.assert_array_equal(decode_batch([data], (60, 50), **SAME)[0], image)
    with Image.open(io.BytesIO(data)) as opened:
        begin, size = opened.tag_v2[273][0], opened.tag_v2[279][0]
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(100):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[begin + rng.integers(size)] ^= 1 << rng.integers(8)
        try:
            by_pillow(bytes(damaged))
        except OSError:
            refused += 1
            with pytest.raises(DecodeError) as caught:
                decode_batch([bytes(damaged)], (60, 50))
            assert caught.value.status is Status.CORRUPT
    assert refused > 20


@pytest.mark.parametrize("compression", ["tiff_lzw", "raw", "tiff_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_sound_tiff_files_are_not_damaged(mode, compression):
    image = Image.fromarray(photo(70, 50, 3))
    if mode == "I;16":
        image = Image.fromarray(photo(70, 50, 3, channels=1)[..., 0].astype(np.uint16) * 200)
    data = saved(image if mode == "I;16" else image.convert(mode), "tiff", compression=compression)
    assert decode_batch([data], SIZE, dtype="float32").any()


def test_check_tells_unsupported_files_apart(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "good.png").write_bytes(encoded(IMAGE, "png"))
    (tmp_path / "set" / "bad.png").write_bytes(encoded(IMAGE, "png")[:-30])
    (tmp_path / "set" / "odd.tif").write_bytes(tiff(np.random.default_rng(0).random((*SIZE, 7)), 1))
    for number, data in enumerate(FILES.values()):
        (tmp_path / "set" / f"{number}.png").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(check)
    done = CliRunner().invoke(app, ["set"], env={"COLUMNS": "120"}, catch_exceptions=False)
    assert done.exit_code == 1
    assert "1 bad files are listed" in done.stdout
    assert "1 files may be sound" in done.stdout
    listed = [json.loads(line)["path"] for line in (tmp_path / "fastseq-bad.jsonl").read_text().splitlines()]
    assert listed == [str(tmp_path / "set" / "bad.png")]
    left = fastseq.Samples.from_files(sorted((tmp_path / "set").iterdir())).without("fastseq-bad.jsonl")
    assert len(left) == len(FILES) + 2
