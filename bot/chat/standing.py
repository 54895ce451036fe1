"""Standing questions and digests in chats: the commands, and the messages that they lead to."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import product
from typing import NoReturn, TypeVar

from bot.chat.buttons import Button, EndDigest, EndWatch
from bot.chat.delivery import OnItsWay, unnoticed
from bot.chat.events import ChatEvent, Pressed, Written
from bot.chat.intake import Intake, no_question, one_line
from bot.chat.messenger import Uncertain, Unreachable
from bot.chat.post import Markup, Post, Run, Runs, beginning, line
from bot.chat.services import Said, Services
from bot.standing.checking import LOOK, Checking
from bot.standing.digest import hour_of, name_of, next_due, zone_of
from bot.standing.store import Digest, Standing, StandingTables
from bot.texts import Texts, texts
from rag.errors import GriotError
from rag.text.passages import sentences
from rag.understanding.questions import understand

MOST = 10
"""How many questions one person may watch."""

LABEL = 50
"""How much of a question, in units, a button has."""

OFF = "off"

_Told = TypeVar("_Told", Standing, Digest)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StandingCommands:
    """Takes standing questions and digests on, lists them, and ends them.

    `woken` is set when there is something new to look after. `clock` returns seconds since 1970.
    """

    services: Services
    intake: Intake
    store: StandingTables
    woken: asyncio.Event
    clock: Callable[[], float] = time.time

    async def watch(self, event: Written, words: Texts) -> Said:
        """Watch the question behind the command, and answer it now; without one, list them."""
        if not event.arguments:
            return await self._list(event, words)
        asked = one_line(event.arguments)
        if refusal := no_question(asked, words):
            return refusal
        alone = await asyncio.to_thread(self._alone, event, asked)
        spoken = await self.services.words_for(alone, chat=event.chat, app=event.language)
        watched = Standing(chat=event.chat, language=spoken.code, question=alone)
        kept = await asyncio.to_thread(
            self.store.add, watched, event.person, thread=event.thread, most=MOST
        )
        if kept is None:
            return words.counted(words.watch_limit, MOST)
        self.woken.set()
        button = Button(words.end_watch, EndWatch(kept.number, 0))
        said = words.watching.format(question=words.isolated(alone))
        await self.services.say(event, line(said, ((button,),)))
        return await self.intake.read(event, alone, words)

    def _alone(self, event: Written, asked: str) -> str:
        """Return a question as it stands alone, after what was asked before."""
        follows = self.services.store.last(event.chat, event.thread, event.reply_to)
        turns = [turn for turn in self.services.history(follows) if not turn.reply]
        return understand(asked, turns).alone

    async def ended(self, event: Pressed, press: EndWatch, words: Texts) -> tuple[str, Post | None]:
        """End a question for the person; return what to tell, and what the list became."""
        watched = await asyncio.to_thread(self.store.question, press.watch)
        if watched is not None:
            if event.person not in watched.watchers:
                return words.not_yours, None
            await asyncio.to_thread(self.store.unwatch, press.watch, event.person)
        if press.part == 0:
            return words.watch_ended, None
        posts = await self._list(event, words)
        return words.watch_ended, posts[min(press.part, len(posts)) - 1]

    async def _list(self, event: ChatEvent, words: Texts) -> tuple[Post, ...]:
        """Return what a person watches in a chat, with buttons that end it; in private, all."""
        watched = await asyncio.to_thread(self.store.watched_by, event.person)
        here = [each for each in watched if each.chat == event.chat]
        elsewhere = [each for each in watched if event.private and each.chat != event.chat]
        rows: list[tuple[Runs, Standing | None]] = []
        for head, questions in ((words.watch_list, here), (words.watch_elsewhere, elsewhere)):
            if questions:
                rows.append(((Run(head, Markup.BOLD),), None))
                rows += [(_listed(each, words), each) for each in questions]
        if not rows:
            return (line(f"{words.watch_none}\n{words.watch_how}"),)
        rows.append(((Run(words.watch_how, Markup.ITALIC),), None))
        return self.services.messenger.limits.listed(
            [runs for runs, _ in rows],
            lambda block, part: _end(each, part + 1, words) if (each := rows[block][1]) else None,
        )

    # Digests

    async def digest(self, event: Written, words: Texts) -> Said:
        """Send a digest daily at the hour behind the command, or none; without one, tell which."""
        hour, _, place = event.arguments.partition(" ")
        if not hour:
            return await self._state(event.chat, words)
        if hour.casefold() == OFF:
            await asyncio.to_thread(self.store.end_digest, event.chat)
            return words.digest_off
        known = await asyncio.to_thread(self.store.digest, event.chat)
        zone = zone_of(place.strip() or (known.zone if known else "UTC"))
        if (wanted := hour_of(hour)) is None:
            return words.digest_how
        if zone is None:
            told = words.digest_unknown.format(zone=words.isolated(place.strip()))
            return f"{told}\n{words.digest_how}"
        last = await asyncio.to_thread(self.services.library.last_found)
        digest = Digest(
            chat=event.chat,
            thread=event.thread,
            person=event.person,
            language=words.code,
            hour=wanted,
            zone=name_of(zone),
            due=next_due(self.clock(), wanted, zone),
            seen=known.seen if known else last,
        )
        await asyncio.to_thread(self.store.put_digest, None, digest)
        self.woken.set()
        return self._chosen(digest, words)

    async def undigested(self, event: Pressed, words: Texts) -> Post:
        """Send the chat no more digests."""
        await asyncio.to_thread(self.store.end_digest, event.chat)
        return await self._state(event.chat, words)

    async def _state(self, chat: str, words: Texts) -> Post:
        digest = await asyncio.to_thread(self.store.digest, chat)
        if digest is None:
            return line(f"{words.digest_off}\n{words.digest_how}")
        return self._chosen(digest, words, f"\n{words.digest_how}")

    def _chosen(self, digest: Digest, words: Texts, more: str = "") -> Post:
        """Return when a chat's digest comes, and more, with a button that ends it."""
        now = datetime.fromtimestamp(self.clock(), zone_of(digest.zone))
        said = words.digest_on.format(
            hour=f"{digest.hour:02}:00", zone=words.isolated(digest.zone), now=f"{now:%H:%M}"
        )
        return line(f"{said}{more}", ((Button(words.end_digest, EndDigest()),),))


