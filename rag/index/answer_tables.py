"""Answers and their ratings, among the catalog's tables."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from rag.errors import AnswerNotFound
from rag.index.answers import Disliked, Rating, from_json, new_id, to_json, utc
from rag.index.tables import Tables
from rag.reasons import Remark
from rag.types import Answer

LISTED = 5
"""Ids that an error names before it counts the rest."""

PAGE = 100
"""Answers that are held in memory at once where all of them are gone through."""

ANSWERS = (
    """
CREATE TABLE answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL
);
CREATE INDEX answers_when ON answers (json_extract(record, '$.when'));
""",
    """
CREATE TABLE feedback (
    answer TEXT NOT NULL, who TEXT NOT NULL, good INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (answer, who)
) WITHOUT ROWID;
""",
)
"""Migrations of the catalog."""

_KEEP = """
INSERT INTO answers (id, record) VALUES (?, ?) ON CONFLICT (id) DO NOTHING RETURNING number
"""
_RATE = """
INSERT INTO feedback VALUES (?, ?, ?, ?)
ON CONFLICT (answer, who) DO UPDATE SET good = excluded.good, at = excluded.at
"""

_FORGET = (
    (
        "DELETE FROM feedback WHERE answer IN "
        "(SELECT id FROM answers WHERE json_extract(record, '$.when') < ?)"
    ),
    "DELETE FROM answers WHERE json_extract(record, '$.when') < ?",
)


class AnswerTables(Tables):
    """The tables of answers and ratings."""

    def put_answer(self, answer: Answer) -> Answer:
        """Keep an answer under an id that no other has, and return it with that id."""
        kept = replace(answer, id=new_id())
        with self.transaction():
            is_new = self._all(_KEEP, (kept.id, to_json(kept)))
        return kept if is_new else self.put_answer(answer)

    def answer(self, name: str) -> Answer:
        """Return an answer by its id, or by an unambiguous beginning of it.

        Raises:
            AnswerNotFound: no answer, or more than one, has it.
            IndexMismatch: a newer Griot kept it.
        """
        start = name.strip().lower()
        query = "SELECT number, id FROM answers WHERE id >= ? AND id < ? ORDER BY number DESC"
        rows = self._all(query, (start, start + chr(sys.maxunicode)))
        if len(rows) != 1:
            raise AnswerNotFound(_not_one(name, [row[1] for row in rows]))
        ((number, _),) = rows
        (record,) = self._column("SELECT record FROM answers WHERE number = ?", (number,))
        return from_json(record)

    def last_answers(self, limit: int) -> tuple[Answer, ...]:
        """Return the last answers, newest first.

        Raises:
            IndexMismatch: a newer Griot kept one.
        """
        query = "SELECT record FROM answers ORDER BY number DESC LIMIT ?"
        return tuple(map(from_json, self._column(query, (limit,))))

    def answers(self) -> Iterator[Answer]:
        """Yield all answers, oldest first, a few in memory at a time.

        Raises:
            IndexMismatch: a newer Griot kept one.
        """
        last = 0
        query = "SELECT number, record FROM answers WHERE number > ? ORDER BY number LIMIT ?"
        while rows := self._all(query, (last, PAGE)):
            yield from (from_json(text) for _, text in rows)
            last = rows[-1][0]

    def forget_answers(self, before: datetime) -> None:
        """Forget the answers from before a time, and what was thought of them."""
        with self.transaction():
            for query in _FORGET:
                self._run(query, (_from(before),))

    def put_rating(self, rating: Rating) -> None:
        """Keep what somebody thinks of an answer, in place of what they thought before.

        Raises:
            AnswerNotFound: there is no answer with that id.
        """
        with self.transaction():
            if not self._all("SELECT 1 FROM answers WHERE id = ?", (rating.answer,)):
                raise AnswerNotFound(_not_one(rating.answer, ()))
            self._run(
                _RATE,
                (rating.answer, rating.who, rating.good, utc(rating.at).isoformat()),
            )

    def rating(self, answer: str, who: str) -> bool | None:
        """Return a person's rating of an answer, None without one."""
        good = self._value(
            int, "SELECT good FROM feedback WHERE answer = ? AND who = ?", answer, who
        )
        return None if good is None else bool(good)

    def ratings(self) -> tuple[Rating, ...]:
        """Return all ratings, newest first."""
        query = "SELECT answer, who, good, at FROM feedback ORDER BY at DESC, answer, who"
        return tuple(
            Rating(answer, who, bool(good), datetime.fromisoformat(at))
            for answer, who, good, at in self._all(query)
        )

    def disliked(self, since: datetime | None = None) -> tuple[Disliked, ...]:
        """Return the answers rated bad since a time, the last rated first.

        All of an answer's ratings are counted, those from before that time, too.
        """
        query = """
            SELECT answer, count(*) - count(NULLIF(good, 0)), count(NULLIF(good, 0)),
                max(CASE WHEN good = 0 THEN at END) AS last
            FROM feedback GROUP BY answer HAVING max(CASE WHEN good = 0 THEN at END) >= ?
            ORDER BY last DESC, answer
        """
        return tuple(
            Disliked(answer=answer, bad=bad, good=good, at=datetime.fromisoformat(last))
            for answer, bad, good, last in self._all(query, (_from(since),))
        )


def _from(since: datetime | None) -> str:
    """Return a time as text, to compare with; without one, a text that is before all times."""
    return "" if since is None else utc(since).isoformat()


def _not_one(name: str, ids: Sequence[str]) -> str:
    if not ids:
        return f"no answer is kept under {name!r}; {Remark.griot} answers lists them"
    listed = ", ".join(ids[:LISTED]) + (", …" if len(ids) > LISTED else "")
    return f"{len(ids)} answers' ids begin with {name!r}: {listed}; give more of the id"
