"""How every command is set up: its group, its help, the option `--json`, and the parts it uses."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import griot

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from rag.library import Library

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


def assembled(ctx: typer.Context) -> "Assembly":
    """Return the parts that the settings describe. Raises `SettingsError`."""
    assembly: Assembly = ctx.obj()
    return assembly


def opened(ctx: typer.Context) -> "Library":
    """Open the library. Raises a `GriotError` if the settings or the index cannot be used."""
    return assembled(ctx).library()
