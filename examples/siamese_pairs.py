"""Siamese networks: a table of pairs of images, and whether both show the same.

    python examples/siamese_pairs.py [CSV]

The file has the columns `left` and `right`, with paths, and `same`: 0 or 1.
"""

import random
import sys

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sample_images import make_folder

import fastseq


def make_pairs(folder):
    """Pair images at random, each once."""
    files = [(str(path), path.parent.name) for path in sorted(folder.glob("*/*.jpg"))]
    random.Random(0).shuffle(files)
    pairs = zip(files[::2], files[1::2], strict=True)
    return pd.DataFrame(
        [(left, right, int(a == b)) for (left, a), (right, b) in pairs], columns=["left", "right", "same"]
    )


table = pd.read_csv(sys.argv[1]) if len(sys.argv) > 1 else make_pairs(make_folder("example-photos"))


def load(path):
    """Load an image the way the pipeline did before."""
    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3, dct_method="INTEGER_ACCURATE")
    return tf.image.resize(image, (64, 64))


rows = tf.data.Dataset.from_tensor_slices((table["left"].tolist(), table["right"].tolist(), table["same"].tolist()))
before = rows.map(lambda left, right, same: ({"left": load(left), "right": load(right)}, same)).batch(8)

samples = fastseq.Samples.from_dataframe(table, image=["left", "right"], label="same")
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "interpolation": "tf.bilinear", "orient": "none"}
after = fastseq.ImageSequence(samples, labels="binary", **pixels)

(was, was_labels), (now, now_labels) = next(iter(before)), after[0]
print(f"the largest difference in the first batch: {max(np.abs(now[name] - was[name]).max() for name in was)}")
print(f"the same labels: {np.array_equal(now_labels, was_labels)}")

training, validation = samples.split(0.25)
flip = fastseq.RandomFlip("horizontal")
train = fastseq.ImageSequence(training, labels="binary", shuffle=True, transform=flip, **pixels)
test = fastseq.ImageSequence(validation, labels="binary", **pixels)

tower = keras.Sequential(
    [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
    ]
)
inputs = {name: keras.Input((64, 64, 3), name=name) for name in ("left", "right")}
difference = keras.ops.abs(tower(inputs["left"]) - tower(inputs["right"]))
model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(difference))
model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
