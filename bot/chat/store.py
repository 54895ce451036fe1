"""The bot's own tables in the catalog's file: updates, questions, conversations, people.

An update is kept from when it came until it is dealt with; its words are forgotten then. A question
is kept with its message, the answer's id and the messages that show the answer. A conversation is a
chain of answers: each question tells which answer it followed.

Each bot numbers its updates and messages anew, so that these are kept under the bot's own number.
What concerns people holds for all bots of an index: languages, guests, invitations, limits.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.errors import GriotError
from rag.index.sqlite import Database

TRIES = 3
"""How often an update is taken up that ended the process each time."""

LOCKED = 5.0
"""Seconds that a write waits for another process: less than the bot may take to end."""

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

# What is there belongs to the bot that opens it: so far there was one for an index.
_SECOND = """
CREATE TABLE telegram_updates_of_bots (
    bot INTEGER NOT NULL, id INTEGER NOT NULL, body TEXT, tries INTEGER NOT NULL DEFAULT 0,
    came REAL NOT NULL, PRIMARY KEY (bot, id)
) WITHOUT ROWID;
INSERT INTO telegram_updates_of_bots SELECT {bot}, id, body, tries, came FROM telegram_updates;
DROP TABLE telegram_updates;
ALTER TABLE telegram_updates_of_bots RENAME TO telegram_updates;
CREATE TABLE telegram_questions_of_bots (
    bot INTEGER NOT NULL, chat INTEGER NOT NULL, message INTEGER NOT NULL, thread INTEGER NOT NULL,
    update_id INTEGER NOT NULL, person INTEGER NOT NULL,
    follows TEXT, answer TEXT, answered INTEGER, sending INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bot, chat, message)
) WITHOUT ROWID;
INSERT INTO telegram_questions_of_bots SELECT
    {bot}, chat, message, thread, update_id, person, follows, answer, answered, sending
    FROM telegram_questions;
DROP TABLE telegram_questions;
ALTER TABLE telegram_questions_of_bots RENAME TO telegram_questions;
CREATE INDEX telegram_questions_update ON telegram_questions (update_id);
CREATE INDEX telegram_questions_answer ON telegram_questions (answer);
CREATE INDEX telegram_questions_follows ON telegram_questions (follows);
CREATE TABLE telegram_replies_of_bots (
    bot INTEGER NOT NULL, chat INTEGER NOT NULL, message INTEGER NOT NULL,
    asked_in INTEGER NOT NULL, question INTEGER NOT NULL, PRIMARY KEY (bot, chat, message)
) WITHOUT ROWID;
INSERT INTO telegram_replies_of_bots SELECT
    {bot}, chat, message, asked_in, question FROM telegram_replies;
DROP TABLE telegram_replies;
ALTER TABLE telegram_replies_of_bots RENAME TO telegram_replies;
CREATE INDEX telegram_replies_question ON telegram_replies (bot, asked_in, question);
CREATE TABLE telegram_conversations_of_bots (
    bot INTEGER NOT NULL, chat INTEGER NOT NULL, thread INTEGER NOT NULL, answer TEXT,
    since INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (bot, chat, thread)
) WITHOUT ROWID;
INSERT INTO telegram_conversations_of_bots SELECT
    {bot}, chat, thread, answer, since FROM telegram_conversations;
DROP TABLE telegram_conversations;
ALTER TABLE telegram_conversations_of_bots RENAME TO telegram_conversations;
"""

MIGRATIONS = (_FIRST, _SECOND)
"""As `Database` takes them, with `{bot}` for the number of the bot that opens them."""

_REPLACED = (
    "UPDATE telegram_questions SET follows = ? WHERE follows = ?",
    "UPDATE telegram_conversations SET answer = ? WHERE answer = ?",
)


class StoreGone(GriotError):
    """The store's file is no longer in its place: what is written to it is lost."""


