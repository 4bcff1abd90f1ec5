"""Code on Keras's ImageDataGenerator: the import is all that changed.

    python examples/image_data_generator.py [FOLDER]

FOLDER has two subfolders, one for each class.
"""

import sys

import keras
from sample_images import make_folder

from fastseq.compat import ImageDataGenerator  # was: from tensorflow.keras.preprocessing.image

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")

generator = ImageDataGenerator(
    rescale=1 / 255,
    rotation_range=20,
    shear_range=0.2,
    zoom_range=0.2,
    horizontal_flip=True,
    validation_split=0.25,
)
options = {"target_size": (64, 64), "batch_size": 8, "class_mode": "binary", "seed": 1}
train = generator.flow_from_directory(folder, subset="training", **options)
test = generator.flow_from_directory(folder, subset="validation", **options)

model = keras.Sequential(
    [
        keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=2, verbose=2)
