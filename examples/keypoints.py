"""Predict keypoints, in fractions of the image's width and height: resizing then leaves them as they are.

    python examples/keypoints.py [CSV]

The file has the columns `image`, with paths relative to its folder, and `disc_x`, `disc_y`, `bar_x` and `bar_y`, in
pixels. No random transforms here, neither for training nor for validation: they would move the points.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from PIL import Image
from sample_images import make_scenes

import fastseq

POINTS = ["disc_x", "disc_y", "bar_x", "bar_y"]
path = Path(sys.argv[1]) if len(sys.argv) > 1 else make_scenes("example-scenes")
table = pd.read_csv(path)


def sides(file):
    """Read (width, height) from the header of a file; nothing is decoded."""
    with Image.open(file) as image:
        return image.size


class Before(keras.utils.PyDataset):
    """The loader that this one replaces: it divides the points by the sides of each image."""

    def __init__(self, df, folder, batch_size):
        super().__init__()
        self.files = [folder / name for name in df["image"]]
        self.points = df[POINTS].to_numpy()
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.files) // self.batch_size)

    def __getitem__(self, k):
        images, points = [], []
        for i in range(k * self.batch_size, min((k + 1) * self.batch_size, len(self.files))):
            image = Image.open(self.files[i]).convert("RGB")
            images.append(np.array(image.resize((64, 64), Image.BILINEAR)) / 255)
            points.append(self.points[i] / (image.size * 2))  # (width, height, width, height)
        return np.array(images, "float32"), np.array(points, "float32")


before = Before(table, path.parent, batch_size=8)

table[POINTS] = table[POINTS] / np.array([sides(path.parent / name) * 2 for name in table["image"]])
samples = fastseq.Samples.from_dataframe(table, label=POINTS, root=path.parent)
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "scale": 1 / 255}
pixels |= {"interpolation": "pil.bilinear", "orient": "none", "color": "pil.rgb"}
after = fastseq.ImageSequence(samples, **pixels)

(was, was_points), (now, now_points) = before[0], after[0]
print(f"the largest difference in the first batch: {np.abs(now - was).max():.1e}")
print(f"the same keypoints: {np.array_equal(now_points, was_points)}")

training, validation = samples.split(0.25)
train = fastseq.ImageSequence(training, shuffle=True, **pixels)
test = fastseq.ImageSequence(validation, **pixels)

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.MaxPooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(len(POINTS), activation="sigmoid"),
    ]
)
model.compile("adam", loss="mean_squared_error", metrics=["mean_absolute_error"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
