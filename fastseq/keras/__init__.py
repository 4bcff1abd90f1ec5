"""The front door for Keras: `ImageSequence` and `DataBackup`, and everything that knows how Keras works inside."""
