"""Editors' commands about the sources that are kept current: feeds, sites and folders."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.chat.buttons import Button, Unfollow, key_of
from bot.chat.events import Pressed, Written
from bot.chat.inbox import Inbox
from bot.chat.post import Limits, Markup, Post, Run, Runs, joined, line
from bot.chat.services import Services
from bot.console import shortened
from bot.texts import Texts
from bot.watch.sources import Source
from bot.watch.store import SourceState, WatchTables
from rag.errors import GriotError

LABEL = 40
"""How much of a source's name, in characters, a button has."""


@dataclass(frozen=True, slots=True)
class Following:
    """Puts sources on the corpus's list, and takes them off, for editors in a private chat.

    `store` knows how each source is doing; `watches` is whether this bot keeps them current itself.
    `clock` returns seconds since 1970.
    """

    services: Services
    inbox: Inbox
    store: WatchTables
    watches: bool
    clock: Callable[[], float] = time.time

    async def follow(self, event: Written, words: Texts) -> None:
        """Follow the source behind the command; without one, list the sources."""
        if not event.arguments:
            for post in await self._list(words):
                await self.services.say(event, post)
            return
        await self.inbox.give_way(event.id)
        await self.services.messenger.typing(event.chat)
        name = words.isolated(event.arguments)
        try:
            source = await self.services.editors.follow(event.arguments)
        except GriotError as error:
            reason = words.worded(error.remark)
            await self.services.say(event, words.not_followed.format(name=name, reason=reason))
            return
        if source is None:
            said = words.followed_already.format(name=name)
        else:
            said = words.followed.format(name=words.isolated(source.name))
        hint = "" if self.watches else f"\n{words.not_watching}"
        await self.services.say(event, f"{said}{hint}")

    async def unfollow(self, event: Written, words: Texts) -> None:
        """Take the source behind the command off the list; without one, list the sources."""
        if not event.arguments:
            await self.follow(event, words)
            return
        await self.services.say(event, await self._unfollowed(event.arguments, words))

    async def stopped(self, event: Pressed, press: Unfollow, words: Texts) -> Post | None:
        """Take the source of a button off the list, and return the list without it.

        None if the person is no editor.
        """
        if not self.services.access.is_editor(event.person):
            return None
        listed = await asyncio.to_thread(self.services.editors.followed)
        for source in listed[1:]:
            if key_of(source.name) == press.source:
                await self._unfollowed(source.name, words)
        posts = await self._list(words)
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

    async def _list(self, words: Texts) -> tuple[Post, ...]:
        try:
            listed = await asyncio.to_thread(self.services.editors.followed)
        except GriotError as error:
            return (line(words.sentence(error.remark)),)
        states = await asyncio.to_thread(self.store.states)
        known = [states.get(each.name, SourceState(name=each.name)) for each in listed]
        hints = (words.follow_how, *(() if self.watches else (words.not_watching,)))
        return drawn(
            listed,
            known,
            hints,
            words=words,
            limits=self.services.messenger.limits,
            now=self.clock(),
        )


def drawn(  # noqa: PLR0913 - what a list shows
    listed: tuple[Source, ...],
    states: list[SourceState],
    hints: tuple[str, ...],
    *,
    words: Texts,
    limits: Limits,
    now: float,
) -> tuple[Post, ...]:
    """Return the sources, how each is doing, and what stops each; the first is the corpus folder.

    What can be done besides stands last. Times are told from now on, so that no time zone matters.
    """
    names = [words.corpus_folder, *(words.isolated(each.name) for each in listed[1:])]
    blocks = [_source(*each, words=words, now=now) for each in zip(names, states, strict=True)]
    blocks += [(Run(hint, Markup.ITALIC),) for hint in hints]
    return limits.listed(
        blocks,
        lambda block, part: _stop(listed[block], part, words) if 0 < block < len(listed) else None,
    )


def _stop(source: Source, part: int, words: Texts) -> Button:
    name = words.isolated(shortened(source.name, LABEL))
    return Button(words.stop_following.format(name=name), Unfollow(key_of(source.name), part))


def _source(name: str, state: SourceState, *, words: Texts, now: float) -> Runs:
    told = " · ".join(_told(state, words=words, now=now))
    error = words.worded(state.error) if state.error else ""
    lines = ((name, Markup.BOLD), (told, Markup.PLAIN), (error, Markup.ITALIC))
    runs = ((Run(words.directed(said) + said, markup),) for said, markup in lines if said)
    return joined(runs, "\n")


def _told(state: SourceState, *, words: Texts, now: float) -> Iterator[str]:
    yield words.counted(words.source_articles, state.articles)
    if state.newest:
        yield words.source_newest.format(day=words.day(date.fromisoformat(state.newest)))
    if state.succeeded is None:
        yield words.source_unread
    else:
        yield words.source_read.format(wait=words.duration(now - state.succeeded))
    if state.due is None:
        yield words.source_gone
    elif state.due > now:
        yield words.source_next.format(wait=words.duration(state.due - now))
