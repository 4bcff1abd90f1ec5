"""The same images from each kind of source."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import datasets
import fsspec
import pyarrow as pa
import pyarrow.parquet
from tar_files import tar
from tfrecord_files import tfrecords

from fastseq import Samples
from fastseq.cli.index import index


def sources(files: Sequence[Path], folder: Path) -> Iterator[tuple[str, Samples]]:
    """Iterate over sources of some PNGs, whose labels are their numbers modulo 3, by name."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    folder.mkdir(exist_ok=True)
    images, labels = [file.read_bytes() for file in files], [i % 3 for i in range(len(files))]
    names = [f"{label}/{i:02}.png" for i, label in enumerate(labels)]
    numbers, half = list(range(len(files))), len(files) // 2
    for shard, part in enumerate((numbers[:half], numbers[half:])):
        members = [
            (f"{i:02}.{kind}", data) for i in part for kind, data in (("png", images[i]), ("cls", b"%d" % labels[i]))
        ]
        (folder / f"{shard}.tar").write_bytes(tar(members))
        records = tfrecords([{"image": images[i], "label": labels[i]} for i in part])
        (folder / f"{shard}.tfrecord").write_bytes(records)
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for name, image in zip(names, images, strict=True):
            archive.writestr(name, image)
    table = pa.table({"image": images, "label": labels})
    pyarrow.parquet.write_table(table, folder / "images.parquet", row_group_size=5)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    rows = {"image": [{"bytes": image, "path": None} for image in images], "label": labels}
    store = fsspec.filesystem("memory")
    for name, image in zip(names, images, strict=True):
        store.pipe_file(f"/bucket/images/{name}", image)
    for shard in range(2):
        store.put_file(folder / f"{shard}.tar", f"/bucket/{shard}.tar")
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        index(["memory://bucket/{0..1}.tar"], image="png", label="cls")

    yield "tar", Samples.from_tar(f"{folder}/*.tar", image="png", label="cls")
    yield "TFRecord", Samples.from_tfrecord(f"{folder}/*.tfrecord")
    yield "zip", Samples.from_zip(folder / "images.zip")
    yield "Parquet", Samples.from_parquet(folder / "images.parquet")
    yield "Hugging Face", Samples.from_huggingface(datasets.Dataset.from_dict(rows, features=features))
    yield "tar behind a URL", Samples.from_tar("memory://bucket/{0..1}.tar", image="png", label="cls")
    yield "objects", Samples.from_directory("memory://bucket/images")
