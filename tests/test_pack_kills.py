"""Packs whose writers are killed: the bytes are those of an undisturbed run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from images import jpeg, photo
from test_executors import ENVIRONMENT
from test_pack import files_in, members

from fastseq import Samples, pack

N = 240
SETTINGS = ("--short-side", "64", "--shard-bytes", "30KB")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of class folders."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(N):
        path = folder / "abc"[i % 3] / f"{i}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(jpeg(photo(90, 120, seed=i)))
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder, tmp_path_factory):
    """The pack of it."""
    to = tmp_path_factory.mktemp("packs") / "pack"
    pack(Samples.from_directory(folder), to, short_side=64, shard_bytes="30KB", workers=1)
    assert len(list(to.glob("*.tar"))) > 20
    return files_in(to)


def begin(folder: Path, to: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fastseq", "pack", str(folder), str(to), *SETTINGS, *options]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=ENVIRONMENT
    )


def shards_in(to: Path) -> int:
    return len(list(to.glob("*.tar"))) if to.exists() else 0


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a process has started and that run."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    return []


def run_until_killed(folder: Path, to: Path, random: Random, victim: str) -> bool:
    """Begin a run, and kill it, or one of its workers, once it has written some more shards, and a moment later.

    Returns:
        Whether there was something left to kill.
    """
    process = begin(folder, to, "--workers", "2")
    wanted = shards_in(to) + random.randrange(4)
    while shards_in(to) < wanted or not children(process):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.02) != 0
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(random.random() * 0.2) != 0
    if victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        with contextlib.suppress(OSError, IndexError):
            os.kill(random.choice(children(process)), signal.SIGKILL)
    return process.wait(100) != 0


@pytest.mark.parametrize("victim", ["a worker", "all"])
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_processes(folder, undisturbed, tmp_path, victim, kills):
    random = Random(kills)
    for _ in range(kills):
        run_until_killed(folder, tmp_path / "pack", random, victim)
    assert begin(folder, tmp_path / "pack", "--workers", "2").wait(300) == 0
    assert files_in(tmp_path / "pack") == undisturbed
    assert sum(name.endswith(".jpg") for name in members(tmp_path / "pack")) == N


@pytest.mark.soak
def test_a_ray_cluster_whose_node_is_killed(folder, undisturbed, tmp_path):
    pytest.importorskip("ray")
    program = """
import sys, threading
from ray.cluster_utils import Cluster
import ray
from fastseq import Samples, pack

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
second = cluster.add_node(num_cpus=1)
ray.init(address=cluster.address, log_to_driver=False)
killed = []

def kill(progress):
    if not killed:
        killed.append(progress.done)
        threading.Thread(target=cluster.remove_node, args=(second,), kwargs={"allow_graceful": False}).start()

pack(Samples.from_directory(sys.argv[1]), sys.argv[2], short_side=64, shard_bytes="30KB", ray="auto", progress=kill)
assert killed and killed[0] < 240
ray.shutdown()
cluster.shutdown()
"""
    subprocess.run([sys.executable, "-c", program, folder, tmp_path / "pack"], check=True, timeout=500, env=ENVIRONMENT)
    assert files_in(tmp_path / "pack") == undisturbed


def test_ray(folder, undisturbed, tmp_path):
    pytest.importorskip("ray")
    assert begin(folder, tmp_path / "pack", "--ray", "local").wait(300) == 0
    assert files_in(tmp_path / "pack") == undisturbed
