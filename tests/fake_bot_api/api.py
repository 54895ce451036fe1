"""One bot at Telegram, and the people it meets: they write, press, and look at what they see."""

import functools
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from fake_bot_api.errors import Json
from fake_bot_api.flood import Flood
from fake_bot_api.markup import MOST_UNITS, Formatted, units
from fake_bot_api.server import Fault, Server
from fake_bot_api.state import BotMessage, Call, Group, Message, Person, State

TOKEN = "123456789:AAF-fake_token_for_tests_0123456789abc"
LOOK_AGAIN = 0.02  # seconds; what is waited for may also happen elsewhere
FOUND = {
    "bot_command": re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w+)?"),
    "mention": re.compile(r"(?<![\w@/])@[A-Za-z]\w{3,31}"),
    "url": re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]"),
}
COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}(?:@(?P<bot>\w+))?(?!\S)")
FILE = {"file_id": "media-1", "file_unique_id": "umedia-1", "file_size": 1000}
SIZED = {**FILE, "width": 512, "height": 512}
MEDIA: dict[str, Json] = {
    "document": FILE,
    "photo": SIZED,
    "sticker": {**SIZED, "type": "regular", "is_animated": False, "is_video": False},
    "voice": {**FILE, "duration": 3},
}

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Method = Callable[Concatenate["FakeBotApi", _P], _T]


def _locked(method: _Method[_P, _T]) -> _Method[_P, _T]:
    """Nobody else reads or writes meanwhile."""

    @functools.wraps(method)
    def held(self: "FakeBotApi", /, *args: _P.args, **options: _P.kwargs) -> _T:
        with self._state.changed:
            return method(self, *args, **options)

    return held


