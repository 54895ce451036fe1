"""How every group of commands is set up, and the option that all of them have."""

from typing import Annotated

import typer

from rag.command import griot

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def group(about: str | None = None, *, completion: bool = False) -> typer.Typer:
    """Return a group that commands can be added to; without a command it shows its help.

    With `completion` it has the options that install completion in a shell.
    """
    return typer.Typer(
        add_completion=completion,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=about,
    )


def examples(*commands: str) -> str:
    """Return the end of a command's help: examples, each a command line without `griot`."""
    return "\b\nExamples:\n" + "\n".join(f"  {griot()} {command}" for command in commands)
