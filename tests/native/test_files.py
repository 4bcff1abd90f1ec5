from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from images import jpeg, photo

from fastseq._native.job import Job, Pool
from fastseq._native.shards import crop_index
from native.native import Batch, finish, one, recipe, run

SIZE = (16, 16)
IMAGE = jpeg(photo(30, 40, seed=1))


def read(*paths: Path | bytes) -> Batch:
    return run([bytes(path) for path in paths], SIZE, paths=True)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(IMAGE)
    batch = read(path, path)
    assert batch.statuses == ["OK", "OK"]
    np.testing.assert_array_equal(batch.pixels, [one(IMAGE, SIZE)] * 2)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "a.jpg").write_bytes(IMAGE)
    expected = {
        tmp_path / "missing.jpg": "NOT_FOUND",
        tmp_path / "a.jpg" / "b.jpg": "NOT_FOUND",
        tmp_path / "dangling": "NOT_FOUND",
        tmp_path: "NOT_A_FILE",
        tmp_path / "fifo": "NOT_A_FILE",
        Path("/dev/null"): "NOT_A_FILE",
        Path("/dev/zero"): "NOT_A_FILE",
        tmp_path / "empty.jpg": "EMPTY",
        tmp_path / "loop": "READ_ERROR",
        tmp_path / ("x" * 300): "READ_ERROR",
        Path("/" + "x/" * 3000): "READ_ERROR",
    }
    batch = read(*expected)
    assert dict(zip(expected, batch.statuses, strict=True)) == expected
    assert not batch.pixels.any()


def test_an_empty_path() -> None:
    assert read(b"").statuses == ["NOT_FOUND"]


def test_a_path_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(IMAGE)
    path.chmod(0)
    # The superuser may read everything.
    assert read(path).statuses == ["OK" if os.access(path, os.R_OK) else "PERMISSION_DENIED"]


def test_a_read_that_fails() -> None:
    # A regular file whose reads at offset 0 give EIO.
    assert read(b"/proc/self/mem").statuses in (["READ_ERROR"], ["EMPTY"])


def test_names_of_any_bytes(tmp_path: Path) -> None:
    names = [b"\xff\xfe.jpg", "bäuerin 犬.jpg".encode(), b"new\nline.jpg", b" .jpg", b"x" * 251 + b".jpg"]
    paths = [os.path.join(bytes(tmp_path), name) for name in names]
    for path in paths:
        Path(os.fsdecode(path)).write_bytes(IMAGE)
    assert read(*paths).statuses == ["OK"] * len(names)


def table(root: bytes, names: list[bytes], rows: list[int]) -> tuple[object, ...]:
    offsets = np.cumsum([0, *map(len, names)]).astype(np.int64)
    return np.frombuffer(b"".join(names), np.uint8), offsets, root, np.array(rows, np.int64), *[None] * 5


def decode_table(source: tuple[object, ...], count: int) -> tuple[list[str], np.ndarray]:
    made = recipe(SIZE)
    out = np.full((count, made.slot_bytes), 77, np.uint8)
    job = Job(Pool(2), made, out.reshape(-1), np.zeros((count, 0)), source)
    return finish(job), out


@pytest.mark.parametrize("slash", [b"", b"/"])
def test_a_path_table(tmp_path: Path, slash: bytes) -> None:
    names = [b"a.jpg", b"b c.jpg", b"deep/er.jpg", bytes(tmp_path / "absolute.jpg"), b"gone.jpg"]
    (tmp_path / "root" / "deep").mkdir(parents=True)
    contents = [jpeg(photo(30, 40, seed=seed)) for seed in range(4)]
    for name, content in zip(names, contents, strict=False):
        (tmp_path / "root" / os.fsdecode(name)).write_bytes(content)
    rows = [3, 0, 0, 4, 2, 1]
    statuses, out = decode_table(table(bytes(tmp_path / "root") + slash, names, rows), len(rows))
    assert statuses == ["OK", "OK", "OK", "NOT_FOUND", "OK", "OK"]
    for slot, row in zip(out, rows, strict=True):
        expected = one(contents[row], SIZE).reshape(-1) if row < 4 else np.zeros(len(slot))
        np.testing.assert_array_equal(slot, expected)


def test_a_table_without_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(IMAGE)
    monkeypatch.chdir(tmp_path)
    assert decode_table(table(b"", [b"a.jpg"], [0]), 1)[0] == ["OK"]