class FakeBotApi:
    """A Bot API server for one bot, which serves for the time of a `with`.

    A bot reaches it by `base_url=f"{api.url}/bot"` and `base_file_url=f"{api.url}/file/bot"`. What
    people do there, and what they see, is called from any thread. Assertions hold whoever plays the
    people to what people can do.

    `privacy` hides from the bot what people in groups say among themselves; `floods` is whether it
    is held to the flood limits, or a `Flood` with a clock of its own.
    """

    def __init__(
        self, *, token: str = TOKEN, privacy: bool = True, floods: bool | Flood = True
    ) -> None:
        self._state = State(
            username="griot_bot",
            bot_id=int(token.partition(":")[0]),
            privacy=privacy,
            flood=Flood() if floods is True else floods or None,
        )
        self._server = Server(self._state, token=token)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def proxy(self) -> dict[str, str]:
        """Maps the beginning of a public webhook address to one on loopback; to be filled."""
        return self._server.proxy

    @property
    def polling(self) -> bool:
        """Whether the bot waits for updates just now."""
        return self._server.polling

    def down(self) -> None:
        """The network is gone: nothing listens, and every connection is closed."""
        self._server.down()

    def up(self) -> None:
        """The network is back, at the same address, and nothing is forgotten."""
        self._server.up()

    @_locked
    def person(self, number: int, first_name: str = "Reader", *, language: str = "en") -> Person:
        """Somebody, who has not written to the bot; `language` is the code of their app's."""
        found = self._state.people[number] = Person(number, first_name, language)
        return found

    @_locked
    def group(
        self,
        number: int,
        title: str = "Newsroom",
        *,
        members: Iterable[Person] = (),
        forum: bool = False,
    ) -> int:
        """A group that the bot is in, by its id; whether it was told so is `add_bot`'s."""
        assert number < 0, "the id of a group is negative"
        self._state.groups[number] = Group(number, title, forum, {each.id for each in members})
        return number

    @_locked
    def file(self, name: str, content: bytes) -> Json:
        """A document that can be downloaded, as `send` takes it."""
        number = len(self._state.files) + 1
        path = f"documents/file_{number}.{name.rpartition('.')[2]}"
        self._state.files[f"file-{number}"] = (path, content)
        named = {"file_id": f"file-{number}", "file_unique_id": f"ufile-{number}"}
        return named | {"file_name": name, "file_size": len(content)}

    @_locked
    def say(
        self,
        person: Person,
        text: str,
        *,
        chat: int | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> int:
        """Somebody writes, to the bot or in a group; the message's id.

        By it they start the private chat, or join the group; a topic of a forum begins.
        """
        parsed = _spoken(text)
        where = self._enter(person, chat, thread)
        assert reply_to is None or self._state.message(where, reply_to), "a reply to nothing"
        message = self._state.add(where, person.user, parsed, reply_to=reply_to, thread=thread)
        self._tell("message", message)
        return message.id

    @_locked
    def edit(self, person: Person, message_id: int, text: str, *, chat: int | None = None) -> None:
        """Somebody writes a message anew."""
        message = self._state.message(chat or person.id, message_id)
        assert message, "there is no such message to edit"
        assert message.sender == person.user, "people edit what they wrote themselves"
        parsed = _spoken(text)
        message.text, message.entities = parsed.text, parsed.entities
        message.edited = int(time.time())
        self._tell("edited_message", message)

    @_locked
    def delete(self, chat: int, message_id: int) -> None:
        """Somebody deletes a message for everyone there; the bot is not told."""
        message = self._state.message(chat, message_id)
        assert message, "there is no such message to delete"
        message.deleted = True

    @_locked
    def send(
        self,
        person: Person,
        /,
        *,
        chat: int | None = None,
        caption: str | None = None,
        **media: Any,
    ) -> int:
        """Somebody sends a sticker, a voice, a photo or a file; the message's id.

        `media` is what is sent, by its kind, as Telegram writes it; what is not given is made up.
        """
        more = {kind: _media(kind, given) for kind, given in media.items()}
        more |= {"caption": caption} if caption else {}
        message = self._state.add(self._enter(person, chat), person.user, more=more)
        self._tell("message", message)
        return message.id

    @_locked
    def press(
        self, person: Person, message_id: int, button: str, *, chat: int | None = None
    ) -> str:
        """Somebody presses a button, named by its text or its data; the query's id."""
        message = self._state.message(chat or person.id, message_id)
        assert message, "there is no such message to press a button of"
        buttons = [shown for row in message.rows for shown in row]
        pressed = [
            shown for shown in buttons if button in (shown["text"], shown.get("callback_data"))
        ]
        assert pressed, f"no button is called {button!r} among {buttons}"
        assert "callback_data" in pressed[0], "a link is opened, and the bot is not told"
        return self._pressed(person, message, pressed[0]["callback_data"])

    @_locked
    def forge(self, person: Person, message_id: int, data: str, *, chat: int | None = None) -> str:
        """Somebody's app sends data of its own for a message with buttons; the query's id."""
        message = self._state.message(chat or person.id, message_id)
        assert message, "there is no such message"
        assert message.rows, "Telegram takes no presses for a message without buttons"
        return self._pressed(person, message, data)

    def _pressed(self, person: Person, message: Message, data: str) -> str:
        name = self._state.query()
        query = {
            "id": name,
            "from": person.user,
            "message": self._state.as_json(message),
            "chat_instance": str(message.chat),
            "data": data,
        }
        self._state.deliver("callback_query", query)
        return name

    @_locked
    def ask_inline(self, person: Person, query: str) -> str:
        """Somebody asks the bot from another chat; the query's id."""
        name = self._state.query()
        asked = {"id": name, "from": person.user, "query": query, "offset": ""}
        self._state.deliver("inline_query", asked)
        return name

    @_locked
    def add_bot(self, group: int, by: Person) -> None:
        """Somebody adds the bot to a group, and it is told so."""
        self._state.groups[group].has_bot = True
        self._state.groups[group].members.add(by.id)
        self._member_changed(self._state.groups[group], by, present=True)
        self._serve(group, by, {"new_chat_members": [self._state.bot]})

    @_locked
    def remove_bot(self, group: int, by: Person) -> None:
        """Somebody throws the bot out of a group."""
        self._serve(group, by, {"left_chat_member": self._state.bot})
        self._member_changed(self._state.groups[group], by, present=False)
        self._state.groups[group].has_bot = False

    @_locked
    def block(self, person: Person) -> None:
        """Somebody blocks the bot."""
        self._state.blocked.add(person.id)
        self._member_changed(person, person, present=False)

    @_locked
    def unblock(self, person: Person) -> None:
        """Somebody takes the bot back."""
        self._state.blocked.remove(person.id)
        self._member_changed(person, person, present=True)

    @_locked
    def migrate(self, group: int, new_id: int) -> None:
        """A group becomes a supergroup, under a new id."""
        old = self._state.groups[group]
        self.group(new_id, old.title, forum=old.forum)
        self._state.groups[new_id].members |= old.members
        by = self._state.people[min(old.members)]
        self._serve(group, by, {"migrate_to_chat_id": new_id})
        self._serve(new_id, by, {"migrate_from_chat_id": group})
        old.moved_to = new_id

    @property
    def calls(self) -> list[Call]:
        """Every call that the bot made, in the order in which they were done."""
        with self._state.changed:
            return list(self._state.calls)

    @_locked
    def messages(self, chat: int) -> list[BotMessage]:
        """The bot's messages as they stand now, in order; those it deleted are gone."""
        found = self._state.sent.get(chat, {}).values()
        return [_seen(hit) for hit in found if hit.sender == self._state.bot and not hit.deleted]

    @_locked
    def drafts(self, chat: int) -> list[str]:
        """The texts of all drafts, in the order in which they came."""
        return list(self._state.drafts.get(chat, ()))

    @_locked
    def answered(self, query_id: str) -> Json | None:
        """With what the bot answered a callback or an inline query, if it has."""
        return self._state.queries[query_id]

    @property
    def commands(self) -> dict[tuple[str, str], list[Json]]:
        """The lists of commands, by scope (as JSON) and language."""
        with self._state.changed:
            return dict(self._state.commands)

    def wait(self, until: Callable[[], _T | None], timeout: float = 30.0) -> _T:
        """Return the first true result.

        Raises:
            AssertionError: It was not within so many seconds; shows the bot's last calls.
        """
        end = time.monotonic() + timeout
        while not (found := until()):
            if time.monotonic() >= end:
                raise AssertionError(self._told())
            with self._state.changed:
                self._state.changed.wait(LOOK_AGAIN)
        return found

    def revoke(self, token: str) -> None:
        """The bot has this token from now on, and the one before is refused."""
        self._server.token = token

    @_locked
    def fail(self, method: str, *faults: Fault, chat: int | None = None) -> None:
        """The next calls of a method go wrong, one for each fault, in all chats or in one."""
        self._server.faults.append((method.lower(), chat, list(faults)))

    @_locked
    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self._server.faults.clear()

    def _enter(self, person: Person, chat: int | None, thread: int | None = None) -> int:
        """Where a person is about to write, who by it starts a private chat or joins a group."""
        chat = chat or person.id
        if chat > 0:
            assert chat == person.id, "in a private chat only its person writes"
            assert chat not in self._state.blocked, "who has blocked the bot cannot write to it"
            self._state.started.add(chat)
        else:
            self._join(person, chat, thread)
        return chat

    def _join(self, person: Person, chat: int, thread: int | None) -> None:
        group = self._state.groups[chat]
        assert not group.moved_to, "a group that moved is not written to"
        group.members.add(person.id)
        if thread:
            assert group.forum, "only forums have topics"
            self._state.topics.setdefault(chat, set()).add(thread)

    def _tell(self, kind: str, message: Message) -> None:
        if self._reads(message):
            self._state.deliver(kind, self._state.as_json(message))

    def _reads(self, message: Message) -> bool:
        """Whether the bot gets a person's message: in groups, privacy mode hides most."""
        if message.chat > 0:
            return True
        if not self._state.groups[message.chat].has_bot:
            return False
        if not self._state.privacy:
            return True
        if command := COMMAND.match(message.text or message.more.get("caption", "")):
            named: str | None = command["bot"]
            return named is None or named.lower() == str(self._state.bot["username"]).lower()
        replied = self._state.message(message.chat, message.reply_to)
        return replied is not None and replied.sender == self._state.bot

    def _serve(self, chat: int, by: Person, what: Json) -> None:
        """A service message."""
        message = self._state.add(chat, by.user, more=what)
        self._state.deliver("message", self._state.as_json(message))

    def _member_changed(self, owner: Person | Group, by: Person, *, present: bool) -> None:
        old, new = (
            {"user": self._state.bot, "status": "member"}
            if here
            else {"user": self._state.bot, "status": "kicked", "until_date": 0}
            for here in (not present, present)
        )
        if isinstance(owner, Group) and present:
            old = {"user": self._state.bot, "status": "left"}
        change = {"chat": owner.chat, "from": by.user, "date": int(time.time())}
        change |= {"old_chat_member": old, "new_chat_member": new}
        self._state.deliver("my_chat_member", change)

    def _told(self) -> str:
        """The last calls, for whoever waits in vain."""
        calls = [call for call in self.calls if call.method != "getUpdates"][-12:]
        lines = [f"{call.method} {call.params} -> {call.status} {call.result}" for call in calls]
        return "waited in vain; the last calls:\n" + "\n".join(line[:600] for line in lines)


def _spoken(text: str) -> Formatted:
    """A person's text, with the entities that Telegram finds in it."""
    text = text.strip()
    assert 0 < units(text) <= MOST_UNITS, "people's messages are not empty and not that long"
    found = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, pattern in FOUND.items()
        for match in pattern.finditer(text)
    ]
    return Formatted(text, sorted(found, key=lambda one: one["offset"]))


def _media(kind: str, given: Any) -> object:
    if kind == "photo":
        return [MEDIA[kind] | size for size in given or [{}]]
    return MEDIA.get(kind, {}) | given


def _seen(message: Message) -> BotMessage:
    assert message.text is not None, "all that the bot sends is text"
    return BotMessage(
        id=message.id,
        text=message.text,
        entities=message.entities,
        html=message.html,
        reply_to=message.reply_to,
        thread=message.thread,
        buttons=message.rows,
        previews_off=bool((message.preview or {}).get("is_disabled")),
        edits=list(message.edits),
    )
