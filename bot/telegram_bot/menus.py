"""The menus of commands: for private chats, for groups, and for each editor, in every language."""

import logging
from collections.abc import Iterable

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


class Menus:
    """Sets the menus, and remembers which editors have theirs.

    Telegram refuses the menu of an editor who has not written to the bot yet.
    """

    def __init__(self, bot: ExtBot[int], editors: Iterable[int]) -> None:
        self._bot = bot
        self._missing = set(editors)

    async def introduce(self) -> None:
        """Set the menus of all chats, and of the editors who can be reached."""
        await self._set(BotCommandScopeAllPrivateChats(), READER)
        await self._set(BotCommandScopeAllGroupChats(), GROUP)
        for editor in sorted(self._missing):
            await self.meet(editor)

    async def meet(self, editor: int) -> None:
        """Set the menu of an editor who has none."""
        if editor not in self._missing:
            return
        self._missing.discard(editor)
        if not await self._set(BotCommandScopeChat(editor), (*READER, *EDITOR)):
            self._missing.add(editor)

    async def _set(self, scope: BotCommandScope, names: tuple[str, ...]) -> bool:
        """Set a menu in each language, and one for all others; return whether all could be set."""
        whole = True
        for code in ("", *LANGUAGES):
            described = texts(code).commands
            commands = [BotCommand(name, described[name]) for name in names]
            try:
                await self._bot.set_my_commands(commands, scope, language_code=code or None)
            except TelegramError as error:
                _log.info("commands cannot be set for %s: %s", scope.type, error.message)
                whole = False
                if isinstance(error, BadRequest):
                    break
        return whole
