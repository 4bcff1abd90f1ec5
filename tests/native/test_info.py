"""What a job records of its samples, if it is asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from images import encoded, jpeg, photo, with_orientation

from fastseq._native import tables
from fastseq._native.job import Job
from native.native import finish, pool, recipe

FORMATS = {number: name for name, number in tables.image_formats().items()}
ORIENTED = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
STAGES = ("read", "entropy", "transform", "resample", "write")


def job_of(sources: list[Any], *, info: bool = True, **options: Any) -> Any:
    made = recipe((50, 60), **options)
    out = np.zeros(len(sources) * made.slot_bytes, np.uint8)
    return Job(pool(), made, out, np.zeros((len(sources), 0)), sources, info=info)


@pytest.mark.parametrize(
    ("options", "sampling", "scans"),
    [
        ({}, ((1, 1), (1, 1), (1, 1)), 1),
        ({"subsampling": "4:2:0"}, ((2, 2), (1, 1), (1, 1)), 1),
        ({"subsampling": "4:2:0", "progressive": True}, ((2, 2), (1, 1), (1, 1)), 10),
        ({"gray": True}, ((1, 1),), 1),
        ({"arithmetic": True}, ((1, 1), (1, 1), (1, 1)), 1),
    ],
)
@pytest.mark.parametrize("interpolation", ["antialias", "cv2.linear", "tf.bilinear"])
@pytest.mark.parametrize("lookup", [None, np.arange(256, dtype=np.float32)])
def test_a_jpeg(
    options: dict[str, Any], sampling: Any, scans: int, interpolation: str, lookup: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(with_orientation(jpeg(photo(300, 400, seed=1), **options), 6))
    job = job_of([(bytes(path),)], interpolation=interpolation, lookup=lookup)
    assert finish(job) == ["OK"]
    number, *about, times = job.info(0)
    assert FORMATS[number] == "JPEG"
    assert about == [300, 400, sampling, scans, 6, None]
    spent = dict(zip(STAGES, times, strict=True))
    assert all(value >= 0 for value in spent.values())
    for stage in ("read", "entropy", "resample"):
        assert spent[stage] > 0, (stage, spent)
    if not options.get("arithmetic"):
        assert spent["transform"] > 0, spent
    if lookup is not None:
        assert spent["write"] > 0, spent


def test_a_png() -> None:
    data = encoded(photo(300, 400), "png", exif=ORIENTED)
    job = job_of([data])
    assert finish(job) == ["OK"]
    number, *about, times = job.info(0)
    assert FORMATS[number] == "PNG"
    assert about == [300, 400, (), 0, 6, None]
    spent = dict(zip(STAGES, times, strict=True))
    for stage in ("entropy", "transform", "resample"):
        assert spent[stage] > 0, (stage, spent)


@pytest.mark.parametrize("form", ["gif", "bmp", "webp", "tiff", "ppm"])
def test_other_formats(form: str) -> None:
    job = job_of([encoded(photo(30, 41), form)])
    assert finish(job) == ["NEEDS_DECODER"]
    assert (FORMATS[job.info(0)[0]], *job.info(0)[1:3]) == (form.upper(), 30, 41)
    assert job.begin_fetch(0)
    job.put_pixels(0, photo(30, 41), False)
    assert finish(job) == ["OK"]
    assert FORMATS[job.info(0)[0]] == form.upper()
    assert job.info(0)[-1][3] > 0


def test_bad_files() -> None:
    cut = jpeg(photo(30, 40))[:-200]
    job = job_of([b"text", b"", cut, (b"/nowhere.jpg",), b"\0\0\0\x18ftypheic\0\0\0\0heic"])
    assert finish(job) == ["NOT_AN_IMAGE", "EMPTY", "TRUNCATED", "NOT_FOUND", "UNSUPPORTED_FORMAT"]
    assert [FORMATS[job.info(i)[0]] for i in range(5)] == ["unknown", "unknown", "JPEG", "unknown", "HEIF"]
    assert job.info(2)[1:3] == (30, 40)


def test_nothing_is_recorded_unless_asked_for() -> None:
    job = job_of([jpeg(photo(30, 40))], info=False)
    assert finish(job) == ["OK"]
    for i in (0, 1, -1):
        with pytest.raises(IndexError, match=f"no info on sample {i}"):
            job.info(i)


def test_pixels_do_not_depend_on_it() -> None:
    made = recipe((50, 60))
    outs = []
    for info in (False, True):
        out = np.zeros(made.slot_bytes, np.uint8)
        assert finish(Job(pool(), made, out, np.zeros((1, 0)), [jpeg(photo(300, 400))], info=info)) == ["OK"]
        outs.append(out)
    np.testing.assert_array_equal(*outs)
