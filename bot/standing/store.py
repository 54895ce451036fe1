"""Standing questions and digests, beside the catalog's tables."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from typing import Any

from rag.grounding.change import Change, Novelty
from rag.index.answers import from_json, to_json
from rag.index.tables import Place, Tables, values_of
from rag.types import Answer

EARLIER = 50
"""How many quotes of earlier answers are remembered, the last ones."""

MIGRATIONS = (
    """
CREATE TABLE standing_questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, bot TEXT NOT NULL, chat TEXT NOT NULL,
    thread TEXT NOT NULL, person TEXT NOT NULL, language TEXT NOT NULL, question TEXT NOT NULL,
    seen INTEGER NOT NULL, told TEXT, earlier TEXT NOT NULL, news TEXT, UNIQUE (bot, chat, question)
);
CREATE INDEX standing_questions_person ON standing_questions (bot, person);
CREATE TABLE standing_digests (
    bot TEXT NOT NULL, chat TEXT NOT NULL, thread TEXT NOT NULL, person TEXT NOT NULL,
    language TEXT NOT NULL, hour INTEGER NOT NULL, zone TEXT NOT NULL, due REAL NOT NULL,
    seen INTEGER NOT NULL, PRIMARY KEY (bot, chat)
) WITHOUT ROWID;
""",
    # Who watches a question
    """
CREATE TABLE standing_watchers (
    number INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY (number, person)
) WITHOUT ROWID;
INSERT INTO standing_watchers SELECT id, person FROM standing_questions;
CREATE INDEX standing_watchers_person ON standing_watchers (person);
DROP INDEX standing_questions_person;
ALTER TABLE standing_questions DROP COLUMN person;
""",
    # In which topic of the chat each person watches a question
    """
