"""A tf.data pipeline of paths: decoding and resizing become one line, by the batch.

python examples/tf_data_paths.py [FOLDER]
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from sample_images import make_folder

import fastseq

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")
samples = fastseq.Samples.from_directory(folder)
files = tf.data.Dataset.from_tensor_slices((list(samples.paths()), samples.labels))


def load(path, label):
    """Load an image the way the pipeline did before."""
    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3, dct_method="INTEGER_ACCURATE")
    return tf.image.resize(image, (64, 64)), label


before = files.map(load, num_parallel_calls=tf.data.AUTOTUNE).batch(8)

decode = fastseq.tf.decode(size=(64, 64), dtype="float32", interpolation="tf.bilinear", orient="none")
after = files.batch(8).map(decode, num_parallel_calls=tf.data.AUTOTUNE)

(was, _), (now, _) = next(iter(before)), next(iter(after))
print(f"the largest difference in the first batch: {np.abs(now - was).max()}")

# Random transforms draw by a number for each batch; this dataset gives others in each epoch.
counter = tf.data.Dataset.random(seed=1, rerandomize_each_iteration=True)
crops = fastseq.tf.decode(
    size=(64, 64),
    transform=[fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")],
    dtype="float32",
    scale=1 / 255,
)
batches = files.shuffle(len(samples), seed=1).batch(8)
train = tf.data.Dataset.zip(counter, batches).map(crops, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="softmax"),
    ]
)
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=2, verbose=2)
