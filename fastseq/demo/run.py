"""The steps of the demo: one batch as an image, the speed of loading, a pack, and training."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any

import numpy as np

import fastseq
from fastseq.demo.model import EpochTimes, small_cnn
from fastseq.demo.plain_sequence import PlainSequence
from fastseq.demo.speeds import Speed
from fastseq.engine.cpu_quota import usable_cpus

SIZE = (160, 160)  # height, width
PACKED_SIDE = 192  # pixels
EPOCHS = 4
SECONDS = 2.0  # of measuring per loader
PIXELS: dict[str, Any] = {"size": SIZE, "batch_size": 32, "dtype": "float32", "scale": 1 / 255}


def save_first_batch(samples: fastseq.Samples, path: str | os.PathLike[str]) -> None:
    """Save the first training batch as a PNG, with its labels.

    Raises:
        OSError: if the file cannot be written.
        fastseq.DecodeError: if an image cannot be decoded.
    """
    _augmented(samples).show_batch(max_images=PIXELS["batch_size"], file=path)


def loading_speeds(samples: fastseq.Samples, seconds: float = SECONDS) -> list[Speed]:
    """Measure fastseq's loader, with one thread and with one thread per core, and the plain Sequence.

    Args:
        samples: samples with integer labels.
        seconds: how long to measure each loader.

    Raises:
        OSError: if a file cannot be read.
        fastseq.DecodeError: if an image cannot be decoded.
    """
    for path in samples.paths():
        Path(path).read_bytes()  # into the page cache, so that no loader waits for the disk
    speeds = []
    for threads in sorted({1, usable_cpus()}):
        epochs = repeat(fastseq.Loader(samples, threads=threads, **PIXELS))
        rate = _rate(chain.from_iterable(epochs), seconds)
        speeds.append(Speed("fastseq.Loader alone", threads, rate))
    assert isinstance(samples.labels, np.ndarray), "class folders define labels"
    plain = PlainSequence(list(samples.paths()), samples.labels, PIXELS["batch_size"], SIZE)
    batches = (plain[k % len(plain)] for k in count())
    return [*speeds, Speed("a plain Sequence with cv2", 1, _rate(batches, seconds))]


def gain_of_a_pack(samples: fastseq.Samples, folder: Path, seconds: float = SECONDS) -> list[Speed]:
    """Pack the samples, and measure random crops of them from their files and from the pack.

    Args:
        samples: the samples.
        folder: a new folder for the pack.
        seconds: how long to measure each.

    Raises:
        OSError: if a file cannot be read, or the pack not be written.
        fastseq.DecodeError: if an image cannot be decoded.
    """
    start = time.perf_counter()
    summary = fastseq.pack(samples, folder, short_side=PACKED_SIDE)
    speeds = [Speed("fastseq.pack, once", usable_cpus(), summary.samples / (time.perf_counter() - start))]
    for title, source in (("its files", samples), ("the pack", fastseq.Samples.from_pack(folder))):
        epochs = repeat(fastseq.Loader(source, shuffle=True, transform=fastseq.RandomResizedCrop(), **PIXELS))
        rate = _rate(chain.from_iterable(epochs), seconds)
        speeds.append(Speed(f"random crops from {title}", usable_cpus(), rate))
    return speeds


def train(samples: fastseq.Samples, *, progress: bool) -> tuple[Speed, float]:
    """Train the model on four fifths of the samples.

    Args:
        samples: samples with integer labels.
        progress: whether to draw a progress bar instead of a line per epoch.

    Returns:
        The speed of the fastest epoch, and the accuracy on the remaining fifth.
    """
    training, validation = samples.split(0.2)
    model, times = small_cnn(SIZE, len(_classes(samples))), EpochTimes()
    model.fit(_augmented(training), epochs=EPOCHS, verbose=1 if progress else 2, callbacks=[times])
    scores = model.evaluate(fastseq.ImageSequence(validation, **PIXELS), verbose=0, return_dict=True)
    speed = Speed("training with fastseq.ImageSequence", usable_cpus(), len(training) / min(times.seconds))
    return speed, float(scores["accuracy"])


def _augmented(samples: fastseq.Samples) -> fastseq.ImageSequence:
    transform = (fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal"))
    return fastseq.ImageSequence(samples, shuffle=True, transform=transform, **PIXELS)


def _rate(batches: Iterable[Any], seconds: float) -> float:
    """Return images per second, measured over the first `seconds` of an endless iterable of batches."""
    images, begin, elapsed = 0, time.perf_counter(), 0.0
    for x, _ in batches:
        images += len(x)
        elapsed = time.perf_counter() - begin
        if elapsed > seconds:
            break
    return images / elapsed


def _classes(samples: fastseq.Samples) -> tuple[str, ...]:
    assert samples.classes is not None, "class folders define classes"
    return samples.classes
