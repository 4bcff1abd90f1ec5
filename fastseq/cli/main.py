"""The command ``fastseq``. Only its subcommands need extras: the help and the version do not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from fastseq import __version__, build_info


class _Command(NamedTuple):
    summary: str
    extra: str
    needs: tuple[str, ...]


_COMMANDS = {
    "check": _Command(
        "read every image of a folder or a table and say what is wrong",
        "check",
        ("typer", "rich", "matplotlib", "PIL", "xxhash"),
    ),
    "index": _Command("find the images in shards once, and keep where they are", "cli", ("typer", "rich")),
    "pack": _Command(
        "write an image set anew, once, as shards that are cheap to read",
        "cli",
        ("typer", "rich"),
    ),
    "demo": _Command(
        "train a small CNN and print how fast images arrive", "demo", ("typer", "rich", "matplotlib", "cv2")
    ),
}
_HELP = "\n".join(
    [
        "Usage: fastseq [--help] [--version] COMMAND ...",
        "",
        "Check folders and tables of images, and train Keras models on them.",
        "",
        "Commands:",
        *(f"  {name:8}{command.summary}" for name, command in _COMMANDS.items()),
        "",
        "See fastseq COMMAND --help for the options of a command.",
    ]
)


def install_command(extra: str) -> str:
    """The shell command that installs what an extra names."""
    return f'pip install "fastseq-loader[{extra}]"'


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the entry point of the console script.

    Args:
        arguments: those after the program's name; the process's if None.

    Raises:
        SystemExit: with a command's exit code, or 2 if there is no such command.
    """
    first, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    if first in ("-h", "--help"):
        print(_HELP)
        return
    if first == "--version":
        print(f"fastseq {__version__}", *(f"{name}: {text}" for name, text in build_info().items()), sep="\n")
        return
    if first not in _COMMANDS:
        print(f"fastseq: there is no command {first!r}\n\n{_HELP}" if first else _HELP, file=sys.stderr)
        raise SystemExit(2)
    command = _COMMANDS[first]
    missing = [name for name in command.needs if find_spec(name) is None]
    if missing:
        raise SystemExit(f"fastseq: {first} needs {' and '.join(missing)}: {install_command(command.extra)}")
    import typer

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(getattr(import_module(f"fastseq.cli.{first}"), first))
    app(args=rest, prog_name=f"fastseq {first}")
