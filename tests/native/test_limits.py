from __future__ import annotations

import struct
from pathlib import Path

import pytest
from images import jpeg, photo

from native.native import limits, run

SIZE = (16, 16)


def frame(data: bytes) -> int:
    """Return the offset of the frame header's marker."""
    return next(at for code in (b"\xff\xc0", b"\xff\xc2") if (at := data.find(code)) > 0)


def claiming(data: bytes, width: int, height: int) -> bytes:
    at = frame(data) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def with_scans(data: bytes, count: int) -> bytes:
    """Repeat the last scan of a progressive file until there are `count`."""
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * (count - data.count(b"\xff\xda")) + data[-2:]


def peak_kib() -> int:
    """Return the peak resident memory in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


@pytest.fixture(scope="module")
def progressive() -> bytes:
    return jpeg(photo(64, 64, seed=1), subsampling="4:2:0", progressive=True)


def status(data: bytes, **limit: int) -> str:
    batch = run([data], SIZE, limit=limits(**limit))
    assert batch.statuses[0] == "OK" or not batch.pixels.any()
    return batch.statuses[0]


def test_good_files_are_within_all_limits(progressive: bytes) -> None:
    assert status(progressive) == "OK"


@pytest.mark.parametrize("interpolation", ["antialias", "cv2.linear"])
def test_a_header_bomb_takes_no_memory(interpolation: str) -> None:
    bomb = claiming(jpeg(photo(8, 8)), 56321, 7789)[:304]
    run([jpeg(photo(8, 8))], SIZE, interpolation=interpolation)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = peak_kib()
    batch = run([bomb] * 20, SIZE, interpolation=interpolation)
    assert set(batch.statuses) == {"TOO_MANY_PIXELS"}
    assert peak_kib() - before < 4096


def test_pixels(progressive: bytes) -> None:
    for data in (progressive, jpeg(photo(64, 64, seed=1))):
        assert status(data, pixels=64 * 64) == "OK"
        assert status(data, pixels=64 * 64 - 1) == "TOO_MANY_PIXELS"


def test_scans(progressive: bytes) -> None:
    assert status(with_scans(progressive, 500)) in ("OK", "CORRUPT")  # the limit itself is allowed
    assert status(with_scans(progressive, 501)) == "TOO_MANY_SCANS"
    assert status(progressive, scans=3) == "TOO_MANY_SCANS"


def test_scan_work(progressive: bytes) -> None:
    scans = progressive.count(b"\xff\xda")
    assert status(progressive, scan_pixels=scans * 4096) == "OK"
    assert status(progressive, scan_pixels=scans * 4096 - 1) == "TOO_MUCH_SCAN_WORK"
    assert status(claiming(with_scans(progressive, 400), 3000, 3000)) == "TOO_MUCH_SCAN_WORK"


def test_a_single_scan_does_not_count_as_scan_work() -> None:
    assert status(jpeg(photo(64, 64)), scan_pixels=1, scans=0) == "OK"


def test_memory_of_many_scans(progressive: bytes) -> None:
    coefficients = 64 * 64 * 2 * 3 // 2  # two bytes each; both chroma planes together have half as many as luma
    assert status(progressive, memory_bytes=coefficients - 1) == "TOO_MUCH_MEMORY"
    assert status(claiming(progressive, 13000, 13000), memory_bytes=400 << 20) == "TOO_MUCH_MEMORY"
    assert status(jpeg(photo(64, 64)), memory_bytes=1 << 20) == "OK"


def test_file_bytes(tmp_path: Path) -> None:
    data = jpeg(photo(64, 64))
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    for size, expected in ((len(data), "OK"), (len(data) - 1, "FILE_TOO_LARGE")):
        assert status(data, file_bytes=size) == expected
        batch = run([bytes(path)], SIZE, paths=True, limit=limits(file_bytes=size))
        assert batch.statuses == [expected]


def test_a_sparse_terabyte_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert run([bytes(path)], SIZE, paths=True).statuses == ["FILE_TOO_LARGE"]


@pytest.mark.parametrize("shape", [(0, 64), (64, 0), (0, 0)])
def test_no_height_or_width(shape: tuple[int, int]) -> None:
    data = claiming(jpeg(photo(64, 64)), *shape)
    assert status(data) == "UNSUPPORTED_JPEG"
