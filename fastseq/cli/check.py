"""The command ``fastseq check``: what it takes, and what it says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import cv2
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fastseq.doctor.digests import Changes, Digest, compare, digests, read_digests, write_digests
from fastseq.doctor.report import save_picture, status_table
from fastseq.doctor.survey import Survey, survey
from fastseq.errors import BadSample
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.samples import Samples
from fastseq.samples.exclusions import listed_paths
from fastseq.samples.sources.directory import EXTENSIONS

_SHOWN = 10  # changed files; all of them are too many for a screen


def check(
    source: Annotated[Path, typer.Argument(metavar="DIR|CSV", help="A folder of pictures, or a CSV file.")],
    image: Annotated[str, typer.Option(help="The column of a CSV file with the paths.")] = "image",
    root: Annotated[Path | None, typer.Option(help="Folder of its paths; its own by default.")] = None,
    quarantine: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to list bad files, for Samples.without.")
    ] = Path("fastseq-bad.jsonl"),
    picture: Annotated[Path, typer.Option(metavar="FILE", help="Where to draw sizes and formats.")] = Path(
        "fastseq-check.png"
    ),
    digest: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Digests of all files: written, or compared if the file is there."),
    ] = None,
    lenient: Annotated[bool, typer.Option("--lenient", help="Accept pictures that libjpeg could rescue.")] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="That decode; all cores by default.")] = None,
) -> None:
    """Read every picture of a set and say what is wrong. Exit code: 0 all good, 1 bad or changed files, 2 no set."""
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # its words about each bad file; ours are in the list
    try:
        samples = _samples(source, image, root)
        before = read_digests(digest) if digest is not None and digest.exists() else None
        found, made = _read(samples, digest is not None, not lenient, threads)
        console = Console()
        console.print(status_table(found))
        if digest is not None and before is None:
            write_digests(made, digest)
        _write_quarantine(found.bad, quarantine)
        save_picture(found, picture)
    except ValueError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if found.bad:
        typer.echo(f"{len(found.bad)} bad files are listed in {quarantine}: samples.without({str(quarantine)!r})")
    typer.echo(f"Sizes and formats: {picture}")
    changes = None if before is None else compare(before, made)
    if digest is not None:
        typer.echo(f"Digests: {digest}" if changes is None else _in_words(changes))
    raise typer.Exit(1 if found.bad or changes else 0)


def _samples(source: Path, image: str, root: Path | None) -> Samples:
    if not source.is_dir():
        return Samples.from_csv(source, image, label=None, root=root)
    endings = tuple(EXTENSIONS)
    files = sorted(str(path) for path in source.rglob("*") if path.name.lower().endswith(endings) and not path.is_dir())
    if not files:
        raise ValueError(f"{source} has no pictures: no files that end in {', '.join(endings)}")
    return Samples.from_files(files)


def _read(samples: Samples, digest: bool, strict: bool, threads: int | None) -> tuple[Survey, dict[str, Digest]]:
    made: dict[str, Digest] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("decoding", total=len(samples))
        found = survey(samples, strict=strict, threads=threads, advance=lambda n: progress.advance(task, n))
        if digest:
            task = progress.add_task("digests", total=len(samples))
            made = digests(samples.paths(), lambda n: progress.advance(task, n))
    return found, made


def _write_quarantine(bad: Sequence[BadSample], path: Path) -> None:
    """List bad files by their absolute paths; without any, an older list goes.

    Raises:
        ValueError: if a file is there that is no such list.
    """
    if path.exists():
        listed_paths(path)
    if not bad:
        path.unlink(missing_ok=True)
        return
    listed = BadSampleLog()
    for sample in bad:
        assert sample.path is not None
        listed.add(replace(sample, path=os.path.abspath(sample.path)))
    listed.write(path)


def _in_words(changes: Changes) -> str:
    lines = []
    for what, names in (("have changed", changes.changed), ("are missing", changes.missing), ("are new", changes.new)):
        lines.append(f"{len(names)} files {what}")
        lines += [f"  {name}" for name in names[:_SHOWN]] + ["  ..."] * (len(names) > _SHOWN)
    return "\n".join(lines)


def _fail(message: str) -> NoReturn:
    typer.echo(f"fastseq: {message}", err=True)
    raise typer.Exit(2)
