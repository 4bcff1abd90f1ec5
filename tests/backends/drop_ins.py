"""The drop-ins that run on every Keras back end. Each is imported only when it is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

WORKERS = (0, 1, 4)


@dataclass(frozen=True)
class DropIn:
    """How to build one drop-in.

    Attributes:
        make: takes the files, their class numbers, the size (height, width) and the batch size; returns a dataset of
            images from 0 to 255. The caller sets `workers` if the dataset has that attribute.
        multi_hot: whether labels are multi-hot rather than class numbers.
        bgr: whether its images are BGR.
    """

    make: Callable[[Sequence[str], Sequence[int], tuple[int, int], int], Any]
    multi_hot: bool = False
    bgr: bool = False


def sequence(files, classes, size, batch_size):
    import numpy as np

    from fastseq.compat import Sequence

    class Files(Sequence):
        def __init__(self):
            super().__init__()
            self.on_epoch_end()

        def __len__(self):
            return len(files) // batch_size

        def __getitem__(self, k):
            rows = self.order[k * batch_size : (k + 1) * batch_size]
            x = self.images([files[i] for i in rows], size, dtype="float32", interpolation="cv2.nearest")
            return x, np.array([classes[i] for i in rows])

        def on_epoch_end(self):
            self.order = np.random.permutation(len(files))

    return Files()


def data_generator(files, classes, size, batch_size):
    import pandas as pd

    from fastseq.compat import DataGenerator

    names = ["ab", "c", "d"]
    df = pd.DataFrame({"images": files, "labels": [names[c] for c in classes]})
    return DataGenerator(df, range(len(files)), batch_size=batch_size, dim=size, n_classes=3, labels=names)


def class_folders(files, classes):
    """Link the files into class folders, which are deleted with the returned object."""
    import tempfile
    from pathlib import Path

    folder = tempfile.TemporaryDirectory(prefix="fastseq-classes-")
    for number, (file, label) in enumerate(zip(files, classes, strict=True)):
        link = Path(folder.name) / str(label) / f"{number:04d}{Path(file).suffix}"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(Path(file).resolve())
    return folder


def flow_from_directory(files, classes, size, batch_size):
    from fastseq.compat import ImageDataGenerator

    folder = class_folders(files, classes)
    options = {"target_size": size, "batch_size": batch_size, "class_mode": "sparse"}
    iterator = ImageDataGenerator().flow_from_directory(folder.name, **options)
    iterator.folder = folder
    return iterator


def flow_from_dataframe(files, classes, size, batch_size):
    import pandas as pd

    from fastseq.compat import ImageDataGenerator

    df = pd.DataFrame({"filename": files, "class": [str(c) for c in classes]})
    options = {"target_size": size, "batch_size": batch_size, "class_mode": "sparse"}
    return ImageDataGenerator().flow_from_dataframe(df, **options)


def flow(files, classes, size, batch_size):
    import numpy as np

    import fastseq
    from fastseq.compat import ImageDataGenerator

    x = fastseq.decode_batch(files, size, dtype="float32", interpolation="cv2.nearest")
    return ImageDataGenerator().flow(x, np.array(classes), batch_size=batch_size)


def image_dataset(files, classes, size, batch_size):
    from fastseq.compat import image_dataset_from_directory

    folder = class_folders(files, classes)
    dataset = image_dataset_from_directory(folder.name, image_size=size, batch_size=batch_size, verbose=False)
    dataset.folder = folder
    return dataset


DROP_INS = {
    "Sequence": DropIn(sequence),
    "DataGenerator": DropIn(data_generator, multi_hot=True, bgr=True),
    "ImageDataGenerator.flow_from_directory": DropIn(flow_from_directory),
    "ImageDataGenerator.flow_from_dataframe": DropIn(flow_from_dataframe),
    "ImageDataGenerator.flow": DropIn(flow),
    "image_dataset_from_directory": DropIn(image_dataset),
}
CASES = {f"{name} with {workers} workers": (name, workers) for name in DROP_INS for workers in WORKERS}
