from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import jpeg, photo, with_orientation
from reference.pixels import decode_cv2, resize_cv2_linear

from native.native import GOOD, examples, one, run

SIZE = (32, 24)
FILTERS = ["antialias", "linear", "cv2.linear", "cv2.nearest"]
DAMAGED = ("TRUNCATED", "CORRUPT")
KINDS = {
    "4:4:4": jpeg(photo(90, 130, seed=1)),
    "4:2:0": jpeg(photo(90, 130, seed=2), subsampling="4:2:0"),
    "gray": jpeg(photo(90, 130, seed=3), gray=True),
    "progressive": jpeg(photo(90, 130, seed=4), progressive=True),
    "restart": jpeg(photo(90, 130, seed=5), restart=1),
    "arithmetic": jpeg(photo(90, 130, seed=6), arithmetic=True),
    "4:1:1": jpeg(photo(90, 130, seed=7), subsampling="4:1:1"),
}
FILL = 77


def statuses(files: list[bytes], **options: object) -> list[str]:
    """Decode, and check that failed slots are zeroed and good ones written."""
    batch = run(files, SIZE, **options)  # type: ignore[arg-type]
    for pixels, status in zip(batch.pixels, batch.statuses, strict=True):
        assert (status in GOOD) or not pixels.any(), status
    return batch.statuses


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("kind", KINDS)
def test_truncation_is_detected_at_every_position(kind: str, interpolation: str) -> None:
    whole = KINDS[kind]
    cuts = sorted({*range(3, len(whole), max(1, len(whole) // 60)), *range(len(whole) - 6, len(whole))})
    strict = statuses([whole[:cut] for cut in cuts], interpolation=interpolation)
    assert set(strict) <= set(DAMAGED), dict(zip(cuts, strict, strict=True))
    mended = statuses([whole[:cut] for cut in cuts], interpolation=interpolation, strict=False)
    assert set(mended) <= {*DAMAGED, "RECOVERED"}
    # Once the first scan has begun there are pixels, unless the cut is in the headers of a later scan.
    start = whole.find(b"\xff\xda") + 20
    shown = [status == "RECOVERED" for cut, status in zip(cuts, mended, strict=True) if cut > start]
    assert sum(shown) >= (0.8 if kind == "progressive" else 1) * len(shown)


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_end_marker_alone(kind: str, interpolation: str) -> None:
    data = KINDS[kind][:-2]
    assert statuses([data], interpolation=interpolation) == ["TRUNCATED"]
    mended = run([data], SIZE, interpolation=interpolation, strict=False)
    assert mended.statuses == ["RECOVERED"]
    assert mended.reasons[0]
    np.testing.assert_array_equal(mended.pixels[0], one(KINDS[kind], SIZE, interpolation=interpolation))


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("kind", KINDS)
def test_data_after_the_end_marker_is_ignored(kind: str, interpolation: str) -> None:
    expected = one(KINDS[kind], SIZE, interpolation=interpolation)
    for tail in (b"\0", b"\xff", bytes(1000), b"\xff\xd9", KINDS["gray"], b"\xff\xd8\xff", b"\xff\xda" * 600):
        np.testing.assert_array_equal(one(KINDS[kind] + tail, SIZE, interpolation=interpolation), expected)


@pytest.mark.parametrize("kind", ["4:4:4", "4:2:0", "gray"])
def test_zeroed_halves_are_detected(kind: str) -> None:
    data = KINDS[kind]
    half = data[: len(data) // 2] + bytes(len(data) // 2 - 2) + data[-2:]
    for interpolation in FILTERS:
        assert statuses([half], interpolation=interpolation)[0] in DAMAGED
        assert statuses([half], interpolation=interpolation, strict=False) == ["RECOVERED"]


@examples(max_examples=150)
@given(st.sampled_from(list(KINDS)), st.integers(0), st.integers(1, 255))
def test_flipped_bytes_give_a_status(kind: str, position: int, mask: int) -> None:
    data = bytearray(KINDS[kind])
    data[position % len(data)] ^= mask
    for interpolation in ("antialias", "cv2.linear"):
        for strict in (True, False):
            (status,) = statuses([bytes(data)], interpolation=interpolation, strict=strict)
            assert status not in ("PENDING", "CANCELLED", "INTERNAL", "OUT_OF_MEMORY")
            assert status != "RECOVERED" or not strict


def test_a_recovered_image_is_intact_where_its_data_was() -> None:
    whole = jpeg(photo(160, 160, seed=8), restart=1)
    image = decode_cv2(whole)
    mended = run([whole[: len(whole) * 3 // 4]], (160, 160), interpolation="cv2.linear", strict=False)
    assert mended.statuses == ["RECOVERED"]
    np.testing.assert_array_equal(mended.pixels[0][:80], image[:80])


@pytest.mark.parametrize("byteorder", ["II", "MM"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_valid_orientations(tag: int, byteorder: str) -> None:
    data = with_orientation(KINDS["4:2:0"], tag, byteorder)  # type: ignore[arg-type]
    expected = resize_cv2_linear(decode_cv2(data), SIZE)
    np.testing.assert_array_equal(one(data, SIZE, interpolation="cv2.linear"), expected)


@pytest.mark.parametrize("byteorder", ["II", "MM"])
@pytest.mark.parametrize(
    ("tag", "broken"),
    [
        (0, {}),
        (9, {}),
        (12330, {}),
        (65535, {}),
        (6, {"kind": 2}),
        (6, {"kind": 7}),
        (6, {"kind": 0}),
    ],
)
def test_invalid_orientations_are_ignored(tag: int, broken: dict[str, int], byteorder: str) -> None:
    data = with_orientation(KINDS["4:2:0"], tag, byteorder, **broken)  # type: ignore[arg-type]
    expected = one(KINDS["4:2:0"], SIZE, interpolation="cv2.linear")
    np.testing.assert_array_equal(one(data, SIZE, interpolation="cv2.linear"), expected)


def test_an_orientation_may_be_a_little_endian_long_as_in_cv2() -> None:
    for tag in range(1, 9):
        data = with_orientation(KINDS["4:2:0"], tag, kind=4)
        expected = resize_cv2_linear(decode_cv2(data), SIZE)
        np.testing.assert_array_equal(one(data, SIZE, interpolation="cv2.linear"), expected)
    upright = one(KINDS["4:2:0"], SIZE, interpolation="cv2.linear")
    turned = one(with_orientation(KINDS["4:2:0"], 6, kind=4), SIZE, interpolation="cv2.linear")
    assert (turned != upright).any()
    for tag, byteorder in ((0, "II"), (9, "II"), (65536 + 6, "II"), (6, "MM")):
        data = with_orientation(KINDS["4:2:0"], tag, byteorder, kind=4)  # type: ignore[arg-type]
        np.testing.assert_array_equal(one(data, SIZE, interpolation="cv2.linear"), upright)


@pytest.mark.parametrize("cut", range(32))
def test_truncated_exif(cut: int) -> None:
    data = with_orientation(KINDS["4:2:0"], 6, cut=cut)
    complete = cut <= 4  # the entry is complete; only the offset of the next directory is missing
    expected = one(KINDS["4:2:0"] if not complete else with_orientation(KINDS["4:2:0"], 6), SIZE)
    np.testing.assert_array_equal(one(data, SIZE), expected)


def test_only_the_first_exif_segment_counts() -> None:
    twice = with_orientation(with_orientation(KINDS["gray"], 8), 3)
    np.testing.assert_array_equal(one(twice, SIZE), one(with_orientation(KINDS["gray"], 3), SIZE))


@pytest.mark.parametrize("interpolation", FILTERS)
def test_bad_samples_do_not_affect_their_neighbors(interpolation: str) -> None:
    good = list(KINDS.values())
    files = [data for pair in zip(good, [data[: len(data) // 2] for data in good], strict=True) for data in pair]
    for threads in (1, 4):
        batch = run(files, SIZE, interpolation=interpolation, threads=threads)
        for k, data in enumerate(good):
            np.testing.assert_array_equal(batch.pixels[2 * k], one(data, SIZE, interpolation=interpolation))
            assert batch.statuses[2 * k + 1] in DAMAGED
            assert not batch.pixels[2 * k + 1].any()


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("kind", ["4:4:4", "4:2:0", "gray", "progressive", "restart", "4:1:1"])
def test_whole_images_alone_may_be_damaged(kind: str, interpolation: str) -> None:
    data = bytearray(KINDS[kind])
    data[len(data) * 3 // 4 : -2] = bytes(len(data) - len(data) * 3 // 4 - 2)
    files = [KINDS[kind], bytes(data), bytes(data[:-2]), KINDS[kind][:-2], KINDS[kind][: len(data) // 2]]
    expected = ["OK", "RECOVERED", "TRUNCATED", "TRUNCATED", "TRUNCATED"]
    assert statuses(files, interpolation=interpolation, strict=2) == expected
    mended = [run(files[1:2], SIZE, interpolation=interpolation, strict=strict) for strict in (0, 2)]
    np.testing.assert_array_equal(mended[0].pixels, mended[1].pixels)
    assert mended[1].reasons[0]
