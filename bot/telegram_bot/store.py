"""What the bot remembers, in the catalog's file: updates, questions, conversations, people.

An update is kept from when it came until it is dealt with; its words are forgotten then. A question
is kept with its message, the answer's id and the messages that show the answer. A conversation is a
chain of answers: each question tells which answer it followed.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.database import Database

TRIES = 3
"""How often an update is taken up that ended the process each time."""

DAY = 86_400.0

KEPT = 7 * DAY
"""Seconds that the number of an update is kept: Telegram sends none again after a day."""

_FIRST = """
CREATE TABLE telegram_updates (
    id INTEGER PRIMARY KEY, body TEXT, tries INTEGER NOT NULL DEFAULT 0, came REAL NOT NULL
);
CREATE TABLE telegram_questions (
    chat INTEGER NOT NULL, message INTEGER NOT NULL, thread INTEGER NOT NULL,
    update_id INTEGER NOT NULL, person INTEGER NOT NULL,
    follows TEXT, answer TEXT, answered INTEGER, sending INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat, message)
) WITHOUT ROWID;
CREATE TABLE telegram_rates (person INTEGER NOT NULL, came REAL NOT NULL);
CREATE INDEX telegram_rates_person ON telegram_rates (person, came);
CREATE INDEX telegram_questions_update ON telegram_questions (update_id);
CREATE INDEX telegram_questions_answer ON telegram_questions (answer);
CREATE INDEX telegram_questions_follows ON telegram_questions (follows);
CREATE TABLE telegram_replies (
    chat INTEGER NOT NULL, message INTEGER NOT NULL,
    asked_in INTEGER NOT NULL, question INTEGER NOT NULL, PRIMARY KEY (chat, message)
) WITHOUT ROWID;
CREATE INDEX telegram_replies_question ON telegram_replies (asked_in, question);
CREATE TABLE telegram_conversations (
    chat INTEGER NOT NULL, thread INTEGER NOT NULL, answer TEXT, since INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat, thread)
) WITHOUT ROWID;
CREATE TABLE telegram_languages (chat INTEGER PRIMARY KEY, language TEXT NOT NULL);
CREATE TABLE telegram_guests (id INTEGER PRIMARY KEY);
CREATE TABLE telegram_invitations (
    code TEXT PRIMARY KEY, used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE telegram_examples (id INTEGER PRIMARY KEY, question TEXT NOT NULL UNIQUE);
CREATE TABLE telegram_salt (salt BLOB NOT NULL);
"""

_REPLACED = (
    "UPDATE telegram_questions SET follows = ? WHERE follows = ?",
    "UPDATE telegram_conversations SET answer = ? WHERE answer = ?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was taken up: its message, who asked, and how far its answer is.

    `update` is the number of the update that it came with, which is another one for each wording.
    `answer` is the id of its answer, None until there is one. `replies` are the messages that show
    it, in order; `sending` says that another one was on its way when the process ended.
    """

    chat: int
    message: int
    thread: int
    update: int
    person: int
    answer: str | None = None
    replies: tuple[int, ...] = ()
    sending: bool = False


class Store(Database):
    """The bot's own tables. Safe to share between threads. `clock` gives seconds since 1970."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, (_FIRST,), name="telegram")
        self._clock = clock

    # Updates

    def take(self, update: int, body: str) -> bool:
        """Keep an update until it is settled; say whether it is a new one."""
        with self.transaction():
            if self._one("SELECT 1 FROM telegram_updates WHERE id = ?", (update,)):
                return False
            self._run(
                "INSERT INTO telegram_updates (id, body, came) VALUES (?, ?, ?)",
                (update, body, self._clock()),
            )
            return True

    def settle(self, update: int) -> None:
        """Forget what an update says: it is dealt with."""
        self._run("UPDATE telegram_updates SET body = NULL WHERE id = ?", (update,))

    def pending(self) -> tuple[str, ...]:
        """Give the updates that are not settled, in order; what was tried too often is settled."""
        with self.transaction():
            self._run(
                "DELETE FROM telegram_updates WHERE body IS NULL AND came < ?",
                (self._clock() - KEPT,),
            )
            self._run("UPDATE telegram_updates SET tries = tries + 1 WHERE body IS NOT NULL")
            self._run("UPDATE telegram_updates SET body = NULL WHERE tries > ?", (TRIES,))
            rows = self._all("SELECT body FROM telegram_updates WHERE body IS NOT NULL ORDER BY id")
        return tuple(body for (body,) in rows)

    def spare(self) -> None:
        """Have what is pending count as not tried yet: the process ends for another reason."""
        self._run("UPDATE telegram_updates SET tries = 0 WHERE body IS NOT NULL")

    # Questions and the messages that answer them

    def ask(self, asked: Asked) -> Asked:
        """Keep a question, and give it with what is known of it from before.

        The same wording, of the same update, has the answer that it had; an edited one has none.
        """
        with self.transaction():
            self._run(
                "INSERT INTO telegram_questions (chat, message, thread, update_id, person) "
                "VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET update_id = excluded.update_id",
                (asked.chat, asked.message, asked.thread, asked.update, asked.person),
            )
            kept = self.asked(asked.chat, asked.message)
        assert kept is not None
        return kept

    def asked(self, chat: int, message: int) -> Asked | None:
        """Give the question of a message."""
        row = self._one(
            "SELECT thread, update_id, person, iif(answered = update_id, answer, NULL), "
            "iif(answered = update_id, sending, 0) "
            "FROM telegram_questions WHERE chat = ? AND message = ?",
            (chat, message),
        )
        if row is None:
            return None
        replies = self._all(
            "SELECT message FROM telegram_replies WHERE asked_in = ? AND question = ? "
            "ORDER BY message",
            (chat, message),
        )
        return Asked(
            chat=chat,
            message=message,
            thread=row[0],
            update=row[1],
            person=row[2],
            answer=row[3],
            replies=tuple(reply for (reply,) in replies),
            sending=bool(row[4]),
        )

    def answered_by(self, chat: int, reply: int) -> Asked | None:
        """Give the question that one of the bot's messages answers."""
        row = self._one(
            "SELECT asked_in, question FROM telegram_replies WHERE chat = ? AND message = ?",
            (chat, reply),
        )
        return None if row is None else self.asked(*row)

    def replied(self, chat: int, reply: int, question: int, *, asked_in: int | None = None) -> None:
        """Keep that one of the bot's messages answers a question; it has arrived.

        `asked_in` is the chat of the question, if that has another number by now.
        """
        asked_in = chat if asked_in is None else asked_in
        with self.transaction():
            self._run(
                "INSERT OR REPLACE INTO telegram_replies VALUES (?, ?, ?, ?)",
                (chat, reply, asked_in, question),
            )
            self.send(asked_in, question, on_its_way=False)

    def send(self, chat: int, question: int, *, on_its_way: bool) -> None:
        """Keep whether a message of a question's answer is on its way."""
        self._run(
            "UPDATE telegram_questions SET sending = ? WHERE chat = ? AND message = ?",
            (on_its_way, chat, question),
        )

    def unreplied(self, chat: int, reply: int) -> None:
        """Forget one of the bot's messages, which is gone."""
        self._run("DELETE FROM telegram_replies WHERE chat = ? AND message = ?", (chat, reply))

    def follows(self, asked: Asked, reply_to: int | None) -> str | None:
        """Give the answer that a question follows, if any.

        That is what it followed before it was edited; else the answer that it replies to; else the
        last of its conversation.
        """
        row = self._answer_before(asked)
        if row is not None:
            return row[1]
        replied_to = self.answered_by(asked.chat, reply_to) if reply_to else None
        if replied_to and replied_to.answer:
            return replied_to.answer
        return self.last(asked.chat, asked.thread)

    def earlier(self, asked: Asked) -> str | None:
        """Give the answer that an earlier wording of a question had, if any."""
        before = self._answer_before(asked)
        return before[0] if before else None

    def _answer_before(self, asked: Asked) -> tuple[str, str | None] | None:
        """Give the answer that an earlier wording had, and what it followed."""
        return self._one(
            "SELECT answer, follows FROM telegram_questions "
            "WHERE chat = ? AND message = ? AND answer IS NOT NULL",
            (asked.chat, asked.message),
        )

    def answered(self, asked: Asked, answer: str, follows: str | None) -> None:
        """Keep the answer to a question, and what it followed.

        The conversation goes on from it, unless it was begun anew meanwhile. The answer to an
        edited question takes the place of the one before.
        """
        with self.transaction():
            before = self._answer_before(asked)
            self._run(
                "UPDATE telegram_questions SET answer = ?, follows = ?, answered = ?, sending = 0 "
                "WHERE chat = ? AND message = ?",
                (answer, follows, asked.update, asked.chat, asked.message),
            )
            if before:
                for query in _REPLACED:
                    self._run(query, (answer, before[0]))
                return
            self._run(
                "INSERT OR IGNORE INTO telegram_conversations (chat, thread) VALUES (?, ?)",
                (asked.chat, asked.thread),
            )
            self._run(
                "UPDATE telegram_conversations SET answer = ? "
                "WHERE chat = ? AND thread = ? AND since < ?",
                (answer, asked.chat, asked.thread, asked.message),
            )

    def asked_with(self, update: int, chat: int) -> Asked | None:
        """Give the question that came with an update, in whose chat it is."""
        row = self._one(
            "SELECT message FROM telegram_questions WHERE chat = ? AND update_id = ?",
            (chat, update),
        )
        return None if row is None else self.asked(chat, row[0])

    def question_of(self, chat: int, answer: str) -> Asked | None:
        """Return the question that an answer was given to in a chat.

        It may have been asked there under the ID that the chat had before.
        """
        row = self._one(
            "SELECT chat, message FROM telegram_questions AS asked "
            "WHERE answer = ? AND (chat = ? OR EXISTS (SELECT 1 FROM telegram_replies "
            "WHERE chat = ? AND asked_in = asked.chat AND question = asked.message))",
            (answer, chat, chat),
        )
        return None if row is None else self.asked(*row)

    # How much a person asks

    def count(self, person: int) -> None:
        """Count a question of a person's."""
        now = self._clock()
        with self.transaction():
            self._run("DELETE FROM telegram_rates WHERE came < ?", (now - DAY,))
            self._run("INSERT INTO telegram_rates VALUES (?, ?)", (person, now))

    def wait(self, person: int, most: int, seconds: float) -> float:
        """Give the seconds until a person may ask again, of whom so many are taken in so long."""
        row = self._one(
            "SELECT came FROM telegram_rates WHERE person = ? ORDER BY came DESC LIMIT 1 OFFSET ?",
            (person, most - 1),
        )
        return 0.0 if row is None else max(0.0, row[0] + seconds - self._clock())

    # Conversations

    def last(self, chat: int, thread: int) -> str | None:
        """Give the answer that a conversation goes on from."""
        row = self._one(
            "SELECT answer FROM telegram_conversations WHERE chat = ? AND thread = ?",
            (chat, thread),
        )
        return None if row is None else row[0]

    def chain(self, answer: str | None, most: int) -> tuple[str, ...]:
        """Give an answer and those that it followed, the first one first."""
        chain: list[str] = []
        while answer is not None and len(chain) < most and answer not in chain:
            chain.append(answer)
            row = self._one(
                "SELECT follows FROM telegram_questions WHERE answer = ?",
                (answer,),
            )
            answer = None if row is None else row[0]
        return tuple(reversed(chain))

    def begin(self, chat: int, thread: int, message: int) -> None:
        """Begin a conversation anew; questions before that message no longer belong to it."""
        self._run(
            "INSERT OR REPLACE INTO telegram_conversations VALUES (?, ?, NULL, ?)",
            (chat, thread, message),
        )

    # Chats and people

    def language(self, chat: int) -> str | None:
        """Give the language that was chosen in a chat."""
        row = self._one("SELECT language FROM telegram_languages WHERE chat = ?", (chat,))
        return None if row is None else str(row[0])

    def speak(self, chat: int, language: str) -> None:
        """Keep the language that was chosen in a chat."""
        self._run("INSERT OR REPLACE INTO telegram_languages VALUES (?, ?)", (chat, language))

    def invite(self) -> str:
        """Give a new invitation's code, good for one person or group."""
        code = secrets.token_urlsafe(12)
        self._run("INSERT INTO telegram_invitations (code) VALUES (?)", (code,))
        return code

    def welcome(self, guest: int, code: str) -> bool:
        """Let a person or a group in, and use an invitation up; say whether there was one."""
        with self.transaction():
            if not self.is_open(code):
                return False
            self._run("UPDATE telegram_invitations SET used = 1 WHERE code = ?", (code,))
            self.admit(guest)
            return True

    def is_open(self, code: str) -> bool:
        """Return whether an invitation can let somebody in."""
        query = "SELECT 1 FROM telegram_invitations WHERE code = ? AND NOT used"
        return self._one(query, (code,)) is not None

    def is_used(self, code: str) -> bool:
        """Say whether an invitation has let somebody in."""
        query = "SELECT 1 FROM telegram_invitations WHERE code = ? AND used"
        return self._one(query, (code,)) is not None

    def admit(self, guest: int) -> None:
        """Let a person or a group in."""
        self._run("INSERT OR IGNORE INTO telegram_guests VALUES (?)", (guest,))

    def guests(self) -> frozenset[int]:
        """Give the persons and groups that came by invitation."""
        return frozenset(guest for (guest,) in self._all("SELECT id FROM telegram_guests"))

    def move(self, chat: int, to: int) -> None:
        """Take what is known of a group along when Telegram gives it another number.

        Its messages are numbered anew, so that what was said before stays behind.
        """
        with self.transaction():
            for table, column in (("languages", "chat"), ("guests", "id")):
                self._run(
                    f"UPDATE OR REPLACE telegram_{table} SET {column} = ? WHERE {column} = ?",  # noqa: S608
                    (to, chat),
                )
            self._run(
                "INSERT OR REPLACE INTO telegram_conversations "
                "SELECT ?, thread, answer, 0 FROM telegram_conversations WHERE chat = ?",
                (to, chat),
            )

    # Examples

    def example(self, number: int) -> str | None:
        """Give an example question by its number."""
        row = self._one("SELECT question FROM telegram_examples WHERE id = ?", (number,))
        return None if row is None else str(row[0])

    def number_of(self, example: str) -> int:
        """Give an example question's number, which it keeps for ever."""
        with self.transaction():
            self._run("INSERT OR IGNORE INTO telegram_examples (question) VALUES (?)", (example,))
            row = self._one("SELECT id FROM telegram_examples WHERE question = ?", (example,))
        assert row is not None
        return int(row[0])

    @property
    def salt(self) -> bytes:
        """A secret of this index, for what must not be looked up by trying all numbers."""
        with self.transaction():
            if row := self._one("SELECT salt FROM telegram_salt"):
                return bytes(row[0])
            made = secrets.token_bytes(16)
            self._run("INSERT INTO telegram_salt VALUES (?)", (made,))
            return made
