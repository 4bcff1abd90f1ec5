"""Who takes part in which work: fastseq itself, and the register of all contenders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras_rivals
import rivals
from rivals import Epoch, Job
from works import WORKS, Work


def transforms(work: Work) -> tuple[Any, ...]:
    """Return fastseq's transforms for a work."""
    import fastseq

    return (fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")) if work.crop else ()


def fastseq_loader(job: Job, interpolation: str) -> Epoch:
    """Prepare a `fastseq.Loader`."""
    import fastseq

    loader = fastseq.Loader(
        fastseq.Samples.from_files(job.paths),
        size=job.work.size,
        batch_size=job.batch_size,
        transform=transforms(job.work),
        interpolation=interpolation,
        orient=job.work.orient,
        color=job.work.color,
        threads=job.threads,
    )
    return lambda: loader


def fastseq_batch(job: Job, interpolation: str) -> Epoch:
    """Prepare calls of `fastseq.decode_batch`."""
    import fastseq

    steps = transforms(job.work)

    def epoch() -> Iterator[Any]:
        for paths in job.batches():
            yield fastseq.decode_batch(
                paths,
                size=job.work.size,
                transform=steps,
                interpolation=interpolation,
                orient=job.work.orient,
                color=job.work.color,
                threads=job.threads,
            )

    return epoch


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    Attributes:
        title: Its name there.
        prepare: A picklable function of a `Job`.
        works: The works that it can do.
        processes: Whether it runs one whole process for each thread that it is given.
    """

    title: str
    prepare: Callable[[Job], Epoch]
    works: tuple[str, ...] = tuple(WORKS)
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


def contenders(work_name: str) -> list[Contender]:
    """Return the contenders of a work: the baseline, its rivals, and fastseq with each of its filters."""
    ours = [
        Contender(f"fastseq.{name}, {interpolation}", partial(prepare, interpolation=interpolation))
        for interpolation in WORKS[work_name].interpolations
        for name, prepare in (("Loader", fastseq_loader), ("decode_batch", fastseq_batch))
    ]
    return [BASELINE, *(rival for rival in RIVALS if work_name in rival.works), *ours]
