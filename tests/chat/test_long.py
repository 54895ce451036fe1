import pytest

from bot.chat.post import Limits, units
from chat.fake_messenger import FakeMessenger
from chat.room import Room, labels
from fake_chat import passages
from newsroom import FLOODED, SlowChat, indexed, opened

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
def room(tmp_path):
    """A bot whose model says all that it reads of eight long articles; messages are short."""
    home = indexed(tmp_path / ".griot", *map(long_article, PLACES))
    messenger = FakeMessenger()
    messenger.limits = Limits(length=1500)
    with (
        opened(home, SlowChat(everything, go=99)) as library,
        Room(library, home, messenger=messenger) as started,
    ):
        yield started


def test_a_long_answer_comes_in_parts_that_each_have_their_own_sources(room):
    room.say("1", FLOODED)
    room.answered("1")
    parts = room.messages("1")

    assert len(parts) > 1
    assert all(units(part.text) <= room.messenger.limits.length for part in parts)
    everything_said = "".join(room.texts("1"))
    told = [place for place in PLACES if f"News of {place}" in everything_said]
    assert [place for place in told if long_article(place)["text"] not in everything_said] == []
    for part in parts:
        said, _, sources = part.text.partition("\n\n[")
        marks = {mark for mark in range(1, 9) if f"[{mark}]" in said}
        shown = {mark for mark in range(1, 9) if f"[{mark}] News of" in f"[{sources}"}
        buttons = {label for row in labels(part) for label in row if label[0] == "["}
        assert marks == shown != set()
        assert buttons == {f"[{mark}]" for mark in marks}


def test_messages_that_a_shorter_answer_does_not_need_are_deleted(room):
    question = room.say("1", FLOODED)
    room.answered("1")
    first, *others = (shown.id for shown in room.messages("1"))
    room.edit("1", question, "What was flooded in kidal alone?")
    room.wait(lambda: len(room.messages("1")) == 1)

    assert others
    assert [shown.id for shown in room.answered("1")] == [first]


def test_an_article_that_looks_like_markup_is_shown_as_it_is_and_whole(tmp_path):
    home = indexed(tmp_path / ".griot", HOSTILE)
    with opened(home) as library, Room(library, home) as room:
        room.say("1", FLOODED)
        room.answered("1")
        [article] = library.articles()

    runs = [run for shown in room.messages("1") for run in shown.post.runs]
    quoted = "".join(run.text for run in runs if run.folded)
    assert "evil.example" not in "".join(run.href for run in runs)
    assert "".join(quoted.split()) in "".join(article.text.split())
    assert "</blockquote><b>flooded</b> &amp; <a href=" in quoted
