"""The command ``fastseq demo``: its steps, and its error messages."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

import fastseq
from fastseq.cli.failure import fail
from fastseq.cli.main import install_command
from fastseq.cli.samples_warnings import echoed_warnings
from fastseq.demo.quiet import quiet_stderr

GRID = "fastseq-demo.png"
LIMIT = 700  # images used of a larger folder: enough to measure the speed, few enough to wait for


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder with one subfolder of images per class."),
    ] = None,
    pack: Annotated[bool, typer.Option("--pack", help="Show in place of training what fastseq pack gains.")] = False,
) -> None:
    """Train a small CNN on the images in DIR, or on generated ones, and print images per second."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported, by Keras
    try:
        with tempfile.TemporaryDirectory(prefix="fastseq-demo-") as scratch:
            samples = _generate(Path(scratch, "photos")) if folder is None else _load(folder)
            if pack:
                _pack(samples, Path(scratch, "pack"))
            else:
                _run(samples)
    except ModuleNotFoundError as error:
        fail(f"the demo needs {error.name}: {install_command('demo')}", exit_code=1)
    except (fastseq.DecodeError, OSError) as error:
        fail(error, exit_code=1)


def _load(folder: Path) -> fastseq.Samples:
    """Return the samples of the user's folder, at most `LIMIT` of them."""
    if not folder.is_dir():
        fail(f"{folder} is not a folder; name one with a subfolder of images per class", exit_code=1)
    try:
        with echoed_warnings():
            samples = fastseq.Samples.from_directory(folder)
    except ValueError as error:
        fail(error, exit_code=1)
    if samples.labels is None or len(np.unique(samples.labels)) < 2:
        fail(f"{folder} has images in one class folder only; the demo needs at least two classes", exit_code=1)
    _say(f"{len(samples)} images of {len(samples.classes or ())} classes in {folder}")
    if len(samples) > LIMIT:
        samples = samples.split(LIMIT / len(samples))[1]
        _say(f"{len(samples)} of them are used")
    return samples


def _generate(folder: Path) -> fastseq.Samples:
    """Write the demo's own images to `folder`."""
    from fastseq.demo.images import make_set

    folder.mkdir()
    samples = make_set(folder)
    megabytes = sum(os.path.getsize(path) for path in samples.paths()) / 1e6
    _say(f"{len(samples)} JPEGs ({megabytes:.0f} MB), cropped from photographs that scikit-image ships,")
    _say(f"in {folder} until the demo ends")
    return samples


def _run(samples: fastseq.Samples) -> None:
    """Save a batch as an image, measure, train, and print the speeds."""
    with quiet_stderr():
        from fastseq.demo.run import loading_speeds, save_first_batch, train
        from fastseq.demo.speeds import speed_table

    save_first_batch(samples, GRID)
    _say(f"A batch as the model sees it: {Path(GRID).absolute()}\n")
    speeds = loading_speeds(samples)
    training, accuracy = train(samples, progress=sys.stdout.isatty())
    _say(f"\nAccuracy on the validation images: {accuracy:.0%}\n")
    Console().print(speed_table([*speeds, training]))


def _pack(samples: fastseq.Samples, folder: Path) -> None:
    """Pack the images, measure, and print the speeds."""
    with quiet_stderr():
        from fastseq.demo.run import gain_of_a_pack
        from fastseq.demo.speeds import speed_table

    Console().print(speed_table(gain_of_a_pack(samples, folder)))


def _say(line: str) -> None:
    typer.echo(line)