def steady_clock(
    wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], float]:
    """Return a clock of seconds since 1970 that nobody sets after its start."""
    began = wall() - monotonic()
    return lambda: began + monotonic()


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
    """The tables of one bot, by its number. Safe to share between threads.

    `clock` returns seconds since 1970.
    """

    def __init__(self, path: Path, *, bot: int, clock: Callable[[], float] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        migrations = [each.format(bot=bot) for each in MIGRATIONS]
        super().__init__(path, migrations, name="telegram", patience=LOCKED)
        self._bot = bot
        self._clock = clock or steady_clock()
        self._place = _place(path)

    def check_place(self) -> None:
        """Find out whether the file still lies where it was opened.

        Raises:
            StoreGone: it, or its folder, was deleted, moved or replaced.
        """
        if _place(self._path) != self._place:
            home = self._path.parent
            raise StoreGone(
                f"{home} was deleted or replaced while the bot ran; start the bot again, and it "
                "reads the articles anew"
            )

    # Updates

    def take(self, update: int, body: str) -> bool:
        """Keep an update until it is settled; return whether it is a new one.

        Raises:
            StoreGone: it would be lost.
        """
        self.check_place()
        with self.transaction():
            known = "SELECT 1 FROM telegram_updates WHERE bot = ? AND id = ?"
            if self._one(known, (self._bot, update)):
                return False
            self._run(
                "INSERT INTO telegram_updates (bot, id, body, came) VALUES (?, ?, ?, ?)",
                (self._bot, update, body, self._clock()),
            )
            return True

    def settle(self, update: int) -> None:
        """Forget what an update says: it is dealt with."""
        self._run(
            "UPDATE telegram_updates SET body = NULL WHERE bot = ? AND id = ?", (self._bot, update)
        )

    def pending(self) -> tuple[str, ...]:
        """Return the updates that are not settled, in order; settle what was tried too often."""
        own = (self._bot,)
        with self.transaction():
            self._run(
                "DELETE FROM telegram_updates WHERE body IS NULL AND came < ?",
                (self._clock() - KEPT,),
            )
            self._run(
                "UPDATE telegram_updates SET tries = tries + 1 WHERE bot = ? AND body IS NOT NULL",
                own,
            )
            self._run("UPDATE telegram_updates SET body = NULL WHERE tries > ?", (TRIES,))
            rows = self._all(
                "SELECT body FROM telegram_updates WHERE bot = ? AND body IS NOT NULL ORDER BY id",
                own,
            )
        return tuple(body for (body,) in rows)

    def spare(self) -> None:
        """Count what is pending as not tried yet: the process ends for another reason."""
        self._run(
            "UPDATE telegram_updates SET tries = 0 WHERE bot = ? AND body IS NOT NULL", (self._bot,)
        )

    # Questions and the messages that answer them

    def ask(self, asked: Asked) -> Asked:
        """Keep a question, and return it with what is known of it from before.

        The same wording, of the same update, has the answer that it had; an edited one has none.
        """
        with self.transaction():
            self._run(
                "INSERT INTO telegram_questions (bot, chat, message, thread, update_id, person) "
                "VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET update_id = excluded.update_id",
                (self._bot, asked.chat, asked.message, asked.thread, asked.update, asked.person),
            )
            kept = self.asked(asked.chat, asked.message)
        assert kept is not None
        return kept

    def asked(self, chat: int, message: int) -> Asked | None:
        """Return the question of a message."""
        row = self._one(
            "SELECT thread, update_id, person, iif(answered = update_id, answer, NULL), "
            "iif(answered = update_id, sending, 0) "
            "FROM telegram_questions WHERE bot = ? AND chat = ? AND message = ?",
            (self._bot, chat, message),
        )
        if row is None:
            return None
        replies = self._all(
            "SELECT message FROM telegram_replies WHERE bot = ? AND asked_in = ? AND question = ? "
            "ORDER BY message",
            (self._bot, chat, message),
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
        """Return the question that one of the bot's messages answers."""
        row = self._one(
            "SELECT asked_in, question FROM telegram_replies "
            "WHERE bot = ? AND chat = ? AND message = ?",
            (self._bot, chat, reply),
        )
        return None if row is None else self.asked(*row)

    def replied(self, chat: int, reply: int, question: int, *, asked_in: int | None = None) -> None:
        """Keep that one of the bot's messages answers a question; it has arrived.

        `asked_in` is the chat of the question, if that has another number by now.
        """
        asked_in = chat if asked_in is None else asked_in
        with self.transaction():
            self._run(
                "INSERT OR REPLACE INTO telegram_replies VALUES (?, ?, ?, ?, ?)",
                (self._bot, chat, reply, asked_in, question),
            )
            self.send(asked_in, question, on_its_way=False)

    def send(self, chat: int, question: int, *, on_its_way: bool) -> None:
        """Keep whether a message of a question's answer is on its way."""
        self._run(
            "UPDATE telegram_questions SET sending = ? WHERE bot = ? AND chat = ? AND message = ?",
            (on_its_way, self._bot, chat, question),
        )

    def unreplied(self, chat: int, reply: int) -> None:
        """Forget one of the bot's messages, which is gone."""
        self._run(
            "DELETE FROM telegram_replies WHERE bot = ? AND chat = ? AND message = ?",
            (self._bot, chat, reply),
        )

    def follows(self, asked: Asked, reply_to: int | None) -> str | None:
        """Return the answer that a question follows, if any.

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
        """Return the answer that an earlier wording of a question had, if any."""
        before = self._answer_before(asked)
        return before[0] if before else None

    def _answer_before(self, asked: Asked) -> tuple[str, str | None] | None:
        """Return the answer that an earlier wording had, and what it followed."""
        return self._one(
            "SELECT answer, follows FROM telegram_questions "
            "WHERE bot = ? AND chat = ? AND message = ? AND answer IS NOT NULL",
            (self._bot, asked.chat, asked.message),
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
                "WHERE bot = ? AND chat = ? AND message = ?",
                (answer, follows, asked.update, self._bot, asked.chat, asked.message),
            )
            if before:
                for query in _REPLACED:
                    self._run(query, (answer, before[0]))
                return
            self._run(
                "INSERT OR IGNORE INTO telegram_conversations (bot, chat, thread) VALUES (?, ?, ?)",
                (self._bot, asked.chat, asked.thread),
            )
            self._run(
                "UPDATE telegram_conversations SET answer = ? "
                "WHERE bot = ? AND chat = ? AND thread = ? AND since < ?",
                (answer, self._bot, asked.chat, asked.thread, asked.message),
            )

    def asked_with(self, update: int, chat: int) -> Asked | None:
        """Return the question that came with an update, in whose chat it is."""
        row = self._one(
            "SELECT message FROM telegram_questions WHERE bot = ? AND chat = ? AND update_id = ?",
            (self._bot, chat, update),
        )
        return None if row is None else self.asked(chat, row[0])

    def question_of(self, chat: int, answer: str) -> Asked | None:
        """Return the question that an answer was given to in a chat.

        It may have been asked there under the ID that the chat had before.
        """
        row = self._one(
            "SELECT chat, message FROM telegram_questions AS asked "
            "WHERE bot = ? AND answer = ? AND (chat = ? OR EXISTS ("
            "SELECT 1 FROM telegram_replies WHERE bot = asked.bot AND chat = ? "
            "AND asked_in = asked.chat AND question = asked.message))",
            (self._bot, answer, chat, chat),
        )
        return None if row is None else self.asked(*row)

    # How much a person asks

    def count(self, person: int) -> None:
        """Count a question of a person's."""
        now = self._clock()
        with self.transaction():
            # Of what seems to come later, the clock was wrong then, or is now.
            self._run("DELETE FROM telegram_rates WHERE came < ? OR came > ?", (now - DAY, now))
            self._run("INSERT INTO telegram_rates VALUES (?, ?)", (person, now))

    def wait(self, person: int, most: int, seconds: float) -> float:
        """Return how long a person must wait who may ask so often in so many seconds."""
        now = self._clock()
        row = self._one(
            "SELECT came FROM telegram_rates WHERE person = ? AND came <= ? "
            "ORDER BY came DESC LIMIT 1 OFFSET ?",
            (person, now, most - 1),
        )
        return 0.0 if row is None else max(0.0, row[0] + seconds - now)

    # Conversations

    def last(self, chat: int, thread: int) -> str | None:
        """Return the answer that a conversation goes on from."""
        row = self._one(
            "SELECT answer FROM telegram_conversations WHERE bot = ? AND chat = ? AND thread = ?",
            (self._bot, chat, thread),
        )
        return None if row is None else row[0]

    def chain(self, answer: str | None, most: int) -> tuple[str, ...]:
        """Return an answer and those that it followed, the first one first."""
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
            "INSERT OR REPLACE INTO telegram_conversations VALUES (?, ?, ?, NULL, ?)",
            (self._bot, chat, thread, message),
        )

    # Chats and people

    def language(self, chat: int) -> str | None:
        """Return the language that was chosen in a chat."""
        row = self._one("SELECT language FROM telegram_languages WHERE chat = ?", (chat,))
        return None if row is None else str(row[0])

    def speak(self, chat: int, language: str) -> None:
        """Keep the language that was chosen in a chat."""
        self._run("INSERT OR REPLACE INTO telegram_languages VALUES (?, ?)", (chat, language))

    def invite(self) -> str:
        """Return a new invitation's code, good for one person or group."""
        code = secrets.token_urlsafe(12)
        self._run("INSERT INTO telegram_invitations (code) VALUES (?)", (code,))
        return code

    def welcome(self, guest: int, code: str) -> bool:
        """Let a person or a group in, and use an invitation up; return whether there was one."""
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
        """Return whether an invitation has let somebody in."""
        query = "SELECT 1 FROM telegram_invitations WHERE code = ? AND used"
        return self._one(query, (code,)) is not None

    def admit(self, guest: int) -> None:
        """Let a person or a group in."""
        self._run("INSERT OR IGNORE INTO telegram_guests VALUES (?)", (guest,))

    def guests(self) -> frozenset[int]:
        """Return the persons and groups that came by invitation."""
        return frozenset(guest for (guest,) in self._all("SELECT id FROM telegram_guests"))

    def move(self, chat: int, to: int) -> None:
        """Keep what is known of a group when Telegram gives it another number.

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
                "SELECT bot, ?, thread, answer, 0 FROM telegram_conversations "
                "WHERE bot = ? AND chat = ?",
                (to, self._bot, chat),
            )

    # Examples

    def example(self, number: int) -> str | None:
        """Return an example question by its number."""
        row = self._one("SELECT question FROM telegram_examples WHERE id = ?", (number,))
        return None if row is None else str(row[0])

    def number_of(self, example: str) -> int:
        """Return an example question's number, which it keeps for ever."""
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


def _place(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from one that takes its place; None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
