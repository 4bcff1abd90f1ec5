"""Train on a CSV file whose images have several labels each, such as "cat_dog".

    python examples/train_from_csv.py [CSV]

The file has the columns `image`, with paths relative to its folder, and `label`.
"""

import sys
from pathlib import Path

import keras
from sample_images import make_table

import fastseq

table = Path(sys.argv[1]) if len(sys.argv) > 1 else make_table("example-table")

samples = fastseq.Samples.from_csv(table, root=table.parent, label_sep="_")
training, validation = samples.split(0.25)
pixels = {"size": (64, 64), "batch_size": 8, "dtype": "float32", "scale": 1 / 255}
train = fastseq.ImageSequence(training, shuffle=True, transform=fastseq.RandomFlip("horizontal"), **pixels)
test = fastseq.ImageSequence(validation, **pixels)

x, y = train[0]
print(f"{samples.classes}: labels of the first batch are rows such as {y[0]}")

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(samples.classes), activation="sigmoid"),  # one probability for each label
    ]
)
model.compile("adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
