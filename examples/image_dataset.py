"""Code on keras.utils.image_dataset_from_directory: the import is all that changed.

python examples/image_dataset.py [FOLDER]
"""

import sys

import keras
from sample_images import make_folder

from fastseq.compat import image_dataset_from_directory  # was: from keras.utils

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")

train, test = image_dataset_from_directory(
    folder, image_size=(64, 64), batch_size=8, validation_split=0.25, subset="both", seed=1
)
print(train.class_names)

model = keras.Sequential(
    [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(len(train.class_names), activation="softmax"),
    ]
)
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train.cache(), validation_data=test, epochs=2, verbose=2)
