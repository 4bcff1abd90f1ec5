"""Files that the caller decodes: their bytes are kept from the first read, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from images import photo

from native.native import OTHER_FORMAT, finish, limits, recipe, start

SIZE = (16, 16)


def job_of(path: Path, **changed: int) -> Any:
    made = recipe(SIZE, limit=limits(**changed))
    return start([bytes(path)], made, np.full((1, made.slot_bytes), 77, np.uint8), paths=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(OTHER_FORMAT + bytes(1000))
    return path


def test_a_file_is_read_once(path: Path) -> None:
    content = path.read_bytes()
    job = job_of(path)
    assert finish(job) == ["NEEDS_DECODER"]
    path.unlink()
    assert job.begin_fetch(0)
    data = job.data(0)
    assert data.readonly
    assert bytes(data) == content
    job.put_pixels(0, photo(20, 20), False)
    assert finish(job) == ["OK"]
    del job
    assert bytes(data) == content


def test_bytes_are_not_copied() -> None:
    source = np.frombuffer(OTHER_FORMAT + bytes(100), np.uint8)
    made = recipe(SIZE)
    job = start([source], made, np.zeros((1, made.slot_bytes), np.uint8))
    assert finish(job) == ["NEEDS_DECODER"]
    assert job.begin_fetch(0)
    assert np.shares_memory(np.frombuffer(job.data(0), np.uint8), source)
    job.fail(0, 0, "")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda path: None, None),
        (lambda path: (path.unlink(), os.mkfifo(path)), "NOT_A_FILE"),
        (lambda path: (path.unlink(), path.mkdir()), "NOT_A_FILE"),
        (lambda path: path.unlink(), "NOT_FOUND"),
        (lambda path: path.write_bytes(path.read_bytes() + bytes(5000)), "FILE_TOO_LARGE"),
        (lambda path: path.write_bytes(b""), "EMPTY"),
    ],
)
def test_a_file_that_was_too_large_to_keep_is_read_again(
    path: Path, change: Callable[[Path], Any], status: str | None
) -> None:
    job = job_of(path, memory_bytes=500, file_bytes=2000)
    assert finish(job) == ["NEEDS_DECODER"]
    change(path)
    assert job.begin_fetch(0)
    data = job.data(0)
    if status is None:
        assert bytes(data) == path.read_bytes()
        job.fail(0, 0, "")
    else:
        assert data is None
        assert finish(job) == [status]
