"""Editors' messages: links and files to add, and commands about the collection and its sources."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from bot.chat.buttons import Button, Remove, Unfollow, key_of
from bot.chat.events import File, Written
from bot.chat.inbox import Inbox
from bot.chat.post import Post, line
from bot.chat.services import Said, Services
from bot.corpus.store import SourceState, WatchTables
from bot.texts import Texts
from rag.errors import ArticleNotFound, GriotError, SourceError
from rag.index.ingest import IngestReport
from rag.pages.formats import EVERY_KIND, SUFFIXES, suffix_of
from rag.pages.links import is_address, without_credentials

LISTED = 200
"""How many articles are listed with their ids."""

NAMED = 5
"""How many skipped files are named."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Editing:
    """Carries out what editors send in a private chat; nobody else changes the collection.

    `watched` knows how each source is doing; `watches` is whether this bot keeps them current.
    """

    services: Services
    inbox: Inbox
    watched: WatchTables
    watches: bool

    # Articles in and out

    async def link(self, event: Written, address: str, words: Texts) -> Said:
        """Add the article that a link leads to."""
        adding = self.services.editors.add_link(address)
        return await self._added(event, adding, words, unread=words.link_unread)

    async def file(self, event: Written, file: File, words: Texts) -> Said:
        """Add the articles of a file."""
        most = self.services.messenger.limits.file
        if suffix_of(file.name) not in SUFFIXES:
            return words.file_kinds.format(kinds=words.isolated(EVERY_KIND))
        if file.size > most:
            limit = words.counted(words.megabytes, most // 10**6)
            return words.file_too_large.format(most=limit)
        try:
            content = await self.services.messenger.download(file)
        except GriotError:
            return words.trouble
        adding = self.services.editors.add_file(file.name, content)
        return await self._added(event, adding, words, unread=words.file_unread)

    async def _added(
        self, event: Written, adding: Awaitable[IngestReport], words: Texts, *, unread: str
    ) -> Said:
        """Return what became of an article, or of several.

        The editor's next messages do not wait for that.
        """
        await self.inbox.give_way(event.id)
        await self.services.messenger.typing(event.chat)
        try:
            report = await adding
        except GriotError as error:
            return unread.format(reason=_reason(error, words))
        return await asyncio.to_thread(self._became, report, words)

    def _became(self, report: IngestReport, words: Texts) -> str:
        """Return a line for each article of a short report, and the counts of a long one."""
        count = len(report.new) + len(report.changed) + len(report.skipped)
        if not count and report.unchanged == 1:
            return words.article_unchanged
        if count > NAMED or report.unchanged:
            return "\n".join((_counts(report, words), *_noted(report, words)))
        kinds = ((words.article_added, report.new), (words.article_changed, report.changed))
        lines = [
            said.format(title=words.isolated(self.services.library.article(article).name))
            for said, articles in kinds
            for article in articles
        ]
        return "\n".join((*lines, *_skipped(report, words), *_noted(report, words)))

    async def remove(self, event: Written, words: Texts) -> Said:
        """Ask the editor to confirm the removal of an article."""
        if not event.arguments:
            return words.remove_what
        try:
            article = await asyncio.to_thread(self.services.library.article, event.arguments)
        except ArticleNotFound as error:
            return words.sentence(error.remark)
        asked = words.confirm_removal.format(title=words.isolated(article.name))
        button = Button(words.remove, Remove(key_of(article.id)))
        return line(asked, ((button,),))

    async def confirmed(self, key: str, words: Texts) -> str:
        """Remove the article with a key, and return the reply."""
        ids = await asyncio.to_thread(self.services.library.article_ids)
        found = next((article for article in ids if key_of(article) == key), None)
        if found is None:
            return words.removed_already
        try:
            article = await self.services.editors.remove(found)
        except GriotError as error:
            return words.cannot_remove.format(
                title=words.isolated(found), reason=_reason(error, words)
            )
        return words.article_removed.format(title=words.isolated(article.name))

    async def articles(self, _: Written, words: Texts) -> Said:
        """List the newest articles with their ids."""
        newest = await asyncio.to_thread(self.services.library.newest, LISTED)
        if not newest:
            return words.no_articles_editor
        count = (await asyncio.to_thread(self.services.library.extent)).articles
        return self.services.drawing(words).id_list(newest, count)

    # The sources that are kept current

    async def follow(self, event: Written, words: Texts) -> Said:
        """Follow the source behind the command; without one, list the sources."""
        if not event.arguments:
            return await self._sources(words)
        await self.inbox.give_way(event.id)
        await self.services.messenger.typing(event.chat)
        name = words.isolated(without_credentials(event.arguments))
        try:
            source = await self.services.editors.follow(event.arguments)
        except GriotError as error:
            return words.not_followed.format(name=name, reason=words.worded(error.remark))
        if source is None:
            said = words.followed_already.format(name=name)
        else:
            said = words.followed.format(name=words.isolated(source.name))
        return said if self.watches else f"{said}\n{words.not_watching}"

    async def unfollow(self, event: Written, words: Texts) -> Said:
        """Take the source behind the command off the list; without one, list the sources."""
        if not event.arguments:
            return await self._sources(words)
        return await self._unfollowed(event.arguments, words)

    async def stopped(self, press: Unfollow, words: Texts) -> Post:
        """Take the source of a button off the list, and return the list without it."""
        listed = await asyncio.to_thread(self.services.editors.followed)
        for source in listed[1:]:
            if key_of(source.name) == press.source:
                await self._unfollowed(source.name, words)
        posts = await self._sources(words)
        return posts[min(press.part, len(posts) - 1)]

    async def _unfollowed(self, name: str, words: Texts) -> str:
        """Take a source off the list, and return the reply."""
        try:
            source = await self.services.editors.unfollow(name)
        except GriotError as error:
            return words.sentence(error.remark)
        if source is None:
            return words.no_such_source.format(name=words.isolated(name))
        return words.unfollowed.format(name=words.isolated(source.name))

    async def _sources(self, words: Texts) -> tuple[Post, ...]:
        try:
            listed = await asyncio.to_thread(self.services.editors.followed)
        except GriotError as error:
            return (line(words.sentence(error.remark)),)
        known = await asyncio.to_thread(self.watched.states)
        states = [known.get(each.name, SourceState(name=each.name)) for each in listed]
        hints = (words.follow_how, *(() if self.watches else (words.not_watching,)))
        return self.services.drawing(words).source_list(states, hints, time.time())

    # The collection as a whole

    async def reindex(self, event: Written, words: Texts) -> Said:
        """Bring the index up to date with the folder of articles."""
        sent = await self.services.delivery.say(event.chat, line(words.reindexing))
        await self.inbox.give_way(event.id)
        try:
            report = await self.services.editors.reindex()
        except GriotError as error:
            said = words.not_reindexed.format(reason=_reason(error, words))
        else:
            lines = (_counts(report, words), *_skipped(report, words), *_noted(report, words))
            said = "\n".join(lines)
        if sent is None:
            return said
        await self.services.delivery.change(sent, line(said))
        return ()

    async def stats(self, _: Written, words: Texts) -> Said:
        """Report how much was asked, and how it was answered."""
        counted = await asyncio.to_thread(self.services.library.statistics)
        return words.stats.format(
            questions=words.number(counted.questions),
            refusals=words.number(counted.refused),
            median=_seconds(counted.median_ms, words),
            p95=_seconds(counted.p95_ms, words),
            failures=words.number(counted.model_failures),
            good=words.number(counted.good),
            bad=words.number(counted.bad),
        )

    async def invite(self, _: Written, words: Texts) -> Said:
        """Make an invitation that lets one person in, or a group."""
        code = await asyncio.to_thread(self.services.store.invite)
        link, group = self.services.messenger.invitations(code)
        return words.invite.format(link=link, group=group)


def link_in(text: str) -> str | None:
    """Return the address that a message consists of, None if there is more or something else."""
    said = text.strip()
    return said if len(said.split()) == 1 and is_address(said) else None


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
        words.article_skipped.format(
            location=words.isolated(each.location), reason=words.worded(each.reason)
        )
        for each in report.skipped[:NAMED]
    )


def _noted(report: IngestReport, words: Texts) -> tuple[str, ...]:
    """Return how pages were read where that is worth a look, such as in which encoding."""
    return tuple(
        words.article_noted.format(
            location=words.isolated(each.location), remark=words.worded(each.remark)
        )
        for each in report.noted[:NAMED]
    )


def _reason(error: GriotError, words: Texts) -> str:
    """Return why something was not done, and log what is not about the editor's own message."""
    if not isinstance(error, SourceError):
        _log.warning("%s", error)
    return words.worded(error.remark)


def _seconds(milliseconds: float | None, words: Texts) -> str:
    return "–" if milliseconds is None else words.number(milliseconds / 1000, 1)
