"""Print a table of tf.data pipelines: TensorFlow's decoder against `fastseq.tf.decode`.

Usage: python benchmarks/tf_data.py [IMAGES_DIR] [--rounds R] [--threads 1,2]
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from contenders import Contender
from image_set import images_of
from measure import Result, measure
from rivals import Epoch, Job, tensorflow
from table import about, progress

SIZE = (224, 224)
REPEATS = 5  # of the files in an epoch, whose fixed costs are not what we measure
BOUND = 0.55  # of the CPU time of TensorFlow's decoder
OURS = {
    "fastseq.tf.decode": {},
    "fastseq.tf.decode, tf.bilinear, float32": {"interpolation": "tf.bilinear", "orient": "none", "dtype": "float32"},
}


def pipeline(job: Job, source: str, settings: dict[str, Any] | None) -> Epoch:
    """Prepare a pipeline.

    Args:
        job: The files and the threads.
        source: "paths", or "records": one TFRecord file with all images.
        settings: Those of `fastseq.tf.decode`; None for `tf.io.decode_jpeg` and `tf.image.resize`, image by image.
    """
    tf = tensorflow()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    options = tf.data.Options()
    # The autotuner's timer delays the end of an iterator; without it there are as many parallel calls as threads.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = job.threads
    options.threading.max_intra_op_parallelism = 1
    if source == "paths":
        strings = tf.data.Dataset.from_tensor_slices(list(job.paths))
    else:
        strings = tf.data.TFRecordDataset(_records(tf, job))
    strings = strings.repeat(REPEATS)
    if settings is None:

        def load(string: Any) -> Any:
            data = tf.io.read_file(string) if source == "paths" else string
            return tf.image.resize(tf.io.decode_jpeg(data, channels=3), SIZE)

        dataset = strings.map(load, num_parallel_calls=job.threads).batch(job.batch_size)
    else:
        import fastseq

        decode = fastseq.tf.decode(SIZE, threads=job.threads, **settings)
        dataset = strings.batch(job.batch_size).map(decode, num_parallel_calls=2)
    dataset = dataset.prefetch(2).with_options(options)
    return lambda: dataset


def _records(tf: Any, job: Job) -> str:
    """Write the files to a TFRecord file that is kept until the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="fastseq-records-")
    name = str(Path(folder.name) / "images.tfrecord")
    with tf.io.TFRecordWriter(name) as writer:
        for path in job.paths:
            writer.write(Path(path).read_bytes())
    _folders.append(folder)
    return name


_folders: list[tempfile.TemporaryDirectory[str]] = []


def rows(source: str, results: list[Result]) -> list[str]:
    """The lines of one source: CPU milliseconds an image with one thread, the ratio, and images a second."""
    titles = list(dict.fromkeys(result.title for result in results))
    threads = sorted({result.threads for result in results})
    found = {(result.title, result.threads): result for result in results}
    lines = []
    for title in titles:
        first = found[title, threads[0]]  # CPU seconds per 1000 are milliseconds per image
        speeds = " | ".join(f"{found[title, n].images_per_second:.0f}" for n in threads)
        lines.append(f"| {source}, {title} | {first.cpu_per_1000:.2f} | {first.ratio:.2f} | {speeds} |")
    return lines


def main() -> None:
    """Measure every pipeline and print."""
    parser = argparse.ArgumentParser(description="Print a table of tf.data pipelines with and without fastseq.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, separated by commas")
    options = parser.parse_args()
    threads = [int(n) for n in options.threads.split(",")]
    with images_of(options.images) as paths:
        print(about(paths), flush=True)
        heads = [f"images / s, {n} thread{'s' * (n > 1)}" for n in threads]
        print(f"| | CPU ms an image | of TensorFlow's, at most {BOUND} | {' | '.join(heads)} |")
        print("| --- |" + " ---: |" * (2 + len(heads)))
        for source in ("paths", "records"):
            pairs = [("decode_jpeg and resize", None), *OURS.items()]
            contenders = [Contender(title, partial(pipeline, source=source, settings=s)) for title, s in pairs]
            results = measure(contenders, paths, "whole", threads, options.rounds, progress)
            progress("")
            print("\n".join(rows(source, results)), flush=True)


if __name__ == "__main__":
    main()
