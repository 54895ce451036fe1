"""`griot chat`: a conversation at the terminal.

`Conversation` turns a line into lines and knows no terminal; `converse` is the loop over a person's
terminal or a pipe.
"""

import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from bot import console
from bot.console import BLANK, Lines, Style, line, printable
from bot.program import ExitStatus, griot
from bot.terminal import render
from bot.terminal.ask import answered
from bot.terminal.index import up_to_date
from bot.typer_app import Json, assembled, documented, group
from rag.errors import GriotError
from rag.types import Answer, Outcome

if TYPE_CHECKING:
    from prompt_toolkit.history import History

    from rag.library import Library
    from rag.understanding.conversation import Turn

Say = Callable[[str], None]
Run = Callable[[Coroutine[Any, Any, Answer]], Answer]

COMMANDS = {
    "/help": "this list",
    "/sources": "the articles",
    "/show N": "the paragraph around source N of the last answer",
    "/all": "the last question again, of articles of all dates",
    "/why": "how the last answer came about",
    "/bad": "note that the last answer is bad",
    "/new": "forget the conversation",
    "/quit": "leave; Ctrl-D does too",
}
PROMPT = "> "
WHO = "terminal"
"""The name under which the catalog keeps ratings of the terminal."""


app = group()


@app.command(**documented("chat", "chat --json < questions.txt"))
def chat(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Hold a conversation, in which a question may refer to the one before.

    Where standard input is no terminal, each of its lines is a question. With --json, each answer
    is an object on a line of its own.
    """
    import asyncio

    assembly, say = assembled(ctx), console.say
    with assembly.library() as library, asyncio.Runner() as runner:
        conversation = Conversation(
            library, run=runner.run, say=say, stream=sys.stderr, screen=sys.stdout
        )
        conversation.refresh()
        terminal: Person | Pipe
        if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            if sys.stdin.isatty():
                say("each line is a question; Ctrl-D ends the conversation")
            terminal = Pipe(say=say, as_json=as_json, stdin=sys.stdin, stdout=sys.stdout)
        else:
            terminal = Person(assembly.settings.home, say)
            terminal.show((line("Ask the articles. /help lists the commands."),))
        well = converse(conversation, terminal)
    raise typer.Exit(ExitStatus.DONE if well else ExitStatus.FAILED)


@dataclass
class Conversation:
    """One conversation with a library.

    `run` waits for the library's answer. `say` gets each reason why the index is not up to date,
    once. `stream` shows the progress of indexing; `screen`, if it is a terminal, the text of an
    answer as it is written.
    """

    library: "Library"
    run: Run
    say: Say
    stream: TextIO
    screen: TextIO
    _told: str = ""
    _turns: "list[Turn]" = field(default_factory=list)
    _last: Answer | None = None
    _quoting: Answer | None = None

    def refresh(self) -> None:
        """Bring the index up to date. Raises `GriotError` if there is nothing to answer from."""
        up_to_date(self.library, stream=self.stream, say=self._say_once)

    def ask(self, question: str) -> Answer:
        """Answer a question, which may refer to those before it. Raises `GriotError`."""
        from rag.understanding.conversation import Turn

        self.refresh()
        events = self.library.stream(question, history=tuple(self._turns))
        answer = self.run(answered(events, self.library, self.screen))
        self._turns.append(Turn.of(answer))
        self._last = answer
        if answer.outcome is not Outcome.REPLY:
            self._quoting = answer
        return answer

    def again(self) -> str:
        """Return the last question, to be asked of articles of all dates; "/all" without one."""
        return f"/all {self._last.standalone_question}" if self._last else "/all"

    def command(self, text: str) -> Lines:
        """Return the lines that a command shows. Raises `GriotError`."""
        name, _, argument = text.partition(" ")
        match name:
            case "/help":
                return tuple(
                    line((f"{usage:<10}", Style.HEAD), what, hang=10)
                    for usage, what in COMMANDS.items()
                )
            case "/sources":
                self.refresh()
                return render.article_list(self.library.articles())
            case "/show":
                return self._show(argument)
            case "/why" | "/bad" | "/all":
                return self._of_last(name)
            case "/new":
                self._turns.clear()
                self._last = self._quoting = None
                return (line("A new conversation."),)
        close = get_close_matches(name, [usage.split()[0] for usage in COMMANDS], n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}?" if close else "/help lists the commands."
        return (line(f"{name} is not a command. {hint}"),)

    def _say_once(self, message: str) -> None:
        if message != self._told:
            self._told = message
            self.say(message)

    def _show(self, argument: str) -> Lines:
        """Return the paragraph around a source of the last answer; a reply is none: "thanks"."""
        citations = self._quoting.citations if self._quoting else ()
        if not citations:
            said = (
                "The last answer has no sources."
                if self._quoting
                else "There is no answer with sources yet."
            )
            return (line(said),)
        number = argument.strip(" []")
        if not (number.isdecimal() and 1 <= int(number) <= len(citations)):
            choice = "/show 1" if len(citations) == 1 else f"/show 1 to /show {len(citations)}"
            return (line(f"Which source? {choice}."),)
        return render.around(citations[int(number) - 1])

    def _of_last(self, command: str) -> Lines:
        if self._last is None:
            return (line("There is no answer yet; ask a question first."),)
        if not self._last.id:
            return (line("The last answer was not kept; its remarks say why."),)
        if command == "/why":
            return render.trace_lines(*self.library.trace(self._last.id))
        self.library.rate(self._last.id, WHO, good=False)
        export = griot("feedback", "export")
        return (line(f"Noted as bad. {export} gives it as a question to be tested."),)


class Person:
    """A terminal with line editing, completion of commands, and a history kept at home."""

    interactive = True

    def __init__(self, home: Path, say: Say) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter

        self.say = say
        self._session: PromptSession[str] = PromptSession(
            history=_history(home),
            completer=WordCompleter([usage.split()[0] for usage in COMMANDS], sentence=True),
            complete_while_typing=False,
        )

    def read(self) -> str:
        """Return the next line, edited."""
        return self._session.prompt(PROMPT)

    def show(self, lines: Lines) -> None:
        """Show the lines of a command, and a blank line."""
        console.show((*lines, BLANK), sys.stdout)

    def show_answer(self, answer: Answer) -> None:
        """Show an answer, and a blank line."""
        self.show(render.answer_lines(answer))


@dataclass(frozen=True, kw_only=True)
class Pipe:
    """Lines in, a transcript out; or, as JSON, an object a line for each answer."""

    say: Say
    as_json: bool
    stdin: TextIO
    stdout: TextIO
    interactive = False

    def read(self) -> str:
        """Return the next line of the input."""
        text = self.stdin.readline()
        if not text:
            raise EOFError
        return text

    def show(self, lines: Lines) -> None:
        """Write the lines of a command, and a blank line; nothing as JSON."""
        if not self.as_json:
            self._write(console.plain((*lines, BLANK)))

    def show_answer(self, answer: Answer) -> None:
        """Write the question and its answer at once, for a program that waits for it."""
        if self.as_json:
            self._write(console.json_line(render.answer_dict(answer)))
        else:
            asked = line(PROMPT, answer.question)
            self._write(console.plain((asked, *render.answer_lines(answer), BLANK)))

    def _write(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def converse(conversation: Conversation, terminal: Person | Pipe) -> bool:
    """Read and answer until the end of the input or /quit; return True if every line went well.

    A person's Ctrl-C stops what is being done or typed. Where lines come from a pipe it ends the
    conversation.
    """
    well = True
    while True:
        try:
            text = " ".join(printable(terminal.read()).split())
        except EOFError:
            return well
        except KeyboardInterrupt:
            if not terminal.interactive:
                raise
            continue
        if text == "/quit":
            return well
        try:
            _reply(text, conversation, terminal)
        except KeyboardInterrupt as interrupt:
            if not terminal.interactive:
                raise
            console.end_line()
            terminal.show((*map(line, interrupt.args), line("Stopped.")))
        except GriotError as error:
            well = False
            terminal.say(str(error))


def _reply(text: str, conversation: Conversation, terminal: Person | Pipe) -> None:
    if text == "/all":
        text = conversation.again()
    if text.startswith("/") and not text.startswith("/all "):
        terminal.show(conversation.command(text))
    elif text:
        terminal.show_answer(conversation.ask(text))


def _history(home: Path) -> "History":
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    file = home / "history"
    if os.access(file if file.exists() else home, os.W_OK):
        return FileHistory(file)
    return InMemoryHistory()
