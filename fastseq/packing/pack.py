"""`pack`: an image set as tar shards and an index."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.cpu_quota import usable_cpus
from fastseq.errors import BadSample, TooManyBadSamples, warn_of_recovered
from fastseq.executors import Executor, LazyTasks
from fastseq.executors.processes import in_processes
from fastseq.executors.ray_cluster import on_ray
from fastseq.executors.threads import one_by_one
from fastseq.packing.destination import Destination, destination
from fastseq.packing.images import import_pillow_cms
from fastseq.packing.part import Part
from fastseq.packing.plan import plan_hash, plan_shards
from fastseq.packing.publish import bad_samples, begin, clean, pack_index, publish_index, read_index, verify
from fastseq.packing.settings import PackSettings
from fastseq.packing.shard import ShardTask, check_names, part_name
from fastseq.samples import Samples
from fastseq.samples.index.pack_index import PackIndex
from fastseq.samples.index.remote_index import DEFAULT_NAME
from fastseq.samples.parts import part_of
from fastseq.urls import is_url


@dataclass(frozen=True)
class PackSummary:
    """What was packed.

    Attributes:
        samples: in the pack.
        shards: of the pack.
        bytes_read: of all images that were packed.
        bytes_written: of all shards.
        bad: the samples that were left out, and those that were decoded from damaged data (RECOVERED), by their numbers
            in the set.
        seconds: how long it took; what was there from an earlier run took no time.
    """

    samples: int
    shards: int
    bytes_read: int
    bytes_written: int
    bad: Sequence[BadSample]
    seconds: float


@dataclass(frozen=True)
class PackProgress:
    """How far a pack is.

    Attributes:
        done: samples that are in finished shards.
        samples: in all.
        bytes_written: of these shards.
    """

    done: int
    samples: int
    bytes_written: int


def pack(
    samples: Samples,
    dest: StrPath,
    *,
    keep: bool = False,
    short_side: int | None = None,
    quality: int | None = None,
    subsampling: str | None = None,
    profile: str | None = None,
    crops: bool = False,
    shard_bytes: int | str = "128MB",
    seed: int = 0,
    on_error: str = "raise",
    max_bad: int | float | None = None,
    workers: int | None = None,
    ray: str | None = None,
    progress: Callable[[PackProgress], None] = lambda progress: None,
) -> PackSummary:
    """Write a set anew, as tar shards in WebDataset's layout with an index, for `Samples.from_pack`.

    Images are upright and in random order in the pack. Its bytes depend on the samples and the settings alone, not on
    who writes them. A run that was interrupted goes on where it was: give the same arguments again.

    Args:
        samples: the set; labels of every kind, further images and columns travel along. Further images that are not
            JPEGs, such as masks, are copied as they are.
        dest: a new folder, or its path or URL; one that an earlier run has begun.
        keep: whether to copy images as they are. They are not decoded: `fastseq check` finds bad ones.
        short_side: pixels of the shorter side of each image; smaller ones keep their size.
        quality: of the JPEGs, 1 to 100; 90 if None. Without `short_side`, images keep their size.
        subsampling: of chroma: "4:2:0", the default, "4:2:2" or "4:4:4".
        profile: "drop", the default, leaves out ICC profiles, as all loaders do when they decode; "srgb" converts
            colors to sRGB by them, with Pillow.
        crops: whether to make a crop index of each JPEG, with which random crops of large images are cheaper.
        shard_bytes: about the size of a shard.
        seed: of the order, 0 <= seed < 2**64.
        on_error: "raise" or "skip", for samples with an image that cannot be read or decoded.
        max_bad: how many may be skipped, as for `Loader`.
        workers: how many processes; as many as there are cores if None.
        ray: a Ray cluster that writes the shards in place of processes here: "auto", "local" or "ray://HOST:10001".
            All machines must see the images, and `dest`, by these names.
        progress: called after each shard.

    Returns:
        What was packed.

    Raises:
        DecodeError: for a bad sample, with on_error="raise".
        TooManyBadSamples: if there are more than `max_bad`.
        ImportError: if Ray, or Pillow for profile="srgb", is not installed.
        OSError: if `dest` cannot be written.
        TypeError: if an argument has the wrong type.
        ValueError: if an argument has an impossible value, or if `dest` has something else in it.
        WorkerDiedError: if a process was killed; what it has finished is kept.

    Warns:
        BadSamplesWarning: if images were decoded from damaged data.
    """
    start = time.monotonic()
    settings = PackSettings(
        keep, short_side, quality, subsampling, profile, crops, shard_bytes, seed, on_error, max_bad
    )
    executor = _executor(workers, ray)
    if not len(samples):
        raise ValueError("there are no samples to pack")
    check_names(samples.inputs.image_names, list(samples.columns))
    if settings.profile == "srgb":
        import_pillow_cms()
    folder = os.fspath(dest)
    to = destination(folder if is_url(folder) else os.path.abspath(folder))
    plan = plan_hash(samples, settings)
    there = begin(to, plan)
    if DEFAULT_NAME in there:
        index = read_index(to)
        verify(to, index, executor)
    else:
        parts = _run(_tasks(samples, settings, to, plan, there), executor, len(samples), settings, progress)
        index = pack_index(plan, samples, settings, parts)
        publish_index(to, index)
    clean(to)
    summary = _summary(index, time.monotonic() - start)
    warn_of_recovered(sum(report.is_good for report in summary.bad), len(samples))
    return summary


def _executor(workers: int | None, ray: str | None) -> Executor:
    if ray is not None:
        if workers is not None:
            raise ValueError("workers are processes of this machine, and ray is a cluster: leave one of them out")
        return on_ray(ray)
    count = usable_cpus() if workers is None else arguments.integer("workers", workers, 1)
    return in_processes(count) if count > 1 else one_by_one


def _tasks(samples: Samples, settings: PackSettings, to: Destination, plan: str, there: Container[str]) -> LazyTasks:
    shards = plan_shards(samples, settings)
    firsts = np.cumsum([0, *map(len, shards)]).tolist()
    make = partial(_task, samples, settings, to, plan, there)
    return LazyTasks([partial(make, i, firsts[i], numbers) for i, numbers in enumerate(shards)])


def _task(
    samples: Samples,
    settings: PackSettings,
    to: Destination,
    plan: str,
    there: Container[str],
    shard: int,
    first: int,
    numbers: NDArray[np.int64],
) -> ShardTask:
    alone = part_of(samples, numbers)
    return ShardTask(plan, shard, numbers, first, alone, settings, to, part_name(shard) in there)


def _run(
    tasks: LazyTasks,
    executor: Executor,
    samples: int,
    settings: PackSettings,
    progress: Callable[[PackProgress], None],
) -> list[Part]:
    """The parts, in the order of the shards."""
    parts: dict[int, Part] = {}
    bad: list[BadSample] = []
    packed = size = 0
    max_bad = settings.policy.max_count(samples)
    for _, part in executor(tasks):
        parts[part.shard] = part
        bad += [report for report in part.bad if not report.is_good]
        if len(bad) > max_bad:
            raise TooManyBadSamples(sorted(bad, key=lambda report: report.index), len(bad), max_bad, samples)
        packed += len(part.numbers)
        size += part.size
        progress(PackProgress(packed + len(bad), samples, size))
    return [parts[shard] for shard in sorted(parts)]


def _summary(index: PackIndex, seconds: float) -> PackSummary:
    images = index.images
    return PackSummary(
        len(images.shards) // index.inputs.image_count,
        len(images.paths),
        int(index.facts["bytes_read"]),
        int(images.versions[:, 0].sum()),
        bad_samples(index),
        seconds,
    )
