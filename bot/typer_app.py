"""How every command is set up: its group, its help, the option `--json`, and the parts it uses."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

from bot.program import griot

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


class Command(TyperCommand):
    """A command whose help names its arguments without their types in Python."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer has no public names
        """Write the sections on the arguments and the options."""
        params = self.get_params(ctx)
        arguments = [each for each in params if isinstance(each, TyperArgument)]
        options = [each.get_help_record(ctx) for each in params if each not in arguments]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(each.metavar, each.help) for each in arguments])
        with formatter.section("Options"):
            formatter.write_dl([each for each in options if each])


def documented(*examples: str) -> dict[str, Any]:
    """Return how a command shows its help: with examples, command lines without `griot`."""
    lines = "\n".join(f"  {griot()} {example}" for example in examples)
    return {"cls": Command, "epilog": f"\b\nExamples:\n{lines}"}


def assembled(ctx: typer.Context) -> "Assembly":
    """Return the parts that the settings describe. Raises `SettingsError`."""
    assembly: Assembly = ctx.obj()
    return assembly


def opened(ctx: typer.Context) -> "Library":
    """Open the library. Raises a `GriotError` if the settings or the index cannot be used."""
    return assembled(ctx).library()
