"""Compare images a second from local shards with WebDataset, LitData, Hugging Face, Grain, tf.data and DALI.

Usage: python benchmarks/shard_rivals.py [IMAGES_DIR] [--rounds R] [--workers 2] [--copies C]

Each epoch is a shuffled one of random resized crops (224 x 224) with flips, into batches of 32. Rivals get the same
images in a format of theirs, and as many processes or threads as there are workers; those that are not installed are
left out. Pillow decodes for WebDataset, LitData, Hugging Face and Grain, at a smaller size where that does (`draft`).
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from contenders import Contender
from image_set import images_of
from measure import measure
from rivals import Epoch, Job, NotInstalledError, require, tensorflow
from shards import epoch_of, pack_tar, pack_tfrecords
from table import about, progress
from workloads import random_window

import fastseq

SIZE = 224


def crop(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode an encoded image by Pillow, at a smaller size where the crop allows, and return a random crop of it."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        top, left, height, width = random_window(image.height, image.width, random)  # type: ignore[arg-type]
        whole = image.size
        image.draft("RGB", (whole[0] * SIZE // width, whole[1] * SIZE // height))
        across, down = image.width / whole[0], image.height / whole[1]
        box = (left * across, top * down, (left + width) * across, (top + height) * down)
        resized = image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR, box)
        return np.array(resized.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else resized)


def encoded_and_cropped(sample: Any) -> npt.NDArray[np.uint8]:
    """The crop of the image of a sample."""
    return crop(sample["image"] if isinstance(sample, dict) else sample)


def fastseq_tar(shards: Sequence[str], job: Job) -> Epoch:
    """Prepare a `Loader` of tar shards."""
    return epoch_of(fastseq.Samples.from_tar(shards), job)


def fastseq_tfrecord(shards: Sequence[str], job: Job) -> Epoch:
    """Prepare a `Loader` of TFRecord files."""
    return epoch_of(fastseq.Samples.from_tfrecord(shards, label=None), job)


def allow_children() -> None:
    """Let this process, which is a daemon, start processes."""
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


def torch_loader(dataset: Any, job: Job, **options: Any) -> Epoch:
    """Prepare a `DataLoader` whose workers live on."""
    allow_children()
    torch = require("torch", "pip install torch")
    torch.set_num_threads(1)
    loader = torch.utils.data.DataLoader(
        dataset, job.batch_size, num_workers=job.threads, persistent_workers=True, prefetch_factor=4, **options
    )
    return lambda: loader


def webdataset_tar(shards: Sequence[str], job: Job) -> Epoch:
    """Prepare WebDataset in a `DataLoader`."""
    wds = require("webdataset", "pip install webdataset")
    data = wds.WebDataset(list(shards), shardshuffle=100, nodesplitter=wds.split_by_node).shuffle(500)
    return torch_loader(data.to_tuple("jpg").map_tuple(crop).map(_first), job)


def _first(sample: tuple[Any]) -> Any:
    return sample[0]


def litdata_stream(folder: str, job: Job) -> Epoch:
    """Prepare LitData."""
    allow_children()
    litdata = require("litdata", "pip install litdata")
    data = litdata.StreamingDataset(folder, shuffle=True, transform=encoded_and_cropped)
    loader = litdata.StreamingDataLoader(
        data, batch_size=job.batch_size, num_workers=job.threads, persistent_workers=True, prefetch_factor=4
    )
    return lambda: loader


def pack_litdata(paths: Sequence[str], folder: Path) -> str:
    """Write files for LitData and return the folder."""
    litdata = require("litdata", "pip install litdata")
    packed = str(folder / "litdata")
    litdata.optimize(_contents, list(paths), packed, chunk_bytes="64MB", num_workers=1)
    return packed


def _contents(path: str) -> bytes:
    return Path(path).read_bytes()


def huggingface_arrow(folder: str, job: Job) -> Epoch:
    """Prepare a data set of Hugging Face in a `DataLoader`."""
    datasets = require("datasets", "pip install datasets")
    data = datasets.load_from_disk(folder).with_transform(_crops)
    return torch_loader(data, job, shuffle=True, collate_fn=_stacked)


def _crops(rows: Any) -> Any:
    return {"image": [crop(row["bytes"]) for row in rows["image"]]}


def _stacked(rows: Any) -> npt.NDArray[np.uint8]:
    return np.stack([row["image"] for row in rows])


def pack_arrow_undecoded(paths: Sequence[str], folder: Path) -> str:
    """Write files as a data set of Hugging Face that does not decode them, and return its folder."""
    datasets = require("datasets", "pip install datasets")
    datasets.utils.logging.disable_progress_bar()
    features = datasets.Features({"image": datasets.Image(decode=False)})
    images = [{"bytes": _contents(path), "path": None} for path in paths]
    datasets.Dataset.from_dict({"image": images}, features=features).save_to_disk(str(folder / "hf"))
    return str(folder / "hf")


def grain_array_record(file: str, job: Job) -> Epoch:
    """Prepare Grain over an ArrayRecord file."""
    allow_children()
    grain = require("grain", "pip install grain array_record")
    python = require("grain.python", "pip install grain array_record")
    require("absl.flags", "pip install absl-py").FLAGS.mark_as_parsed()
    source = python.ArrayRecordDataSource(file)
    data = grain.MapDataset.source(source).shuffle(seed=0).map(crop).batch(job.batch_size).repeat()
    options = python.MultiprocessingOptions(num_workers=job.threads, per_worker_buffer_size=2)
    # Its workers live on, and must not make much of an epoch ahead while others are measured.
    reading = python.ReadOptions(num_threads=1, prefetch_buffer_size=2)
    batches = iter(data.to_iter_dataset(reading).mp_prefetch(options))
    return lambda: islice(batches, -(-len(job.paths) // job.batch_size))


def pack_array_record(paths: Sequence[str], folder: Path) -> str:
    """Write files into an ArrayRecord file, one image a group, and return its path."""
    module = require("array_record.python.array_record_module", "pip install array_record")
    path = str(folder / "images.array_record")
    writer = module.ArrayRecordWriter(path, "group_size:1")
    for each in paths:
        writer.write(_contents(each))
    writer.close()
    return path


def tf_data_records(shards: Sequence[str], job: Job) -> Epoch:
    """Prepare tf.data: parallel reads, a fused crop and decode, a private thread pool."""
    tf = tensorflow()

    def load(record: Any) -> Any:
        data = tf.io.parse_single_example(record, {"image": tf.io.FixedLenFeature([], tf.string)})["image"]
        shape = tf.io.extract_jpeg_shape(data)
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            shape, tf.zeros([1, 0, 4]), 0, area_range=(0.08, 1.0), use_image_if_no_bounding_boxes=True
        )
        window = tf.stack([begin[0], begin[1], size[0], size[1]])
        image = tf.io.decode_and_crop_jpeg(data, window, channels=3, dct_method="INTEGER_FAST")
        return tf.cast(tf.image.random_flip_left_right(tf.image.resize(image, (SIZE, SIZE))), tf.uint8)

    options = tf.data.Options()
    options.threading.private_threadpool_size = job.threads
    options.deterministic = False
    data = tf.data.TFRecordDataset(list(shards), num_parallel_reads=job.threads).shuffle(500)
    data = data.map(load, num_parallel_calls=job.threads).batch(job.batch_size).prefetch(4).with_options(options)
    return lambda: (batch.numpy() for batch in data)


def dali_tar(shards: Sequence[str], job: Job) -> Epoch:
    """Prepare DALI on the CPU."""
    dali = require("nvidia.dali", "pip install nvidia-dali-cuda120")
    readers, decoders = dali.fn.readers, dali.fn.decoders
    pipeline = dali.Pipeline(job.batch_size, job.threads, None, prefetch_queue_depth=4)
    with pipeline:
        data = readers.webdataset(paths=list(shards), ext=["jpg"], random_shuffle=True, initial_fill=500)
        images = decoders.image_random_crop(data, device="cpu", random_area=[0.08, 1.0])
        resized = dali.fn.resize(images, size=(SIZE, SIZE))
        pipeline.set_outputs(dali.fn.flip(resized, horizontal=dali.fn.random.coin_flip()))
    pipeline.build()
    batches = -(-len(job.paths) // job.batch_size)

    def epoch() -> Iterator[Any]:
        for _ in range(batches):
            yield pipeline.run()[0].as_array()

    return epoch


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare images a second from local shards.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--copies", type=int, default=10, help="of each image, so that an epoch is not over at once")
    options = parser.parse_args()
    with images_of(options.images) as files, tempfile.TemporaryDirectory(prefix="fastseq-rivals-") as scratch:
        folder, paths = Path(scratch), files * options.copies
        (folder / "tar").mkdir()
        shards, records = pack_tar(paths, folder / "tar"), pack_tfrecords(paths, folder)
        rows = [
            Contender("fastseq, tar", partial(fastseq_tar, shards)),
            Contender("fastseq, TFRecord", partial(fastseq_tfrecord, records)),
            Contender("WebDataset, tar", partial(webdataset_tar, shards)),
            Contender("tf.data, TFRecord", partial(tf_data_records, records)),
            Contender("DALI on the CPU, tar", partial(dali_tar, shards)),
        ]
        formats: list[tuple[str, Callable[..., Epoch], Callable[..., str]]] = [
            ("LitData, its own chunks", litdata_stream, pack_litdata),
            ("Hugging Face datasets, Arrow", huggingface_arrow, pack_arrow_undecoded),
            ("Grain, ArrayRecord", grain_array_record, pack_array_record),
        ]
        for title, prepare, pack in formats:
            try:
                rows.append(Contender(title, partial(prepare, pack(paths, folder))))
            except NotInstalledError as missing:
                print(f"{title} is left out: {missing}", file=sys.stderr)
        results = measure(rows, paths, "crop", [options.workers], options.rounds, progress)
        progress("")
        print(about(files))
        print(f"\n| {options.workers} workers | images / s | fastseq, tar: times as many |\n| --- | ---: | ---: |")
        ours = next(result for result in results if result.threads == options.workers).images_per_second
        for result in results:
            if result.threads == options.workers:
                print(f"| {result.title} | {result.images_per_second:.0f} | {ours / result.images_per_second:.1f} |")


if __name__ == "__main__":
    main()
