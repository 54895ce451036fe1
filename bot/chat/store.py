"""The bot's own tables beside the catalog's: events, questions, conversations, people.

An event is kept from when it came until it is dealt with; what it says is forgotten then. A
question is kept with its message, the answer's id and the messages that show the answer. A
conversation is a chain of answers: each question names the answer that it followed.

Several processes may share a bot whose tables are on a server. An event belongs to one of them: to
the one that has an event of the same chat in work, so that a chat's events are handled in their
order, and else to the one that it came to. Those of a process that ended go to another one.

A messenger numbers each bot's events and messages anew, so that these are kept by its account.
What concerns people holds for all bots of an index: languages, guests, invitations, limits.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.chat.events import Sent
from rag.errors import GriotError
from rag.index.tables import Place, Tables

TRIES = 3
"""How often an event is taken up that ended the process each time."""

LOCKED = 5.0
"""Seconds that a write waits for another process: less than the bot may take to end."""

MINUTE, DAY = 60.0, 86_400.0

KEPT = 7 * DAY
"""Seconds that the id of an event is kept, by which one that comes again is known."""

MIGRATIONS = (
    """
CREATE TABLE chat_events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, bot TEXT NOT NULL, id TEXT NOT NULL, body TEXT,
    tries INTEGER NOT NULL DEFAULT 0, came REAL NOT NULL, UNIQUE (bot, id)
);
CREATE TABLE chat_questions (
    bot TEXT NOT NULL, chat TEXT NOT NULL, message TEXT NOT NULL, thread TEXT NOT NULL,
    number INTEGER NOT NULL, event TEXT NOT NULL, person TEXT NOT NULL,
    follows TEXT, answer TEXT, answered TEXT, sending INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bot, chat, message)
) WITHOUT ROWID;
CREATE INDEX chat_questions_event ON chat_questions (event);
CREATE INDEX chat_questions_answer ON chat_questions (answer);
CREATE INDEX chat_questions_follows ON chat_questions (follows);
CREATE TABLE chat_replies (
    number INTEGER PRIMARY KEY, bot TEXT NOT NULL, chat TEXT NOT NULL, message TEXT NOT NULL,
    asked_in TEXT NOT NULL, question TEXT NOT NULL, UNIQUE (bot, chat, message)
);
CREATE INDEX chat_replies_question ON chat_replies (bot, asked_in, question);
CREATE TABLE chat_conversations (
    bot TEXT NOT NULL, chat TEXT NOT NULL, thread TEXT NOT NULL, answer TEXT,
    since INTEGER NOT NULL DEFAULT -1, PRIMARY KEY (bot, chat, thread)
) WITHOUT ROWID;
CREATE TABLE chat_rates (person TEXT NOT NULL, came REAL NOT NULL);
CREATE INDEX chat_rates_person ON chat_rates (person, came);
CREATE TABLE chat_languages (chat TEXT PRIMARY KEY, language TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE chat_guests (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE chat_invitations (
    code TEXT PRIMARY KEY, used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE chat_examples (id INTEGER PRIMARY KEY, question TEXT NOT NULL UNIQUE);
CREATE TABLE chat_salt (salt BLOB NOT NULL);
""",
    """
ALTER TABLE chat_events ADD COLUMN chat TEXT NOT NULL DEFAULT '';
ALTER TABLE chat_events ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_events ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX chat_events_pending ON chat_events (bot, chat) WHERE body IS NOT NULL;
""",
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

    `event` is the one that it came with, another one for each wording. `answer` is the id of its
    answer, None until there is one. `replies` are the messages that show it, in order; `sending` is
    whether another one was on its way when the process ended.
    """

    chat: str
    message: str
    thread: str
    event: str
    person: str
    answer: str | None = None
    replies: tuple[Sent, ...] = ()
    sending: bool = False


class Store(Tables):
    """The tables of one bot, by its account. Safe to share between threads.

    `clock` returns seconds since 1970.
    """

    def __init__(self, place: Place, *, bot: str, clock: Callable[[], float] | None = None) -> None:
        if isinstance(place, Path):
            place.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(place, MIGRATIONS, name="chat", patience=LOCKED)
        self._bot = bot
        self._clock = clock or steady_clock()
        self._place = place
        self._file = _file(place)
        self._worker = self._database.join()

    def check_place(self) -> None:
        """Check that a file still lies where it was opened.

        Raises:
            StoreGone: it, or its folder, was deleted, moved or replaced.
        """
        if isinstance(self._place, Path) and _file(self._place) != self._file:
            home = self._place.parent
            raise StoreGone(
                f"{home} was deleted or replaced while the bot ran; start the bot again, and it "
                "reads the articles anew"
            )

    # Events

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work for the same bot."""
        return self._worker != 0

    def lead(self) -> bool:
        """Return whether this process is the one that does what only one of them should do."""
        return self._database.lead()

    def take(self, event: str, body: str, chat: str) -> bool:
        """Keep an event until it is settled; return whether it is a new one to be handled here.

        Raises:
            StoreGone: it would be lost.
        """
        self.check_place()
        with self.transaction():
            known = "SELECT 1 FROM chat_events WHERE bot = ? AND id = ?"
            if self._one(known, (self._bot, event)):
                return False
            worker = self._value(
                int,
                "SELECT worker FROM chat_events WHERE bot = ? AND chat = ? AND body IS NOT NULL "
                "ORDER BY number LIMIT 1",
                *(self._bot, chat),
            )
            here = worker is None or worker == self._worker
            self._run(
                "INSERT INTO chat_events (bot, id, body, came, chat, worker, handed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(self._bot, event, body, self._clock(), chat),
                    *(self._worker if here else worker, not here),
                ),
            )
            return here

    def claim(self) -> tuple[tuple[str, str], ...]:
        """Return ids and bodies of events that others left to this process, in order.

        These are the ones that came to another one though their chat is in work here, and those of
        processes that have ended; what was tried too often is settled.
        """
        with self.transaction():
            query = "SELECT DISTINCT worker FROM chat_events WHERE bot = ? AND body IS NOT NULL"
            workers = {worker for (worker,) in self._all(query, (self._bot,))}
            for gone in sorted(self._database.gone(workers - {self._worker})):
                self._run(
                    "UPDATE chat_events SET worker = ?, handed = 1, tries = tries + 1 "
                    "WHERE bot = ? AND worker = ? AND body IS NOT NULL",
                    (self._worker, self._bot, gone),
                )
            self._run("UPDATE chat_events SET body = NULL WHERE tries > ?", (TRIES,))
            handed = "WHERE bot = ? AND worker = ? AND handed = 1 AND body IS NOT NULL"
            mine = (self._bot, self._worker)
            found = self._all(f"SELECT id, body FROM chat_events {handed} ORDER BY number", mine)  # noqa: S608
            if found:
                self._run(f"UPDATE chat_events SET handed = 0 {handed}", mine)  # noqa: S608
            return tuple(found)

    def _number(self, event: str) -> int:
        """Return the place of an event in the order in which they came."""
        query = "SELECT number FROM chat_events WHERE bot = ? AND id = ?"
        return self._value(int, query, self._bot, event) or 0

    def settle(self, event: str) -> None:
        """Forget what an event says: it is dealt with."""
        self._run("UPDATE chat_events SET body = NULL WHERE bot = ? AND id = ?", (self._bot, event))

    def pending(self) -> tuple[tuple[str, str], ...]:
        """Return ids and bodies of what the process before left unsettled, as `claim` does."""
        with self.transaction():
            self._run(
                "DELETE FROM chat_events WHERE body IS NULL AND came < ?", (self._clock() - KEPT,)
            )
            self._run(
                "UPDATE chat_events SET handed = 1, tries = tries + 1 "
                "WHERE bot = ? AND worker = ? AND body IS NOT NULL",
                (self._bot, self._worker),
            )
            return self.claim()

    def spare(self) -> None:
        """Count what is pending as not tried yet: the process ends for another reason."""
        self._run(
            "UPDATE chat_events SET tries = 0 WHERE bot = ? AND worker = ? AND body IS NOT NULL",
            (self._bot, self._worker),
        )

    # Questions and the messages that answer them

    def ask(self, asked: Asked) -> Asked:
        """Keep a question, and return it with what is known of it from before.

        The same wording, of the same event, has the answer that it had; an edited one has none.
        """
        with self.transaction():
            self._run(
                "INSERT INTO chat_questions (bot, chat, message, thread, number, event, person) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (bot, chat, message) DO UPDATE SET event = excluded.event",
                (
                    *(self._bot, asked.chat, asked.message, asked.thread),
                    *(self._number(asked.event), asked.event, asked.person),
                ),
            )
            kept = self.asked(asked.chat, asked.message)
        assert kept is not None
        return kept

    def asked(self, chat: str, message: str) -> Asked | None:
        """Return the question of a message."""
        row = self._one(
            "SELECT thread, event, person, CASE WHEN answered = event THEN answer END, "
            "CASE WHEN answered = event THEN sending ELSE 0 END "
            "FROM chat_questions WHERE bot = ? AND chat = ? AND message = ?",
            (self._bot, chat, message),
        )
        if row is None:
            return None
        thread, event, person, answer, sending = row
        replies = self._all(
            "SELECT chat, message FROM chat_replies "
            "WHERE bot = ? AND asked_in = ? AND question = ? ORDER BY number",
            (self._bot, chat, message),
        )
        return Asked(
            chat=chat,
            message=message,
            thread=thread,
            event=event,
            person=person,
            answer=answer,
            replies=tuple(Sent(*reply) for reply in replies),
            sending=bool(sending),
        )

    def answered_by(self, reply: Sent) -> Asked | None:
        """Return the question that one of the bot's messages answers."""
        return self._asked_in(
            "SELECT asked_in, question FROM chat_replies "
            "WHERE bot = ? AND chat = ? AND message = ?",
            *(reply.chat, reply.id),
        )

    def replied(self, reply: Sent, asked: Asked) -> None:
        """Keep that one of the bot's messages answers a question; it has arrived."""
        with self.transaction():
            self._run(
                "INSERT INTO chat_replies (bot, chat, message, asked_in, question) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (bot, chat, message) "
                "DO UPDATE SET asked_in = excluded.asked_in, question = excluded.question",
                (self._bot, reply.chat, reply.id, asked.chat, asked.message),
            )
            self.send(asked, on_its_way=False)

    def send(self, asked: Asked, *, on_its_way: bool) -> None:
        """Keep whether a message of a question's answer is on its way."""
        self._run(
            "UPDATE chat_questions SET sending = ? WHERE bot = ? AND chat = ? AND message = ?",
            (on_its_way, self._bot, asked.chat, asked.message),
        )

    def unreplied(self, reply: Sent) -> None:
        """Forget one of the bot's messages, which is gone."""
        self._run(
            "DELETE FROM chat_replies WHERE bot = ? AND chat = ? AND message = ?",
            (self._bot, reply.chat, reply.id),
        )

    def before(self, asked: Asked, reply_to: str | None) -> tuple[str | None, str | None]:
        """Return the answer that an earlier wording of a question had, and the one that it follows.

        An edited question follows what it followed before.
        """
        return self._answer_before(asked) or (None, self.last(asked.chat, asked.thread, reply_to))

    def _answer_before(self, asked: Asked) -> tuple[str, str | None] | None:
        """Return the answer that an earlier wording had, and what it followed."""
        return self._one(
            "SELECT answer, follows FROM chat_questions "
            "WHERE bot = ? AND chat = ? AND message = ? AND answer IS NOT NULL",
            (self._bot, asked.chat, asked.message),
        )

    def answered(self, asked: Asked, answer: str, follows: str | None) -> None:
        """Keep the answer to a question, and what it followed.

        The conversation goes on from it, unless it was begun anew meanwhile. The answer to an
        edited question takes the place of the one before.
        """
        question = (self._bot, asked.chat, asked.message)
        with self.transaction():
            before = self._answer_before(asked)
            self._run(
                "UPDATE chat_questions SET answer = ?, follows = ?, answered = ?, sending = 0 "
                "WHERE bot = ? AND chat = ? AND message = ?",
                (answer, follows, asked.event, *question),
            )
            if before:
                for query in (
                    "UPDATE chat_questions SET follows = ? WHERE follows = ?",
                    "UPDATE chat_conversations SET answer = ? WHERE answer = ?",
                ):
                    self._run(query, (answer, before[0]))
                return
            conversation = (self._bot, asked.chat, asked.thread)
            self._run(
                "INSERT INTO chat_conversations (bot, chat, thread) VALUES (?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                conversation,
            )
            self._run(
                "UPDATE chat_conversations SET answer = ? "
                "WHERE bot = ? AND chat = ? AND thread = ? AND since < ("
                "SELECT number FROM chat_questions WHERE bot = ? AND chat = ? AND message = ?)",
                (answer, *conversation, *question),
            )

    def asked_with(self, event: str, chat: str) -> Asked | None:
        """Return the question that came with an event in a chat."""
        return self._asked_in(
            "SELECT chat, message FROM chat_questions WHERE bot = ? AND chat = ? AND event = ?",
            *(chat, event),
        )

    def question_of(self, chat: str, answer: str) -> Asked | None:
        """Return the question that an answer was given to in a chat.

        It may have been asked there under the id that the chat had before.
        """
        return self._asked_in(
            "SELECT chat, message FROM chat_questions AS asked "
            "WHERE bot = ? AND answer = ? AND (chat = ? OR EXISTS ("
            "SELECT 1 FROM chat_replies WHERE bot = asked.bot AND chat = ? "
            "AND asked_in = asked.chat AND question = asked.message))",
            *(answer, chat, chat),
        )

    def _asked_in(self, query: str, *values: str) -> Asked | None:
        row = self._one(query, (self._bot, *values))
        return self.asked(*row) if row else None

    # How much a person asks

    def count(self, person: str) -> None:
        """Count a question of a person's."""
        now = self._clock()
        with self.transaction():
            # What seems to come later was counted by a wrong clock, or this one is wrong.
            self._run("DELETE FROM chat_rates WHERE came < ? OR came > ?", (now - DAY, now))
            self._run("INSERT INTO chat_rates VALUES (?, ?)", (person, now))

    def wait(self, person: str, most: int, seconds: float) -> float:
        """Return how long a person must wait who may ask so often in so many seconds."""
        now = self._clock()
        came = self._value(
            float,
            "SELECT came FROM chat_rates WHERE person = ? AND came <= ? "
            "ORDER BY came DESC LIMIT 1 OFFSET ?",
            *(person, now, most - 1),
        )
        return 0.0 if came is None else max(0.0, came + seconds - now)

    # Conversations

    def last(self, chat: str, thread: str, reply_to: str | None = None) -> str | None:
        """Return the answer that a message replies to, else the last of its conversation."""
        replied_to = self.answered_by(Sent(chat, reply_to)) if reply_to else None
        if replied_to and replied_to.answer:
            return replied_to.answer
        query = "SELECT answer FROM chat_conversations WHERE bot = ? AND chat = ? AND thread = ?"
        return self._value(str, query, self._bot, chat, thread)

    def chain(self, answer: str | None, most: int) -> tuple[str, ...]:
        """Return an answer and those that it followed, the first one first."""
        chain: list[str] = []
        while answer is not None and len(chain) < most and answer not in chain:
            chain.append(answer)
            answer = self._value(str, "SELECT follows FROM chat_questions WHERE answer = ?", answer)
        return tuple(reversed(chain))

    def begin(self, chat: str, thread: str, event: str) -> None:
        """Begin a conversation anew; questions before that event no longer belong to it."""
        self._run(
            "INSERT INTO chat_conversations VALUES (?, ?, ?, NULL, ?) "
            "ON CONFLICT (bot, chat, thread) DO UPDATE SET answer = NULL, since = excluded.since",
            (self._bot, chat, thread, self._number(event)),
        )

    # Chats and people

    def language(self, chat: str) -> str | None:
        """Return the language that was chosen in a chat."""
        return self._value(str, "SELECT language FROM chat_languages WHERE chat = ?", chat)

    def speak(self, chat: str, language: str) -> None:
        """Keep the language that was chosen in a chat."""
        self._run(
            "INSERT INTO chat_languages VALUES (?, ?) "
            "ON CONFLICT (chat) DO UPDATE SET language = excluded.language",
            (chat, language),
        )

    def invite(self) -> str:
        """Return a new invitation's code, good for one person or group."""
        code = secrets.token_urlsafe(12)
        self._run("INSERT INTO chat_invitations (code) VALUES (?)", (code,))
        return code

    def welcome(self, guest: str, code: str) -> bool:
        """Let a person or a group in, and use an invitation up; return whether there was one."""
        with self.transaction():
            if not self.is_open(code):
                return False
            self._run("UPDATE chat_invitations SET used = 1 WHERE code = ?", (code,))
            self.admit(guest)
            return True

    def is_open(self, code: str) -> bool:
        """Return whether an invitation can let somebody in."""
        query = "SELECT 1 FROM chat_invitations WHERE code = ? AND used = 0"
        return self._one(query, (code,)) is not None

    def is_used(self, code: str) -> bool:
        """Return whether an invitation has let somebody in."""
        query = "SELECT 1 FROM chat_invitations WHERE code = ? AND used = 1"
        return self._one(query, (code,)) is not None

    def admit(self, guest: str) -> None:
        """Let a person or a group in."""
        self._run("INSERT INTO chat_guests VALUES (?) ON CONFLICT DO NOTHING", (guest,))

    def guests(self) -> frozenset[str]:
        """Return the persons and groups that came by invitation."""
        return frozenset(guest for (guest,) in self._all("SELECT id FROM chat_guests"))

    def move(self, chat: str, to: str) -> None:
        """Keep what is known of a group that has another id.

        Its messages are numbered anew, so that what was said before stays behind.
        """
        with self.transaction():
            for table, column in (("languages", "chat"), ("guests", "id")):
                known = f"SELECT 1 FROM chat_{table} WHERE {column} = ?"  # noqa: S608
                if self._one(known, (chat,)):
                    self._run(f"DELETE FROM chat_{table} WHERE {column} = ?", (to,))  # noqa: S608
                self._run(
                    f"UPDATE chat_{table} SET {column} = ? WHERE {column} = ?",  # noqa: S608
                    (to, chat),
                )
            self._run(
                "INSERT INTO chat_conversations "
                "SELECT bot, ?, thread, answer, -1 FROM chat_conversations "
                "WHERE bot = ? AND chat = ? ON CONFLICT (bot, chat, thread) "
                "DO UPDATE SET answer = excluded.answer, since = -1",
                (to, self._bot, chat),
            )

    # Examples

    def example(self, number: int) -> str | None:
        """Return an example question by its number."""
        return self._value(str, "SELECT question FROM chat_examples WHERE id = ?", number)

    def number_of(self, example: str) -> int:
        """Return an example question's number, which it keeps for ever."""
        with self.transaction():
            self._run(
                "INSERT INTO chat_examples (question) VALUES (?) ON CONFLICT DO NOTHING", (example,)
            )
            number = self._value(int, "SELECT id FROM chat_examples WHERE question = ?", example)
        assert number is not None
        return number

    @property
    def salt(self) -> bytes:
        """A secret of this index, for what must not be looked up by trying all ids."""
        with self.transaction():
            if found := self._value(bytes, "SELECT salt FROM chat_salt"):
                return found
            made = secrets.token_bytes(16)
            self._run("INSERT INTO chat_salt VALUES (?)", (made,))
            return made


def _file(place: Place) -> tuple[int, int] | None:
    """Return what tells a file from one that takes its place; None where there is none."""
    if not isinstance(place, Path):
        return None
    try:
        found = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