def _listed(watched: Standing, words: Texts) -> Runs:
    question = f"• {words.isolated(watched.question)}"
    return (Run(words.directed(question) + question),)


def _end(watched: Standing, part: int, words: Texts) -> Button:
    question = words.isolated(beginning(watched.question, LABEL))
    return Button(words.end_listed.format(question=question), EndWatch(watched.number, part))


@dataclass(frozen=True, slots=True)
class StandingWatch:
    """Looks for new articles, and tells chats what these change, and what they are about.

    What is to be told is kept before it is sent, so that the next start tells what this one could
    not. A message that may have arrived counts as sent: nothing is told twice.
    """

    services: Services
    checking: Checking
    ready: asyncio.Event
    woken: asyncio.Event
    clock: Callable[[], float] = time.time
    _sending: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> NoReturn:
        """Look now and then, and at once for what was just taken on."""
        await self.ready.wait()
        try:
            while True:
                self.woken.clear()
                try:
                    await self._look()
                except GriotError as error:
                    _log.warning("standing questions wait: %s", error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self.woken.wait()
        finally:
            for task in self._sending.values():
                task.cancel()

    async def _look(self) -> None:
        """Send what is news; a chat whose messages wait for their turn holds up no other."""
        store = self.checking.store
        await self.checking.check(await asyncio.to_thread(store.questions))
        now = self.clock()
        due: dict[str, list[Callable[[], Awaitable[None]]]] = defaultdict(list)
        for question in await asyncio.to_thread(store.questions):
            if question.news:
                due[question.chat].append(partial(self._tell, question))
        for digest in await asyncio.to_thread(store.digests):
            if digest.due <= now:
                due[digest.chat].append(partial(self._send_digest, digest, now))
        for chat, messages in due.items():
            if chat not in self._sending:
                self._sending[chat] = asyncio.create_task(self._send_all(chat, messages))

    async def _send_all(self, chat: str, messages: Sequence[Callable[[], Awaitable[None]]]) -> None:
        try:
            for send in messages:
                await send()
        except Unreachable as error:
            _log.info("nothing more is told to a chat: %s", error)
            await self.services.patiently(self.checking.store.end_chat, chat)
        except GriotError as error:
            _log.warning("%s", error)
        except Exception:  # noqa: BLE001 - whatever it was, other chats are told
            _log.exception("a standing question could not be told")
        finally:
            del self._sending[chat]

    async def _tell(self, question: Standing) -> None:
        """Send the old answer to a question and the new one, in each topic where it is watched."""
        store = self.checking.store
        assert question.told
        assert question.news
        admits = self.services.access.admits
        watching = question.watchers.items()
        threads = {thread for person, thread in watching if admits(person, question.chat)}
        if not threads:
            await self.services.patiently(store.end, question.number)
            return
        words = texts(question.language)
        drawing = self.services.drawing(words)
        *others, last = drawing.news(question.question, question.told, question.news.change)
        button = Button(words.end_watch, EndWatch(question.number, 0))
        posts = [*others, replace(last, rows=((button,),))]
        await self._send(posts, sorted(threads), store.put, question, question.after)
        self.woken.set()

    async def _send_digest(self, digest: Digest, now: float) -> None:
        """Send what new articles are about, if any tell a new story, and when the next is due."""
        store, library = self.checking.store, self.services.library
        zone = zone_of(digest.zone)
        if zone is None or not self.services.access.admits(digest.person, digest.chat):
            await self.services.patiently(store.end_digest, digest.chat)
            return
        arrived, seen = await asyncio.to_thread(library.arrivals, digest.seen)
        stories = await asyncio.to_thread(library.stories, arrived, after=digest.seen)
        after = replace(digest, due=next_due(now, digest.hour, zone), seen=seen)
        if not stories:
            await self.services.patiently(store.put_digest, digest, after)
            return
        firsts = [_first_sentence(story[0].text) for story in stories]
        posts = self.services.drawing(texts(digest.language)).digest(stories, firsts)
        await self._send(posts, (digest.thread,), store.put_digest, digest, after)

    async def _send(
        self,
        posts: Sequence[Post],
        threads: Sequence[str],
        put: Callable[[_Told, _Told], bool],
        before: _Told,
        after: _Told,
    ) -> None:
        """Send messages to topics of a chat, each in its turn.

        They count as told once the first one is on its way.

        Raises:
            Unreachable: nobody reads there.
        """

        async def on_its_way(*, maybe: bool) -> None:
            change = (before, after) if maybe else (after, before)
            if not await self.services.patiently(put, *change):
                raise Uncertain("another process tells it")

        note: OnItsWay = on_its_way
        with suppress(Uncertain):
            for thread, post in product(threads, posts):
                await self.services.messenger.turn(before.chat)
                await self.services.delivery.send(before.chat, post, thread=thread, on_its_way=note)
                note = unnoticed


def _first_sentence(text: str) -> str:
    start, end = next(iter(sentences(text)), (0, 0))
    return text[start:end]
