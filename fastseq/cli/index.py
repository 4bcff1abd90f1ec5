"""The command ``fastseq index``: its arguments and its output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TextColumn

from fastseq.cli.failure import fail
from fastseq.cli.index_folder import index_folder
from fastseq.cli.options import RayAddress
from fastseq.cli.progress import progress_bar
from fastseq.cli.samples_warnings import echoed_warnings
from fastseq.executors import Executor, WorkerDiedError
from fastseq.executors.processes import in_processes
from fastseq.executors.ray_cluster import on_ray
from fastseq.samples.index.index_file import CROP_ROWS, SUFFIX, NotAnIndexError, read_header
from fastseq.samples.index.kept_index import ShardsToIndex, cached, keep
from fastseq.samples.index.remote_index import DEFAULT_NAME, remote_header, upload_index
from fastseq.samples.index.shard_index import ShardIndex
from fastseq.samples.index.shard_names import folder_of
from fastseq.samples.sources.parquet import parquet_shards
from fastseq.samples.sources.sidecars.energon import FOLDER as ENERGON_FOLDER
from fastseq.samples.sources.sidecars.shard_list import tar_paths
from fastseq.samples.sources.tar import tar_shards
from fastseq.samples.sources.tfrecord import tfrecord_shards
from fastseq.storage.store import StoreError
from fastseq.urls import is_url


def index(
    shards: Annotated[
        list[str],
        typer.Argument(
            metavar="SHARD...",
            help="Tar archives, TFRecord or Parquet files: patterns, URLs, or a JSON list of archives; for --crops "
            "also a folder with class folders.",
        ),
    ],
    image: Annotated[
        str | None, typer.Option(help="What the images are, as from_tar, from_tfrecord or from_parquet takes it.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="What the labels are, likewise; for TFRecords they are inferred by default.")
    ] = None,
    no_label: Annotated[bool, typer.Option("--no-label", help="Leave out the labels of TFRecords.")] = False,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where to keep it; a name without a folder is beside the first shard.")
    ] = DEFAULT_NAME,
    force: Annotated[bool, typer.Option("--force", help="Replace an index of other shards or settings.")] = False,
    crops: Annotated[
        bool,
        typer.Option("--crops", help="Also read the images, and keep where the rows of JPEGs begin, for random crops."),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="How many processes read shards; this one by default, and 4 at a time of a store."),
    ] = None,
    ray: RayAddress = None,
) -> None:
    """Index shards, for from_tar, from_tfrecord and from_parquet, which find the index beside the first shard.

    With --crops also a folder, for from_directory.
    """
    try:
        executor = _executor(workers, ray)
        if len(shards) == 1 and _is_folder_of_images(shards[0]):
            if not crops:
                raise ValueError(f"{shards[0]} is a folder: pass --crops to index the images in its class folders")
            if image or label or no_label or out != DEFAULT_NAME:
                raise ValueError("--image, --label, --no-label and --out are for shards, not for a folder")
            index_folder(shards[0], executor, force)
            return
        todo = _shards(shards, image, label, no_label, crops)
        folder = folder_of(todo.paths[0])
        file = out if "/" in out else f"{folder}/{out}"
        if not file.endswith(SUFFIX):
            raise ValueError(f"the name of an index ends in {SUFFIX}, but not {file}; pass --out NAME{SUFFIX}")
        if not force:
            _check_replaceable(file, todo, crops)
        made = _make(todo, executor)
        if is_url(file):
            file = _upload(made, todo, file)
        else:
            keep(made, todo, Path(file), folder if todo.is_remote else None)
    except (ValueError, OSError, ImportError, WorkerDiedError) as error:
        fail(error)
    typer.echo(f"{len(made.shards):,} images in {len(todo.paths):,} shards: {file}")
    if made.crops is not None:
        typer.echo(f"{made.crops.count:,} of them have a crop index, of {len(made.crops.blob) / 1e6:,.1f} MB in all.")
    if file in map(str, cached(todo)):
        typer.echo("It is used by you alone. To share it, copy it to the folder of the shards.")
    elif folder_of(file) != folder:
        typer.echo("It is used once it lies in the folder of the first shard.")


def _shards(shards: list[str], image: str | None, label: str | None, no_label: bool, crops: bool) -> ShardsToIndex:
    paths, lists = tar_paths(shards)
    if all(path.endswith(".parquet") for path in paths):
        if no_label or label is not None:
            raise ValueError("labels in Parquet files need no index: leave out --label and --no-label")
        if crops:
            raise ValueError("images in Parquet files have no crop indexes: leave out --crops")
        return parquet_shards(shards, image or "inferred")
    are_tar = [".tar" in os.path.basename(path) for path in paths]
    if not lists and any(are_tar) and not all(are_tar):
        raise ValueError("some shards are tar archives by their names, and others are not: index them apart")
    if lists or all(are_tar):
        if no_label:
            raise ValueError("--no-label is for TFRecords; without --label, the labels of tar archives are left out")
        return tar_shards(shards, image, label, crops)
    if no_label and label is not None:
        raise ValueError("--label names what --no-label leaves out: leave one of them out")
    return tfrecord_shards(shards, image or "inferred", None if no_label else label or "inferred", crops)


def _is_folder_of_images(path: str) -> bool:
    """Whether it is a folder, and not that of a data set of Energon."""
    return os.path.isdir(path) and not os.path.isdir(os.path.join(path, ENERGON_FOLDER))


def _executor(workers: int | None, ray: str | None) -> Executor | None:
    """What runs the tasks; None for the usual."""
    if ray is not None:
        if workers is not None:
            raise ValueError("--workers are processes of this machine, and --ray is a cluster: leave one of them out")
        return on_ray(ray)
    return None if workers is None else in_processes(workers)


def _make(shards: ShardsToIndex, executor: Executor | None) -> ShardIndex:
    with progress_bar("Indexing", TextColumn("shards")) as progress:
        task = progress.add_task("", total=len(shards.paths))
        made = shards.make(lambda: progress.advance(task), executor)
    with echoed_warnings():
        shards.check(made)
        made.warn()
    return made


def _upload(made: ShardIndex, shards: ShardsToIndex, url: str) -> str:
    """Write the index to a store, or where that is not allowed to the user's cache folder; return where it is."""
    try:
        upload_index(made, shards, url)
        return url
    except StoreError as error:
        for file in cached(shards):
            typer.echo(f"fastseq: {error}", err=True)
            file.parent.mkdir(parents=True, exist_ok=True)
            keep(made, shards, file, folder_of(shards.paths[0]))
            return str(file)
        raise


def _check_replaceable(file: str, shards: ShardsToIndex, crops: bool) -> None:
    """ValueError if there is an index of other shards, or of the same by other settings, or with more in it."""
    try:
        header = remote_header(file) if is_url(file) else read_header(file)
    except (NotAnIndexError, OSError):
        return
    if not shards.is_of(header, folder_of(shards.paths[0] if shards.is_remote else file)):
        raise ValueError(
            f"{file} is an index of other shards, or of other images or labels: pass --force to replace it, or --out "
            f"NAME{SUFFIX} to keep both"
        )
    if not crops and CROP_ROWS in header["columns"]:
        raise ValueError(f"{file} has crop indexes: pass --crops to keep them, or --force to drop them")
