"""The contenders of each workload: the baseline, its rivals, and fastseq itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras_rivals
import rivals
from rivals import Epoch, Job
from workloads import WORKLOADS, Workload


def transforms(workload: Workload) -> tuple[Any, ...]:
    """Return fastseq's transforms for a workload."""
    import fastseq

    return (fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")) if workload.crop else ()


def fastseq_loader(job: Job, interpolation: str) -> Epoch:
    """Prepare a `fastseq.Loader`."""
    import fastseq

    loader = fastseq.Loader(
        fastseq.Samples.from_files(job.paths),
        size=job.workload.size,
        batch_size=job.batch_size,
        transform=transforms(job.workload),
        interpolation=interpolation,
        orient=job.workload.orient,
        color=job.workload.color,
        threads=job.threads,
    )
    return lambda: loader


def fastseq_batch(job: Job, interpolation: str) -> Epoch:
    """Prepare calls of `fastseq.decode_batch`."""
    import fastseq

    steps = transforms(job.workload)

    def epoch() -> Iterator[Any]:
        for paths in job.batches():
            yield fastseq.decode_batch(
                paths,
                size=job.workload.size,
                transform=steps,
                interpolation=interpolation,
                orient=job.workload.orient,
                color=job.workload.color,
                threads=job.threads,
            )

    return epoch


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    Attributes:
        title: Its name in the table.
        prepare: A picklable function of a `Job`; raises `rivals.NotInstalledError` if something it needs is missing.
        workloads: The workloads that it supports.
        processes: Whether it runs one process for each requested thread.
    """

    title: str
    prepare: Callable[[Job], Epoch]
    workloads: tuple[str, ...] = tuple(WORKLOADS)
    processes: bool = False


BASELINE = Contender("cv2, plain loop, a process for each thread", rivals.cv2_plain, processes=True)
RIVALS = (
    Contender("cv2 in a thread pool", rivals.cv2_pool),
    Contender("PyTurboJPEG with DCT scaling, thread pool", rivals.turbojpeg_pool),
    Contender("tf.data tuned by hand", rivals.tf_data),
    Contender("tutorial's DataGenerator, Keras workers", keras_rivals.tutorial, ("tutorial",)),
    Contender("image_dataset_from_directory", keras_rivals.image_dataset, ("whole", "camera")),
    Contender("ImageDataGenerator, Keras workers", keras_rivals.image_data_generator, ("whole", "camera")),
    Contender("skimage Sequence, Keras workers", keras_rivals.skimage_sequence, ("whole",)),
)


def fastseq_contenders(workload_name: str) -> list[Contender]:
    """Return fastseq's own contenders: each entry point with each filter of the workload."""
    return [
        Contender(f"fastseq.{name}, {interpolation}", partial(prepare, interpolation=interpolation))
        for interpolation in WORKLOADS[workload_name].interpolations
        for name, prepare in (("Loader", fastseq_loader), ("decode_batch", fastseq_batch))
    ]


def contenders(workload_name: str) -> list[Contender]:
    """Return the contenders of a workload: the baseline, its rivals, and fastseq's own."""
    supported = [rival for rival in RIVALS if workload_name in rival.workloads]
    return [BASELINE, *supported, *fastseq_contenders(workload_name)]
