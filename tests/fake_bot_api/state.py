"""The state of the fake Bot API: people, groups, messages, and updates that wait for the bot."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_bot_api.errors import Json, Refuse, bad, forbidden
from fake_bot_api.flood import Flood
from fake_bot_api.markup import Formatted

SUPERGROUPS = -1_000_000_000_000
"""The ids of supergroups lie below."""

GENERAL_TOPIC = 1


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at Telegram; `language` is the code of the language of their app."""

    id: int
    first_name: str = "Reader"
    language: str = "en"

    @property
    def user(self) -> Json:
        """The person, as Telegram writes it."""
        named = {"first_name": self.first_name, "language_code": self.language}
        return {"id": self.id, "is_bot": False, **named}

    @property
    def chat(self) -> Json:
        """The private chat with the person, as Telegram writes it."""
        return {"id": self.id, "type": "private", "first_name": self.first_name}


@dataclass(slots=True)
class Group:
    """A group, with the ids of its members; `moved_to` is the supergroup that it became."""

    id: int
    title: str
    forum: bool
    members: set[int]
    has_bot: bool = True
    moved_to: int | None = None

    @property
    def chat(self) -> Json:
        """The group, as Telegram writes it."""
        kind = "supergroup" if self.forum or self.id < SUPERGROUPS else "group"
        return {"id": self.id, "type": kind, "title": self.title, "is_forum": self.forum}


@dataclass(slots=True)
class Message:
    """One message as it stands now. `more` holds what is not text: media, or a service message."""

    id: int
    chat: int
    sender: Json
    text: str | None = None
    entities: list[Json] = field(default_factory=list)
    html: str = ""
    reply_to: int | None = None
    thread: int | None = None
    rows: list[list[Json]] = field(default_factory=list)
    preview: Json | None = None
    edits: list[Any] = field(default_factory=list)
    more: Json = field(default_factory=dict)
    date: int = field(default_factory=lambda: int(time.time()))
    edited: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class BotMessage:
    """One message of the bot as a person sees it now; `edits` are its earlier texts."""

    id: int
    text: str
    entities: list[Json]
    html: str
    reply_to: int | None
    thread: int | None
    buttons: list[list[Json]]
    previews_off: bool
    edits: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the bot; `status` is 0 where the connection broke before anything was done.

    `at` is when it was done, in seconds of `time.monotonic`.
    """

    method: str
    params: Json
    status: int
    result: Any
    at: float


class State:
    """Guarded by `changed`: hold it to read or to write, and notify it after a change."""

    def __init__(self, *, username: str, bot_id: int, privacy: bool, flood: Flood | None) -> None:
        self.changed = threading.Condition()
        self.wake: Callable[[], object] = lambda: None
        self.privacy = privacy
        self.flood = flood
        self.bot = {"id": bot_id, "is_bot": True, "first_name": "Griot", "username": username}
        self.people: dict[int, Person] = {}
        self.started: set[int] = set()
        self.blocked: set[int] = set()
        self.groups: dict[int, Group] = {}
        self.sent: dict[int, dict[int, Message]] = {}
        self.topics: dict[int, set[int]] = {}
        self.drafts: dict[int, list[str]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.queries: dict[str, Json | None] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.updates: list[Json] = []
        self.allowed: list[str] = []
        self.webhook: Json = {}
        self.calls: list[Call] = []
        self._ids: dict[int, itertools.count[int]] = {}
        self._update_ids = itertools.count(700_000_001)
        self._query_ids = itertools.count(4_000_000_000_000_001)

    def open_chat(self, chat: Any) -> Person | Group:
        """Whose chat it is.

        Raises:
            Refuse: The bot may not write to it, or there is no such chat.
        """
        found = self.people.get(chat) or self.groups.get(chat)
        if found is None:
            raise bad("chat not found")
        if chat in self.blocked:
            raise forbidden("bot was blocked by the user")
        if isinstance(found, Person):
            if chat not in self.started:
                raise forbidden("bot can't initiate conversation with a user")
            return found
        if found.moved_to:
            raise Refuse(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": found.moved_to},
            )
        if not found.has_bot:
            raise forbidden("bot was kicked from the group chat")
        return found

    def message(self, chat: int, number: int | None) -> Message | None:
        """A message that is there still."""
        found = None if number is None else self.sent.get(chat, {}).get(number)
        return found if found and not found.deleted else None

    def add(self, chat: int, sender: Json, parsed: Formatted | None = None, **more: Any) -> Message:
        """Store a message under the next number; private chats and small groups share one.

        `sender` is who wrote it, as Telegram writes it; `more` is what else `Message` holds.
        """
        key = chat if chat < SUPERGROUPS else 0
        number = next(self._ids.setdefault(key, itertools.count(1)))
        written: Json = {"text": parsed.text, "entities": parsed.entities} if parsed else {}
        message = Message(number, chat, sender, **written, **more)
        self.sent.setdefault(chat, {})[number] = message
        return message

    def count(self, chat: int) -> None:
        """Count a message against the flood limits, if there are any.

        Raises:
            Refuse: It is one too many.
        """
        if self.flood:
            self.flood.admit(chat, group=chat < 0)

    def query(self) -> str:
        """The id of a new callback or inline query, which waits for its answer."""
        name = str(next(self._query_ids))
        self.queries[name] = None
        return name

    def deliver(self, kind: str, body: Json) -> None:
        """Queue an update for the bot, unless it has asked not to get those."""
        if not self.allowed or kind in self.allowed:
            self.updates.append({"update_id": next(self._update_ids), kind: body})
            self.wake()

    def pending(self, offset: int) -> list[Json]:
        """The updates from `offset` on; those before it are forgotten."""
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        return self.updates[:100]

    def as_json(self, message: Message, *, nested: bool = False) -> Json:
        """A message as the Bot API writes it; what it replies to is told one step deep."""
        owner = self.people.get(message.chat) or self.groups[message.chat]
        body = {
            "message_id": message.id,
            "from": message.sender,
            "chat": owner.chat,
            "date": message.date,
            "edit_date": message.edited,
            "text": message.text,
            "entities": message.entities,
            "link_preview_options": message.preview,
            **message.more,
        }
        if message.rows:
            body["reply_markup"] = {"inline_keyboard": message.rows}
        if message.thread:
            body |= {"message_thread_id": message.thread, "is_topic_message": True}
        if message.reply_to and not nested:
            replied = self.sent[message.chat][message.reply_to]
            if not replied.deleted:
                body["reply_to_message"] = self.as_json(replied, nested=True)
        return {name: value for name, value in body.items() if value}
