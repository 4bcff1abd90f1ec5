"""Where tasks run: in this process, in others, and on a Ray cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from functools import partial
from pathlib import Path

import pytest
from images import jpeg, photo
from tar_files import tar
from tfrecord_files import tfrecords

import fastseq.samples.sources.tar as tar_source
from fastseq.cli.main import main
from fastseq.executors import WorkerDiedError
from fastseq.executors.processes import in_processes
from fastseq.executors.threads import in_threads, one_by_one
from fastseq.samples.index.columns import columns_of
from fastseq.samples.sources.tar import tar_shards
from fastseq.samples.sources.tfrecord import tfrecord_shards

ENVIRONMENT = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
EXECUTORS = [one_by_one, in_threads(3), in_processes(2)]
NAMES = ["one by one", "threads", "processes"]


def square(number: int) -> int:
    return number * number


def fail_at_seven(number: int) -> int:
    if number == 7:
        raise FileNotFoundError(f"no number {number}")
    return number


def end_process(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("executor", EXECUTORS, ids=NAMES)
@pytest.mark.parametrize("count", [0, 1, 20])
def test_each_task_runs_once(executor, count):
    results = list(executor([partial(square, number) for number in range(count)]))
    assert sorted(results) == [(number, number * number) for number in range(count)]


@pytest.mark.parametrize("executor", EXECUTORS, ids=NAMES)
def test_what_a_task_raises(executor):
    with pytest.raises(FileNotFoundError, match="no number 7"):
        list(executor([partial(fail_at_seven, number) for number in range(20)]))


def test_a_process_that_is_killed():
    with pytest.raises(WorkerDiedError, match=r"a process that ran a task has ended with status -9"):
        list(in_processes(2)([partial(end_process, number) for number in range(3)]))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Seven tar archives, one of them empty and one cut off, and as many files of TFRecords."""
    for shard in range(7):
        data = [jpeg(photo(20, 24, seed=10 * shard + i)) for i in range(3 * (shard != 2))]
        labels = [f"{'zyx'[(shard + i) % 3]}" for i in range(len(data))]
        files = [
            (f"{i}.{kind}", each)
            for i, pair in enumerate(zip(data, labels, strict=True))
            for kind, each in pair_of(*pair)
        ]
        packed = tar(files)
        (tmp_path / f"{shard}.tar").write_bytes(packed[:-3000] if shard == 4 else packed)
        records = [{"image": image, "label": [label.encode()]} for image, label in zip(data, labels, strict=True)]
        (tmp_path / f"{shard}.tfrecord").write_bytes(tfrecords(records))
    return tmp_path


def pair_of(image: bytes, label: str) -> list[tuple[str, bytes]]:
    return [("cls", label.encode()), ("jpg", image)]


@pytest.mark.parametrize("executor", EXECUTORS[1:], ids=NAMES[1:])
def test_an_index_does_not_depend_on_the_executor(shards, executor):
    for found in (
        tar_shards(f"{shards}/*.tar", None, "cls"),
        tar_shards(f"{shards}/*.tar", "jpg", None),
        tfrecord_shards(f"{shards}/*.tfrecord", "image", "label"),
    ):
        expected, made = found.make(), found.make(executor=executor)
        columns, expected_columns = columns_of(made), columns_of(expected)
        assert columns.keys() == expected_columns.keys()
        for name, column in expected_columns.items():
            assert columns[name].dtype == column.dtype
            assert columns[name].tolist() == column.tolist(), name
        assert dict(made.left_out) == dict(expected.left_out)
        assert "are they whole?" in " ".join(made.left_out)


@pytest.mark.parametrize("options", [["--workers", "2"], ["--ray", "local"]], ids=["processes", "Ray"])
def test_the_command(shards, options):
    if options[0] == "--ray":
        pytest.importorskip("ray")
    command = [sys.executable, "-m", "fastseq", "index", f"{shards}/*.tar", "--label", "cls", *options]
    ran = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert "17 images in 7 shards" in ran.stdout
    made = (shards / "index.fsi").read_bytes()
    plain = subprocess.run(command[: -len(options)], capture_output=True, text=True, timeout=300)
    assert plain.returncode == 0, plain.stderr
    assert (shards / "index.fsi").read_bytes() == made


def test_two_executors(shards):
    command = [sys.executable, "-m", "fastseq", "index", f"{shards}/*.tar", "--ray", "local", "--workers", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 2
    assert "leave one of them out" in ran.stderr


def test_a_node_that_dies(tmp_path):
    pytest.importorskip("ray")
    program = textwrap.dedent("""
        import os, sys
        from functools import partial
        from pathlib import Path

        from fastseq.executors.ray_cluster import on_ray

        def die_once(folder, number):
            try:
                (Path(folder) / str(number)).touch(exist_ok=False)
            except FileExistsError:
                return number
            os._exit(1) if number % 3 == 0 else None
            return number

        def fail():
            raise FileNotFoundError("there is no shard")

        run = on_ray("local")
        print(sorted(run([partial(die_once, sys.argv[1], number) for number in range(7)])))
        try:
            list(run([fail]))
        except FileNotFoundError as error:
            print("raised:", error)
    """)
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, env=ENVIRONMENT, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    assert str([(number, number) for number in range(7)]) in ran.stdout
    assert "raised: there is no shard" in ran.stdout


def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def test_cli_says_what_happened(tmp_path, monkeypatch, capsys):
    for shard in range(2):
        (tmp_path / f"{shard}.tar").write_bytes(tar([("a.jpg", jpeg(photo(8, 8)))]))
    monkeypatch.setattr(tar_source, "_index_shard", killed)
    with pytest.raises(SystemExit) as stop:
        main(["index", f"{tmp_path}/*.tar", "--workers", "1"])
    assert stop.value.code == 2
    assert "try fewer" in capsys.readouterr().err.lower()


def note(folder, number):
    """Write down whether this starts after the caller has the error; all but the first one then wait to be ended."""
    is_late = os.path.exists(os.path.join(folder, "raised"))
    open(os.path.join(folder, f"{number} {'late' if is_late else 'in time'}"), "w").close()
    if number == 0:
        raise ValueError("bad")
    threading.Event().wait()


MAIN = """
import sys
sys.path.insert(0, sys.argv[2])
from functools import partial
from fastseq.executors.processes import in_processes
from test_executors import note
if __name__ == "__main__":
    try:
        list(in_processes(2)([partial(note, sys.argv[1], i) for i in range(20)]))
    except ValueError:
        open(sys.argv[1] + "/raised", "w").close()
"""


def test_no_further_tasks_start(tmp_path):
    (tmp_path / "main.py").write_text(MAIN)
    here = os.path.dirname(__file__)
    subprocess.run([sys.executable, tmp_path / "main.py", tmp_path, here], check=True, timeout=100)
    late = [name for name in os.listdir(tmp_path) if name.endswith("late")]
    assert not late, sorted(late)
