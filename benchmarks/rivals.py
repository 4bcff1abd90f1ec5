"""cv2, PyTurboJPEG and tf.data, each with the best settings we found.

A rival is a function that takes a `Job`, prepares it, and returns a function that runs one epoch and yields its
batches. Heavy imports are inside the functions because each contender runs in a process of its own.
"""

from __future__ import annotations

import importlib
import os
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from workloads import WORKLOADS, Workload, cv2_image, random_window

Epoch = Callable[[], Iterable[Any]]
PREFETCH = 4


class NotInstalledError(Exception):
    """Something that a rival needs is missing; the text says how to install it."""


def require(module: str, install: str) -> Any:
    """Import a rival's module.

    Args:
        module: Its full name.
        install: How to install it.

    Raises:
        NotInstalledError: If there is no such module.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NotInstalledError(f"no module {error.name}: {install}") from None


@dataclass(frozen=True)
class Job:
    """What a contender has to load: the files, the workload, the number of threads and the batch size."""

    paths: tuple[str, ...]
    workload_name: str
    threads: int
    batch_size: int = 32

    @property
    def workload(self) -> Workload:
        """The workload with this name."""
        return WORKLOADS[self.workload_name]

    def batches(self) -> list[tuple[str, ...]]:
        """Return the paths of each batch; the last one may be smaller."""
        return [self.paths[k : k + self.batch_size] for k in range(0, len(self.paths), self.batch_size)]


def cv2_plain(job: Job) -> Epoch:
    """Prepare the baseline: cv2 in a plain loop on one thread, each image copied into the batch."""
    cv2.setNumThreads(0)
    rng = random.Random(0)

    def epoch() -> Iterator[npt.NDArray[np.uint8]]:
        for paths in job.batches():
            batch = np.empty((len(paths), *job.workload.size, 3), np.uint8)
            for i, path in enumerate(paths):
                batch[i] = cv2_image(path, job.workload, rng)
            yield batch

    return epoch


def _pooled(job: Job, load: Callable[[str, random.Random], Any]) -> Epoch:
    """Load images in a thread pool into preallocated batches, a few batches ahead."""
    cv2.setNumThreads(0)
    pool = ThreadPoolExecutor(job.threads)
    rng = random.Random(0)

    def place(batch: npt.NDArray[np.uint8], i: int, path: str) -> None:
        batch[i] = load(path, rng)

    def submit(paths: Sequence[str]) -> tuple[npt.NDArray[np.uint8], list[Any]]:
        batch = np.empty((len(paths), *job.workload.size, 3), np.uint8)
        return batch, [pool.submit(place, batch, i, path) for i, path in enumerate(paths)]

    def epoch() -> Iterator[npt.NDArray[np.uint8]]:
        ahead: deque[tuple[npt.NDArray[np.uint8], list[Any]]] = deque()
        for paths in job.batches():
            ahead.append(submit(paths))
            if len(ahead) > PREFETCH:
                yield _finished(*ahead.popleft())
        while ahead:
            yield _finished(*ahead.popleft())

    return epoch


def _finished(batch: npt.NDArray[np.uint8], futures: list[Any]) -> npt.NDArray[np.uint8]:
    for future in futures:
        future.result()
    return batch


def cv2_pool(job: Job) -> Epoch:
    """Prepare cv2 in a thread pool."""
    return _pooled(job, lambda path, rng: cv2_image(path, job.workload, rng))


def turbojpeg_pool(job: Job) -> Epoch:
    """Prepare PyTurboJPEG in a thread pool, at the smallest power-of-two DCT scale that covers the target."""
    turbojpeg = require("turbojpeg", "pip install 'PyTurboJPEG>=1.7,<2'")
    try:
        jpeg = turbojpeg.TurboJPEG()
    except RuntimeError:
        raise NotInstalledError("no shared library libturbojpeg: apt-get install libturbojpeg0") from None
    height, width = job.workload.size

    def load(path: str, rng: random.Random) -> Any:
        data = Path(path).read_bytes()
        have_width, have_height = jpeg.decode_header(data)[:2]
        if job.workload_name == "tutorial" and have_height > have_width:
            have_width, have_height = have_height, have_width
        window = None
        if job.workload.crop:
            window = random_window(have_height, have_width, rng)
            have_height, have_width = window[2:]
        part = next((n for n in (8, 4, 2) if have_height >= n * height and have_width >= n * width), 1)
        image = jpeg.decode(data, scaling_factor=(1, part))
        if window is None:
            return job.workload.finish(image, job.workload.size, rng)
        top, left, high, wide = (n // part for n in window)
        resized = cv2.resize(image[top : top + high, left : left + wide], (width, height))
        return cv2.flip(resized, 1) if rng.random() < 0.5 else resized

    return _pooled(job, load)


def tensorflow() -> Any:
    """Import TensorFlow without the messages that it logs to stderr whatever the settings."""
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return require("tensorflow", "pip install tensorflow")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def tf_data(job: Job) -> Epoch:
    """Prepare tf.data: a pool of the job's threads, AUTOTUNE for the rest, order not kept."""
    tf = tensorflow()
    height, width = job.workload.size

    def whole(data: Any) -> Any:
        return tf.image.resize(tf.io.decode_jpeg(data, channels=3), (height, width))

    def scaled(data: Any) -> Any:
        shape = tf.io.extract_jpeg_shape(data)
        part = tf.minimum(shape[0] // height, shape[1] // width)
        choices = [
            lambda ratio=ratio: tf.image.resize(tf.io.decode_jpeg(data, channels=3, ratio=ratio), (height, width))
            for ratio in (1, 2, 4, 8)
        ]
        index = sum(tf.cast(part >= n, tf.int32) for n in (2, 4, 8))
        return tf.switch_case(index, choices)

    def crop(data: Any) -> Any:
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            tf.io.extract_jpeg_shape(data),
            tf.zeros((1, 0, 4)),
            area_range=(0.08, 1.0),
            aspect_ratio_range=(3 / 4, 4 / 3),
            min_object_covered=0.0,
            use_image_if_no_bounding_boxes=True,
        )
        window = tf.concat([begin[:2], size[:2]], 0)
        image = tf.image.resize(tf.image.decode_and_crop_jpeg(data, window, channels=3), (height, width))
        return tf.image.random_flip_left_right(image)

    def landscape(data: Any) -> Any:
        image = tf.io.decode_jpeg(data, channels=3)
        shape = tf.shape(image)
        image = tf.cond(shape[0] > shape[1], lambda: tf.image.rot90(image), lambda: image)
        return tf.image.resize(image, (height, width))

    steps = {"whole": whole, "crop": crop, "tutorial": landscape, "camera": scaled}[job.workload_name]
    tf.config.threading.set_intra_op_parallelism_threads(1)
    options = tf.data.Options()
    options.deterministic = False
    options.threading.private_threadpool_size = job.threads
    options.threading.max_intra_op_parallelism = 1
    dataset = tf.data.Dataset.from_tensor_slices(list(job.paths))
    dataset = dataset.map(lambda path: steps(tf.io.read_file(path)), num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.batch(job.batch_size).prefetch(tf.data.AUTOTUNE).with_options(options)
    return lambda: dataset
