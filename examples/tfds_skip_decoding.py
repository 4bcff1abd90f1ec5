"""TensorFlow Datasets: leave the images encoded, and decode them by the batch.

    python examples/tfds_skip_decoding.py

`load` stands for `tfds.load(name, split="train", decoders={"image": tfds.decode.SkipDecoding()})`, so that this runs
without a download: it gives elements of the same structure.
"""

import keras
import numpy as np
import tensorflow as tf
from sample_images import make_folder

import fastseq


def load() -> tf.data.Dataset:
    """Make a dataset of dicts: the contents of an image file under "image", and a class number under "label"."""
    files = tf.data.Dataset.from_tensor_slices({"image": list(samples.paths()), "label": samples.labels})
    return files.map(lambda example: {**example, "image": tf.io.read_file(example["image"])})


def resize(example):
    """Load an image the way the pipeline did before; TensorFlow Datasets decoded it then."""
    image = tf.io.decode_image(example["image"], channels=3, expand_animations=False)
    return tf.image.resize(image, (64, 64)), example["label"]


def inputs(example):
    """Make what `fit` takes of an element."""
    return example["image"], example["label"]


samples = fastseq.Samples.from_directory(make_folder("example-photos"))
before = load().map(resize, num_parallel_calls=tf.data.AUTOTUNE).batch(8)

decode = fastseq.tf.decode(size=(64, 64), key="image", dtype="float32", interpolation="tf.bilinear", orient="none")
after = load().batch(8).map(decode, num_parallel_calls=tf.data.AUTOTUNE).map(inputs).prefetch(tf.data.AUTOTUNE)

(was, _), (now, _) = next(iter(before)), next(iter(after))
# TensorFlow decodes with a faster, less exact DCT.
print(f"the mean difference in the first batch, in grey levels: {np.abs(now - was).mean():.2f}")

model = keras.Sequential(
    [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="softmax"),
    ]
)
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(after, epochs=2, verbose=2)
