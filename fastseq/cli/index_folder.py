"""``fastseq index FOLDER --crops``: the crop indexes of the images in class folders."""

from __future__ import annotations

import os

import typer
from rich.progress import TextColumn

from fastseq.cli.progress import progress_bar
from fastseq.executors import Executor
from fastseq.samples.index.folder_index import check_no_other_index, keep_folder_index, make_folder_index


def index_folder(folder: str, executor: Executor | None, force: bool) -> None:
    """Index a folder, and say where its index is.

    Args:
        folder: the folder.
        executor: reads the images; None for this process.
        force: whether to replace an index of shards.

    Raises:
        OSError: if the folder cannot be read, or the index cannot be written.
        ValueError: if there are no images, or if there is an index of shards.
    """
    if not force:
        check_no_other_index(folder)
    with progress_bar("Indexing", TextColumn("parts")) as progress:
        task = progress.add_task("", total=None)
        made = make_folder_index(
            folder,
            executor,
            lambda tasks: progress.update(task, total=tasks),
            lambda: progress.advance(task),
        )
    file = keep_folder_index(made, folder)
    typer.echo(f"{made.crops.count:,} of {len(made.names):,} images have a crop index: {file}")
    if not os.path.samefile(file.parent, folder):
        typer.echo(f"It is used by you alone, as {folder} cannot be written to.")
