"""What Keras users load with today; contenders as in `rivals`, with Keras's workers for threads."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rivals import Epoch, Job, tensorflow


def tutorial(job: Job) -> Epoch:
    """Prepare the tutorial's generator."""
    import pandas as pd
    from reference.tutorial import DataGenerator

    table = pd.DataFrame({"images": list(job.paths), "labels": "cat_dog"})
    rows = range(len(job.paths))
    return through_keras(
        DataGenerator(table, rows, ["cat", "dog"], batch_size=job.batch_size, dim=job.work.size), job.threads
    )


def skimage_sequence(job: Job) -> Epoch:
    """Prepare the Sequence of Keras's documentation, which takes no gray pictures: colour ones stand in for them."""
    import cv2
    from reference.skimage_sequence import SkimageSequence

    colour = [path for path in job.paths if np.ndim(cv2.imread(path, cv2.IMREAD_UNCHANGED)) == 3]
    paths = [colour[i % len(colour)] for i in range(len(job.paths))]
    return through_keras(SkimageSequence(paths, [0] * len(paths), job.batch_size, job.work.size), job.threads)


def image_dataset(job: Job) -> Epoch:
    """Prepare ``keras.utils.image_dataset_from_directory``, with tf.data's pool set to the job's threads."""
    import keras

    tf = tensorflow()
    folder = class_folders(job)
    dataset = keras.utils.image_dataset_from_directory(
        folder.name, image_size=job.work.size, batch_size=job.batch_size, shuffle=False, verbose=False
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = job.threads
    options.threading.max_intra_op_parallelism = 1
    dataset = dataset.with_options(options)

    def epoch() -> Iterator[Any]:
        assert folder.name, "the links live as long as the epoch does"
        yield from dataset

    return epoch


def image_data_generator(job: Job) -> Epoch:
    """Prepare ``ImageDataGenerator.flow_from_directory``, bilinear."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    folder = class_folders(job)
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = ImageDataGenerator().flow_from_directory(
            folder.name,
            target_size=job.work.size,
            batch_size=job.batch_size,
            interpolation="bilinear",
            shuffle=False,
        )
    dataset.folder = folder
    return through_keras(dataset, job.threads)


def through_keras(dataset: Any, workers: int) -> Epoch:
    """Iterate a PyDataset as ``fit`` does, with Keras's own enqueuer where there is more than one worker."""
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    dataset.workers = workers
    adapter = PyDatasetAdapter(dataset)

    def epoch() -> Iterator[Any]:
        adapter.on_epoch_begin()
        yield from adapter.get_numpy_iterator()
        adapter.on_epoch_end()

    return epoch


def class_folders(job: Job) -> tempfile.TemporaryDirectory[str]:
    """Link the job's files into two class folders; they go with the object that is returned."""
    folder = tempfile.TemporaryDirectory(prefix="fastseq-classes-")
    for k, path in enumerate(job.paths):
        link = Path(folder.name) / f"class{k % 2}" / f"{k:06d}.jpg"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(Path(path).resolve())
    return folder
