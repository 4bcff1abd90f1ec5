"""Train on a CSV file whose images have several labels each, such as "cat_dog".

    python examples/multi_label.py [CSV]

The file has the columns `image`, with paths relative to its folder, and `label`.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sample_images import make_table

import fastseq

table = Path(sys.argv[1]) if len(sys.argv) > 1 else make_table("example-table")


class Before(keras.utils.PyDataset):
    """The loader that this one replaces: `load_img`, and a column of zeros and ones for each label."""

    def __init__(self, df, folder, batch_size):
        super().__init__()
        self.files = [folder / name for name in df["image"]]
        self.labels = df["label"].str.get_dummies("_").to_numpy("float32")
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.files) // self.batch_size)

    def __getitem__(self, k):
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        images = [keras.utils.load_img(file, target_size=(64, 64)) for file in self.files[part]]
        return np.stack([keras.utils.img_to_array(image) for image in images]) / 255, self.labels[part]


before = Before(pd.read_csv(table), table.parent, batch_size=8)

samples = fastseq.Samples.from_csv(table, label_sep="_")
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "scale": 1 / 255}
pixels |= {"interpolation": "pil.nearest", "orient": "none", "color": "pil.rgb"}  # what load_img does by default
after = fastseq.ImageSequence(samples, **pixels)

(was, was_labels), (now, now_labels) = before[0], after[0]
print(f"the largest difference in the first batch: {np.abs(now - was).max():.1e}")
print(f"the same labels: {np.array_equal(now_labels, was_labels)}")
print(f"{samples.classes}: labels of the first batch are rows such as {now_labels[0]}")

training, validation = samples.split(0.25)
train = fastseq.ImageSequence(training, shuffle=True, transform=fastseq.RandomFlip("horizontal"), **pixels)
test = fastseq.ImageSequence(validation, **pixels)

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="sigmoid"),  # one probability for each label
    ]
)
model.compile("adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
