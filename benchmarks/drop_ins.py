"""Print the table of the drop-ins in docs/performance.md: Keras's originals against them, alone and in `fit`.

Usage: python benchmarks/drop_ins.py [IMAGES_DIR] [--rounds R] [--only TEXT]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from contenders import Contender
from keras_rivals import class_folders, through_keras
from measure import measure
from pictures import make_set
from rivals import Epoch, Job, tensorflow
from table import about, jpegs, progress

CORES = 2
REPEATS = 5  # of the files in an epoch, whose beginning costs the same however long it is
AUGMENTED = {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255}


def flow(job: Job, ours: bool, **settings: Any) -> Any:
    """An iterator of `flow_from_directory` at 150 x 150, otherwise as it comes."""
    if ours:
        from fastseq.compat import ImageDataGenerator
    else:
        from keras.src.legacy.preprocessing.image import ImageDataGenerator
    folder = class_folders(job)
    with contextlib.redirect_stdout(io.StringIO()):
        iterator = ImageDataGenerator(**settings).flow_from_directory(
            folder.name, target_size=(150, 150), batch_size=job.batch_size, class_mode="binary"
        )
    iterator.folder = folder
    return iterator


def image_dataset(job: Job, ours: bool) -> Any:
    """A dataset of `image_dataset_from_directory` at 224 x 224; its threads are as many as the job's."""
    import keras

    tf = tensorflow()
    made = keras.utils.image_dataset_from_directory
    if ours:
        from fastseq.compat import image_dataset_from_directory as made
    folder = class_folders(job)
    dataset = made(folder.name, image_size=(224, 224), batch_size=job.batch_size, label_mode="binary", verbose=False)
    options = tf.data.Options()
    # It ends with an iterator only when its timer rings, and that waits twice as long each time: epochs would take
    # 0.31, 0.63 or 1.27 s. Without it the parallel calls are as many as the threads.
    options.autotune.enabled = False
    if not ours:  # whose threads are fastseq's own
        options.threading.private_threadpool_size = job.threads
        options.threading.max_intra_op_parallelism = 1
    kept = dataset.with_options(options)
    kept.folder = folder
    return kept


def skimage_sequence(job: Job, ours: bool) -> Any:
    """The Sequence of Keras's documentation at 200 x 200, which takes no gray pictures; or the README's recipe."""
    import cv2
    import numpy as np

    colour = [path for path in job.paths if np.ndim(cv2.imread(path, cv2.IMREAD_UNCHANGED)) == 3]
    paths = [colour[i % len(colour)] for i in range(len(job.paths))]
    labels = [i % 2 for i in range(len(paths))]
    if not ours:
        from reference.skimage_sequence import SkimageSequence

        return SkimageSequence(paths, labels, job.batch_size)

    from fastseq.compat import Sequence

    class Recipe(Sequence):
        def __len__(self) -> int:
            return -(-len(paths) // job.batch_size)

        def __getitem__(self, idx: int) -> tuple[Any, Any]:
            part = slice(idx * job.batch_size, (idx + 1) * job.batch_size)
            x = self.images(paths[part], (200, 200), interpolation="pil.bilinear", dtype="float32", scale=1 / 255)
            return x, np.array(labels[part])

    return Recipe()


@dataclass(frozen=True)
class DropIn:
    """One row of the table.

    Attributes:
        title: Its name there.
        make: Makes the dataset, Keras's or fastseq's.
        cpu: At most this part of the original's CPU time an image.
        fit: At least so many times the original's images a second in `fit`.
    """

    title: str
    make: Callable[..., Any]
    cpu: float
    fit: float


DROP_INS = (
    DropIn("`flow_from_directory`, 150 x 150, shear, zoom, flip", partial(flow, **AUGMENTED), 0.25, 4),
    DropIn("`flow_from_directory`, 150 x 150", flow, 0.45, 2),
    DropIn("`image_dataset_from_directory`, 224 x 224", image_dataset, 0.65, 1.4),
    DropIn("skimage `Sequence`, 200 x 200", skimage_sequence, 0.10, 15),
)


def alone(job: Job, make: Callable[..., Any], ours: bool) -> Epoch:
    """Prepare the dataset alone, on as many cores as the job has threads, as Keras would read it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    dataset = make(replace(job, paths=job.paths * REPEATS), ours)
    return (lambda: dataset) if hasattr(dataset, "element_spec") else through_keras(dataset, job.threads)


def in_fit(job: Job, make: Callable[..., Any], ours: bool, workers: int = 1) -> Epoch:
    """Prepare epochs of `fit` with a model that is quick to compute."""
    warnings.simplefilter("ignore")  # Keras tells that a dataset shuffles by itself
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow()
    import keras

    dataset = make(replace(job, paths=job.paths * REPEATS), ours)
    if not hasattr(dataset, "element_spec"):
        dataset.workers = workers
    model = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")

    def epoch() -> Iterator[Any]:
        model.fit(dataset, verbose=0)
        yield range(REPEATS * len(job.paths))

    return epoch


def row(drop_in: DropIn, paths: list[str], rounds: int) -> str:
    """Measure one drop-in and give its row of the table."""
    pair = [Contender(who, partial(alone, make=drop_in.make, ours=ours)) for who, ours in (("Keras", 0), ("ours", 1))]
    cpu = {r.title: r for r in measure(pair, paths, drop_in.title, (1,), rounds, progress)}
    fits = [Contender("Keras", partial(in_fit, make=drop_in.make, ours=False))]
    if drop_in.make is not image_dataset:
        fits.append(Contender("Keras, 2 workers", partial(in_fit, make=drop_in.make, ours=False, workers=CORES)))
    fits.append(Contender("ours", partial(in_fit, make=drop_in.make, ours=True)))
    speed = {r.title: r.images_per_second for r in measure(fits, paths, drop_in.title, (CORES,), rounds, progress)}
    progress("")
    ours, best = speed.pop("ours"), max(speed[f.title] for f in fits[:-1])
    cost = [cpu[who].cpu_per_1000 for who in ("Keras", "ours")]  # CPU seconds for 1000 are milliseconds for one
    return (
        f"| {drop_in.title} | {cost[0]:.2f} | {cost[1]:.2f} | {cpu['ours'].ratio:.2f} | {drop_in.cpu} "
        f"| {best:.0f} | {ours:.0f} | {ours / best:.1f} | {drop_in.fit} |"
    )


def main() -> None:
    """Measure every drop-in and print."""
    parser = argparse.ArgumentParser(description="Print a table of the drop-ins and their originals.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="measure only rows whose title contains this text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fastseq-pictures-") as scratch:
        paths = jpegs(options.images) if options.images else make_set(Path(scratch))
        print(about(paths), flush=True)
        print("| | CPU ms an image, Keras | fastseq | ratio | at most ", end="")
        print("| images / s in `fit`, Keras | fastseq | times | at least |")
        print("| --- |" + " ---: |" * 8)
        for drop_in in DROP_INS:
            if options.only in drop_in.title:
                print(row(drop_in, paths, options.rounds), flush=True)


if __name__ == "__main__":
    main()
