"""rank="auto": what launchers and frameworks say, and that their processes share each epoch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from programs import TIMEOUT

from fastseq import Loader, Samples
from fastseq.order.processes import processes

if TYPE_CHECKING:
    from conftest import EverySource

PROGRAMS = Path(__file__).parent / "backends"
VARIABLES = (
    *("RANK", "WORLD_SIZE", "TF_CONFIG", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS"),
    *("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "HOROVOD_RANK", "HOROVOD_SIZE"),
)
CLUSTER = {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}
Found = tuple[str, list[list[int]]]
Epochs = list[list[list[int]]]  # the numbers of the images in each batch of each epoch


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("torch.distributed", "jax._src.distributed"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def task(kind: str, index: object, cluster: object = CLUSTER) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def initialized(monkeypatch: pytest.MonkeyPatch, framework: str, rank: int, world_size: int) -> None:
    """Pretend that this process has initialized torch.distributed or jax.distributed."""
    if framework == "torch":
        module = SimpleNamespace(
            is_available=lambda: True,
            is_initialized=lambda: True,
            get_rank=lambda: rank,
            get_world_size=lambda: world_size,
        )
        monkeypatch.setitem(sys.modules, "torch.distributed", module)
    else:
        state = SimpleNamespace(client=object(), process_id=rank, num_processes=world_size)
        monkeypatch.setitem(sys.modules, "jax._src.distributed", SimpleNamespace(global_state=state))


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, "rank 0 of 1 (no other processes found)"),
        ({"RANK": "2", "WORLD_SIZE": "4"}, "rank 2 of 4 (torchrun)"),
        ({"RANK": "0", "WORLD_SIZE": "1"}, "rank 0 of 1 (torchrun)"),
        ({"TF_CONFIG": task("chief", 0)}, "rank 0 of 3 (TF_CONFIG)"),
        ({"TF_CONFIG": task("worker", 0)}, "rank 1 of 3 (TF_CONFIG)"),
        ({"TF_CONFIG": task("worker", "1")}, "rank 2 of 3 (TF_CONFIG)"),
        ({"TF_CONFIG": task("worker", 1, {"worker": ["b:1", "c:1"]})}, "rank 1 of 2 (TF_CONFIG)"),
        ({"TF_CONFIG": "{}"}, "rank 0 of 1 (no other processes found)"),
        ({"TF_CONFIG": " "}, "rank 0 of 1 (no other processes found)"),
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"}, "rank 3 of 4 (Slurm)"),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, "rank 0 of 1 (no other processes found)"),
        ({"RANK": "1", "WORLD_SIZE": "3", "TF_CONFIG": task("worker", 0)}, "rank 1 of 3 (torchrun)"),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"}, "rank 2 of 4 (OMPI_COMM_WORLD_RANK)"),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, "rank 1 of 2 (PMI_RANK)"),
        ({"HOROVOD_RANK": "0", "HOROVOD_SIZE": "2"}, "rank 0 of 2 (HOROVOD_RANK)"),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"}, "rank 0 of 1 (no other processes found)"),
        (
            {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "RANK": "3", "WORLD_SIZE": "8"},
            "rank 3 of 8 (torchrun)",
        ),
    ],
)
def test_the_environment_is_read(monkeypatch, environment, found):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(processes("auto", None)) == found


def test_a_slurm_batch_script_runs_once_whatever_it_may_start(monkeypatch):
    """As in the script itself, outside of srun."""
    monkeypatch.setenv("SLURM_PROCID", "0")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    assert processes("auto", None)[:2] == (0, 1)


def test_each_task_of_srun_may_be_a_torchrun(monkeypatch):
    environment = {"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2", "RANK": "9", "WORLD_SIZE": "16"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(processes("auto", None)) == "rank 9 of 16 (torchrun)"


def distributed_by_keras(monkeypatch: pytest.MonkeyPatch, process: int, owners: list[list[int]]) -> None:
    """Pretend that keras.distribution uses a mesh of (batch, model) whose devices belong to the given processes."""
    devices = np.array([[SimpleNamespace(process_index=owner) for owner in row] for row in owners])
    mesh = SimpleNamespace(backend_mesh=SimpleNamespace(devices=devices, axis_names=("batch", "model")))
    distribution = SimpleNamespace(device_mesh=mesh, batch_dim_name="batch")
    keras = SimpleNamespace(
        config=SimpleNamespace(backend=lambda: "jax"), distribution=SimpleNamespace(distribution=lambda: distribution)
    )
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(process_index=lambda: process))


@pytest.mark.parametrize("owners", [[[0, 0], [0, 1], [1, 1]], [[0, 0], [0, 0], [1, 1]], [[0, 0], [2, 2]]])
def test_a_mesh_that_processes_cannot_share_is_an_error(monkeypatch, owners):
    initialized(monkeypatch, "jax", 1, 3)
    distributed_by_keras(monkeypatch, 1, owners)
    with pytest.raises(ValueError, match="a mesh whose axis 'batch' cannot be shared by its processes"):
        processes("auto", None)


def test_ranks_follow_the_mesh(monkeypatch):
    owners = [7, 2, 5, 0, 6, 1, 4, 3]
    for process in owners:
        initialized(monkeypatch, "jax", process, 8)
        distributed_by_keras(monkeypatch, process, [[owner] for owner in owners])
        assert processes("auto", None) == (owners.index(process), 8, "keras.distribution")


def test_processes_with_a_jax_of_their_own_do_not_share_its_devices(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    distributed_by_keras(monkeypatch, 0, [[0], [0]])
    assert str(processes("auto", None)) == "rank 1 of 2 (torchrun)"


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_an_initialized_framework_is_asked(monkeypatch, framework):
    initialized(monkeypatch, framework, 1, 2)
    assert str(processes("auto", None)) == f"rank 1 of 2 ({framework}.distributed)"
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert str(processes("auto", None)) == f"rank 1 of 2 ({framework}.distributed)"


def test_sources_that_contradict_each_other_are_named(monkeypatch):
    initialized(monkeypatch, "torch", 1, 4)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match=r"rank 1 of 4 \(torch.distributed\), but also rank 1 of 2 \(torchrun\): pass"):
        processes("auto", None)
    initialized(monkeypatch, "jax", 0, 4)
    with pytest.raises(ValueError, match=r"rank 1 of 4 \(torch.distributed\), but also rank 0 of 4 \(jax.distributed"):
        processes("auto", None)
    assert processes(3, 4)[:2] == (3, 4)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RANK": "1"}, "RANK='1' in the environment, but no WORLD_SIZE, .* unset RANK"),
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE='2' in the environment, but no RANK"),
        ({"RANK": "one", "WORLD_SIZE": "2"}, r"rank 'one' of '2' \(torchrun\)"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, r"rank '2' of '2' \(torchrun\)"),
        ({"SLURM_PROCID": "4", "SLURM_STEP_NUM_TASKS": "4"}, r"rank '4' of '4' \(Slurm\)"),
        (
            {"TF_CONFIG": task("evaluator", 0)},
            "this process is evaluator 0 of TF_CONFIG, .* pass rank=0 and world_size=1",
        ),
        ({"TF_CONFIG": task("ps", 0)}, "this process is ps 0 of TF_CONFIG"),
        ({"TF_CONFIG": task("worker", 2)}, "has no worker 2"),
        ({"TF_CONFIG": task("worker", -1)}, "has no worker -1"),
        ({"TF_CONFIG": task("worker", "x")}, "cannot read TF_CONFIG"),
        ({"TF_CONFIG": task("worker", 0, ["a:1"])}, "cannot read TF_CONFIG"),
        ({"TF_CONFIG": json.dumps({"cluster": CLUSTER})}, "cannot read TF_CONFIG"),
        ({"TF_CONFIG": "[]"}, "cannot read TF_CONFIG"),
        ({"TF_CONFIG": task("worker", 0, {"worker": "a:1"})}, "'a:1' is not a list of addresses"),
        ({"TF_CONFIG": task("worker", 1.9)}, "the index 1.9 is not a whole number"),
        ({"PMI_RANK": "2", "PMI_SIZE": "2"}, r"rank '2' of '2' \(PMI_RANK\)"),
        ({"TF_CONFIG": "{"}, "cannot read TF_CONFIG='{' .* must be JSON"),
    ],
)
def test_an_environment_that_makes_no_sense_is_an_error(monkeypatch, environment, words):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=words):
        processes("auto", None)


def test_world_size_may_repeat_what_is_found_but_not_contradict_it(monkeypatch):
    assert processes("auto", 1)[:2] == (0, 1)
    with pytest.raises(ValueError, match=r"world_size=4 contradicts rank=\"auto\", which found rank 0 of 1 \(no other"):
        processes("auto", 4)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert processes("auto", np.int64(4))[:2] == (1, 4)
    with pytest.raises(ValueError, match=r"world_size=2 .* rank 1 of 4 \(torchrun\): leave world_size out"):
        processes("auto", 2)


def test_integers_are_taken_as_they_are(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert processes(None, None)[:2] == (0, 1)
    assert processes(np.int32(2), 3)[:2] == (2, 3)
    with pytest.raises(TypeError, match="rank must be an integer or \"auto\", not 'Auto'"):
        processes("Auto", None)
    with pytest.raises(TypeError, match="world_size must be an integer, not 'auto'"):
        processes("auto", "auto")


def test_loaders_show_what_was_found(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    samples = Samples.from_files([f"{i}.jpg" for i in range(27)])
    loader = Loader(samples, batch_size=8, rank="auto")
    assert repr(loader) == "<Loader: 27 samples in 4 batches, rank 1 of 4 (torchrun)>"
    assert loader.indices(0).tolist() == [2, 3]
    assert repr(Loader(samples, batch_size=8, rank=1, world_size=4)).endswith("4 batches, rank 1 of 4>")
    assert repr(Loader(samples, batch_size=8)) == "<Loader: 27 samples in 4 batches>"


def test_sequences_find_their_rank_too(keras, monkeypatch):
    from fastseq import ImageSequence

    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    sequence = ImageSequence(Samples.from_files(["a.jpg"] * 16), batch_size=8, rank="auto")
    assert repr(sequence) == "<ImageSequence: 16 samples in 2 batches, rank 1 of 4 (torchrun)>"
    assert sequence.indices(0).tolist() == [2, 3]


def results_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def assert_shared(parts: list[Found], n: int, source: str) -> None:
    """Both processes know their ranks, and each sample is in one of them."""
    assert [part[0].partition(", ")[2] for part in parts] == [f"rank {rank} of 2 ({source})>" for rank in range(2)]
    assert sorted(i for _, batches in parts for batch in batches for i in batch) == list(range(n))


def assert_sources_shared(parts: list[dict[str, Epochs]], alone: dict[str, Epochs]) -> None:
    """Two processes share the batches that one has of each source."""
    first, second = parts
    assert list(first) == list(second) == list(alone)
    for name, epochs in alone.items():
        found = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(first[name], second[name], strict=True)]
        assert found == epochs, name


def clean_environment(sources: EverySource) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in VARIABLES} | sources.environment


def test_the_processes_of_torchrun_share_each_epoch(tmp_path, every_source):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ran = subprocess.run(
        [*command, PROGRAMS / "rank_by_torchrun.py", tmp_path, every_source.folder, every_source.url],
        env={**clean_environment(every_source), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    results = results_of(tmp_path)
    assert_shared([result["environment"] for result in results], 27, "torchrun")
    for name in ("both", "torch"):
        assert_shared([result[name] for result in results], 27, "torch.distributed")
    assert_sources_shared([result["read"] for result in results], every_source.alone)


@pytest.fixture(scope="module")
def by_jax(tmp_path_factory, every_source) -> list[dict[str, Any]]:
    """What two processes of JAX found."""
    folder = tmp_path_factory.mktemp("jax")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, PROGRAMS / "rank_by_jax.py", folder, str(port)]
    running = [
        subprocess.Popen(
            [*command, str(rank), every_source.folder, every_source.url],
            env=clean_environment(every_source),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [process.communicate(timeout=TIMEOUT)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], "\n".join(said)
    return results_of(folder)


@pytest.mark.parametrize(
    ("case", "source", "ranks", "world_size"),
    [
        ("alone", "no other processes found", (0, 0), 1),
        ("jax.distributed", "jax.distributed", (0, 1), 2),
        ("no distribution", "jax.distributed", (0, 1), 2),
        ("four replicas", "keras.distribution", (0, 1), 2),
        ("four replicas, backwards", "keras.distribution", (1, 0), 2),
        ("four replicas, in turns", "keras.distribution", (0, 1), 2),
        ("a replica for each process", "keras.distribution", (0, 1), 2),
        ("two replicas, each of both processes", "keras.distribution", (0, 0), 1),
        ("one replica", "keras.distribution", (0, 0), 1),
    ],
)
def test_the_processes_of_jax_get_what_their_devices_need(by_jax, case, source, ranks, world_size):
    found = [result[case] for result in by_jax]
    assert [repr_of for repr_of, _ in found] == [
        f"<Loader: 32 samples in 4 batches, rank {rank} of {world_size} ({source})>" for rank in ranks
    ]
    for rank in set(ranks):
        numbers = {str(batches) for (_, batches), other in zip(found, ranks, strict=True) if other == rank}
        assert len(numbers) == 1
    distinct = {str(batches): batches for _, batches in found}
    assert sorted(i for batches in distinct.values() for batch in batches for i in batch) == list(range(32))


def test_the_processes_of_jax_share_each_epoch(by_jax, every_source):
    assert_sources_shared([result["read"] for result in by_jax], every_source.alone)
