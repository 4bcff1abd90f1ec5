"""A TFRecord file of JPEGs: parse a batch of records at once, then decode it.

python examples/tf_record.py
"""

import keras
import numpy as np
import tensorflow as tf
from sample_images import make_folder

import fastseq

FEATURES = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}


def write(samples: fastseq.Samples, name: str) -> None:
    """Write a TFRecord file with a `tf.train.Example` for each image: its JPEG as it is, and its label."""
    with tf.io.TFRecordWriter(name) as records:
        for path, label in zip(samples.paths(), samples.labels.tolist(), strict=True):
            with open(path, "rb") as file:
                image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[file.read()]))
            label = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
            example = tf.train.Example(features=tf.train.Features(feature={"image": image, "label": label}))
            records.write(example.SerializeToString())


samples = fastseq.Samples.from_directory(make_folder("example-photos"))
write(samples, "photos.tfrecord")
records = tf.data.TFRecordDataset("photos.tfrecord")


def parse(record):
    """Load an image the way the pipeline did before."""
    example = tf.io.parse_single_example(record, FEATURES)
    image = tf.io.decode_jpeg(example["image"], channels=3, dct_method="INTEGER_ACCURATE")
    return tf.image.resize(image, (64, 64)) / 255, example["label"]


before = records.map(parse, num_parallel_calls=tf.data.AUTOTUNE).batch(8)

decode = fastseq.tf.decode(
    size=(64, 64), key="image", dtype="float32", scale=1 / 255, interpolation="tf.bilinear", orient="none"
)
after = records.batch(8).map(lambda batch: tf.io.parse_example(batch, FEATURES))
after = after.map(decode, num_parallel_calls=tf.data.AUTOTUNE).map(lambda example: (example["image"], example["label"]))

(was, _), (now, _) = next(iter(before)), next(iter(after))
print(f"the largest difference in the first batch: {np.abs(now - was).max():.1e}")

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="softmax"),
    ]
)
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(after.prefetch(tf.data.AUTOTUNE), epochs=2, verbose=2)
