"""The command ``fastseq``."""

from __future__ import annotations

from importlib.util import find_spec

INSTALL = 'pip install "fastseq[demo]"'
INSTALL_CHECK = 'pip install "fastseq[check]"'


def main() -> None:
    """Run the command line; this is the console script's entry point."""
    missing = [name for name in ("typer", "rich", "matplotlib", "PIL", "xxhash") if find_spec(name) is None]
    if missing:
        raise SystemExit(f"fastseq: the command line needs {' and '.join(missing)}: {INSTALL_CHECK}")
    import typer

    from fastseq.cli.check import check
    from fastseq.cli.demo import demo

    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(fastseq)
    app.command()(demo)
    app.command()(check)
    app()


def fastseq() -> None:
    """Check folders and tables of JPEGs, and train Keras models on them."""
