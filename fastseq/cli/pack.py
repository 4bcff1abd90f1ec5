"""The command ``fastseq pack``: its arguments and its output."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.progress import ProgressColumn, Task
from rich.text import Text

from fastseq.cli.failure import fail
from fastseq.cli.image_set import labelled_samples
from fastseq.cli.options import QUARANTINE, Quarantine, RayAddress
from fastseq.cli.progress import progress_bar
from fastseq.cli.samples_warnings import echoed_warnings
from fastseq.doctor.quarantine import write_quarantine
from fastseq.errors import BadSample, DecodeError, TooManyBadSamples, count_by_status
from fastseq.executors import WorkerDiedError
from fastseq.packing.pack import PackProgress, PackSummary
from fastseq.packing.pack import pack as pack_samples
from fastseq.samples import Samples


def pack(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder of images or of class folders, a CSV file, a zip archive, a pack, or tar archives, TFRecord "
            "or Parquet files; or URLs.",
        ),
    ],
    dest: Annotated[str, typer.Argument(metavar="DEST", help="A new folder, or the URL of one in a store.")],
    keep: Annotated[bool, typer.Option("--keep", help="Copy images as they are.")] = False,
    short_side: Annotated[
        int | None, typer.Option(min=1, help="Pixels of the shorter side of each image; smaller ones keep their size.")
    ] = None,
    quality: Annotated[
        int | None, typer.Option(min=1, max=100, help="Of the JPEGs, 90 by default; alone, images keep their size.")
    ] = None,
    subsampling: Annotated[str | None, typer.Option(help="Of chroma: 4:2:0 (the default), 4:2:2 or 4:4:4.")] = None,
    profile: Annotated[
        str | None,
        typer.Option(help='ICC profiles: "drop" (the default), or "srgb" to convert colors by them, with Pillow.'),
    ] = None,
    crops: Annotated[bool, typer.Option("--crops", help="Make a crop index of each JPEG.")] = False,
    shard_bytes: Annotated[str, typer.Option(metavar="BYTES", help="About the size of a shard.")] = "128MB",
    seed: Annotated[int, typer.Option(min=0, help="Of the order, and of --split.")] = 0,
    split: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Make two packs, DEST/train and DEST/validation, the latter of this share."),
    ] = None,
    image: Annotated[str | None, typer.Option(help="What the images are, as Samples.from_... takes it.")] = None,
    label: Annotated[str | None, typer.Option(help="What the labels are, likewise.")] = None,
    no_label: Annotated[bool, typer.Option("--no-label", help="Leave out the labels.")] = False,
    root: Annotated[
        str | None, typer.Option(help="The folder that the paths in a CSV file are relative to; its own by default.")
    ] = None,
    on_error: Annotated[str, typer.Option(help='For bad images: "raise" or "skip".')] = "raise",
    max_bad: Annotated[
        str | None, typer.Option(help="How many may be skipped: a number, or a share such as 0.01 (the default).")
    ] = None,
    quarantine: Quarantine = QUARANTINE,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many processes; one for each core by default.")
    ] = None,
    ray: RayAddress = None,
) -> None:
    """Write a set anew as shards and an index, once, so that it is cheap to read: see Samples.from_pack."""
    try:
        with echoed_warnings():
            samples = labelled_samples(source, image, label, no_label, root)
        parts = {dest: samples}
        if split is not None:
            train, validation = samples.split(split, seed=seed)
            parts = {
                f"{dest.rstrip('/')}/{name}": part for name, part in (("train", train), ("validation", validation))
            }
        bad: list[BadSample] = []
        for folder, part in parts.items():
            summary = _pack(
                part,
                folder,
                keep=keep,
                short_side=short_side,
                quality=quality,
                subsampling=subsampling,
                profile=profile,
                crops=crops,
                shard_bytes=shard_bytes,
                seed=seed,
                on_error=on_error,
                max_bad=_count_or_share(max_bad),
                workers=workers,
                ray=ray,
            )
            _describe(summary, folder)
            bad += summary.bad
        if bad:
            write_quarantine(bad, quarantine)
            typer.echo(f"{len(bad)} samples are listed in {quarantine}: {count_by_status(bad)}")
    except (ValueError, OSError, ImportError, WorkerDiedError, DecodeError, TooManyBadSamples) as error:
        fail(error)


def _count_or_share(text: str | None) -> int | float | None:
    if text is None:
        return None
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"--max-bad is a number of images, or a share such as 0.01, not {text!r}") from None


class _Rate(ProgressColumn):
    """Images a second, once some are done."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f} images/s")


def _pack(samples: Samples, folder: str, **settings: object) -> PackSummary:
    with progress_bar("Packing", _Rate()) as progress:
        task = progress.add_task("", total=len(samples))

        def show(done: PackProgress) -> None:
            progress.update(task, completed=done.done)

        return pack_samples(samples, folder, progress=show, **settings)  # type: ignore[arg-type]


def _describe(summary: PackSummary, folder: str) -> None:
    read, written = summary.bytes_read, summary.bytes_written
    images = "image" if summary.samples == 1 else "images"
    shards = "shard" if summary.shards == 1 else "shards"
    typer.echo(
        f"{summary.samples:,} {images} in {summary.shards:,} {shards}, {written / 1e6:,.1f} MB "
        f"({written / max(read, 1):.2f} of {read / 1e6:,.1f} MB), in {summary.seconds:,.0f} s\n"
        f"samples = fastseq.Samples.from_pack({os.fspath(folder)!r})"
    )
