"""The protocol that a messenger implements so that the bot can answer there."""

# ruff: noqa: ARG002 - methods that a messenger may do without use no argument

from typing import Protocol

from bot.chat.events import ChatEvent, File, Joined, Pressed, Sent
from bot.chat.post import Limits, Post
from rag.errors import GriotError


class Unreachable(GriotError):
    """Nobody reads there any more: the person blocked the bot, or the chat is gone."""


class Uncertain(GriotError):
    """A call may have been carried out, or not."""


class NotDone(GriotError):
    """A call was not carried out, and may work a little later."""


class Messenger(Protocol):
    """One bot's account at a messenger.

    Ids of chats and people are strings that no other messenger has. Calls raise `Unreachable`,
    `Uncertain` and `NotDone`; `typing`, `delete`, `acknowledge` and `draft` raise nothing.
    """

    limits: Limits

    def read(self, body: str) -> ChatEvent | None:
        """Return the event that the bot was given as `body`, None if it concerns nobody.

        Raises:
            Exception: it cannot be read; whatever is raised, the event is skipped.
        """
        ...

    async def send(
        self, chat: str, post: Post, *, thread: str = "", reply_to: str | None = None
    ) -> Sent:
        """Send a message."""
        ...

    async def edit(self, sent: Sent, post: Post) -> bool:
        """Change a message; return whether it is still there."""
        ...

    async def delete(self, sent: Sent) -> None:
        """Take a message back."""

    async def typing(self, chat: str, thread: str = "") -> None:
        """Show for five seconds that the bot is at work."""

    async def acknowledge(self, press: Pressed, text: str = "", *, alert: bool = False) -> None:
        """Show that a press has arrived, and a text over the chat; an alert has to be closed."""

    async def draft(self, chat: str, question: str, post: Post) -> bool:
        """Show an unfinished answer to a message; return False if this cannot be done here."""
        return False

    async def download(self, file: File) -> bytes:
        """Return the content of a file."""
        raise NotImplementedError

    async def turn(self, chat: str) -> None:
        """Wait until a message may be sent to a chat."""

    async def turn_now(self, chat: str) -> bool:
        """Take the turn for a message that can be left out; return whether one is free now."""
        return True

    async def meet_editor(self, person: str) -> None:
        """Show an editor who has written to the bot what else they can do."""

    def invitations(self, code: str) -> tuple[str, str]:
        """Return what lets a person in, and what lets a group in: a link, or what to send."""
        return (f"/start {code}",) * 2

    def how_to_ask(self, joined: Joined, language: str) -> str:
        """Return how a group that the bot was added to asks it."""
        ...