@pytest.mark.parametrize("row", [-1, 2, 2**40])
def test_rows_beyond_the_table_are_refused(row: int) -> None:
    with pytest.raises(IndexError, match="not in the path table"):
        decode_table(table(b"", [b"a", b"b"], [row]), 1)


def test_a_table_whose_offsets_lie_is_refused() -> None:
    blob, offsets, *rest = table(b"", [b"a", b"b"], [1])
    offsets[2] = 99  # type: ignore[index]
    with pytest.raises(IndexError, match="not in the path table"):
        decode_table((blob, offsets, *rest), 1)


def held(ranges: list[tuple[int, int]], *buffers: bytes, path: bytes = b"") -> tuple[object, ...]:
    """A table of ranges of its first buffer, and after the buffers one path."""
    arrays = [np.frombuffer(buffer, np.uint8) for buffer in buffers]
    addresses = np.array([array.ctypes.data for array in arrays], np.uintp)
    sizes = np.array([len(array) for array in arrays], np.uintp)
    columns = tuple(np.array(column, np.int64) for column in zip(*ranges, strict=True))
    numbers = np.zeros(len(ranges), np.int32)
    blob, offsets, root, rows, *_ = table(b"", [b""] * len(buffers) + [path], list(range(len(ranges))))
    return blob, offsets, root, rows, numbers, (*columns, None, None), None, (arrays, addresses, sizes), None


def test_a_table_of_images_in_memory(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(IMAGE)
    buffer, size = b"--" + IMAGE + b"no image", len(IMAGE)
    source = held([(2, size), (2 + size, 8), (9, 0), (0, -1)], buffer, path=bytes(tmp_path / "a.jpg"))
    source[4][3] = 1  # type: ignore[index]
    statuses, out = decode_table(source, 4)
    assert statuses == ["OK", "NOT_AN_IMAGE", "EMPTY", "OK"]
    np.testing.assert_array_equal(out[0], out[3])
    np.testing.assert_array_equal(out[0], one(IMAGE, SIZE).reshape(-1))


@pytest.mark.parametrize("place", [(-1, 1), (0, -1), (0, 11), (4, 7), (11, 0), (2**63 - 1, 2**63 - 1), (10, 2**62)])
def test_ranges_beyond_a_buffer_are_refused(place: tuple[int, int]) -> None:
    with pytest.raises(IndexError, match="not in the path table"):
        decode_table(held([place], b"x" * 10), 1)


def test_buffers_without_ranges_or_sizes_are_refused() -> None:
    *source, _, _, buffers, _ = held([(0, 1)], b"x")
    with pytest.raises(IndexError, match="not in the path table"):
        decode_table((*source, None, None, buffers, None), 1)
    arrays, addresses, sizes = buffers  # type: ignore[misc]
    with pytest.raises(ValueError, match="one size for each buffer"):
        decode_table((*source, None, None, (arrays, addresses, sizes[:0]), None), 1)


def test_empty_names_and_tables() -> None:
    assert decode_table(table(b"", [b""], [0]), 1)[0] == ["NOT_FOUND"]
    assert decode_table(table(b"/", [b""], [0]), 1)[0] == ["NOT_A_FILE"]
    assert decode_table(table(b"", [b"a"], []), 0)[0] == []


def with_crops(begins: list[int], ends: list[int], blob: bytes) -> tuple[object, ...]:
    """A table of two files with crop indexes."""
    crops = np.frombuffer(blob, np.uint8), np.array(begins, np.int64), np.array(ends, np.int64)
    return (*table(b"", [b"a.jpg", b"b.jpg"], [1, 0])[:-1], crops)


def test_a_table_with_crop_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    index = crop_index(IMAGE)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(IMAGE)
    fits = [0, 0], [len(index), 0], index
    assert decode_table(with_crops(*fits), 2)[0] == ["OK", "OK"]


@pytest.mark.parametrize(
    ("begins", "ends"), [([0, -1], [1, 1]), ([0, 0], [1, 3]), ([0, 2], [1, 1]), ([0, 2**62], [1, 2**62 + 1])]
)
def test_crop_indexes_beyond_their_bytes_are_refused(begins: list[int], ends: list[int]) -> None:
    with pytest.raises(IndexError, match="not in the path table"):
        decode_table(with_crops(begins, ends, b"ab"), 2)


def test_crop_indexes_of_another_number_of_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="one crop index for each row"):
        decode_table(with_crops([0], [1], b"ab"), 2)
