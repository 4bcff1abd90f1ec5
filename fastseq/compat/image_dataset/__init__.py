"""The API of keras.utils.image_dataset_from_directory."""
