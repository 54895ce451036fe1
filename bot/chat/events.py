"""The events of a chat, as every messenger reports them: frozen, with ids as strings."""

import re
from dataclasses import dataclass

from bot.chat.buttons import Press

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?!\S)\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEvent:
    """An event of a chat, which is handled once, however often a messenger brings it.

    `language` is the code of the person's app, if it is known. `thread` is the topic, empty outside
    of topics; `message` is the one that was written, or that has the button.
    """

    id: str
    chat: str
    person: str
    private: bool
    language: str | None = None
    thread: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that somebody sent; `id` is the messenger's, `size` is in bytes."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the bot's; `chat` is the id that its chat had when it was sent."""

    chat: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(ChatEvent):
    """Somebody wrote a message, or edited one.

    `text` is None for anything but text. `command` is the name behind the slash, empty for another
    bot's command, None without one. `addressed` is whether the bot is meant, as it always is in a
    private chat. `reply_to` is the message that this replies to, `quoted` its text.
    """

    text: str | None = None
    command: str | None = None
    arguments: str = ""
    addressed: bool = True
    edited: bool = False
    reply_to: str | None = None
    quoted: str = ""
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(ChatEvent):
    """Somebody pressed a button; `press` is None for data that no button has.

    `query` is what the messenger needs to acknowledge it.
    """

    press: Press | None
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(ChatEvent):
    """Somebody added the bot to a group; `sees_all` is whether it can read every message there."""

    sees_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(ChatEvent):
    """A group has another id from now on."""

    to: str


def command_in(text: str, bot: str) -> tuple[str | None, str]:
    """Return the command that a text begins with, in small letters, and what follows it.

    The command is empty if it names another bot than this, None if there is none.
    """
    found = _COMMAND.match(text)
    if found is None:
        return None, ""
    name, named, arguments = found.groups()
    own = named is None or named.casefold() == bot.casefold()
    return (name.lower() if own else ""), arguments.strip()
