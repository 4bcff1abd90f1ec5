"""An image and numbers as inputs of one model: the size of a disc follows from both.

    python examples/image_and_tabular.py [CSV]

The file has the columns `image`, with paths relative to its folder, `distance`, `zoom` and `meters`.
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
        self.df, self.folder, self.batch_size = df, folder, batch_size

    def __len__(self):
        return -(-len(self.df) // self.batch_size)

    def __getitem__(self, k):
        rows = self.df[k * self.batch_size : (k + 1) * self.batch_size]
        images = [cv2.resize(cv2.imread(str(self.folder / name)), (64, 64)) for name in rows["image"]]
        x = {
            "image": np.stack(images).astype("float32"),
            "distance": rows["distance"].to_numpy("float32"),
            "zoom": rows["zoom"].to_numpy(),
        }
        return x, rows["meters"].to_numpy("float32")


before = Before(pd.read_csv(table), table.parent, batch_size=8)

samples = fastseq.Samples.from_csv(table, label=["meters"], columns=["distance", "zoom"])
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "color": "bgr", "interpolation": "cv2.linear"}
after = fastseq.ImageSequence(samples, **pixels)

(was, was_targets), (now, now_targets) = before[0], after[0]
print(f"the largest difference in the first batch: {np.abs(now['image'] - was['image']).max()}")
print(f"the same numbers: {all(np.array_equal(now[name], was[name]) for name in ('distance', 'zoom'))}")
print(f"the same targets: {np.array_equal(now_targets, was_targets)}")

training, validation = samples.split(0.25)
train = fastseq.ImageSequence(training, shuffle=True, transform=fastseq.RandomFlip("horizontal"), **pixels)
test = fastseq.ImageSequence(validation, **pixels)

layers = keras.layers
inputs = {
    "image": keras.Input((64, 64, 3), name="image"),
    "distance": keras.Input((1,), name="distance"),
    "zoom": keras.Input((1,), name="zoom"),
}
seen = layers.Conv2D(16, 3, strides=2, activation="relu")(layers.Rescaling(1 / 255)(inputs["image"]))
seen = layers.GlobalAveragePooling2D()(seen)
both = layers.Concatenate()([seen, inputs["distance"], inputs["zoom"]])
model = keras.Model(inputs, layers.Dense(1)(layers.Dense(16, activation="relu")(both)))
model.compile("adam", loss="mean_squared_error", metrics=["mean_absolute_error"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
