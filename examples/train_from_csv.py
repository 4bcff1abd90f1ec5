"""Train on a CSV file that names an image and its class in each row.

    python examples/train_from_csv.py [CSV]

The file has the columns `image`, with paths relative to its folder, and `label`.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sample_images import make_table
from tensorflow.keras.preprocessing.image import ImageDataGenerator

import fastseq

table = Path(sys.argv[1]) if len(sys.argv) > 1 else make_table("example-classes", labels=("cat", "dog"))

# The loader that this one replaces:
before = ImageDataGenerator(rescale=1 / 255).flow_from_dataframe(
    pd.read_csv(table),
    directory=table.parent,
    x_col="image",
    y_col="label",
    target_size=(64, 64),
    interpolation="bilinear",
    class_mode="categorical",
    batch_size=8,
    shuffle=False,
)

samples = fastseq.Samples.from_csv(table)
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "scale": 1 / 255, "labels": "categorical"}
pixels |= {"interpolation": "pil.bilinear", "orient": "none", "color": "pil.rgb"}
after = fastseq.ImageSequence(samples, **pixels)

(was, was_labels), (now, now_labels) = before[0], after[0]
print(f"the largest difference in the first batch: {np.abs(now - was).max()}")
print(f"the same labels: {np.array_equal(now_labels, was_labels)}")

training, validation = samples.split(0.25)
train = fastseq.ImageSequence(training, shuffle=True, transform=fastseq.RandomFlip("horizontal"), **pixels)
test = fastseq.ImageSequence(validation, **pixels)

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="softmax"),
    ]
)
model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
