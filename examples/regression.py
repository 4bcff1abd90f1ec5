"""Predict a number from an image: a CSV file with a column of measured values.

    python examples/regression.py [CSV]

The file has the columns `image`, with paths relative to its folder, and `radius`.
"""

import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd
from sample_images import make_scenes

import fastseq

table = Path(sys.argv[1]) if len(sys.argv) > 1 else make_scenes("example-scenes")


class Before(keras.utils.PyDataset):
    """The loader that this one replaces."""

    def __init__(self, df, folder, batch_size):
        super().__init__()
        self.files = [str(folder / name) for name in df["image"]]
        self.targets = df["radius"].to_numpy("float32")
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.files) // self.batch_size)

    def __getitem__(self, k):
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        images = [cv2.cvtColor(cv2.imread(file), cv2.COLOR_BGR2RGB) for file in self.files[part]]
        images = [cv2.resize(image, (96, 64), interpolation=cv2.INTER_AREA) for image in images]
        return np.stack(images).astype("float32"), self.targets[part]


before = Before(pd.read_csv(table), table.parent, batch_size=8)

samples = fastseq.Samples.from_csv(table, label=["radius"])  # a list: numbers, even where they are whole
pixels = {"size": (64, 96), "batch_size": 8, "dtype": "float32", "interpolation": "cv2.area"}
after = fastseq.ImageSequence(samples, **pixels)

(was, was_targets), (now, now_targets) = before[0], after[0]
print(f"the largest difference in the first batch: {np.abs(now - was).max()}")
print(f"the same targets: {np.array_equal(now_targets, was_targets)}")

training, validation = samples.split(0.25)
train = fastseq.ImageSequence(training, shuffle=True, transform=fastseq.RandomFlip("horizontal"), **pixels)
test = fastseq.ImageSequence(validation, **pixels)

model = keras.Sequential(
    [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1),
    ]
)
model.compile("adam", loss="mean_squared_error", metrics=["mean_absolute_error"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
