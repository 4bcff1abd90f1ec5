"""A JPEG loader for Keras."""
