"""The entry of `griot`: its help and version at once, its commands, and how each of them ends."""

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence

from bot.program import NAME, CommandFailed, ExitStatus, griot

TYPE_CHECKING = False  # typing's own constant would cost the import of typing, 8 ms
if TYPE_CHECKING:
    import typer

    from bot.assembly import Assembly

# The variable with which a shell asks for completions, and the options for which its name counts.
COMPLETE = "_GRIOT_COMPLETE"
COMPLETION = {"--install-completion", "--show-completion"}

# Written out here because the help should come at once: importing typer takes 100 ms. For the same
# reason console and rag, which need dataclasses (15 ms), are imported where they are used.
HELP = """\
Usage: {griot} COMMAND …

Ask a collection of news articles, and read the words that each answer rests on.

Commands:
  ask QUESTION       answer a question, each claim with its source and its quote
  chat               hold a conversation; a question may refer to the one before
  telegram           answer in Telegram, as a bot, until Ctrl-C
  index [PATH…]      read articles: files, folders, addresses, or else the corpus folder
  watch              keep the corpus folder and the sources in its sources.txt current; tell
                     what new articles change in the answer to a question (--ask)
  sources            list these sources, and how each is doing
  search QUESTION    show the passages that resemble a question, and what found them
  show [ARTICLE_ID]  print an article's text exactly as it is stored, or list the articles
  answers            list past answers, with the ids that why takes
  why ANSWER_ID      show how a past answer came about
  check [SET]        ask a set of questions, and check each answer
  compare A B        show two results of a set side by side
  feedback export    print the answers that people rated bad, as questions for a set
  import squad FILE  make articles and a question set from SQuAD
  export FOLDER      write the whole index to a folder; import FOLDER reads it
  migrate            copy the index to PostgreSQL and a Chroma server
  doctor             check every part that answering needs, and show how to mend it

Options of the commands:
  --json             print JSON
  --debug            show the traceback of an error
  -h, --help         show the command's own help

  --version              print the version
  --install-completion   have your shell complete commands and options at Tab

Examples:
  {griot} ask "who accompanied Goïta?"
  {griot} index ~/articles
  {griot} ask --help

Griot reads the folder corpus/ and keeps its index in .griot/; README lists the settings.
"""


def main(
    arguments: Sequence[str] | None = None,
    *,
    assemble: "Callable[[], Assembly] | None" = None,
) -> int:
    """Run one command and return its exit status; a traceback is shown only with --debug.

    Args:
        arguments: The command's words; those of the process by default.
        assemble: Makes the parts; by default from the environment's settings.
    """
    words, debug = _without_debug(sys.argv[1:] if arguments is None else arguments)
    _settle_encodings()
    try:
        status = _run(words, assemble or _from_environment)
        sys.stdout.flush()
        if arguments is None:
            # The process ends here: collecting all its objects once more would take 90 ms.
            gc.freeze()
    except KeyboardInterrupt as interrupt:
        from bot import console

        console.end_line()
        for message in interrupt.args:
            console.say(message)
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Else the interpreter meets the closed pipe again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.UNREAD
    except Exception as error:  # noqa: BLE001 - a person is shown a line, whatever it was
        from bot import console

        if debug:
            import traceback

            from bot.service.logs import Redactor

            sys.stderr.write(Redactor(())(traceback.format_exc()))
        failed = (
            error
            if isinstance(error, CommandFailed)
            else CommandFailed(ExitStatus.FAILED, _reason(error))
        )
        for message in failed.messages:
            console.say(message)
        return failed.status
    return status


def usage() -> str:
    """Return the help, with examples that can be typed as they are."""
    return HELP.replace("{griot}", griot())


def _settle_encodings() -> None:
    """Pipes and files are UTF-8 whatever the locale; a terminal shows what it can."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf8 = "utf-8-sig" if stream is sys.stdin else "utf-8"
            stream.reconfigure(encoding=None if stream.isatty() else utf8, errors="replace")


def _without_debug(words: Sequence[str]) -> tuple[list[str], bool]:
    """Return the words without --debug, and whether it was among the options."""
    end = words.index("--") if "--" in words else len(words)
    options = [word for word in words[:end] if word != "--debug"]
    return [*options, *words[end:]], len(options) < end


def _run(words: list[str], assemble: "Callable[[], Assembly]") -> int:
    match words[:1]:
        case [] if COMPLETE not in os.environ:
            sys.stderr.write(usage())
            return ExitStatus.USAGE
        case ["--help" | "-h"]:
            sys.stdout.write(usage())
            return 0
        case ["--version"]:
            from bot import console

            sys.stdout.write(f"griot {console.version()}\n")
            return 0
    from rag.reasons import Remark

    Remark.griot = griot()
    try:
        name = NAME if COMPLETION.intersection(words) else griot()
        commands()(words, prog_name=name, complete_var=COMPLETE, obj=assemble)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitStatus.FAILED
    return 0


def commands() -> "typer.Typer":
    """Return all the commands; what is heavy is imported by the command that needs it."""
    from bot.questions import cli as questions
    from bot.telegram_bot import cli as telegram
    from bot.terminal import ask, chat, doctor, index, look, transfer, watch
    from bot.typer_app import group

    app = group(completion=True)
    for room in (ask, chat, telegram, index, watch, look, questions, transfer, doctor):
        app.add_typer(room.app)
    return app


def _reason(error: Exception) -> str:
    """Return an error as a line. A bug's own words are left out: they may hold anything."""
    from rag.errors import GriotError

    if isinstance(error, GriotError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"a bug, {type(error).__name__}. Run it again with --debug and report what it prints."


def _from_environment() -> "Assembly":
    from bot.assembly import assemble

    return assemble()
