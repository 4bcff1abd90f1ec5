"""Segmentation: images with masks, cropped and flipped alike.

    python examples/segmentation.py [CSV]

The file has the columns `image` and `mask`, with paths relative to its folder. The pixels of a mask are class numbers.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from PIL import Image
from sample_images import make_scenes

import fastseq

path = Path(sys.argv[1]) if len(sys.argv) > 1 else make_scenes("example-scenes")
table = pd.read_csv(path)


class Before(keras.utils.PyDataset):
    """The loader that this one replaces. It has no augmentation."""

    def __init__(self, df, folder, batch_size):
        super().__init__()
        self.images = [folder / name for name in df["image"]]
        self.masks = [folder / name for name in df["mask"]]
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, k):
        part = slice(k * self.batch_size, (k + 1) * self.batch_size)
        images = [Image.open(file).convert("RGB").resize((64, 64), Image.BILINEAR) for file in self.images[part]]
        masks = [Image.open(file).resize((64, 64), Image.NEAREST) for file in self.masks[part]]
        return np.stack(images).astype("float32"), np.stack(masks)[..., np.newaxis]


class Scenes(keras.utils.PyDataset):
    """Two sequences that differ only in what they decode draw the same crops and flips, in the same order."""

    def __init__(self, df, folder, **settings):
        super().__init__()
        images, masks = (
            fastseq.Samples.from_dataframe(df, image=name, label=None, root=folder) for name in ("image", "mask")
        )
        settings |= {"size": (64, 64), "orient": "none"}
        self.photos = fastseq.ImageSequence(images, dtype="float32", interpolation="pil.bilinear", **settings)
        self.ids = fastseq.ImageSequence(masks, color="index", interpolation="pil.nearest", **settings)

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, k):
        return self.photos[k], self.ids[k]


(was, was_masks), (now, now_masks) = Before(table, path.parent, 8)[0], Scenes(table, path.parent, batch_size=8)[0]
print(f"the largest difference in the first batch: {np.abs(now - was).max()}")
print(f"the same masks: {np.array_equal(now_masks, was_masks)}")

augment = [fastseq.RandomResizedCrop(scale=(0.5, 1.0)), fastseq.RandomFlip("horizontal")]
train = Scenes(table[:-8], path.parent, batch_size=8, shuffle=True, transform=augment)
test = Scenes(table[-8:], path.parent, batch_size=8)

model = keras.Sequential(
    [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(3, 1, activation="softmax"),  # background, disc and bar
    ]
)
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
