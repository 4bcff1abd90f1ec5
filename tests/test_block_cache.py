"""Blocks on a local disk: bounded, shared, and never wrong, whenever a process is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap

import pytest

from fastseq import arguments
from fastseq.storage.block_cache import BlockCache, object_key

pytest.importorskip("xxhash")
KEY = object_key("s3://bucket/a.tar", "version 1")
SIZE = 5000


def contents(cell, size=SIZE):
    """The bytes of a block."""
    return random.Random(cell).randbytes(size)


class Source:
    """Counts what is fetched from it."""

    def __init__(self):
        self.fetched = []

    def read(self, cell, size=SIZE):
        def fetch():
            self.fetched.append(cell)
            return memoryview(contents(cell, size))

        return fetch


@pytest.fixture
def source():
    return Source()


def opened(folder, max_bytes=10**9, keys=(KEY,), set_bytes=10**6):
    return BlockCache(str(folder), max_bytes, keys, set_bytes)


def read(cache, source, cell, key=KEY, size=SIZE):
    data = cache.get(key, cell, cell * size, size, source.read(cell, size))
    assert bytes(data) == contents(cell, size)


def test_a_block_is_fetched_once(tmp_path, source):
    for _ in range(2):
        cache = opened(tmp_path)
        for cell in (3, 0, 3, 7):
            read(cache, source, cell)
    assert source.fetched == [3, 0, 7]


def test_versions_of_an_object_are_apart(tmp_path, source):
    cache = opened(tmp_path)
    for etag in ("version 1", "version 2", "version 1"):
        read(cache, source, 0, object_key("s3://bucket/a.tar", etag))
    assert source.fetched == [0, 0]


def test_blocks_cut_in_another_way_are_fetched_again(tmp_path, source):
    cache = opened(tmp_path)
    read(cache, source, 1)
    read(cache, source, 1, size=4000)
    read(cache, source, 1, size=4000)
    assert source.fetched == [1, 1]


@pytest.mark.parametrize("ending", ["data", "map"])
def test_damage_is_noticed(tmp_path, source, ending):
    read(opened(tmp_path), source, 1)
    (file,) = tmp_path.rglob(f"*.{ending}")
    whole = file.read_bytes()
    start = SIZE if ending == "data" else 32
    for place in random.Random(0).sample(range(start, len(whole)), 30):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        read(opened(tmp_path), source, 1)
    file.write_bytes(whole[:-1])
    read(opened(tmp_path), source, 1)
    file.unlink()
    read(opened(tmp_path), source, 1)
    assert len(source.fetched) == 33


def test_what_does_not_fit_is_fetched_each_time(tmp_path, source):
    cache = opened(tmp_path, max_bytes=3 * SIZE)
    for _ in range(3):
        for cell in range(6):
            read(cache, source, cell)
    assert source.fetched == [0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5]
    assert not cache.failure


def test_half_of_the_free_space_is_the_default(tmp_path, source):
    read(opened(tmp_path, max_bytes=None), source, 0)
    read(opened(tmp_path, max_bytes=None), source, 0)
    assert source.fetched == [0]


def test_other_sets_make_room_oldest_first(tmp_path, source):
    size = 1 << 16
    keys = [object_key("s3://bucket", str(i)) for i in range(4)]
    for age, key in enumerate(keys[:3]):
        cache = opened(tmp_path, keys=[key])
        read(cache, source, 0, key, size)
        del cache
        os.utime(next(tmp_path.rglob(f"{key}.data")), ns=(age, age))
    in_use = opened(tmp_path, 3 * size, keys[:1], size)  # which is used last so
    opened(tmp_path, 3 * size, keys[3:], 2 * size)
    assert len(list(tmp_path.rglob("*.data"))) == 3, "another process may use them"
    del in_use
    read(opened(tmp_path, 3 * size, keys[3:], 2 * size), source, 0, keys[3], size)
    assert {path.stem for path in tmp_path.rglob("*.data")} == {keys[0], keys[3]}


def test_sets_of_the_same_day_stay(tmp_path, source):
    keys = [object_key("s3://bucket", name) for name in ("training", "validation")]
    for key in keys * 2:
        read(opened(tmp_path, 3 * SIZE, [key], 10**6), source, 0, key)
    assert source.fetched == [0, 0]


def test_a_process_that_is_stopped_does_not_stop_others(tmp_path, source, monkeypatch):
    monkeypatch.setattr("fastseq.storage.block_cache._LOCK_TIMEOUT_S", 0.05)
    one, other = opened(tmp_path), opened(tmp_path)

    def stop():
        read(other, source, 0)
        return memoryview(contents(0))

    assert bytes(one.get(KEY, 0, 0, SIZE, stop)) == contents(0)
    assert source.fetched == [0]


def test_a_disk_that_fails_costs_no_block(tmp_path, source, monkeypatch):
    cache = opened(tmp_path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fail)
        read(cache, source, 0)
        assert "No space left" in cache.failure
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        read(cache, source, 0)
    read(cache, source, 0)
    assert source.fetched == [0, 0, 0]


READER = textwrap.dedent("""
    import random, sys
    sys.path[:0] = sys.argv[3:]
    from test_block_cache import KEY, contents, opened, read

    class Log:
        def read(self, cell, size):
            def fetch():
                print(cell, flush=True)
                return memoryview(contents(cell, size))
            return fetch

    cache = opened(sys.argv[1], keys=[KEY])
    print("begin", flush=True)
    for cell in random.Random(int(sys.argv[2])).sample(range(200), 200):
        read(cache, Log(), cell)
    print("end", flush=True)
