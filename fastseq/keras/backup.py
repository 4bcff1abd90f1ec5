"""DataBackup: the place in the data, saved and restored beside the model."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastseq.engine.files import replace_text
from fastseq.errors import StrPath
from fastseq.keras.image_sequence import ImageSequence
from fastseq.keras.internals.checked_keras import keras


class DataBackup(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves where `fit` is in an `ImageSequence`, and goes on from there in a new run.

    Use it beside `keras.callbacks.BackupAndRestore` or `ModelCheckpoint`, with the same `save_freq`: these keep the
    model and the number of the epoch, this one keeps the data. What counts is what the model has had, not what was
    decoded ahead. A run that goes on gives the model the batches that an uninterrupted one would have, bit for bit.

    Within an epoch this needs `fit(shuffle=False)`, as nothing keeps the order in which Keras mixes batches; let the
    sequence shuffle, which mixes samples. At the ends of epochs both are possible.

    Args:
        sequence: the one that is given to `fit`.
        path: of a JSON file. The list of bad samples goes beside it, to `path` + ".errors.jsonl".
        save_freq: "epoch", or a number of batches.
        delete_checkpoint: whether to delete both when training has come to its end.

    Raises:
        ValueError: if `save_freq` is neither.
    """

    def __init__(
        self, sequence: ImageSequence, path: StrPath, save_freq: int | str = "epoch", delete_checkpoint: bool = True
    ) -> None:
        """See the class."""
        super().__init__()
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if not whole and save_freq != "epoch":
            raise ValueError(f"save_freq must be 'epoch' or a positive number of batches, not {save_freq!r}")
        self._sequence = sequence
        self._path = Path(path)
        self._errors_path = Path(f"{os.fspath(path)}.errors.jsonl")
        self._save_freq = save_freq
        self._delete = delete_checkpoint
        self._epoch = -1  # of the sequence, that is being consumed
        self._consumed = 0  # batches of it
        self._before = 0  # batches of it that earlier epochs of Keras had
        self._unsaved = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Go to where the file says, if there is one.

        Raises:
            ValueError: if it is of a sequence with other samples or settings, or no such file.
        """
        self._epoch = -1
        if not self._path.exists():
            return
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(state, dict):
                raise ValueError("it is no JSON object")
        except ValueError as error:
            raise ValueError(f"{self._path} is no state of a sequence: {error}; delete it to start anew") from None
        self._sequence.load_state_dict(state)
        if self._errors_path.exists():
            self._sequence.loader.errors.read(self._errors_path)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note what was consumed of the sequence's epoch, which may go on."""
        self._before = self._consumed

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count, and save if it is time.

        Raises:
            ValueError: if Keras shuffles the batches, and it is time to save.
        """
        if self._sequence.epoch != self._epoch:
            self._epoch, self._before, self._consumed = self._sequence.epoch, 0, 0
        self._unsaved += self._before + batch + 1 - self._consumed
        self._consumed = self._before + batch + 1
        if self._save_freq != "epoch" and self._unsaved >= int(self._save_freq):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, if it is time."""
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
                "a place within an epoch cannot be saved while Keras shuffles the batches: use fit(shuffle=False), and "
                "shuffle=True in the sequence"
            )
        self._unsaved = 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._sequence.loader.errors.write(self._errors_path)
        replace_text(self._path, json.dumps(self._sequence.state_dict(self._consumed)))
