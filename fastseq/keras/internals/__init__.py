"""Everything fastseq relies on in Keras that Keras does not document.

No other module imports `keras.src`, inspects frames, or uses a private name of Keras. Each file covers one part of
Keras and says which of its source files it mirrors; tests/test_keras_internals.py observes each of these facts on the
installed Keras, so that a change in Keras fails there, under the name of what changed.

    checked_keras     the versions this was checked with; the one place that imports `keras`
    py_dataset        when Keras calls which member of a `PyDataset`, and whether a call came from Keras
    image_iterator    the legacy `ImageDataGenerator`, its iterators, and what they draw from NumPy
    file_dataset      the file list inside the dataset of `image_dataset_from_directory`
"""
