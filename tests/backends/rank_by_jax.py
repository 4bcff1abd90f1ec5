"""One of two processes of JAX with two devices each: writes what rank="auto" finds, and its samples, as JSON.

Usage: rank_by_jax.py FOLDER PORT PROCESS SOURCES URL
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.update(
    JAX_PLATFORMS="cpu",
    XLA_FLAGS="--xla_force_host_platform_device_count=2",
    KERAS_BACKEND="jax",
    TF_CPP_MIN_LOG_LEVEL="3",
)

import jax
import numpy as np
from jax._src import xla_bridge
from sources import read_sources

import fastseq

SAMPLES = fastseq.Samples.from_files([f"{i}.jpg" for i in range(32)])  # none is opened
MESHES = {  # devices, shape, axes: process 0 has devices 0 and 1, process 1 has 2 and 3
    "four replicas": ([0, 1, 2, 3], (4,), ("batch",)),
    "four replicas, backwards": ([3, 2, 1, 0], (4,), ("batch",)),
    "four replicas, in turns": ([0, 2, 1, 3], (4,), ("batch",)),
    "a replica for each process": ([0, 1, 2, 3], (2, 2), ("batch", "model")),
    "two replicas, each of both processes": ([0, 1, 2, 3], (2, 2), ("model", "batch")),
    "one replica": ([0, 1, 2, 3], (1, 4), ("batch", "model")),
}


def found() -> tuple[str, list[list[int]]]:
    loader = fastseq.Loader(SAMPLES, batch_size=8, shuffle=True, rank="auto")
    return repr(loader), [loader.indices(k).tolist() for k in range(len(loader))]


def check_global_arrays(distribution) -> None:
    """Check that the devices of this process have the rows of the global batch that they should have."""
    order = fastseq.Loader(SAMPLES, batch_size=8, shuffle=True, rank="auto").order
    layout = distribution.get_data_layout((8,)).backend_layout
    for k in range(len(order)):
        batch = jax.make_array_from_process_local_data(layout, order.indices(0, k))
        assert batch.shape == (8,)
        for shard in batch.addressable_shards:
            assert np.array_equal(shard.data, order.global_indices(0, k)[shard.index])


def main() -> None:
    folder, port, process = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    results = {"alone": found()}
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=process)
    results["jax.distributed"] = found()
    assert not xla_bridge.backends_are_initialized()
    import keras

    results["no distribution"] = found()
    names = keras.distribution.list_devices()
    for title, (numbers, shape, axes) in MESHES.items():
        mesh = keras.distribution.DeviceMesh(shape, axes, [names[i] for i in numbers])
        layouts = keras.distribution.LayoutMap(mesh)
        distribution = keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")
        with distribution.scope():
            results[title] = found()
            if "in turns" not in title:
                check_global_arrays(distribution)
    results["read"] = read_sources(Path(sys.argv[4]), sys.argv[5])
    (folder / f"{process}.json").write_text(json.dumps(results))
    jax.distributed.shutdown()


if __name__ == "__main__":
    main()
