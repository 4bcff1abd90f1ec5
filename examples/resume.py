"""Resume an interrupted fit within an epoch: the model gets exactly the batches that it has not had.

    python examples/resume.py [FOLDER]

The first run is interrupted on purpose, after 8 saved steps; a second one, which could be another process, goes on.
Keras counts an interrupted epoch from its beginning, so it takes 6 more steps, as many as any other epoch.
"""

import sys
import tempfile
from pathlib import Path

import keras
from sample_images import make_folder

import fastseq

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")


class Interrupt(keras.callbacks.Callback):
    """Ends the run in its second epoch, as a lost machine would."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations >= 9:
            raise KeyboardInterrupt


def run(backup: Path, *callbacks: keras.callbacks.Callback) -> None:
    """Train for three epochs, or go on where the last run saved."""
    samples = fastseq.Samples.from_directory(folder)
    seq = fastseq.ImageSequence(samples, size=(64, 64), batch_size=8, shuffle=True, dtype="float32", scale=1 / 255)
    model = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(len(samples.classes), activation="softmax"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy")
    keep = [
        keras.callbacks.BackupAndRestore(backup, save_freq=2),  # the model
        fastseq.DataBackup(seq, backup / "data.json", save_freq=2),  # the place in the data
    ]
    model.fit(seq, epochs=3, shuffle=False, callbacks=[*keep, *callbacks], verbose=2)
    print(f"done after {int(model.optimizer.iterations)} steps")


with tempfile.TemporaryDirectory() as folder_of_backup:
    try:
        run(Path(folder_of_backup), Interrupt())
    except KeyboardInterrupt:
        print("interrupted; once more:")
    run(Path(folder_of_backup))
