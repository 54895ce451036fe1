"""Lets people in or turns them away, and calls what handles each kind of event."""

import asyncio
import logging
from dataclasses import dataclass

from bot.chat.commands import Commands
from bot.chat.editing import Editing, link_in
from bot.chat.events import ChatEvent, Joined, Moved, Pressed, Written
from bot.chat.intake import Intake
from bot.chat.presses import Presses
from bot.chat.services import Said, Services
from bot.chat.standing import StandingCommands
from bot.texts import EDITOR, READER, Texts
from rag.errors import GriotError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Handles every event of a messenger."""

    services: Services
    commands: Commands
    editing: Editing
    standing: StandingCommands
    intake: Intake
    presses: Presses

    async def handle(self, event: ChatEvent) -> None:
        """Handle an event; what goes wrong is logged, and the person told that something did."""
        try:
            await self._handle(event)
        except Exception as error:  # noqa: BLE001 - whatever it was, the bot goes on
            await self._failed(event, error)

    async def _handle(self, event: ChatEvent) -> None:
        if isinstance(event, Moved):
            await asyncio.to_thread(self.services.store.move, event.chat, event.to)
            await asyncio.to_thread(self.standing.store.move, event.chat, event.to)
            await asyncio.to_thread(self.services.access.moved, event.chat, event.to)
            return
        words = await self.services.words(event)
        if not await self._is_admitted(event):
            await self._turn_away(event, words)
            return
        if event.private and self.services.access.is_editor(event.person):
            await self.services.messenger.meet_editor(event.person)
        match event:
            case Written():
                await self.services.say(event, await self._written(event, words))
            case Pressed():
                await self.presses.pressed(event, words)
            case Joined():
                how = self.services.messenger.how_to_ask(event, words.code)
                await self.services.say(event, how)

    # Who is let in

    async def _is_admitted(self, event: ChatEvent) -> bool:
        access = self.services.access
        if access.admits(event.person, event.chat):
            return True
        if self.services.store.is_shared:
            await asyncio.to_thread(access.look_up)
            if access.admits(event.person, event.chat):
                return True
        code = _invitation(event)
        return code != "" and await asyncio.to_thread(self.services.store.is_open, code)

    async def _turn_away(self, event: ChatEvent, words: Texts) -> None:
        """Send a stranger, once, a line that says that the bot is not for everyone."""
        if isinstance(event, Pressed) and self.services.access.to_be_told(event.person):
            await self.services.messenger.acknowledge(event, words.stranger, alert=True)
        elif _is_for_bot(event) and self.services.access.to_be_told(event.person):
            code = _invitation(event)
            await self.services.say(
                event, await self.services.refusal(code, words) if code else words.stranger
            )

    # What is written

    async def _written(self, event: Written, words: Texts) -> Said:
        """Do what a message asks for, and return what to say to it."""
        private = event.private and not event.edited
        is_editor = private and self.services.access.is_editor(event.person)
        if event.command is not None:
            return await self._command(event, event.command, words, is_editor=is_editor)
        if event.text is None:
            if event.file and is_editor:
                return await self.editing.file(event, event.file, words)
            return words.not_text if private else ()
        if private and (address := link_in(event.text)):
            return await self.editing.link(event, address, words) if is_editor else words.link_alone
        return await self.intake.read(event, event.text, words) if event.addressed else ()

    async def _command(self, event: Written, name: str, words: Texts, *, is_editor: bool) -> Said:
        """Carry out a command; of those in edited messages, only a question is asked again."""
        parts: dict[str, object] = {
            **dict.fromkeys(READER, self.commands),
            **dict.fromkeys(EDITOR if is_editor else (), self.editing),
            **dict.fromkeys(("watch", "digest"), self.standing),
            **dict.fromkeys(("ask", "all"), self.intake),
        }
        if event.edited and name not in {"ask", "all"}:
            return ()
        if part := parts.get(name):
            said: Said = await getattr(part, name)(event, words)
            return said
        return await self.commands.help(event, words) if event.private else ()

    async def _failed(self, event: ChatEvent, error: Exception) -> None:
        if isinstance(error, GriotError):
            _log.error("an update could not be handled: %s", error)
        else:
            _log.error("an update could not be handled", exc_info=error)
        words = await self.services.words(event)
        if isinstance(event, Pressed):
            await self.services.messenger.acknowledge(event, words.trouble, alert=True)
        elif isinstance(event, Written) and not event.edited:
            await self.services.say(event, words.trouble)


def _invitation(event: ChatEvent) -> str:
    """Return the code behind the start command, else an empty text."""
    match event:
        case Written(command="start", edited=False, arguments=arguments) if arguments:
            return arguments.split()[0]
    return ""


def _is_for_bot(event: ChatEvent) -> bool:
    """Return whether a new message is private, or a command that names no other bot."""
    return (
        isinstance(event, Written) and not event.edited and (event.private or bool(event.command))
    )
