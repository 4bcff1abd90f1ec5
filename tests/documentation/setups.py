"""What pages take for granted: files in the working folder, and names that a reader has."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import fsspec
import keras
import numpy as np
import pandas as pd
import tensorflow as tf
import torch
from PIL import Image
from sample_images import make_folder, make_table

from fastseq.cli.index import index


def photos() -> None:
    """A folder with two class folders."""
    make_folder("photos", per_class=20)


def shards() -> None:
    """A tar archive of photographs with class numbers."""
    images = sorted(make_folder("packed", per_class=4).glob("*/*.jpg"))
    with tarfile.open("train-0000.tar", "w") as archive:
        for number, path in enumerate(images):
            label = Path(f"{number}.cls")
            label.write_text(f"{number % 2}")
            archive.add(path, f"{number}.jpg")
            archive.add(label)


def store() -> None:
    """The same archive twice, in a store in memory, with its index."""
    shards()
    system = fsspec.filesystem("memory")
    for name in ("train-0000.tar", "train-0001.tar"):
        system.put_file("train-0000.tar", f"/bucket/{name}")
    index(["memory://bucket/train-{0000..0001}.tar"], image="jpg", label="cls")
    names = ["cat/000.jpg", "dog/000.jpg"]
    for name in names:
        system.put_file(f"packed/{name}", f"/bucket/photos/{name}")
    Path("photos.csv").write_text("\n".join(["image", *names]))


def damaged() -> None:
    """A folder with two class folders; one file is cut off, and one is empty."""
    cut, empty = (make_folder("damaged", per_class=20) / name for name in ("cat/003.jpg", "dog/007.jpg"))
    cut.write_bytes(cut.read_bytes()[:400])
    empty.write_bytes(b"")


def scenes() -> None:
    """Images with masks of three ids, in scenes/images and scenes/masks, and a scan of 16 bits, in scans."""
    for name in ("scenes/images", "scenes/masks", "scans"):
        Path(name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for k in range(12):
        ids = np.zeros((80, 90), np.uint8)
        for place in (1, 2):
            cv2.circle(ids, [int(n) for n in rng.integers(20, 60, 2)], 18, place, -1)
        cv2.imwrite(f"scenes/images/{k}.jpg", cv2.GaussianBlur(ids * 100, (5, 5), 0))
        mask = Image.fromarray(ids)
        mask.putpalette([0, 0, 0, 200, 30, 30, 30, 30, 200])
        mask.save(f"scenes/masks/{k}.png")
    scan = np.linspace(0, 65535, 80 * 90).astype(np.uint16)
    cv2.imwrite("scans/0.png", scan.reshape(80, 90))


def table() -> None:
    """A CSV file of images with one or two labels each."""
    shutil.move(make_table("images"), "table.csv")


def model() -> dict[str, Any]:
    """A model for two classes, which takes images of any size."""
    return {"keras": keras, "model": _model("softmax", 2, "sparse_categorical_crossentropy")}


def mask_model() -> dict[str, Any]:
    """A model that gives each pixel one of three ids."""
    layers = keras.layers
    made = keras.Sequential([layers.Conv2D(8, 3, padding="same", activation="relu"), layers.Conv2D(3, 1)])
    made.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return {"model": made}


def pair_model() -> dict[str, Any]:
    """A model that gives the distance of two images."""
    tower = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(8)])
    first, second = keras.Input((64, 64, 3)), keras.Input((64, 64, 3))
    distance = keras.ops.mean(keras.ops.square(tower(first) - tower(second)), axis=1)
    made = keras.Model((first, second), distance)
    made.compile("adam", loss="mean_absolute_error")
    return {"model": made}


def binary_model() -> dict[str, Any]:
    """A model with one output for two classes."""
    return {"keras": keras, "model": _model("sigmoid", 1, "binary_crossentropy")}


def _model(activation: str, outputs: int, loss: str) -> keras.Model:
    head = keras.layers.Dense(outputs, activation=activation)
    made = keras.Sequential([keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D(), head])
    made.compile("adam", loss=loss)
    return made


def lists() -> dict[str, Any]:
    """The paths of `photos` and their labels, in a fixed order that is not the folders'."""
    paths = sorted(map(str, Path("photos").glob("*/*.jpg")), key=lambda path: path[-7:])
    return {"paths": paths, "labels": [int("dog" in path) for path in paths]}


def tfds() -> dict[str, Any]:
    """A stand-in for `tensorflow_datasets`: the elements that it gives for `photos`, without a download."""
    data = {"image": [Path(path).read_bytes() for path in lists()["paths"]], "label": lists()["labels"]}

    def decoded(example: dict[str, Any]) -> dict[str, Any]:
        return {**example, "image": tf.io.decode_jpeg(example["image"], channels=3)}

    def load(name: str, split: str, decoders: dict[str, Any] | None = None) -> Any:
        stored = tf.data.Dataset.from_tensor_slices(data)
        return stored if decoders else stored.map(decoded)

    return {"tfds": SimpleNamespace(load=load, decode=SimpleNamespace(SkipDecoding=object))}


def tutorial() -> dict[str, Any]:
    """What the tutorial's script has before it makes its generator."""
    names = [f"label{i}" for i in range(13)]
    photos()
    table = pd.DataFrame({"images": lists()["paths"]})
    table["labels"] = [f"{names[i % 13]}_{names[(i + 5) % 13]}" for i in range(len(table))]
    model = _model("sigmoid", 13, "binary_crossentropy")
    return {"df": table, "train_ids": list(range(len(table))), "LABELS": names, "model": model}


def step() -> dict[str, Any]:
    """One step of a training loop that needs tensors."""

    def train_step(images: torch.Tensor, labels: torch.Tensor) -> None:
        assert images.shape == (len(labels), 3, 224, 224)
        assert images.dtype == torch.float32
        assert float(images.min()) >= 0
        assert float(images.max()) <= 1

    return {"step": train_step}
