"""A bot at work at the fake messenger, and the people who write to it and press its buttons."""

import asyncio
import threading
import time
from pathlib import Path

from bot.chat.access import Policy
from bot.chat.chatbot import ChatBot
from bot.chat.events import File, Joined, Moved, Pressed, Written, command_in
from chat.fake_messenger import FakeMessenger
from fake_judge import FakeJudge
from rag.index.tables import FILE

LONGEST = 30.0  # seconds that something is waited for


class Room:
    """The bot in a thread with a loop of its own, until the end of a `with`.

    A person is named by their private chat. Another `Room` with the same messenger and home is the
    bot's next start. `work` are its `Editors`; the policy takes sets of ids, and no limit a minute;
    `watches` is whether it keeps sources current.
    """

    def __init__(self, library, home, *, messenger=None, work=None, wait=True, **policy):
        self.messenger = messenger or FakeMessenger()
        parts = {"editors": work, "judge": FakeJudge(), "watches": policy.pop("watches", False)}
        self._made = (library, home, parts, policy)
        self._wait = wait
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.error = None

    async def _run(self):
        library, home, parts, policy = self._made
        place = home / FILE if isinstance(home, Path) else home
        policy = Policy(**{"per_minute": 1000, **policy})
        self.bot = ChatBot(
            self.messenger, library, place=place, account="bot", policy=policy, **parts
        )
        self._loop, self._asked_to_end = asyncio.get_running_loop(), asyncio.Event()
        running = asyncio.create_task(self.bot.run(self._listen()))
        await asyncio.wait(
            [running, asyncio.create_task(self._asked_to_end.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        running.cancel()
        (self.error,) = await asyncio.gather(running, return_exceptions=True)
        await self.bot.end()
        self.bot.close()

    async def _listen(self):
        await self.bot.inbox.restore()
        self._started.set()
        await asyncio.Event().wait()

    def __enter__(self):
        self._thread.start()
        self.wait(self._started.is_set)
        self.wait(lambda: not self._wait or self.bot.started.is_set())
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._asked_to_end.set)
        self._thread.join()

    # What people do

    def give(self, kind, person, *, chat=None, message=None, **more):
        """Hand an event to the bot; return it."""
        event = kind(
            id=f"e{next(self.messenger.ids)}",
            chat=chat or person,
            person=person,
            private=chat is None,
            message=message or next(self.messenger.ids),
            **{"language": "en", **more},
        )
        self.messenger.events[event.id] = event
        self.bring(event.id)
        return event

    def bring(self, event):
        """Hand over what the messenger has under an id."""
        taking = self.bot.inbox.take(event, event, patiently=True)
        asyncio.run_coroutine_threadsafe(taking, self._loop).result(LONGEST)

    def say(self, person, text, *, reply_to=None, addressed=True, quoted="", **where):
        """Somebody writes; return the message's id."""
        command, arguments = command_in(text, "griot")
        told = {"reply_to": reply_to, "addressed": addressed, "quoted": quoted, **where}
        said = {"text": text, "command": command, "arguments": arguments}
        return self.give(Written, person, **said, **told).message

    def edit(self, person, message, text, **where):
        """Somebody writes a message anew."""
        command, arguments = command_in(text, "griot")
        said = {"text": text, "command": command, "arguments": arguments, "edited": True}
        self.give(Written, person, message=message, **said, **where)

    def send_file(self, person, name, content, *, size=None, **where):
        """Somebody sends a file."""
        file = File(name, name, len(content) if size is None else size)
        self.messenger.files[name] = content
        self.give(Written, person, file=file, **where)

    def press(self, person, shown, label, *, chat=None, language="en"):
        """Somebody presses a button; return the text that answers that, and whether it alerts."""
        (press,) = {b.press for row in shown.post.rows for b in row if b.text == label}
        return self.forge(person, shown, press, chat=chat, language=language)

    def forge(self, person, shown, press, **where):
        """Somebody's app sends a press of its own for a message."""
        where |= {"message": shown.id, "thread": shown.thread}
        event = self.give(Pressed, person, press=press, **where)
        return self.wait(lambda: self.messenger.answers.get(event.id))

    def add_bot(self, person, chat, *, sees_all=False, **where):
        """Somebody adds the bot to a group."""
        self.give(Joined, person, chat=chat, sees_all=sees_all, **where)

    def move(self, chat, to):
        """A group has another id from now on."""
        self.give(Moved, "", chat=chat, to=to)

    def wake(self):
        """Have the bot look at once for what is new."""
        self._loop.call_soon_threadsafe(self.bot.wake)

    # What they see

    def messages(self, chat):
        """The bot's messages in a chat, as they are now."""
        return [*self.messenger.shown[chat]]

    def texts(self, chat):
        return [shown.text for shown in self.messages(chat)]

    def said(self, chat, count=1):
        """The bot's texts in a chat, as soon as there are so many messages."""
        return self.wait(lambda: len(found := self.texts(chat)) >= count and found)

    def answers(self, chat):
        """The messages that end an answer: those with thumbs below."""
        return [each for each in self.messages(chat) if "👍" in str(labels(each))]

    def answered(self, chat, count=1):
        """The answers in a chat, as soon as there are so many."""
        return self.wait(lambda: len(found := self.answers(chat)) >= count and found)

    def wait(self, until):
        """Return what it gives as soon as that is truthy."""
        end = time.monotonic() + LONGEST
        while not (found := until()):
            assert self._thread.is_alive(), self.error
            assert time.monotonic() < end, dict(self.messenger.shown)
            time.sleep(0.005)
        return found


def labels(shown):
    """The labels of a message's buttons, row by row."""
    return [[button.text for button in row] for row in shown.post.rows]


def first_line(shown):
    return shown.text.partition("\n")[0]


def answer_of(library, shown):
    """The answer that a message ends, as it is kept."""
    (why,) = {button.press for row in shown.post.rows for button in row if button.text == "Why"}
    return library.trace(why.answer)[0]
