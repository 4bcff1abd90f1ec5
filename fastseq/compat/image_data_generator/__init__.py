"""The API of keras.preprocessing.image.ImageDataGenerator."""
