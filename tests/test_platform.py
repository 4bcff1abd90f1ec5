"""What is done where the system lacks something that Linux has."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

import pytest

from fastseq.engine import files, platform


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    importlib.reload(platform)


def test_without_fork_there_is_nothing_to_call_after_one(system):
    system.delattr(os, "register_at_fork")
    platform.call_after_fork(pytest.fail)


def test_without_affinities_all_cpus_count(system):
    system.delattr(os, "sched_getaffinity")
    system.setattr(os, "cpu_count", lambda: 5)
    assert platform.cpus_of_process() == 5
    system.setattr(os, "cpu_count", lambda: None)
    assert platform.cpus_of_process() == 1


def test_files_are_opened_with_the_flags_that_there_are(system, tmp_path):
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"):
        system.delattr(os, name)
    system.setattr(os, "O_BINARY", 1 << 30, raising=False)
    importlib.reload(platform)
    assert platform.REGULAR_FILE_FLAGS == os.O_RDONLY | 1 << 30
    system.undo()
    importlib.reload(platform)
    (tmp_path / "a").write_bytes(b"abc")
    with files.open_regular(tmp_path / "a") as file:
        assert file.read() == b"abc"
        assert not os.get_inheritable(file.fileno())
