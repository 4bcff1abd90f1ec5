"""ImageSequence.distributed_dataset: what processes and replicas of a tf.distribute strategy read."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from images import jpeg, photo
from programs import TIMEOUT

import fastseq
from fastseq import Samples

if TYPE_CHECKING:
    from conftest import EverySource

PROGRAM = Path(__file__).parent / "backends" / "multi_worker.py"
SAMPLES, BATCH = 11, 4
LIMIT = 5 * TIMEOUT  # as two processes start TensorFlow, and read each source


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for i in range(SAMPLES):
        (folder / f"{i:02}.jpg").write_bytes(jpeg(photo(20, 24, seed=i)))
    return folder


def results(sources: EverySource, configurations: list[str | None]) -> list[dict[str, Any]]:
    """What the program prints in each process."""
    plain = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"} | sources.environment
    running = [
        subprocess.Popen(
            [sys.executable, PROGRAM, sources.folder, sources.url],
            env=plain if configuration is None else {**plain, "TF_CONFIG": configuration},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for configuration in configurations
    ]
    try:
        for process in running:
            process.wait(LIMIT)
    except subprocess.TimeoutExpired:  # it is said below
        pass
    finally:
        for process in running:
            process.kill()
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * len(running), "\n".join(error for _, error in said)
    return [json.loads(out.splitlines()[-1]) for out, _ in said]


def check(sources: EverySource, processes: list[dict[str, Any]], replicas: int) -> None:
    """Each step has the images of a batch, divided among the processes and their replicas; none is decoded twice."""
    for name in processes[0]:
        epochs, found = sources.alone[name], [process[name] for process in processes]
        for epoch, batches in enumerate(epochs):
            steps = list(zip(*(own["epochs"][epoch] for own in found), strict=True))
            parts = [[part for own, _ in step for part in own] for step in steps]
            assert [[i for part in step for i in part] for step in parts] == batches, name
            assert [{total for _, total in step} for step in steps] == [{sum(batch)} for batch in batches]
            for step in parts:
                sizes = list(map(len, step))
                assert len(sizes) == replicas * len(processes)
                assert max(sizes) - min(sizes) <= 1
        assert sum(own["made"] for own in found) == sum(len(batch) for batches in epochs for batch in batches)


def free_ports(count: int) -> list[int]:
    """Ports below those that systems give out by themselves: other tests take none until TensorFlow has started."""
    free: list[int] = []
    for port in random.sample(range(15_000, 32_000), 1000):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            free.append(port)
        if len(free) == count:
            break
    return free


def test_workers_share_each_batch(every_source):
    ports = free_ports(2)
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    tasks = [json.dumps({"cluster": cluster, "task": {"type": "worker", "index": i}}) for i in range(2)]
    processes = results(every_source, tasks)
    for rank, process in enumerate(processes):
        for found in (*process["one replica"].values(), *process["two replicas"].values()):
            assert found["what"].partition(", ")[2] == f"rank {rank} of 2 (TF_CONFIG)>"
    check(every_source, [process["one replica"] for process in processes], 1)
    check(every_source, [process["two replicas"] for process in processes], 2)
    assert list(processes[0]["two replicas"]) == list(every_source.alone)


def test_replicas_share_the_batches_of_their_process(every_source):
    (process,) = results(every_source, [None])
    check(every_source, [process["two replicas"]], 2)


@pytest.mark.parametrize(
    ("options", "pipelines", "pipeline", "replicas", "message"),
    [
        (
            {},
            2,
            1,
            2,
            'number 1 of 2 to the strategy, but the sequence has rank 0 of 1; pass rank="auto", or rank=1 and',
        ),
        ({"rank": 1, "world_size": 2}, 2, 0, 2, "but the sequence has rank 1 of 2"),
        ({}, 1, 0, 4, "a batch of 3 samples is too small for 4 replicas; pass drop_last=True"),
    ],
)
def test_what_does_not_fit_the_strategy(folder, options, pipelines, pipeline, replicas, message):
    context = SimpleNamespace(num_replicas_in_sync=replicas, num_input_pipelines=pipelines, input_pipeline_id=pipeline)
    strategy = SimpleNamespace(distribute_datasets_from_function=lambda function: function(context))
    sequence = fastseq.ImageSequence(Samples.from_files(sorted(folder.iterdir())), (8, 8), BATCH, **options)
    with pytest.raises(ValueError, match=message):
        sequence.distributed_dataset(strategy)


def test_inputs_by_name_and_dtypes(folder):
    files = sorted(folder.iterdir())
    samples = Samples.from_files(
        {"left": files, "right": files}, list(range(SAMPLES)), columns={"age": [1.5] * SAMPLES}
    )
    sequence = fastseq.ImageSequence(samples, (8, 8), BATCH, drop_last=True)
    context = SimpleNamespace(num_replicas_in_sync=2, num_input_pipelines=1, input_pipeline_id=0)
    strategy = SimpleNamespace(distribute_datasets_from_function=lambda function: function(context))
    data = sequence.distributed_dataset(strategy)
    assert len(data) == 4
    plain = [batch for k in range(2) for batch in [sequence.loader.batch(0, k)]]
    for part, (x, y) in enumerate(data):
        expected_x, expected_y = plain[part // 2]
        rows = slice(part % 2 * 2, part % 2 * 2 + 2)
        np.testing.assert_array_equal(y, expected_y[rows])
        for name, values in expected_x.items():
            np.testing.assert_array_equal(x[name], values[rows])
            assert x[name].dtype == values.dtype


@pytest.fixture
def alone():
    """A strategy of one process with one replica."""
    context = SimpleNamespace(num_replicas_in_sync=1, num_input_pipelines=1, input_pipeline_id=0)
    return SimpleNamespace(distribute_datasets_from_function=lambda function: function(context))


def numbered(folder, **options):
    samples = Samples.from_files(sorted(folder.iterdir()), [float(i) for i in range(SAMPLES)])
    return fastseq.ImageSequence(samples, (8, 8), 2, shuffle=True, **options)


def labels_of(data, steps=None):
    return [int(label) for _, (x, y) in zip(range(steps or 99), data, strict=False) for label in y.numpy()]


@pytest.mark.parametrize("steps", range(1, 7))
def test_each_loop_is_the_next_epoch_wherever_the_one_before_was_left(folder, alone, steps):
    sequence = numbered(folder)
    data = sequence.distributed_dataset(alone)
    order = sequence.loader.order
    for epoch in range(3):
        expected = np.concatenate([order.indices(epoch, k) for k in range(steps)])
        assert labels_of(data, steps) == expected.tolist()
    assert sequence.epoch == 2


def test_a_state_needs_the_number_of_batches_that_were_used(folder, alone):
    sequence = numbered(folder)
    data = sequence.distributed_dataset(alone)
    labels_of(data)
    seen = labels_of(data, 3)
    with pytest.raises(ValueError, match="how many batches were used is unknown"):
        sequence.state_dict()
    resumed = numbered(folder)
    resumed.load_state_dict(sequence.state_dict(consumed=3))
    data = resumed.distributed_dataset(alone)
    order = sequence.loader.order
    stream = np.concatenate([order.indices(epoch, k) for epoch in (1, 2, 3) for k in range(len(order))]).tolist()
    rest = labels_of(data) + labels_of(data)
    assert stream[: len(seen) + len(rest)] == seen + rest


def test_what_cannot_be_shared_by_replicas(folder):
    context = SimpleNamespace(num_replicas_in_sync=2, num_input_pipelines=1, input_pipeline_id=0)
    strategy = SimpleNamespace(distribute_datasets_from_function=lambda function: function(context))
    with pytest.raises(ValueError, match="on_error='skip' may leave a replica without samples"):
        numbered(folder, on_error="skip", drop_last=True).distributed_dataset(strategy)
    with pytest.raises(TypeError, match="takes arrays with a row for each sample, not"):
        numbered(folder, drop_last=True, map=lambda x, y: (x, 3)).distributed_dataset(strategy)
    data = numbered(folder, drop_last=True, map=lambda x, y: [[x, x], y]).distributed_dataset(strategy)
    (first, second), y = next(iter(data))
    np.testing.assert_array_equal(first, second)
    assert len(y) == 1
