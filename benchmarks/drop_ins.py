"""Print the table of the drop-ins in docs/performance.md: Keras's originals against them, alone and in `fit`.

Usage: python benchmarks/drop_ins.py [IMAGES_DIR] [--rounds R] [--only TEXT]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from contenders import Contender
from image_set import images_of
from keras_rivals import KERAS, class_folders, color_only, reference, through_keras
from measure import measure
from rivals import Epoch, Job, NotInstalledError, require, tensorflow
from table import about, progress

CORES = 2
REPEATS = 5  # of the files in an epoch, whose fixed costs are not what we measure
AUGMENTED = {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255}


def flow(job: Job, ours: bool, **settings: Any) -> Any:
    """Return an iterator of `flow_from_directory` at 150 x 150, with defaults otherwise."""
    images = require("fastseq.compat" if ours else "keras.src.legacy.preprocessing.image", KERAS)
    folder = class_folders(job)
    with contextlib.redirect_stdout(io.StringIO()):
        iterator = images.ImageDataGenerator(**settings).flow_from_directory(
            folder.name, target_size=(150, 150), batch_size=job.batch_size, class_mode="binary"
        )
    iterator.folder = folder
    return iterator


def image_dataset(job: Job, ours: bool) -> Any:
    """Return a dataset of `image_dataset_from_directory` at 224 x 224, with as many threads as the job."""
    tf = tensorflow()
    loaders = require("fastseq.compat" if ours else "keras.utils", KERAS)
    folder = class_folders(job)
    dataset = loaders.image_dataset_from_directory(
        folder.name, image_size=(224, 224), batch_size=job.batch_size, label_mode="binary", verbose=False
    )
    options = tf.data.Options()
    # The autotuner's timer doubles its period each time and delays the end of an iterator until it fires: epochs would
    # take 0.31, 0.63 or 1.27 s. Without it there are as many parallel calls as threads.
    options.autotune.enabled = False
    if not ours:  # fastseq has threads of its own
        options.threading.private_threadpool_size = job.threads
        options.threading.max_intra_op_parallelism = 1
    configured = dataset.with_options(options)
    configured.folder = folder
    return configured


def skimage_sequence(job: Job, ours: bool) -> Any:
    """Return the Sequence of Keras's documentation at 200 x 200, or the same with fastseq's `Sequence.images`."""
    import numpy as np

    paths = color_only(job.paths)
    labels = [i % 2 for i in range(len(paths))]
    if not ours:
        return reference("skimage_sequence").SkimageSequence(paths, labels, job.batch_size)

    from fastseq.compat import Sequence

    class Images(Sequence):
        def __len__(self) -> int:
            return -(-len(paths) // job.batch_size)

        def __getitem__(self, idx: int) -> tuple[Any, Any]:
            part = slice(idx * job.batch_size, (idx + 1) * job.batch_size)
            x = self.images(paths[part], (200, 200), interpolation="pil.bilinear", dtype="float32", scale=1 / 255)
            return x, np.array(labels[part])

    return Images()


@dataclass(frozen=True)
class DropIn:
    """One row of the table.

    Attributes:
        title: Its name in the table.
        make: Makes the dataset from a `Job` and ``ours``: fastseq's if true, Keras's if false.
        cpu: The upper bound that we set on its CPU time per image, as a fraction of the original's.
        fit: The lower bound that we set on its images per second in `fit`, as a multiple of the original's.
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
    """Prepare the dataset alone, read as Keras reads it, on as many cores as the job has threads."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    dataset = make(replace(job, paths=job.paths * REPEATS), ours)
    return (lambda: dataset) if hasattr(dataset, "element_spec") else through_keras(dataset, job.threads)


def in_fit(job: Job, make: Callable[..., Any], ours: bool, workers: int = 1) -> Epoch:
    """Prepare epochs of `fit` with a model that costs next to nothing."""
    warnings.simplefilter("ignore")  # Keras warns that it cannot shuffle a dataset
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow()
    keras = require("keras", KERAS)
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
    """Measure one drop-in and return its row of the table.

    Raises:
        NotInstalledError: If something it needs is not installed.
    """
    pair = [Contender(who, partial(alone, make=drop_in.make, ours=ours)) for who, ours in (("Keras", 0), ("ours", 1))]
    cpu = {r.title: r for r in measure(pair, paths, drop_in.title, (1,), rounds, progress)}
    fits = [Contender("Keras", partial(in_fit, make=drop_in.make, ours=False))]
    if drop_in.make is not image_dataset:
        fits.append(Contender("Keras, 2 workers", partial(in_fit, make=drop_in.make, ours=False, workers=CORES)))
    fits.append(Contender("ours", partial(in_fit, make=drop_in.make, ours=True)))
    speed = {r.title: r.images_per_second for r in measure(fits, paths, drop_in.title, (CORES,), rounds, progress)}
    progress("")
    ours, best = speed.pop("ours"), max(speed[f.title] for f in fits[:-1])
    cost = [cpu[who].cpu_per_1000 for who in ("Keras", "ours")]  # CPU seconds per 1000 are milliseconds per image
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
    with images_of(options.images) as paths:
        print(about(paths), flush=True)
        print("| | CPU ms per image, Keras | fastseq | ratio | at most ", end="")
        print("| images / s in `fit`, Keras | fastseq | times | at least |")
        print("| --- |" + " ---: |" * 8)
        for drop_in in DROP_INS:
            if options.only not in drop_in.title:
                continue
            try:
                print(row(drop_in, paths, options.rounds), flush=True)
            except NotInstalledError as missing:
                progress("")
                print(f"{drop_in.title} is left out: {missing}", file=sys.stderr)


if __name__ == "__main__":
    main()
