"""Tasks on a cluster of Ray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from fastseq.executors import Executor, Task, WorkerDiedError

_AHEAD = 2  # tasks for each CPU of the cluster that are sent before they are needed
_RETRIES = 5  # a task that kills its process would do so for ever


def on_ray(address: str) -> Executor:
    """An executor that runs each task on a CPU of a cluster; tasks and results are pickled.

    A task whose node or process dies runs again, up to five times; one that raises an error does not.

    Args:
        address: of the cluster: "auto" for the one that this machine belongs to, "local" for a new one on this machine,
            or as `ray.init` takes it, such as "ray://host:10001".

    Raises:
        ImportError: if Ray is not installed.
    """
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise ImportError('Tasks on a cluster are run by Ray: pip install "fastseq-loader[ray]"') from error

    def run(tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        own, numbers = not ray.is_initialized(), dict[Any, int]()
        if own:
            ray.init(address, log_to_driver=False, logging_level="warning")
        call = ray.remote(num_cpus=1, max_retries=_RETRIES, retry_exceptions=False)(_call)
        try:
            ahead = _AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)
            for number, task in enumerate(tasks):
                if len(numbers) >= ahead:
                    yield _result(ray, numbers)
                numbers[call.remote(task)] = number
            while numbers:
                yield _result(ray, numbers)
        finally:
            for reference in numbers:
                ray.cancel(reference, force=True)
            if own:
                ray.shutdown()

    return run


def _call(task: Task) -> Any:
    return task()


def _result(ray: Any, numbers: dict[Any, int]) -> tuple[int, Any]:
    """Take a task that has ended out of those with numbers, and wait until there is one."""
    (reference,), _ = ray.wait(list(numbers))
    number = numbers.pop(reference)
    try:
        return number, ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise WorkerDiedError(f"a task was lost {_RETRIES + 1} times: {error}") from None
