"""Rank and world size of a loader: given as integers, or found by `rank="auto"`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from fastseq import arguments
from fastseq.order.launchers import OUTER_SOURCES, PASS_INTEGERS, SOURCES, Processes, jax_distributed


def processes(rank: Any, world_size: Any) -> Processes:
    """Return the rank and the world size that a loader was given, or those of this process.

    Args:
        rank: the number of this process; 0 if None. "auto" asks, in this order, `torch.distributed` and
            `jax.distributed`, if they are initialized, torchrun (RANK, WORLD_SIZE), TF_CONFIG, mpirun, and srun. If
            nobody knows of other processes, this one is alone. `keras.distribution` on JAX decides which processes get
            the same batches.
        world_size: the number of processes; 1 if None, or with "auto" the one that is found.

    Returns:
        The rank and the world size; `Order` checks their ranges if they were given.

    Raises:
        TypeError: if one is neither an integer nor None, nor `rank` "auto".
        ValueError: with "auto", if two sources contradict each other, or `world_size` contradicts what is found.
    """
    count = None if world_size is None else arguments.integer("world_size", world_size, minimum=1)
    if not isinstance(rank, str):
        number = 0 if rank is None else arguments.integer("rank", rank, minimum=0)
        return Processes(number, 1 if count is None else count, "")
    if rank != "auto":
        raise TypeError(f'rank must be an integer or "auto", not {rank!r}')
    process = _this_process()
    found = _keras_on_jax() or process
    if count not in (None, found.world_size):
        raise ValueError(
            f'world_size={count} contradicts rank="auto", which found {found}: leave world_size out, or pass rank as '
            "an integer too"
        )
    return found


def _this_process() -> Processes:
    """What all sources agree on.

    Raises:
        ValueError: if two of them contradict each other.
    """
    found = [processes for source in SOURCES if (processes := source()) is not None]
    for other in found[1:]:
        if other[:2] != found[0][:2]:
            raise ValueError(
                f'rank="auto" found {found[0]}, but also {other}: {PASS_INTEGERS}, or remove the one that does not '
                "belong to this run"
            )
    if found:
        return found[0]
    outer = (source() for source in OUTER_SOURCES)
    return next(filter(None, outer), Processes(0, 1, "no other processes found"))


def _keras_on_jax() -> Processes | None:
    """Which part of each batch this process gets from `keras.distribution`; None if that does not distribute.

    Processes that hold parts of the same replica of a model need the same samples. The mesh says which these are;
    `keras.distribution.Distribution.data_shard_id` does only if the batch is the mesh's first axis.

    Raises:
        ValueError: if this process holds no part of a batch, or if parts overlap or differ in size.
    """
    keras = sys.modules.get("keras")
    if keras is None or jax_distributed() is None or keras.config.backend() != "jax":
        return None
    distribution = keras.distribution.distribution()
    if distribution is None:
        return None
    mesh = distribution.device_mesh.backend_mesh
    batch_axis = mesh.axis_names.index(distribution.batch_dim_name)
    slices: dict[int, set[int]] = {}  # of a batch, by process
    for number, devices in enumerate(np.moveaxis(mesh.devices, batch_axis, 0)):
        for device in np.ravel(devices):
            slices.setdefault(device.process_index, set()).add(number)
    shards = sorted({tuple(sorted(own)) for own in slices.values()})
    own = slices.get(sys.modules["jax"].process_index())
    are_even = len({len(shard) for shard in shards}) == 1 and sum(map(len, shards)) <= mesh.devices.shape[batch_axis]
    if own is None or not are_even:
        raise ValueError(
            f"keras.distribution has a mesh whose axis {distribution.batch_dim_name!r} cannot be shared by its "
            f"processes, as they hold the parts {shards} of it: give each process devices of its own parts, as many as "
            "any other has"
        )
    return Processes(shards.index(tuple(sorted(own))), len(shards), "keras.distribution")
