"""The API of keras.utils.Sequence."""
