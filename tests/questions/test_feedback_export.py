import asyncio
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.questions.cli import feedback as app
from bot.questions.format import CannedQuestion
from bot.questions.sets import load
from bot.terminal.chat import Conversation
from fake_library import ANSWER, REFUSAL
from newsroom import FLOODED, MARKET, indexed, opened
from rag.index.answers import Rating
from rag.index.catalog import Catalog
from rag.index.tables import FILE
from rag.library import Library
from rag.types import Answer

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."
NONE = "rate one with 👎 in Telegram or /bad in griot chat"
OTHER = replace(REFUSAL, question="who lost?", standalone_question="who lost?")


@dataclass
class Shelf:
    """Answers that were given and rated, and what `griot feedback` says of them."""

    home: Path
    capsys: pytest.CaptureFixture[str]

    def library(self) -> Library:
        return opened(self.home)

    def kept(self, answer: Answer) -> str:
        self.home.mkdir(exist_ok=True)
        with closing(Catalog(self.home / FILE)) as catalog:
            return catalog.put_answer(replace(answer, when=NOON)).id

    def rated(self, answer: str, who: str, *, good: bool = False, at: datetime = NOON) -> None:
        with closing(Catalog(self.home / FILE)) as catalog:
            catalog.put_rating(Rating(answer, who, good=good, at=at))

    def changed(self, sql: str, *values: str) -> None:
        with closing(sqlite3.connect(self.home / FILE)) as catalog, catalog:
            catalog.execute(sql, values)

    def griot(self, *words: str) -> tuple[object, str, str]:
        """The status, the output and the remarks of `griot feedback` with these words."""
        with pytest.raises(SystemExit) as end:
            app(words, prog_name="griot feedback", obj=lambda: self)
        return end.value.code, *self.capsys.readouterr()

    def exported(self, *words: str) -> list[str]:
        """The ids of the answers that are exported, in order."""
        return [answer["id"] for answer in json.loads(self.griot("export", "--json", *words)[1])]


@pytest.fixture
def shelf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shelf:
    return Shelf(tmp_path / ".griot", capsys)


def questions(folder: Path, text: str) -> list[CannedQuestion]:
    """A set's questions, its bad answers taken for refusals that were due."""
    path = folder / "reported.questions.yaml"
    path.write_text(text.replace("expect: []  #", "refuse: true  #"), encoding="utf-8")
    return [*load(path).questions]


def test_only_what_was_said_from_a_day_on_is_exported(shelf: Shelf) -> None:
    """The day itself counts, from its first moment in UTC."""
    before, then = shelf.kept(ANSWER), shelf.kept(REFUSAL)
    midnight = datetime(2025, 7, 2, tzinfo=UTC)
    shelf.rated(before, "amina", at=midnight - timedelta(microseconds=1))
    shelf.rated(then, "amina", at=midnight)
    assert shelf.exported("--since", "2025-07-01") == [then, before]
    assert shelf.exported("--since", "2025-07-02") == [then]
    assert shelf.exported("--since", "2025-07-03") == []


@pytest.mark.parametrize("since", ["yesterday", "2025-02-30"])
def test_what_is_no_date_is_explained(since: str, shelf: Shelf) -> None:
    """The message shows how a date is written."""
    status, out, err = shelf.griot("export", "--since", since)
    assert (status, out) == (2, "")
    assert f"'--since': {since!r} is no date; write it as 2026-11-01." in err


def test_that_nothing_was_reported_is_a_line_and_no_set(shelf: Shelf) -> None:
    """A set without questions would be no set; a program that reads JSON gets an empty list."""
    shelf.rated(shelf.kept(ANSWER), "amina", good=True)
    nothing = f"griot: no answer was rated bad; {NONE}\n"
    assert shelf.griot("export") == (0, "", nothing)
    assert shelf.griot("export", "--json") == (0, "[]\n", nothing)
    later = f"griot: no answer was rated bad since 2025-07-01; {NONE}\n"
    assert shelf.griot("export", "--since", "2025-07-01") == (0, "", later)


def test_json_tells_all_that_is_kept_of_an_answer(shelf: Shelf) -> None:
    """It is what griot why tells of it, and what people thought; nobody is named."""
    first, answer = shelf.kept(REFUSAL), shelf.kept(REFUSAL)
    shelf.rated(first, "amina")
    shelf.rated(answer, "boubacar", at=NOON + DAY)
    out = shelf.griot("export", "--json")[1]
    (told,) = json.loads(out)
    assert [told[name] for name in ("reported", "bad", "good", "same", "id", "outcome")] == [
        "2025-07-02T12:00:00+00:00",
        2,
        0,
        [first],
        answer,
        "not_in_corpus",
    ]
    assert [text["version"] for text in told["evidence"]] == ["gone"]
    assert "amina" not in out + shelf.griot("export")[1]


def test_an_answer_that_cannot_be_read_is_named_and_the_others_go_on(
    shelf: Shelf, tmp_path: Path
) -> None:
    """A newer Griot may have kept it, or nobody has it any more."""
    newer, gone, whole = (shelf.kept(answer) for answer in (ANSWER, OTHER, REFUSAL))
    for days, answer in enumerate((whole, gone, newer)):
        shelf.rated(answer, "amina", at=NOON + days * DAY)
    version = "UPDATE answers SET record = json_set(record, '$.version', 99) WHERE id = ?"
    shelf.changed(version, newer)
    shelf.changed("DELETE FROM answers WHERE id = ?", gone)
    status, out, err = shelf.griot("export")
    assert (status, [question.ask for question in questions(tmp_path, out)]) == (0, ["who won?"])
    assert err == (
        f"griot: answer {newer} is left out: "
        "the answer was recorded by a newer Griot; upgrade Griot to see it\n"
        f"griot: answer {gone} is left out: "
        f"no answer is kept under '{gone}'; griot answers lists them\n"
    )


# Where it comes from


def said_in_a_chat(library: Library, *lines: str) -> None:
    """Type these lines in a chat."""
    screen = io.StringIO()
    with asyncio.Runner() as runner:
        chat = Conversation(library, run=runner.run, say=screen.write, stream=screen, screen=screen)
        for text in lines:
            chat.command(text) if text.startswith("/") else chat.ask(text)


def test_what_is_bad_in_a_chat_is_exported(shelf: Shelf, tmp_path: Path) -> None:
    """A follow-up is asked as it stands alone, and how it was asked is told."""
    indexed(shelf.home, MARKET)
    with opened(shelf.home) as library:
        said_in_a_chat(
            library, FLOODED, "/bad", "and in Kidal?", "/bad", "/bad", "Who won the World Cup?"
        )
    status, out, err = shelf.griot("export")
    assert (status, err) == (0, "")
    assert [(question.ask, question.tags) for question in questions(tmp_path, out)] == [
        ("What was flooded in Kidal?", ("reported",)),
        (FLOODED, ("reported",)),
    ]
    assert "  # Asked as: and in Kidal?\n" in out
