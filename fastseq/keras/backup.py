"""DataBackup: saves and restores the position in the data, beside the model."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastseq import arguments
from fastseq._types import StrPath
from fastseq.engine.files import replace_text
from fastseq.keras.image_sequence import ImageSequence
from fastseq.keras.internals.checked_keras import keras


class DataBackup(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the position of `fit` in an `ImageSequence`, and resumes from it in a new run.

    Use it beside `keras.callbacks.BackupAndRestore` or `ModelCheckpoint`, with the same `save_freq`: those save the
    model and the epoch number, this saves the position in the data. It counts the batches that the model has trained
    on, not those decoded ahead. A resumed run trains on the batches of an uninterrupted one, bit for bit.

    To save within an epoch, use `fit(shuffle=False)` and shuffle in the sequence: the order in which Keras shuffles
    batches cannot be restored. At the ends of epochs both are possible.

    Args:
        sequence: the sequence passed to `fit`.
        path: a JSON file. The list of bad samples is saved beside it, as `path` + ".errors.jsonl".
        save_freq: "epoch", or a number of batches.
        delete_checkpoint: whether to delete both files at the end of training.

    Raises:
        TypeError: if `sequence` is not an `ImageSequence`, or `save_freq` is neither "epoch" nor an integer.
        ValueError: if it is less than 1.
    """

    def __init__(
        self, sequence: ImageSequence, path: StrPath, save_freq: int | str = "epoch", delete_checkpoint: bool = True
    ) -> None:
        """See the class."""
        super().__init__()
        if not isinstance(sequence, ImageSequence):
            raise TypeError(
                f"sequence must be the fastseq.ImageSequence passed to fit, not {arguments.shown(sequence)}"
            )
        if save_freq != "epoch":
            save_freq = arguments.integer("save_freq (if it is not 'epoch')", save_freq, minimum=1)
        self._sequence = sequence
        self._path = Path(path)
        self._errors_path = Path(f"{os.fspath(path)}.errors.jsonl")
        self._save_freq = save_freq
        self._delete = delete_checkpoint
        self._epoch = -1  # of the sequence, being trained on
        self._consumed = 0  # batches of that epoch
        self._before = 0  # those of them that earlier Keras epochs consumed
        self._unsaved = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the position from the file, if it exists.

        Raises:
            ValueError: if it was saved by a sequence with other samples or settings, or is not such a file.
        """
        self._epoch = -1
        if not self._path.exists():
            return
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(state, dict):
                raise ValueError("it is not a JSON object")
        except ValueError as error:
            raise ValueError(
                f"{self._path} is not the state of a sequence: {error}; delete it to start afresh"
            ) from None
        self._sequence.load_state_dict(state)
        if self._errors_path.exists():
            self._sequence.loader.errors.read(self._errors_path)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember how much of the sequence's epoch was consumed: a Keras epoch may continue it."""
        self._before = self._consumed

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count the batch, and save if a save is due.

        Raises:
            ValueError: if a save is due and Keras shuffles the batches.
        """
        if self._sequence.epoch != self._epoch:
            self._epoch, self._before, self._consumed = self._sequence.epoch, 0, 0
        self._unsaved += self._before + batch + 1 - self._consumed
        self._consumed = self._before + batch + 1
        if self._save_freq != "epoch" and self._unsaved >= int(self._save_freq):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, with `save_freq="epoch"`."""
        if self._save_freq == "epoch":
            self._save()

    def on_train_end(self, logs: Any = None) -> None:
        """Delete the files."""
        if self._delete:
            self._path.unlink(missing_ok=True)
            self._errors_path.unlink(missing_ok=True)

    def _save(self) -> None:
        partial = 0 < self._consumed < len(self._sequence)
        if partial and not self._sequence.passes.in_order:
            raise ValueError(
                "the position within an epoch cannot be saved while Keras shuffles the batches: use "
                "fit(shuffle=False), and shuffle=True in the sequence"
            )
        self._unsaved = 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._sequence.loader.errors.write(self._errors_path)
        replace_text(self._path, json.dumps(self._sequence.state_dict(self._consumed)))
