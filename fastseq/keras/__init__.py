"""The front door for Keras."""
