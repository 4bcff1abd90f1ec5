"""The command ``fastseq index``: its arguments and its output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fastseq.cli.failure import fail
from fastseq.samples.index.index_file import NotAnIndexError, read_header
from fastseq.samples.index.kept_index import SUFFIX, ShardsToIndex, keep
from fastseq.samples.sources.tar import tar_shards
from fastseq.samples.sources.tfrecord import tfrecord_shards


def index(
    shards: Annotated[
        list[str],
        typer.Argument(metavar="SHARD...", help="Tar archives or TFRecord files, or patterns of their names."),
    ],
    image: Annotated[
        str | None, typer.Option(help="What the images are, as from_tar or from_tfrecord takes it.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="What the labels are, likewise; for TFRecords they are inferred by default.")
    ] = None,
    no_label: Annotated[bool, typer.Option("--no-label", help="Leave out the labels of TFRecords.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Where to keep it; index{SUFFIX} beside the first shard by default."),
    ] = None,
) -> None:
    """Index shards, for from_tar and from_tfrecord, which find the index beside the first shard."""
    try:
        todo = _shards(shards, image, label, no_label)
        file = Path(os.path.abspath(todo.paths[0])).with_name(f"index{SUFFIX}") if out is None else out
        if file.suffix != SUFFIX:
            raise ValueError(f"the name of an index ends in {SUFFIX}, but not {file.name}; pass --out NAME{SUFFIX}")
        if out is None:
            _check_replaceable(file, todo)
        columns = TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TextColumn("shards"), TimeRemainingColumn()
        with Progress(*columns) as progress:
            task = progress.add_task("", total=len(todo.paths))
            made = todo.make(lambda: progress.advance(task))
        made.warn()
        keep(made, todo, file)
    except (ValueError, OSError) as error:
        fail(error)
    typer.echo(f"{len(made.shards):,} images in {len(todo.paths):,} shards: {file}")


def _shards(shards: list[str], image: str | None, label: str | None, no_label: bool) -> ShardsToIndex:
    if all(".tar" in Path(name).name for name in shards):
        return tar_shards(shards, image, label)
    if any(".tar" in Path(name).name for name in shards):
        raise ValueError("some shards are tar archives by their names, and others are not: index them apart")
    return tfrecord_shards(shards, image or "inferred", None if no_label else label or "inferred")


def _check_replaceable(file: Path, shards: ShardsToIndex) -> None:
    """ValueError if there is an index of other shards, or of the same by other settings."""
    try:
        header = read_header(file)
    except (NotAnIndexError, OSError):
        return
    if not shards.is_of(header, str(file.parent)):
        raise ValueError(f"{file} is an index of other shards, or of other images or labels: pass --out NAME{SUFFIX}")