""")


def start(folder, seed):
    command = [sys.executable, "-c", READER, str(folder), str(seed), os.path.dirname(__file__)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_fetch_each_block_once(tmp_path):
    programs = [start(tmp_path, seed) for seed in range(4)]
    lines = [program.communicate(timeout=60)[0].split() for program in programs]
    assert all(each[0] == "begin" and each[-1] == "end" for each in lines)
    fetched = [cell for each in lines for cell in each[1:-1]]
    assert sorted(map(int, fetched)) == list(range(200))


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.soak)])
def test_a_killed_process_leaves_no_wrong_block(tmp_path, kills):
    """Each block that is read is compared; a lock that outlived its process would hang the next one."""
    numbers = random.Random(0)
    left = kills
    while left > 0:
        programs = [start(tmp_path, numbers.randrange(1000)) for _ in range(min(left, 8))]
        for program in programs:
            for _ in range(numbers.randrange(1, 40)):
                program.stdout.readline()
            program.send_signal(signal.SIGKILL)
        for program in programs:
            program.communicate(timeout=60)
            assert program.returncode in (-signal.SIGKILL, 0)
        left -= len(programs)
    with start(tmp_path, 1) as program:
        assert program.communicate(timeout=60)[0].endswith("end\n")
    source, cache = Source(), opened(tmp_path)
    for cell in range(200):
        read(cache, source, cell)
    assert source.fetched == []
    there = {path.name for path in (tmp_path / "fastseq-blocks").iterdir()}
    assert there == {"users", "used", f"{KEY}.data", f"{KEY}.map"}


@pytest.mark.parametrize(
    ("text", "count"),
    [(5, 5), ("5", 5), ("400GB", 400 * 10**9), ("64 MiB", 64 << 20), ("1.5k", 1500), ("2tib", 2 << 40), ("7B", 7)],
)
def test_sizes_in_bytes(text, count):
    assert arguments.byte_count("cache_bytes", text) == count


@pytest.mark.parametrize("value", ["", "GB", "-5GB", "5 PB", "5GBB", 0, -1, "0", "0.1"])
def test_what_is_no_size(value):
    with pytest.raises(ValueError, match="cache_bytes must be"):
        arguments.byte_count("cache_bytes", value)


@pytest.mark.parametrize("value", [1.5, None, True])
def test_what_has_the_wrong_type(value):
    with pytest.raises(TypeError, match="cache_bytes must be an integer"):
        arguments.byte_count("cache_bytes", value)
