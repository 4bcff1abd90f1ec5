"""The loaders that Keras users have today: rivals as in `rivals`, with Keras's workers for threads."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rivals import Epoch, Job, require, tensorflow

KERAS = "pip install keras tensorflow"
TESTS = Path(__file__).parents[1] / "tests"


def reference(name: str) -> Any:
    """Import a module of tests/reference, where the loaders from tutorials and documentation are kept."""
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return require(f"reference.{name}", "pip install -e '.[dev]'")


def tutorial(job: Job) -> Epoch:
    """Prepare the tutorial's generator."""
    pd = require("pandas", "pip install pandas")
    generator = reference("tutorial").DataGenerator
    table = pd.DataFrame({"images": list(job.paths), "labels": "cat_dog"})
    rows = range(len(job.paths))
    return through_keras(
        generator(table, rows, ["cat", "dog"], batch_size=job.batch_size, dim=job.workload.size), job.threads
    )


def skimage_sequence(job: Job) -> Epoch:
    """Prepare the Sequence of Keras's documentation."""
    paths = color_only(job.paths)
    sequence = reference("skimage_sequence").SkimageSequence(paths, [0] * len(paths), job.batch_size, job.workload.size)
    return through_keras(sequence, job.threads)


def color_only(paths: Sequence[str]) -> list[str]:
    """Replace gray images, which the Sequence of Keras's documentation cannot batch, by color ones."""
    color = [path for path in paths if np.ndim(cv2.imread(path, cv2.IMREAD_UNCHANGED)) == 3]
    return [color[i % len(color)] for i in range(len(paths))]


def image_dataset(job: Job) -> Epoch:
    """Prepare ``keras.utils.image_dataset_from_directory``, with tf.data's pool set to the job's threads."""
    tf = tensorflow()
    keras = require("keras", KERAS)
    folder = class_folders(job)
    dataset = keras.utils.image_dataset_from_directory(
        folder.name, image_size=job.workload.size, batch_size=job.batch_size, shuffle=False, verbose=False
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = job.threads
    options.threading.max_intra_op_parallelism = 1
    dataset = dataset.with_options(options)

    def epoch() -> Iterator[Any]:
        assert folder.name  # the closure keeps the links
        yield from dataset

    return epoch


def image_data_generator(job: Job) -> Epoch:
    """Prepare ``ImageDataGenerator.flow_from_directory``, bilinear."""
    images = require("keras.src.legacy.preprocessing.image", KERAS)
    folder = class_folders(job)
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = images.ImageDataGenerator().flow_from_directory(
            folder.name,
            target_size=job.workload.size,
            batch_size=job.batch_size,
            interpolation="bilinear",
            shuffle=False,
        )
    dataset.folder = folder
    return through_keras(dataset, job.threads)


def through_keras(dataset: Any, workers: int) -> Epoch:
    """Iterate over a PyDataset as ``fit`` does: with Keras's own enqueuer if there is more than one worker."""
    adapters = require("keras.src.trainers.data_adapters.py_dataset_adapter", KERAS)
    dataset.workers = workers
    adapter = adapters.PyDatasetAdapter(dataset)

    def epoch() -> Iterator[Any]:
        adapter.on_epoch_begin()
        yield from adapter.get_numpy_iterator()
        adapter.on_epoch_end()

    return epoch


def class_folders(job: Job) -> tempfile.TemporaryDirectory[str]:
    """Link the job's files into two class folders, which are deleted with the returned object."""
    folder = tempfile.TemporaryDirectory(prefix="fastseq-classes-")
    for k, path in enumerate(job.paths):
        link = Path(folder.name) / f"class{k % 2}" / f"{k:06d}.jpg"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(Path(path).resolve())
    return folder
