"""Many people who ask the Telegram bot at once, and a scripted chat model that writes for it."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from fake_bot_api import FakeBotApi
from fake_chat import passages
from fake_chat_server import WHOLE, FakeChatServer, event
from rag.languages.terms import terms
from rag.text.passages import sentences

QUESTIONS = (
    "Who accompanied Goïta?",
    "What do critics fear?",
    "Where did Goita lay a wreath?",
    "Why have elections in Mali been delayed?",
)
"""What is asked in turns; no two have the same answer."""
QUESTION = re.compile(r"<question>\n(.*?)\n</question>", re.DOTALL)
LIMIT = 300.0  # seconds after which the crowd goes home


@dataclass(frozen=True)
class Answered:
    """One question of a chat: when it was asked, when its answer stood there, and its text."""

    chat: int
    question: str
    asked: float
    answered: float
    text: str


def scripted(seconds, pieces=10):
    """A model that writes a sentence of each of the first two passages, in so many seconds."""

    async def script(body):
        text = written(body["messages"][-1]["content"])
        size = -(-len(text) // pieces)
        for start in range(0, len(text), size):
            await asyncio.sleep(seconds / pieces)
            yield event(content=text[start : start + size])
        yield WHOLE

    return FakeChatServer(script)


def written(request):
    """Of each passage the sentence that has most words of the question, and the passage's id.

    Asked to complete a question, it gives it as it is.
    """
    question = QUESTION.search(request)[1]
    if not passages(request):
        return question
    asked = {*terms(question)}
    told = []
    for name, text in list(passages(request).items())[:2]:
        cut = [text[start:end] for start, end in sentences(text)]
        best = max(cut, key=lambda sentence: len(asked.intersection(terms(sentence))))
        told.append(f"{best} [{name}]")
    return " ".join(told)


def ask_all(
    api: FakeBotApi,
    chats: int,
    within: float,
    *,
    each: int = 1,
    questions: Sequence[str] = QUESTIONS,
) -> list[Answered]:
    """Have so many people ask so many questions each, evenly over that time; wait for all answers.

    The questions are asked in turns.

    Raises:
        TimeoutError: not all were answered.
    """

    def chosen(number: int) -> str:
        return questions[(number + number // chats) % len(questions)]

    people = [api.person(1000 + number) for number in range(chats)]
    asked: dict[int, list[float]] = {person.id: [] for person in people}
    began = time.monotonic()
    for number, person in enumerate(people * each):
        time.sleep(max(0.0, began + number * within / (chats * each) - time.monotonic()))
        asked[person.id].append(time.monotonic())
        api.say(person, chosen(number))
    last = time.monotonic()
    while any(len(answers(api, person.id)) < each for person in people):
        if time.monotonic() > last + LIMIT:
            raise TimeoutError
        time.sleep(0.2)
    whens = shown(api)
    return [
        Answered(
            chat,
            chosen(chat - 1000 + place * chats),
            at,
            whens[chat, answers(api, chat)[place].id],
            answers(api, chat)[place].text,
        )
        for chat, times in asked.items()
        for place, at in enumerate(times)
    ]


def answers(api: FakeBotApi, chat: int) -> Sequence:
    """The bot's messages in a chat that have an answer's buttons."""
    return [message for message in api.messages(chat) if message.buttons]


def shown(api: FakeBotApi) -> dict[tuple[int, int], float]:
    """When each message was last sent or changed."""
    whens = {}
    for call in api.calls:
        if call.method in {"sendMessage", "editMessageText"} and call.status == 200:
            whens[call.result["chat"]["id"], call.result["message_id"]] = call.at
    return whens


def refused(api: FakeBotApi) -> int:
    """How many calls were refused for their pace."""
    return sum(call.status == 429 for call in api.calls)
