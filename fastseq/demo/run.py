"""The steps of the demo: a grid of one batch, the speeds of loading, and the training."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any

import fastseq
from fastseq.demo.grid import save_grid
from fastseq.demo.model import EpochTimes, small_cnn
from fastseq.demo.plain_sequence import PlainSequence
from fastseq.demo.speeds import Speed

SIZE = (160, 160)  # height, width
EPOCHS = 4
SECONDS = 2.0  # that each way of loading is measured for
PIXELS: dict[str, Any] = {"size": SIZE, "batch_size": 32, "dtype": "float32", "scale": 1 / 255}


def save_first_batch(samples: fastseq.Samples, path: str | os.PathLike[str]) -> None:
    """Save a PNG of the first batch that the model would train on, with its labels.

    Raises:
        OSError: if the file cannot be written.
        fastseq.DecodeError: if a picture is bad.
    """
    x, y = _augmented(samples)[0]
    save_grid(x, [_classes(samples)[int(label)] for label in y], path)


def loading_speeds(samples: fastseq.Samples, seconds: float = SECONDS) -> list[Speed]:
    """Measure fastseq's loader, with one thread and with one for each core, and the plain Sequence.

    Args:
        samples: with class numbers as labels.
        seconds: how long to measure each.

    Raises:
        OSError: if a file cannot be read.
        fastseq.DecodeError: if a picture is bad.
    """
    for path in samples.paths():
        Path(path).read_bytes()  # into the page cache, so that nobody waits for the disk
    speeds = []
    for threads in sorted({1, _cores()}):
        epochs = repeat(fastseq.Loader(samples, threads=threads, **PIXELS))
        rate = _rate(chain.from_iterable(epochs), seconds)
        speeds.append(Speed("fastseq.Loader alone", threads, rate))
    assert samples.labels is not None, "class folders give labels"
    plain = PlainSequence(list(samples.paths()), samples.labels, PIXELS["batch_size"], SIZE)
    batches = (plain[k % len(plain)] for k in count())
    return [*speeds, Speed("a plain Sequence with cv2", 1, _rate(batches, seconds))]


def train(samples: fastseq.Samples, *, progress: bool) -> tuple[Speed, float]:
    """Train the model on four fifths of the samples.

    Args:
        samples: with class numbers as labels.
        progress: whether to draw a progress bar rather than a line for each epoch.

    Returns:
        The speed of the fastest epoch, and the accuracy on the rest.
    """
    learnt, kept = samples.split(0.2)
    model, times = small_cnn(SIZE, len(_classes(samples))), EpochTimes()
    model.fit(_augmented(learnt), epochs=EPOCHS, verbose=1 if progress else 2, callbacks=[times])
    scores = model.evaluate(fastseq.ImageSequence(kept, **PIXELS), verbose=0, return_dict=True)
    speed = Speed("training with fastseq.ImageSequence", _cores(), len(learnt) / min(times.seconds))
    return speed, float(scores["accuracy"])


def _augmented(samples: fastseq.Samples) -> fastseq.ImageSequence:
    transform = (fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal"))
    return fastseq.ImageSequence(samples, shuffle=True, transform=transform, **PIXELS)


def _rate(batches: Iterable[Any], seconds: float) -> float:
    """Return images a second over the first `seconds` of batches that never end."""
    images, begin, elapsed = 0, time.perf_counter(), 0.0
    for x, _ in batches:
        images += len(x)
        elapsed = time.perf_counter() - begin
        if elapsed > seconds:
            break
    return images / elapsed


def _classes(samples: fastseq.Samples) -> tuple[str, ...]:
    assert samples.classes is not None, "class folders give classes"
    return samples.classes


def _cores() -> int:
    return len(os.sched_getaffinity(0))
