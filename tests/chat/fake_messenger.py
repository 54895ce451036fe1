"""A messenger without a network: all that the bot needs of one."""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

from bot.chat.events import Sent
from bot.chat.messenger import Messenger
from bot.chat.post import Limits, Post, text_of


@dataclass
class Shown:
    """A message of the bot's as people see it now, and its earlier texts."""

    id: str
    post: Post
    thread: str
    reply_to: str | None
    edits: list[str] = field(default_factory=list)

    @property
    def text(self):
        return text_of(self.post.runs)


class FakeMessenger(Messenger):
    """Keeps what the bot shows, by chat; `answers` are what presses were answered with."""

    limits = Limits()

    def __init__(self):
        self.shown, self.events, self.answers, self.files = defaultdict(list), {}, {}, {}
        self.ids = map(str, itertools.count(1))

    def read(self, body):
        return self.events[body]

    async def send(self, chat, post, *, thread="", reply_to=None):
        self.shown[chat].append(Shown(next(self.ids), post, thread, reply_to))
        return Sent(chat, self.shown[chat][-1].id)

    async def edit(self, sent, post):
        found = [each for each in self.shown[sent.chat] if each.id == sent.id]
        for each in found:
            each.edits.append(each.text)
            each.post = post
        return bool(found)

    async def delete(self, sent):
        self.shown[sent.chat] = [each for each in self.shown[sent.chat] if each.id != sent.id]

    async def acknowledge(self, press, text="", *, alert=False):
        self.answers[press.id] = (text, alert)

    async def download(self, file):
        return self.files[file.id]

    def how_to_ask(self, joined, language):
        return f"{language} {joined.sees_all}"
