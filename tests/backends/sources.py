"""The same images from each kind of source, and which of them a process reads."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import cv2
import datasets
import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from object_server import ObjectServer
from tar_files import tar
from tfrecord_files import tfrecords

from fastseq import Loader, Samples
from fastseq.cli.index import index

EPOCHS = 2
BATCHES = {  # 8 lanes, and a last batch that four replicas can share; the numbers are seen in the images
    "size": (8, 8),
    "batch_size": 8,
    "shuffle": True,
    "interpolation": "cv2.nearest",
    "window_bytes": "1MB",
    "rank": "auto",
}


def solid_image(number: int) -> np.ndarray:
    """An image of one color that encodes a number from 0 to 255."""
    image = np.zeros((16, 16, 3), np.uint8)
    image[...] = (number % 16 * 255 / 16, number // 16 * 255 / 16, 128)
    return image


def numbers_of(images: np.ndarray) -> list[int]:
    """The numbers of such images."""
    digits = np.rint(images[:, 4, 4, :2].astype(np.float64) * 16 / 255).astype(int)
    return (digits @ [1, 16]).tolist()


def write_sources(count: int, folder: Path) -> None:
    """Write so many images as each kind of source; their labels are their numbers modulo 3."""
    labels = [i % 3 for i in range(count)]
    names = [f"{label}/{i:02}.png" for i, label in enumerate(labels)]
    for i, name in enumerate(names):
        (folder / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "images" / name), solid_image(i)[:, :, ::-1])
    images = [(folder / "images" / name).read_bytes() for name in names]
    (folder / "names.csv").write_text("image,label\n" + "".join(f"{name},{name[0]}\n" for name in names))
    for shard, part in enumerate((range(count // 2), range(count // 2, count))):
        members = [
            (f"{i:02}.{kind}", data) for i in part for kind, data in (("png", images[i]), ("cls", b"%d" % labels[i]))
        ]
        (folder / f"{shard}.tar").write_bytes(tar(members))
        records = tfrecords([{"image": images[i], "label": labels[i]} for i in part])
        (folder / f"{shard}.tfrecord").write_bytes(records)
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for name, image in zip(names, images, strict=True):
            archive.writestr(name, image)
    pyarrow.parquet.write_table(
        pa.table({"image": images, "label": labels}), folder / "images.parquet", row_group_size=5
    )
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    rows = {"image": [{"bytes": image, "path": None} for image in images], "label": labels}
    with redirect_stderr(StringIO()):  # a progress bar
        datasets.Dataset.from_dict(rows, features=features).save_to_disk(folder / "arrow")


def publish(folder: Path, server: ObjectServer | None = None) -> str:
    """Put them into a store, where shards have an index, and return its URL.

    It is one in the memory of this process if there is no server.
    """
    url = "memory://bucket" if server is None else server.url
    for file in folder.rglob("*"):
        name = f"/{file.relative_to(folder)}"
        if file.is_file() and server is None:
            fsspec.filesystem("memory").pipe_file(f"/bucket{name}", file.read_bytes())
        elif file.is_file():
            server.objects[name] = file.read_bytes()
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        index([f"{url}/{{0..1}}.tar"], image="png", label="cls")
    return url


def sources(folder: Path, url: str) -> Iterator[tuple[str, Samples]]:
    """Iterate over the sources by name: those in the folder, and those in the store, if there is one."""
    yield "folder", Samples.from_directory(folder / "images")
    yield "tar", Samples.from_tar(f"{folder}/*.tar", image="png", label="cls")
    yield "TFRecord", Samples.from_tfrecord(f"{folder}/*.tfrecord")
    yield "zip", Samples.from_zip(folder / "images.zip")
    yield "Parquet", Samples.from_parquet(folder / "images.parquet")
    yield "Hugging Face", Samples.from_huggingface(datasets.load_from_disk(folder / "arrow"))
    if not url:
        return
    yield "tar in a store", Samples.from_tar(f"{url}/{{0..1}}.tar", image="png", label="cls")
    yield "Parquet in a store", Samples.from_parquet(f"{url}/images.parquet")
    yield "zip in a store", Samples.from_zip(f"{url}/images.zip")
    yield "objects", Samples.from_csv(folder / "names.csv", root=f"{url}/images")


def read_sources(folder: Path, url: str) -> dict[str, list[list[list[int]]]]:
    """Read all sources with `rank="auto"`; return the numbers of the images in each batch of each epoch, by source."""
    found = {}
    for name, samples in sources(folder, url):
        loader = Loader(samples, **BATCHES)
        found[name] = [[numbers_of(x) for x, _ in loader] for _ in range(EPOCHS)]
    return found
