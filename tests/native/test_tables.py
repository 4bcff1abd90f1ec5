"""The tables that the native core exports."""

from __future__ import annotations

import pytest

from fastseq._native import tables
from native.native import recipe


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (
            tables.interpolations(),
            [
                *("antialias", "linear"),
                *(f"cv2.{name}" for name in ("linear", "nearest", "area")),
                *(f"pil.{name}" for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")),
                *(f"tf.{name}" for name in ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5")),
                *("tf.gaussian", "tf.mitchellcubic"),
            ],
        ),
        (tables.orients(), ["none", "exif", "landscape"]),
        (tables.strictnesses(), ["accept_damaged", "reject_damaged", "reject_truncated"]),
        (tables.fill_modes(), ["nearest", "constant", "reflect", "wrap"]),
    ],
)
def test_enums(table: dict[str, int], names: list[str]) -> None:
    assert list(table) == names
    assert len(set(table.values())) == len(names)


def test_colors() -> None:
    table = tables.color_table()
    assert {name: channels for name, (channels, *_) in table.items()} == {
        **{"rgb": 3, "bgr": 3, "gray": 1},
        **{"pil.rgb": 3, "pil.gray": 1, "index": 1},
    }
    assert [name for name, (_, bgr, _, _) in table.items() if bgr] == ["bgr"]
    assert [name for name, (_, _, pillow, _) in table.items() if pillow] == ["pil.rgb", "pil.gray"]
    assert [name for name, (_, _, _, index) in table.items() if index] == ["index"]


def test_transform_steps_say_how_many_numbers_they_read() -> None:
    table = tables.op_table()
    assert sorted(number for number, _ in table.values()) == list(range(len(table)))
    assert {name: draws for name, (_, draws) in table.items() if draws} == {"random_resized_crop": 22, "flip": 1}
    for number in (-1, len(table)):
        with pytest.raises(ValueError, match="there is no transform step"):
            recipe((4, 4), ops=[(number, 0, 0, 0, 0, 0)])


def test_augment_columns_lie_side_by_side() -> None:
    table = tables.augment_column_table()
    begin = 0
    for first, count in table.values():
        assert first == begin
        begin += count
    assert set(table) >= {"m", "shift", "is_affine", "channel_shift", "brightness"}
