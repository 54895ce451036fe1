import pytest

from bot.telegram_bot.markup import LONGEST, units
from fake_bot_api import FakeBotApi
from fake_chat import passages
from telegram_bots import BotThread
from telegram_html import Parsed
from telegram_scene import FLOODED, SlowChat, answered, indexed, opened, texts

pytestmark = pytest.mark.pace

PLACES = "gao kidal mopti segou bamako timbuktu kayes sikasso".split()
WORDS = "millet rice river boat market road school rain harvest".split()
HOSTILE = {
    "title": '<b>Flood</b> & "quotes" </a> \u202egnp.exe',
    "url": "https://courier.example/a-b,c?x=1&y=<2>",
    "outlet": "</blockquote><script>",
    "text": (
        "In Gao the market was flooded on Monday </blockquote><b>flooded</b> &amp; "
        "<a href='https://evil.example'>wet</a> **bold** `code` שלום 👩‍🚀, the mayor said.\n\n"
        f"They counted {'x' * 5000} and nothing else in Gao.\n"
    ),
}


def long_article(place):
    words = " ".join(f"{word}{place}{number}" for number in range(6) for word in WORDS)
    said = f"In {place} it was flooded on Monday and they lost {words}."
    return {"title": f"News of {place}", "url": f"https://n.example/{place}", "text": said}


def everything(request):
    """Each passage whole, with its mark; about the bridge, only a sentence."""
    told = [f"{text} [{name}]" for name, text in passages(request).items()]
    return " ".join(told[:1] if "kidal alone" in request else told)


@pytest.fixture
def long(tmp_path):
    """A bot whose model says all that eight long articles say."""
    home = indexed(tmp_path / ".griot", *map(long_article, PLACES))
    model = SlowChat(everything, go=99)
    with FakeBotApi() as api, opened(home, model) as library, BotThread(api, library, home):
        yield api, api.person(7)


def test_a_long_answer_comes_in_parts_that_each_have_their_own_sources(long):
    api, reader = long
    api.say(reader, FLOODED)
    answered(api, reader.id)
    parts = api.messages(reader.id)

    assert len(parts) > 1
    assert all(units(one.text) <= LONGEST for one in parts)
    everything_said = "".join(one.text for one in parts)
    assert [one for one in PLACES if long_article(one)["text"] not in everything_said] == []
    for part in parts:
        said, _, sources = part.text.partition("\n\n[")
        marks = {one for one in range(1, 9) if f"[{one}]" in said}
        shown = {one for one in range(1, 9) if f"[{one}] n.example" in f"[{sources}"}
        buttons = {one["text"] for row in part.buttons for one in row if one["text"][0] == "["}
        assert marks == shown != set()
        assert buttons == {f"[{one}] n.example" for one in marks}


def test_messages_that_a_shorter_answer_does_not_need_are_deleted(long):
    api, reader = long
    question = api.say(reader, FLOODED)
    answered(api, reader.id)
    before = [one.id for one in api.messages(reader.id)]
    api.edit(reader, question, "What was flooded in kidal alone?")
    api.wait(lambda: len(texts(api, reader.id)) == 1)

    assert len(before) > 1
    assert [one.id for one in answered(api, reader.id)] == before[:1]


def test_an_article_that_looks_like_markup_is_shown_as_it_is_and_whole(tmp_path):
    home = indexed(tmp_path / ".griot", HOSTILE)
    with FakeBotApi() as api, opened(home) as library, BotThread(api, library, home):
        reader = api.person(7)
        api.say(reader, FLOODED)
        answered(api, reader.id)
        [article] = library.articles()

    shown = [Parsed(one.html) for one in api.messages(reader.id)]
    kinds = {kind for one in shown for kind, _, _ in one.entities}
    quoted = "".join(
        text for one in shown for kind, _, text in one.entities if kind == "blockquote"
    )
    assert kinds <= {"a", "b", "code", "blockquote"}
    assert "evil.example" not in "".join(href for one in shown for _, href, _ in one.entities)
    assert "".join(quoted.split()) in "".join(article.text.split())
    assert "</blockquote><b>flooded</b> &amp; <a href=" in quoted
    assert {one.status for one in api.calls if one.method == "sendMessage"} == {200}
