"""The command ``fastseq check``: its arguments and its output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from fastseq.cli.failure import fail
from fastseq.cli.options import QUARANTINE, Quarantine, RayAddress
from fastseq.cli.progress import progress_bar
from fastseq.doctor.digests import Changes, Digest, compare, copies, digests, read_digests, write_digests
from fastseq.doctor.image_set import find_samples
from fastseq.doctor.quarantine import write_quarantine
from fastseq.doctor.report import save_plot, status_table
from fastseq.doctor.survey import Survey, survey, survey_by_executor
from fastseq.executors import Executor, WorkerDiedError
from fastseq.executors.ray_cluster import on_ray
from fastseq.samples import Samples

_MAX_LISTED = 10  # changed files; all of them may not fit on the screen


def check(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DIR|CSV|SHARDS",
            help="A folder of images, a CSV file, a zip archive, or tar archives, TFRecord or Parquet files; or URLs.",
        ),
    ],
    image: Annotated[
        str | None,
        typer.Option(help='The CSV column with the paths, "image" by default; or what the images in shards are.'),
    ] = None,
    root: Annotated[
        str | None, typer.Option(help="The folder that these paths are relative to; the CSV file's own by default.")
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Follow links to folders, as from_directory(follow_links=True) does.")
    ] = False,
    quarantine: Quarantine = QUARANTINE,
    plot: Annotated[Path, typer.Option(metavar="FILE", help="Where to plot sizes and formats.")] = Path(
        "fastseq-check.png"
    ),
    digest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Digests of all files: compared if the file exists, otherwise written."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse JPEGs that libjpeg decodes from damaged data, as strict=True does.")
    ] = False,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Accept JPEGs that are cut off, as strict=False does.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Decoding threads; one per core by default.")] = None,
    ray: RayAddress = None,
) -> None:
    """Decode every image of a set and report problems. Exit code: 0 good, 1 bad or changed files, 2 no image set."""
    try:
        if strict and lenient:
            raise ValueError("--strict refuses what --lenient accepts: leave one of them out")
        if ray is not None and (threads is not None or digest is not None):
            raise ValueError("--ray reads the files elsewhere: leave out --threads and --digest, or --ray")
        executor = None if ray is None else on_ray(ray)
        _check_folders(quarantine, plot, digest)
        samples, left_out = _find(source, image, root, follow_links)
        if digest is not None and samples.table.is_read_by_blocks:
            raise ValueError(
                "--digest is for files and shards on a disk whose images are read one by one: leave it out"
            )
        before = read_digests(digest) if digest is not None and digest.exists() else None
        strictness = True if strict else False if lenient else "whole"
        found, made = _read(samples, digest is not None, strictness, threads, executor)
        console = Console()
        console.print(status_table(found))
        for line in left_out:
            typer.echo(line)
        if digest is not None and before is None:
            write_digests(made, digest)
        write_quarantine(found.quarantined, quarantine)
        save_plot(found, plot)
    except (ValueError, OSError, ImportError, WorkerDiedError) as error:
        fail(error)
    if found.quarantined:
        listed = f"{len(found.quarantined)} bad files are listed in {quarantine}"
        typer.echo(f"{listed}: samples.without({str(quarantine)!r})")
    if found.not_decoded:
        typer.echo(f"{len(found.not_decoded)} files may be sound and are not listed: {found.not_decoded[0].message}")
    typer.echo(f"Sizes and formats: {plot}")
    changes = None if before is None else compare(before, made)
    if digest is not None:
        typer.echo(f"Digests: {digest}" if changes is None else _describe(changes))
        same = copies(made)
        if same:
            lines = [" = ".join(names) for names in same]
            typer.echo(
                _listing(f"{sum(map(len, same))} files have the same contents as another; keep one of each", lines)
            )
    raise typer.Exit(1 if found.bad or changes else 0)


def _check_folders(*outputs: Path | None) -> None:
    """Refuse outputs that could not be written, before a long run rather than at its end."""
    for output in outputs:
        if output is not None and not output.absolute().parent.is_dir():
            raise ValueError(f"{output} cannot be written: there is no folder {output.parent}")


def _find(source: str, image: str | None, root: str | None, follow_links: bool) -> tuple[Samples, list[str]]:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,} images"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking for files", total=None)
        return find_samples(source, image, root, follow_links=follow_links, advance=lambda n: progress.advance(task, n))


def _read(
    samples: Samples, digest: bool, strict: bool | str, threads: int | None, executor: Executor | None
) -> tuple[Survey, dict[str, Digest]]:
    made: dict[str, Digest] = {}
    with progress_bar("{task.description}") as progress:
        task = progress.add_task("decoding", total=len(samples))

        def advance(files: int) -> None:
            progress.advance(task, files)

        if executor is None:
            found = survey(samples, strict=strict, threads=threads, advance=advance)
        else:
            found = survey_by_executor(samples, strict=strict, executor=executor, advance=advance)
        if digest:
            task = progress.add_task("digests", total=len(samples))
            made = digests((source for source, _ in samples), lambda n: progress.advance(task, n))
    return found, made


def _describe(changes: Changes) -> str:
    lines = []
    for what, names in (("have changed", changes.changed), ("are missing", changes.missing), ("are new", changes.new)):
        lines.append(_listing(f"{len(names)} files {what}", names))
    return "\n".join(lines)


def _listing(title: str, names: list[str]) -> str:
    return "\n".join([title, *(f"  {name}" for name in names[:_MAX_LISTED]), *["  ..."] * (len(names) > _MAX_LISTED)])
