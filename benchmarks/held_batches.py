"""Print how long a consumer waits for data while it holds large batches, for each way to load them.

Usage: python benchmarks/held_batches.py [IMAGES_DIR] [--steps N] [--step-s S] [--held 1,3]

A training step takes S seconds (0.5) and holds the last 1 to 3 batches of 256 x 224 x 224 x 3 float32, 154 MB each. The
wait is given as a share of the step.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
from image_set import images_of

import fastseq

SIZE = (224, 224)


class Files:
    """A folder with as many links to the images of a set as `count` batches need."""

    def __init__(self, images: list[str], folder: Path, batch_size: int, count: int) -> None:
        self.batch_size, self.batches, self.folder = batch_size, count, folder
        self.paths = [str(folder / f"{i:06d}.jpg") for i in range(batch_size * count)]
        for i, path in enumerate(self.paths):
            os.symlink(os.path.abspath(images[i % len(images)]), path)

    def of_batch(self, k: int) -> list[str]:
        """The paths of batch `k`."""
        return self.paths[k * self.batch_size : (k + 1) * self.batch_size]


def loader(files: Files) -> Iterator[Any]:
    """The batches of a `Loader`."""
    return iter(fastseq.Loader(fastseq.Samples.from_files(files.paths), SIZE, files.batch_size, dtype="float32"))


def image_sequence(files: Files) -> Iterator[Any]:
    """The batches of an `ImageSequence`."""
    return iter(fastseq.ImageSequence(fastseq.Samples.from_files(files.paths), SIZE, files.batch_size, dtype="float32"))


def data_loader(files: Files) -> Iterator[Any]:
    """The batches of a `DataLoader`."""
    return iter(fastseq.DataLoader(files.paths, files.batch_size, size=SIZE, dtype="float32"))


def sequence(files: Files) -> Iterator[Any]:
    """The batches of a `compat.Sequence`, requested through Keras's own adapter."""
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    class Own(fastseq.compat.Sequence):  # type: ignore[misc]
        def __len__(self) -> int:
            return files.batches

        def __getitem__(self, k: int) -> tuple[Any]:
            return (self.images(files.of_batch(k), SIZE, dtype="float32"),)

    adapter = PyDatasetAdapter(Own(), shuffle=False)
    adapter.on_epoch_end()  # from here on Keras trains
    batches: Iterator[Any] = adapter.get_numpy_iterator()
    return batches


def data_generator(files: Files) -> Iterator[Any]:
    """The batches of a `compat.DataGenerator`."""
    import pandas

    table = pandas.DataFrame({"images": files.paths, "labels": "a"})
    options: dict[str, Any] = {"batch_size": files.batch_size, "dim": SIZE, "dtype": "float32", "shuffle": False}
    generator = fastseq.compat.DataGenerator(table, range(len(files.paths)), to_fit=False, **options)
    return (generator[k] for k in range(files.batches))


def image_data_generator(files: Files) -> Iterator[Any]:
    """The batches of a `compat.ImageDataGenerator`."""
    import pandas

    generator = fastseq.compat.ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    options: dict[str, Any] = {"class_mode": None, "target_size": SIZE, "batch_size": files.batch_size}
    flow = generator.flow_from_dataframe(pandas.DataFrame({"filename": files.paths}), shuffle=False, **options)
    return (next(flow) for _ in range(files.batches))


def image_dataset(files: Files) -> Iterator[Any]:
    """The batches of a `compat.image_dataset_from_directory`."""
    options: dict[str, Any] = {"labels": None, "image_size": SIZE, "batch_size": files.batch_size, "shuffle": False}
    return iter(fastseq.compat.image_dataset_from_directory(files.folder, verbose=False, **options))


CONTENDERS = {
    "Loader": loader,
    "ImageSequence": image_sequence,
    "DataLoader": data_loader,
    "compat.Sequence": sequence,
    "compat.DataGenerator": data_generator,
    "compat.ImageDataGenerator": image_data_generator,
    "compat.image_dataset_from_directory": image_dataset,
}


def waiting(batches: Iterator[Any], held: int, step_s: float, warm_up: int = 2) -> list[float]:
    """Consume the batches, holding the last `held` ones during each step; return the seconds of each wait.

    The first batches, which nothing could be decoded ahead of, do not count.
    """
    holding: deque[Any] = deque(maxlen=held)
    waits = []
    begin = time.perf_counter()
    for batch in batches:
        waits.append(time.perf_counter() - begin)
        holding.append(batch)
        del batch
        time.sleep(step_s)
        begin = time.perf_counter()
    return waits[warm_up:]


def cpu_name() -> str:
    """Return the processor's name and the number of its cores that this process may use."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(os.sched_getaffinity(0))} cores"


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="?", type=Path, help="a folder of JPEGs; a set is made without it")
    parser.add_argument("--steps", type=int, default=5, help="steps that count (default 5)")
    parser.add_argument("--step-s", type=float, default=0.5, help="seconds of a step (default 0.5)")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--held", default="1,3", help="batches held, e.g. 1,2,3 (default 1,3)")
    parser.add_argument("--only", default="", help="contenders whose names contain this")
    options = parser.parse_args()
    held = [int(count) for count in options.held.split(",")]
    megabytes = options.batch_size * SIZE[0] * SIZE[1] * 3 * np.dtype("float32").itemsize / 1e6
    print(f"{cpu_name()}; steps of {options.step_s} s, batches of {megabytes:.0f} MB")
    print("wait as a share of the step, mean (max), holding " + ", ".join(map(str, held)))
    with images_of(options.images, 64) as images, tempfile.TemporaryDirectory() as linked:
        files = Files(images, Path(linked), options.batch_size, options.steps + 2)
        for name, contender in CONTENDERS.items():
            if options.only not in name:
                continue
            shown = []
            for count in held:
                with redirect_stdout(io.StringIO()):  # Keras prints how many files it found
                    batches = contender(files)
                shares = [wait / options.step_s for wait in waiting(batches, count, options.step_s)]
                shown.append(f"{sum(shares) / len(shares):6.1%} ({max(shares):6.1%})")
            print(f"{name:36s}", *shown, flush=True)


if __name__ == "__main__":
    main()
