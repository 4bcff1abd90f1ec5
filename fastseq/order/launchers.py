"""What frameworks and launchers say about this process: its number, and how many there are.

Nothing is imported or initialized here. A framework that this process has not imported cannot have been initialized.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

_MPI = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("HOROVOD_RANK", "HOROVOD_SIZE"),
)

PASS_INTEGERS = "pass rank and world_size as integers"


class Processes(NamedTuple):
    """This process among those that train together.

    Attributes:
        rank: the number of this process, 0 <= rank < world_size.
        world_size: the number of processes.
        source: who says so, such as "torchrun".
    """

    rank: int
    world_size: int
    source: str

    def __str__(self) -> str:
        """Such as "rank 1 of 4 (torchrun)"."""
        return f"rank {self.rank} of {self.world_size}" + (f" ({self.source})" if self.source else "")


def torch_distributed() -> Processes | None:
    """Ask `torch.distributed`; None if it is not initialized."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return _processes("torch.distributed", distributed.get_rank(), distributed.get_world_size())


def jax_distributed() -> Processes | None:
    """Ask `jax.distributed`; None if it is not initialized."""
    # jax.process_index() would initialize a backend.
    distributed = sys.modules.get("jax._src.distributed")
    if distributed is None or distributed.global_state.client is None:
        return None
    state = distributed.global_state
    return _processes("jax.distributed", state.process_id, state.num_processes)


def torchrun() -> Processes | None:
    """Read RANK and WORLD_SIZE, which torchrun sets; None if neither is set.

    Raises:
        ValueError: if one of them is missing or not a number.
    """
    given = {name: os.environ[name] for name in ("RANK", "WORLD_SIZE") if name in os.environ}
    if not given:
        return None
    if len(given) == 1:
        (name,) = given
        missing = "WORLD_SIZE" if name == "RANK" else "RANK"
        raise ValueError(
            f'rank="auto" found {name}={given[name]!r} in the environment, but no {missing}, and a launcher such as '
            f"torchrun sets both: unset {name}, or {PASS_INTEGERS}"
        )
    return _processes("torchrun", given["RANK"], given["WORLD_SIZE"])


def tf_config() -> Processes | None:
    """Read TF_CONFIG, which TensorFlow's strategies use; None if it names no cluster. The chief has rank 0.

    Raises:
        ValueError: if it is malformed, or if this process is not one that trains.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text.strip():
        return None
    try:
        config = json.loads(text)
        cluster = config.get("cluster", {})
        if not cluster:
            return None
        kind, index = config["task"]["type"], _whole(config["task"]["index"])
        counts = {name: _count(addresses) for name, addresses in cluster.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'rank="auto" cannot read TF_CONFIG={text!r} ({type(error).__name__}: {error}): it must be JSON with '
            f'"cluster" and "task": {{"type": ..., "index": ...}}. Unset it, or {PASS_INTEGERS}'
        ) from None
    if kind not in ("chief", "master", "worker"):
        raise ValueError(
            f'rank="auto" found that this process is {kind} {index} of TF_CONFIG, which has no share of the training '
            "data: pass rank=0 and world_size=1 for data of its own"
        )
    chiefs = counts.get("chief", 0) + counts.get("master", 0)
    if not 0 <= index < counts.get(kind, 0):
        raise ValueError(f"TF_CONFIG={text!r} has no {kind} {index}: correct it, or {PASS_INTEGERS}")
    return _processes("TF_CONFIG", index + (chiefs if kind == "worker" else 0), chiefs + counts.get("worker", 0))


def slurm() -> Processes | None:
    """Read what srun sets; None outside of it, or if it has started a single task."""
    # In a batch script SLURM_PROCID is 0 and SLURM_NTASKS counts the tasks of the job, although it runs once. Only srun
    # sets the number of tasks of the step.
    count = os.environ.get("SLURM_STEP_NUM_TASKS", "1")
    if count == "1" or "SLURM_PROCID" not in os.environ:
        return None
    return _processes("Slurm", os.environ["SLURM_PROCID"], count)


def mpi() -> Processes | None:
    """Read what mpirun, or a launcher like it, sets; None outside of it, or if it has started a single process."""
    for rank, count in _MPI:
        if os.environ.get(count, "1") != "1" and rank in os.environ:
            return _processes(rank, os.environ[rank], os.environ[count])
    return None


SOURCES: tuple[Callable[[], Processes | None], ...] = (torch_distributed, jax_distributed, torchrun, tf_config)
"""Those that count every process of a run, and so must agree."""
OUTER_SOURCES: tuple[Callable[[], Processes | None], ...] = (mpi, slurm)
"""Those that count only if nothing else is found: what they start may be a torchrun, which starts several processes."""


def _whole(index: Any) -> int:
    """An index of TF_CONFIG. ValueError if it is not a whole number."""
    if isinstance(index, bool) or not isinstance(index, (int, str)):
        raise ValueError(f"the index {index!r} is not a whole number")
    return int(index)


def _count(addresses: Any) -> int:
    """How many tasks of a kind there are. TypeError if they are not listed."""
    if not isinstance(addresses, list):
        raise TypeError(f"{addresses!r} is not a list of addresses")
    return len(addresses)


def _processes(source: str, rank: Any, world_size: Any) -> Processes:
    try:
        found = Processes(int(rank), int(world_size), source)
        if 0 <= found.rank < found.world_size:
            return found
    except ValueError:
        pass
    raise ValueError(
        f'rank="auto" found rank {rank!r} of {world_size!r} ({source}), and a rank is an integer from 0 to '
        f"world_size - 1: correct it, or {PASS_INTEGERS}"
    )