ALTER TABLE standing_watchers ADD COLUMN thread TEXT NOT NULL DEFAULT '';
UPDATE standing_watchers
SET thread = (SELECT thread FROM standing_questions WHERE id = number);
ALTER TABLE standing_questions DROP COLUMN thread;
""",
)


@dataclass(frozen=True, slots=True)
class News:
    """A changed answer that is still to be told; `seen` is the last passage that it knows of."""

    answer: Answer
    change: Change
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A question that people watch in a chat, which is told once in each of their topics.

    `watchers` has the topic in which each person watches it. `told` is the answer that they know,
    None as long as nobody has looked; `earlier` are quotes of answers that they knew before. `seen`
    is the last passage that was looked at. `language` is what the bot speaks there.
    """

    number: int = 0
    chat: str
    language: str
    question: str
    watchers: Mapping[str, str] = field(default_factory=dict)
    seen: int = 0
    told: Answer | None = None
    earlier: tuple[str, ...] = ()
    news: News | None = None

    @property
    def place(self) -> tuple[int, bool, int]:
        """How far the question is: what was looked at, what was told, and what is to be told."""
        return self.seen, self.told is not None, self.news.seen if self.news else 0

    @property
    def after(self) -> "Standing":
        """The question when its news were told."""
        assert self.news is not None
        assert self.told is not None
        quotes = (citation.quote for citation in self.told.citations)
        return replace(
            self,
            seen=self.news.seen,
            told=self.news.answer,
            earlier=(*self.earlier, *quotes)[-EARLIER:],
            news=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A daily message to a chat, at an hour of a time zone.

    `due` is when the next one is sent, in seconds since 1970; `seen` is the last passage that one
    told of.
    """

    chat: str
    thread: str = ""
    person: str
    language: str
    hour: int
    zone: str
    due: float
    seen: int


_KNOWN = ("chat", "language", "question", "seen")
_QUESTIONS = f"SELECT {', '.join(_KNOWN)}, id, told, earlier, news FROM standing_questions"  # noqa: S608
_ID = len(_KNOWN)
_DIGEST = tuple(each.name for each in fields(Digest))
_DIGESTS = f"SELECT {', '.join(_DIGEST)} FROM standing_digests"  # noqa: S608


class StandingTables(Tables):
    """The tables of one bot, by its account, or of the terminal. Safe to share between threads."""

    def __init__(self, place: Place, *, bot: str) -> None:
        super().__init__(place, MIGRATIONS, name="standing")
        self._bot = bot

    # Questions

    def add(
        self, question: Standing, person: str, *, thread: str = "", most: int
    ) -> Standing | None:
        """Have a person watch a question in a topic of its chat, and return it as it is kept.

        None if they watch `most` others already.
        """
        with self.transaction():
            same = "chat = ? AND question = ?"
            known = next(iter(self._questions(same, question.chat, question.question)), None)
            if known and person in known.watchers:
                return known
            if len(self.watched_by(person)) >= most:
                return None
            number = known.number if known else self._put(question)
            query = "INSERT INTO standing_watchers (number, person, thread) VALUES (?, ?, ?)"
            self._run(query, (number, person, thread))
            return self.question(number)

    def questions(self) -> tuple[Standing, ...]:
        """Return all questions, in the order in which they were put."""
        return self._questions("1 = 1")

    def watched_by(self, person: str) -> tuple[Standing, ...]:
        """Return the questions that a person watches, in all chats."""
        return self._questions(
            "id IN (SELECT number FROM standing_watchers WHERE person = ?)", person
        )

    def question(self, number: int) -> Standing | None:
        """Return a question by its number."""
        return next(iter(self._questions("id = ?", number)), None)

    def put(self, before: Standing, after: Standing) -> bool:
        """Keep what is known of a question now, and return True.

        False if it is watched no more, or is not as it was before: another process was faster.
        """
        with self.transaction():
            known = self.question(before.number)
            if known is None or known.place != before.place:
                return False
            self._run(
                "UPDATE standing_questions SET seen = ?, told = ?, earlier = ?, news = ? "
                "WHERE bot = ? AND id = ?",
                (
                    after.seen,
                    to_json(after.told) if after.told else None,
                    json.dumps(after.earlier, ensure_ascii=False),
                    _news_json(after.news) if after.news else None,
                    self._bot,
                    after.number,
                ),
            )
            return True

    def unwatch(self, number: int, person: str) -> None:
        """Have a person watch a question no more; it is forgotten when nobody else does."""
        with self.transaction():
            query = "DELETE FROM standing_watchers WHERE number = ? AND person = ?"
            self._run(query, (number, person))
            known = self.question(number)
            if known and not known.watchers:
                self.end(number)

    def end(self, number: int) -> None:
        """Forget a question."""
        self._end("id = ?", number)

    # Digests

    def digests(self) -> tuple[Digest, ...]:
        """Return all digests."""
        rows = self._all(f"{_DIGESTS} WHERE bot = ? ORDER BY chat", (self._bot,))
        return tuple(Digest(**dict(zip(_DIGEST, row, strict=True))) for row in rows)

    def digest(self, chat: str) -> Digest | None:
        """Return the digest of a chat."""
        return next((digest for digest in self.digests() if digest.chat == chat), None)

    def put_digest(self, before: Digest | None, after: Digest) -> bool:
        """Keep the digest of a chat, in place of the one before, and return True.

        False if the one before is given and is not there any more.
        """
        with self.transaction():
            if before is not None and self.digest(before.chat) != before:
                return False
            self.end_digest(after.chat)
            self._run(
                f"INSERT INTO standing_digests (bot, {', '.join(_DIGEST)}) "  # noqa: S608
                f"VALUES ({values_of(len(_DIGEST) + 1)})",
                (self._bot, *astuple(after)),
            )
            return True

    def end_digest(self, chat: str) -> None:
        """Send a chat no more digests."""
        query = "DELETE FROM standing_digests WHERE bot = ? AND chat = ?"
        self._run(query, (self._bot, chat))

    # Chats

    def end_chat(self, chat: str) -> None:
        """Forget all that is watched in a chat, and its digest."""
        with self.transaction():
            self._end("chat = ?", chat)
            self.end_digest(chat)

    def move(self, chat: str, to: str) -> None:
        """Keep what a group watches that has another id."""
        with self.transaction():
            self.end_chat(to)
            for table in ("questions", "digests"):
                self._run(
                    f"UPDATE standing_{table} SET chat = ? WHERE bot = ? AND chat = ?",  # noqa: S608
                    (to, self._bot, chat),
                )

    # Rows

    def _questions(self, where: str, *values: object) -> tuple[Standing, ...]:
        """Return the questions of which something holds."""
        found = (self._bot, *values)
        query = f"""
            SELECT id, person, thread FROM standing_questions
            JOIN standing_watchers ON number = id
            WHERE bot = ? AND {where} ORDER BY person
        """  # noqa: S608
        watchers: dict[int, dict[str, str]] = defaultdict(dict)
        for number, person, thread in self._all(query, found):
            watchers[number][person] = thread
        rows = self._all(f"{_QUESTIONS} WHERE bot = ? AND {where} ORDER BY id", found)
        return tuple(_standing(row, watchers[row[_ID]]) for row in rows)

    def _put(self, question: Standing) -> int:
        """Insert a question, and return its number."""
        return self._insert(
            f"INSERT INTO standing_questions (bot, {', '.join(_KNOWN)}, earlier) "  # noqa: S608
            f"VALUES ({values_of(len(_KNOWN) + 1)}, '[]')",
            (self._bot, *(getattr(question, name) for name in _KNOWN)),
        )

    def _end(self, where: str, value: object) -> None:
        """Forget the questions of which something holds, and who watches them."""
        found = f"standing_questions WHERE bot = ? AND {where}"
        with self.transaction():
            for query in (
                f"DELETE FROM standing_watchers WHERE number IN (SELECT id FROM {found})",  # noqa: S608
                f"DELETE FROM {found}",  # noqa: S608
            ):
                self._run(query, (self._bot, value))


def _standing(row: Sequence[Any], watchers: Mapping[str, str]) -> Standing:
    *known, number, told, earlier, news = row
    return Standing(
        **dict(zip(_KNOWN, known, strict=True)),
        number=number,
        watchers=watchers,
        told=from_json(told) if told else None,
        earlier=tuple(json.loads(earlier)),
        news=_news(json.loads(news)) if news else None,
    )


def _news_json(news: News) -> str:
    """Return news as JSON; the claims that are new stand in an answer of their own."""
    fresh = replace(news.answer, claims=news.change.claims, disagreements=())
    return json.dumps(
        {
            "answer": to_json(news.answer),
            "fresh": to_json(fresh),
            "novelty": news.change.novelty,
            "seen": news.seen,
        },
        ensure_ascii=False,
    )


def _news(written: dict[str, Any]) -> News:
    change = Change(Novelty(written["novelty"]), from_json(written["fresh"]).claims)
    return News(from_json(written["answer"]), change, written["seen"])
