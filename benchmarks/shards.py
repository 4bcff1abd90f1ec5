"""Compare the CPU time of images in shards and archives with that of the same files in a folder, and time the index.

Usage: python benchmarks/shards.py [IMAGES_DIR] [--rounds R] [--threads 1,2] [--copies C] [--index-gb G]

Each epoch is a shuffled one of random resized crops with flips. The index is of tar shards in the page cache.
"""

from __future__ import annotations

import argparse
import shutil
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from contenders import Contender, transforms
from image_set import images_of
from measure import measure
from rivals import Epoch, Job
from table import about, progress

import fastseq

PER_SHARD = 50


def pack_tar(paths: Sequence[str], folder: Path) -> list[str]:
    """Write files into tar shards of 50 and return their paths."""
    shards = []
    for first in range(0, len(paths), PER_SHARD):
        shards.append(str(folder / f"{first:06}.tar"))
        with tarfile.open(shards[-1], "w") as archive:
            for i, path in enumerate(paths[first : first + PER_SHARD], first):
                archive.add(path, f"{i:06}.jpg")
    return shards


def pack_tfrecords(paths: Sequence[str], folder: Path) -> list[str]:
    """Write files into TFRecord files of 50 and return their paths."""
    import tensorflow as tf

    shards = []
    for first in range(0, len(paths), PER_SHARD):
        shards.append(str(folder / f"{first:06}.tfrecord"))
        with tf.io.TFRecordWriter(shards[-1]) as writer:
            for path in paths[first : first + PER_SHARD]:
                image = tf.train.BytesList(value=[Path(path).read_bytes()])
                features = tf.train.Features(feature={"image": tf.train.Feature(bytes_list=image)})
                writer.write(tf.train.Example(features=features).SerializeToString())
    return shards


def pack_zip(paths: Sequence[str], folder: Path, method: int) -> str:
    """Write files into a zip archive, all in one class folder, and return its path."""
    archive_path = str(folder / f"{method}.zip")
    with zipfile.ZipFile(archive_path, "w", method) as archive:
        for i, path in enumerate(paths):
            archive.write(path, f"photos/{i:06}.jpg")
    return archive_path


def pack_arrow(paths: Sequence[str], folder: Path) -> str:
    """Write files into Arrow files of about 50, as a data set of Hugging Face, and return its folder."""
    import datasets

    datasets.utils.logging.disable_progress_bar()
    features = datasets.Features({"image": datasets.Image()})
    images = [{"bytes": Path(path).read_bytes(), "path": None} for path in paths]
    packed = datasets.Dataset.from_dict({"image": images}, features=features)
    packed.save_to_disk(str(folder / "arrow"), num_shards=-(-len(paths) // PER_SHARD))
    return str(folder / "arrow")


def pack_parquet(paths: Sequence[str], folder: Path, *, in_place: bool) -> str:
    """Write files into a Parquet file, in row groups of 100, and return its path.

    The images lie in it as they are, as `datasets` writes them; or compressed by Snappy, as pyarrow does by default.
    """
    import pyarrow as pa
    import pyarrow.parquet

    table = pa.table({"image": [Path(path).read_bytes() for path in paths]})
    options: dict[str, Any] = {"compression": "none", "use_dictionary": False} if in_place else {}
    path = str(folder / f"in-place-{in_place}.parquet")
    pyarrow.parquet.write_table(table, path, row_group_size=100, **options)
    return path


def of_arrow(folder: str, *, in_memory: bool) -> fastseq.Samples:
    """The images of that data set, in its files or loaded into memory."""
    import datasets

    return fastseq.Samples.from_huggingface(datasets.load_from_disk(folder, keep_in_memory=in_memory), label=None)


def epoch_of(samples: fastseq.Samples, job: Job) -> Epoch:
    """Prepare a shuffled `Loader`."""
    settings: dict[str, Any] = {"transform": transforms(job.workload), "threads": job.threads}
    loader = fastseq.Loader(samples, job.workload.size, job.batch_size, shuffle=True, **settings)
    return lambda: loader


def files(job: Job) -> Epoch:
    """Prepare a `Loader` of the files."""
    return epoch_of(fastseq.Samples.from_files(job.paths), job)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare shards and archives with files.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, separated by commas")
    parser.add_argument("--copies", type=int, default=10, help="of each image, so that an epoch is not over at once")
    parser.add_argument("--index-gb", type=float, default=2, help="size of the shards that are indexed (default: 2)")
    options = parser.parse_args()
    with images_of(options.images) as images, tempfile.TemporaryDirectory(prefix="fastseq-shards-") as scratch:
        print(about(images))
        paths = images * options.copies
        shards = pack_tar(paths, Path(scratch))
        stored, deflated = (pack_zip(paths, Path(scratch), way) for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        arrow = pack_arrow(paths, Path(scratch))
        parquet = partial(fastseq.Samples.from_parquet, label=None)
        sources = {
            "tar shards": fastseq.Samples.from_tar(shards),
            "TFRecord files": fastseq.Samples.from_tfrecord(pack_tfrecords(paths, Path(scratch)), label=None),
            "Arrow files": of_arrow(arrow, in_memory=False),
            "Arrow table in memory": of_arrow(arrow, in_memory=True),
            "Parquet file, images as they are": parquet(pack_parquet(paths, Path(scratch), in_place=True)),
            "Parquet file, compressed by Snappy": parquet(pack_parquet(paths, Path(scratch), in_place=False)),
            "zip archive, stored": fastseq.Samples.from_zip(stored),
            "zip archive, deflated": fastseq.Samples.from_zip(deflated),
        }
        rows = [Contender("files in a folder", files)]
        rows += [Contender(name, partial(epoch_of, samples)) for name, samples in sources.items()]
        threads = [int(n) for n in options.threads.split(",")]
        results = measure(rows, paths, "crop", threads, options.rounds, progress)
        progress("")
        print("| | threads | CPU, files = 1 | CPU s / 1000 | images / s |\n| --- | ---: | ---: | ---: | ---: |")
        for result in results:
            cells = f"{result.ratio:.3f} | {result.cpu_per_1000:.2f} | {result.images_per_second:.0f}"
            print(f"| {result.title} | {result.threads} | {cells} |")
        print("\n" + index(shards, Path(scratch), options.index_gb))


def index(shards: Sequence[str], folder: Path, gigabytes: float) -> str:
    """Time `Samples.from_tar` of copies of the shards, as a line of text."""
    size = sum(Path(shard).stat().st_size for shard in shards)
    copies = list(shards)
    for copy in range(max(1, int(1e9 * gigabytes) // size) - 1):
        for shard in shards:
            copies.append(shutil.copy(shard, folder / f"copy-{copy:04}-{Path(shard).name}"))
    start = time.perf_counter()
    count = len(fastseq.Samples.from_tar(copies))
    seconds = time.perf_counter() - start
    done = len(copies) // len(shards) * size / 1e9
    return f"Index: {count:,} images in {len(copies):,} shards, {done:.1f} GB, in {seconds:.2f} s."


if __name__ == "__main__":
    main()
