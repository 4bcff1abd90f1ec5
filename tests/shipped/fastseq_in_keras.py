"""A pytest plugin that puts fastseq's classes in the place of Keras's, before Keras's own tests look for them."""

from __future__ import annotations

import keras  # noqa: F401 - all of it, before any part is replaced
from keras.src.trainers.data_adapters import py_dataset_adapter
from keras.src.utils import image_dataset_utils

import fastseq.compat

py_dataset_adapter.PyDataset = fastseq.compat.Sequence
image_dataset_utils.image_dataset_from_directory = fastseq.compat.image_dataset_from_directory
