"""The menus of commands: for private chats, for groups, and for each editor, in every language."""

import logging
from dataclasses import dataclass

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.texts import EDITOR, GROUP, LANGUAGES, READER, texts

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Menus:
    """Sets the menus; `missing` are the editors who have none yet.

    Telegram refuses the menu of an editor who has not written to the bot yet.
    """

    bot: ExtBot[int]
    missing: set[int]

    async def introduce(self) -> None:
        """Set the menus of all chats, and of the editors who can be reached."""
        await self._set(BotCommandScopeAllPrivateChats(), READER)
        await self._set(BotCommandScopeAllGroupChats(), GROUP)
        for editor in sorted(self.missing):
            await self.meet(editor)

    async def meet(self, editor: int) -> None:
        """Set the menu of an editor who has none."""
        if editor not in self.missing:
            return
        self.missing.discard(editor)
        if not await self._set(BotCommandScopeChat(editor), (*READER, *EDITOR)):
            self.missing.add(editor)

    async def _set(self, scope: BotCommandScope, names: tuple[str, ...]) -> bool:
        """Set a menu in each language, and one for all others; return whether all could be set."""
        whole = True
        for code in ("", *LANGUAGES):
            described = texts(code).commands
            commands = [BotCommand(name, described[name]) for name in names]
            try:
                await self.bot.set_my_commands(commands, scope, language_code=code or None)
            except TelegramError as error:
                _log.info("commands cannot be set for %s: %s", scope.type, error.message)
                whole = False
                if isinstance(error, BadRequest):
                    break
        return whole
