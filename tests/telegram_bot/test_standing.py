"""Standing questions on the fake Bot API, over a restart and with a person who blocks the bot."""

import json
from contextlib import closing

import pytest

from bot.standing.store import StandingTables
from fake_bot_api import FakeBotApi
from newsroom import copied, indexed, opened
from rag.index.tables import FILE
from spoken import ENGLISH
from standing_news import MINISTER, REPLACED, TOLD, NameReader
from telegram_bot.bots import BOT, BotThread
from telegram_bot.scene import answered, labels, texts

pytestmark = pytest.mark.pace

HEAD = "<b>The articles now differ on the answer</b>\nWho is the defence minister of Torvia?"

OLD = (
    "https://post.example/news#:~:text=The%20defence%20minister%20of%20Torvia%20is%20Karim%20Selde"
    "%2C%20a%20retired%20general."
)
NEW = (
    "https://daily.example/news#:~:text=Amina%20Orlo%20became%20defence%20minister%20of%20Torvia"
    "%20on%20Friday."
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("standing") / ".griot", TOLD)


@pytest.fixture
def api():
    with FakeBotApi() as started:
        yield started


@pytest.fixture
def own(home, tmp_path):
    return copied(home, tmp_path)


def come(library, own, article):
    path = own.parent / "corpus" / "new.json"
    path.write_text(json.dumps(article), encoding="utf-8")
    library.refresh()


def changed(api, chat):
    return [each for each in api.messages(chat) if each.html.startswith("<b>The articles now")]


def kept(own):
    """The questions that the bot watches."""
    with closing(StandingTables(own / FILE, bot=BOT)) as store:
        return store.questions()


def watched(api, library, own, person):
    """Watch a question, and end the bot when it knows the answer."""
    with BotThread(api, library, own):
        api.say(person, f"/watch {MINISTER}")
        answered(api, person.id)
        api.wait(lambda: [each for each in kept(own) if each.told])


def test_a_change_is_told_once_with_links_and_quotes_also_after_a_restart(api, own):
    person = api.person(7)
    with opened(own, reader=NameReader()) as library:
        watched(api, library, own, person)
        come(library, own, REPLACED)
        for _ in range(2):
            with BotThread(api, library, own):
                api.wait(lambda: changed(api, person.id))
    (message,) = changed(api, person.id)
    assert message.html == (
        f"{HEAD}\n\n"
        f'<b>Before:</b>\nKarim Selde <a href="{OLD}">[1]</a>\n\n'
        f'<b>Now:</b>\nAmina Orlo <a href="{NEW}">[2]</a>\n\n'
        f'[1] <a href="{OLD}">News of post</a> · Post · 2 June 2025\n'
        "<blockquote expandable>The defence minister of Torvia is Karim Selde, a retired general."
        "</blockquote>\n"
        f'[2] <a href="{NEW}">News of daily</a> · Daily · 6 June 2025\n'
        "<blockquote expandable>Amina Orlo became defence minister of Torvia on Friday."
        "</blockquote>"
    )
    assert (labels(message), message.previews_off) == ([[ENGLISH.end_watch]], True)


def test_a_person_who_blocks_the_bot_watches_nothing_any_more(api, own):
    person = api.person(8)
    with opened(own, reader=NameReader()) as library:
        watched(api, library, own, person)
        count = len(texts(api, person.id))
        api.block(person)
        come(library, own, REPLACED)
        with BotThread(api, library, own):
            api.wait(lambda: not kept(own))
    assert len(texts(api, person.id)) == count
