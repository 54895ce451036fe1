"""Editors' messages: links and files to add, and commands about the collection."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from urllib.parse import urlsplit

from telegram import Message as Sent
from telegram import Update
from telegram.constants import FileSizeLimit
from telegram.error import TelegramError
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from bot.chat.access import Access
from bot.chat.editors import Editors
from bot.chat.inbox import Inbox
from bot.chat.store import Store
from bot.chat.texts import Texts
from bot.telegram_bot.buttons import Button, Remove, key_of
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.markup import Run, html, pack
from bot.telegram_bot.messages import Message, line
from bot.telegram_bot.speech import Speech, message_of
from rag.errors import ArticleNotFound, GriotError, SourceError
from rag.index.ingest import IngestReport
from rag.library import Library
from rag.pages.formats import EVERY_KIND, SUFFIXES

LISTED = 200
"""How many articles are listed with their ids."""

NAMED = 5
"""How many skipped files are named."""

Context = ContextTypes.DEFAULT_TYPE

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """Lets editors, and nobody else, change the collection from a private chat."""

    library: Library
    editors: Editors
    inbox: Inbox
    store: Store
    delivery: Delivery
    speech: Speech
    access: Access

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Register the handlers."""
        private = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE & _IsEditor(self.access)
        for name in ("articles", "remove", "reindex", "stats", "invite"):
            application.add_handler(CommandHandler(name, getattr(self, name), private))
        application.add_handler(MessageHandler(filters.Document.ALL & private, self.document))
        application.add_handler(MessageHandler(LINK & private, self.link))

    # Articles in and out

    async def link(self, update: Update, _: Context) -> None:
        """Add the article that a link leads to."""
        message, words = message_of(update), await self.speech.words(update)
        adding = self.editors.add_link((message.text or "").strip())
        await self._added(update, adding, unread=words.link_unread)

    async def document(self, update: Update, _: Context) -> None:
        """Add the articles of a file."""
        message, words = message_of(update), await self.speech.words(update)
        document = message.document
        assert document
        name = document.file_name or ""
        if not name.lower().endswith(tuple(SUFFIXES)):
            await self.speech.say(update, line(words.file_kinds.format(kinds=EVERY_KIND)))
            return
        if (document.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
            most = words.megabytes.format(n=int(FileSizeLimit.FILESIZE_DOWNLOAD) // 10**6)
            reason = words.file_too_large.format(most=most)
            await self.speech.say(update, line(reason))
            return
        try:
            file = await document.get_file()
            content = bytes(await file.download_as_bytearray())
        except TelegramError:
            await self.speech.say(update, line(words.trouble))
            return
        adding = self.editors.add_file(name, content)
        await self._added(update, adding, unread=words.file_unread)

    async def _added(self, update: Update, adding: Awaitable[IngestReport], *, unread: str) -> None:
        """Report what became of an article, or of several.

        The editor's next messages do not wait for that.
        """
        words, message = await self.speech.words(update), message_of(update)
        await self.inbox.give_way(update.update_id)
        await self.delivery.typing(message.chat_id)
        try:
            report = await adding
        except GriotError as error:
            await self.speech.say(update, line(unread.format(reason=_reason(error, words))))
            return
        await self.speech.say(update, line(await asyncio.to_thread(self._became, report, words)))

    def _became(self, report: IngestReport, words: Texts) -> str:
        """Return a line for each article of a short report, and the counts of a long one."""
        told = (*report.new, *report.changed, *(one.location for one in report.skipped))
        if not told and report.unchanged == 1:
            return words.article_unchanged
        if len(told) > NAMED or report.unchanged:
            return _counts(report, words)
        return "\n".join(
            (
                *(words.article_added.format(title=self._title(one)) for one in report.new),
                *(words.article_changed.format(title=self._title(one)) for one in report.changed),
                *_skipped(report, words),
            )
        )

    def _title(self, article: str) -> str:
        return self.library.article(article).title or article

    async def remove(self, update: Update, context: Context) -> None:
        """Ask the editor to confirm the removal of an article."""
        words, name = await self.speech.words(update), " ".join(context.args or ())
        if not name:
            await self.speech.say(update, line(words.remove_what))
            return
        try:
            article = await asyncio.to_thread(self.library.article, name)
        except ArticleNotFound as error:
            await self.speech.say(update, line(words.sentence(error.remark)))
            return
        asked = words.confirm_removal.format(title=article.title or article.id)
        button = Button(words.remove, Remove(key_of(article.id)))
        await self.speech.say(update, line(asked, ((button,),)))

    async def confirmed(self, key: str, words: Texts, person: int) -> Message | None:
        """Remove the article with a key and return the reply; None if the person is no editor."""
        if not self.access.is_editor(person):
            return None
        ids = await asyncio.to_thread(self.library.article_ids)
        found = [one for one in ids if key_of(one) == key]
        if not found:
            return line(words.removed_already)
        try:
            article = await self.editors.remove(found[0])
        except GriotError as error:
            reason = _reason(error, words)
            return line(words.cannot_remove.format(title=found[0], reason=reason))
        return line(words.article_removed.format(title=article.title or article.id))

    async def articles(self, update: Update, _: Context) -> None:
        """List the newest articles with their ids."""
        words = await self.speech.words(update)
        newest = await asyncio.to_thread(self.library.newest, LISTED)
        if not newest:
            await self.speech.say(update, line(words.no_articles_editor))
            return
        count = (await asyncio.to_thread(self.library.extent)).articles
        lines = [(Run(f"{one.id}: {one.title or words.untitled}"),) for one in newest]
        if count > len(newest):
            lines.append((Run(words.counted(words.and_more, count - len(newest))),))
        for parcel in pack(lines):
            await self.speech.say(update, Message(html(parcel.runs)))

    # The collection as a whole

    async def reindex(self, update: Update, _: Context) -> None:
        """Bring the index up to date with the folder of articles."""
        words, message = await self.speech.words(update), message_of(update)
        said = await self.delivery.say(message.chat_id, line(words.reindexing))
        await self.inbox.give_way(update.update_id)
        try:
            report = await self.editors.reindex()
        except GriotError as error:
            told = line(words.not_reindexed.format(reason=_reason(error, words)))
        else:
            told = line("\n".join((_counts(report, words), *_skipped(report, words))))
        if said is None:
            await self.speech.say(update, told)
        else:
            await self.delivery.change(message.chat_id, said, told)

    async def stats(self, update: Update, _: Context) -> None:
        """Report how much was asked, and how it was answered."""
        words = await self.speech.words(update)
        counted = await asyncio.to_thread(self.library.statistics)
        told = words.stats.format(
            questions=words.number(counted.questions),
            refusals=words.number(counted.refused),
            median=_seconds(counted.median_ms, words),
            p95=_seconds(counted.p95_ms, words),
            failures=words.number(counted.model_failures),
            good=words.number(counted.good),
            bad=words.number(counted.bad),
        )
        await self.speech.say(update, line(told))

    async def invite(self, update: Update, context: Context) -> None:
        """Make a link that lets one person in."""
        words = await self.speech.words(update)
        code = await asyncio.to_thread(self.store.invite)
        link, group = (
            f"https://t.me/{context.bot.username}?{start}={code}"
            for start in ("start", "startgroup")
        )
        await self.speech.say(update, line(words.invite.format(link=link, group=group)))


class _IsEditor(filters.MessageFilter):
    """Matches messages from editors."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self._access = access

    def filter(self, message: Sent) -> bool:
        return bool(message.from_user and self._access.is_editor(message.from_user.id))


class _IsLink(filters.MessageFilter):
    """Matches a message that is only an address."""

    def filter(self, message: Sent) -> bool:
        said = (message.text or "").strip()
        return len(said.split()) == 1 and urlsplit(said).scheme in {"http", "https"}


LINK = _IsLink()


def _counts(report: IngestReport, words: Texts) -> str:
    return words.reindexed.format(
        new=words.number(len(report.new)),
        changed=words.number(len(report.changed)),
        unchanged=words.number(report.unchanged),
        removed=words.number(len(report.removed)),
        skipped=words.number(len(report.skipped)),
    )


def _skipped(report: IngestReport, words: Texts) -> tuple[str, ...]:
    return tuple(
        words.article_skipped.format(location=one.location, reason=words.worded(one.reason))
        for one in report.skipped[:NAMED]
    )


def _reason(error: GriotError, words: Texts) -> str:
    """Return why something was not done, and log what is not about the editor's own message."""
    if not isinstance(error, SourceError):
        _log.warning("%s", error)
    return words.worded(error.remark)


def _seconds(milliseconds: float | None, words: Texts) -> str:
    return "–" if milliseconds is None else words.number(milliseconds / 1000, 1)
