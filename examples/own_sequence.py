"""A dataset of your own: pairs of images, drawn anew in each epoch.

    python examples/own_sequence.py [FOLDER]

FOLDER has one subfolder for each class. The model learns whether two images are of the same class.
"""

import sys

import keras
import numpy as np
from sample_images import make_folder

import fastseq
from fastseq.compat import Sequence

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")


class Pairs(Sequence):
    """Batches of ((left, right), same), each image twice an epoch, in a new order each time."""

    def __init__(self, samples, batch_size, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.paths = np.array(list(samples.paths()))
        self.labels = samples.labels
        self.batch_size = batch_size
        self.rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return len(self.paths) // self.batch_size

    def __getitem__(self, k):
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        left, right = self.left[part], self.right[part]
        pixels = {"size": (64, 64), "dtype": "float32", "scale": 1 / 255}
        inputs = (self.images(self.paths[left], **pixels), self.images(self.paths[right], **pixels))
        return inputs, (self.labels[left] == self.labels[right]).astype("float32")

    def on_epoch_end(self):
        self.left, self.right = (self.rng.permutation(len(self.paths)) for _ in range(2))


train = Pairs(fastseq.Samples.from_directory(folder), batch_size=8, workers=2)

tower = keras.Sequential(
    [keras.layers.Conv2D(16, 3, strides=2, activation="relu"), keras.layers.GlobalAveragePooling2D()]
)
left, right = keras.Input((64, 64, 3)), keras.Input((64, 64, 3))
difference = keras.ops.abs(tower(left) - tower(right))
model = keras.Model((left, right), keras.layers.Dense(1, activation="sigmoid")(difference))
model.compile("adam", loss="binary_crossentropy")
model.fit(train, epochs=2, verbose=2)
