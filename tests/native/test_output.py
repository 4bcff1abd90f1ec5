from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo
from reference.geometry import flip
from reference.pixels import decode_cv2, resize_cv2_linear

from native.native import OTHER_FORMAT, examples, finish, finish_by_pixels, one, recipe, start

DTYPES = [np.float16, np.float32, np.float64]
CANARY = 64
SIZES = [(5, 7), (16, 16), (17, 33), (33, 17), (1, 32)]


def scaled(dtype: Any) -> npt.NDArray[Any]:
    return (np.arange(256) / 127.5 - 1).astype(dtype)


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tag", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("size", SIZES)
def test_types_and_layouts(size: tuple[int, int], tag: int, channels: int, channels_first: bool) -> None:
    data = jpeg(photo(40, 50, seed=1), subsampling="4:2:0", orientation=tag)
    for interpolation in ("antialias", "cv2.linear", "cv2.nearest"):
        plain = one(data, size, channels, interpolation=interpolation)
        expected = plain.transpose(2, 0, 1) if channels_first else plain
        options: dict[str, Any] = {"interpolation": interpolation, "channels_first": channels_first}
        np.testing.assert_array_equal(one(data, size, channels, **options), expected)
        for dtype in DTYPES:
            made = one(data, size, channels, lookup=scaled(dtype), **options)
            assert made.dtype == dtype
            np.testing.assert_array_equal(made, scaled(dtype)[expected])


def test_a_lookup_table_of_the_wrong_length_is_rejected() -> None:
    with pytest.raises(ValueError, match="lookup has 60 bytes, not 256 items of 4 for each of 3 channels"):
        recipe((4, 4), lookup=np.zeros(5, np.float32))


@examples(max_examples=80)
@given(st.data(), st.integers(1, 33), st.integers(1, 33))
def test_no_byte_outside_the_slot_is_written(data: st.DataObject, height: int, width: int) -> None:
    channels = data.draw(st.sampled_from([1, 3]))
    lookup = data.draw(st.sampled_from([None, *DTYPES]))
    made = recipe(
        (height, width),
        channels,
        interpolation=data.draw(st.sampled_from(["antialias", "linear", "cv2.linear", "cv2.nearest"])),
        channels_first=data.draw(st.booleans()),
        lookup=None if lookup is None else scaled(lookup),
    )
    tag = data.draw(st.integers(1, 8))
    shape = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 70))
    content = data.draw(
        st.sampled_from([jpeg(photo(*shape, seed=1), subsampling="4:2:0", orientation=tag), b"", OTHER_FORMAT])
    )
    slot = made.slot_bytes
    memory = np.full(slot + 2 * CANARY, 0xA5, np.uint8)
    for filling in (0xA5, 0x5A):
        memory[CANARY:-CANARY] = filling
        job = start([content], made, memory[CANARY:-CANARY])
        if finish(job) == ["NEEDS_DECODER"]:
            assert finish_by_pixels(job, photo(*shape, seed=1, channels=channels)) == ["OK"]
        assert (memory[:CANARY] == 0xA5).all()
        assert (memory[-CANARY:] == 0xA5).all()
        result = memory[CANARY:-CANARY].copy()
        if filling == 0xA5:
            first = result
    np.testing.assert_array_equal(first, result)  # every byte of the slot was written


@pytest.mark.parametrize("orient", ["exif", "landscape"])
@pytest.mark.parametrize("columns", range(1, 34))
def test_tiles_of_rotated_images(columns: int, orient: str) -> None:
    data = jpeg(photo(50, 30, seed=2), orientation=6 if orient == "exif" else None)
    image = decode_cv2(data, orient=orient)  # type: ignore[arg-type]
    made = one(data, (9, columns), interpolation="cv2.linear", orient=orient)
    np.testing.assert_array_equal(made, resize_cv2_linear(image, (9, columns)))


def test_a_batch_of_slots() -> None:
    files = [jpeg(photo(30 + i, 50 - i, seed=i), orientation=1 + i % 8) for i in range(16)]
    made = recipe((21, 23), lookup=scaled(np.float32))
    out = np.zeros((len(files), made.slot_bytes), np.uint8)
    assert set(finish(start(files, made, out))) == {"OK"}
    for data, slot in zip(files, out, strict=True):
        alone = one(data, (21, 23), lookup=scaled(np.float32))
        np.testing.assert_array_equal(slot.view(np.float32).reshape(21, 23, 3), alone)


def test_buffers_of_the_wrong_size_are_rejected() -> None:
    made = recipe((4, 4))
    for out in (np.zeros(47, np.uint8), np.zeros(49, np.uint8), np.zeros(96, np.uint8)):
        with pytest.raises(ValueError, match=f"1 samples, but 1 rows of draws and a buffer of {out.size} bytes"):
            start([b""], made, out)


def test_pixels_with_more_channels_than_the_slot_are_rejected() -> None:
    made = recipe((4, 4), 1)
    memory = np.full(made.slot_bytes + CANARY, 0xA5, np.uint8)
    job = start([OTHER_FORMAT], made, memory[:-CANARY])
    assert finish_by_pixels(job, photo(9, 9)) == ["INTERNAL"]
    assert (memory[-CANARY:] == 0xA5).all()


def test_too_few_draws_are_rejected() -> None:
    made = recipe((4, 4), ops=[flip(3, 0.5, "horizontal")])
    with pytest.raises(ValueError, match="draws"):
        start([b""], made, np.zeros(made.slot_bytes, np.uint8), draws=[[0.1, 0.2, 0.3]])
