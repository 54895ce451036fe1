"""Editors' messages, and the bot's answers to them."""

import json

import pytest

from bot.chat.buttons import Remove, key_of
from bot.corpus.editors import Editors
from chat.room import Room, labels
from fake_web import FakeWeb
from newsroom import BRIDGE, MARKET, copied, indexed, opened
from rag.pages.formats import EVERY_KIND
from spoken import ENGLISH

URL = "https://news.example/2025/kidal"
PAGE = (
    '<html><head><title>Rain in Kidal</title><meta property="og:site_name" content="Niger Courier">'
    "</head><body><article><h1>Rain in Kidal</h1>"
    "<p>The market of Kidal was closed on Monday after a week of rain, the mayor said there.</p>"
    "<p>Traders of Kidal moved their goods to the school, and nobody was hurt in the town.</p>"
    "</article></body></html>"
)
STORY = (
    "The harvest in Segou begins in October, the farmers of the region said on Tuesday.\n\n"
    "They expect more millet than last year, because the rain came early.\n"
)
EDITOR, READER = "1", "50"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("editing") / ".griot", MARKET, BRIDGE)


@pytest.fixture
def own(home, tmp_path):
    return copied(home, tmp_path)


@pytest.fixture
def library(own):
    with opened(own) as found:
        yield found


@pytest.fixture
def room(library, own):
    web = FakeWeb()
    web.put(URL, PAGE)
    editors = Editors(library, visitor=web.visitor)
    with Room(library, own, work=editors, editors={EDITOR}) as started:
        yield started


def told(room, act, person=EDITOR):
    """The bot's next messages."""
    count = len(room.messages(person))
    act()
    return room.said(person, count + 1)[count:]


def titles(library):
    return sorted(article.title for article in library.articles())


def test_a_link_adds_an_article_and_again_changes_nothing(room, library):
    gone = "https://news.example/gone"
    links = (URL, URL, gone)
    assert [told(room, lambda link=link: room.say(EDITOR, link)) for link in links] == [
        ["Added: Rain in Kidal"],
        [ENGLISH.article_unchanged],
        [f"The link could not be read: {gone} cannot be found; check the address"],
    ]
    malformed = ("http://[", "http://xn--/", "ftp://news.example/rain")
    refused = (ENGLISH.reasons["not_a_link"].format(link=link) for link in malformed)
    assert [told(room, lambda link=link: room.say(EDITOR, link)) for link in malformed] == [
        [f"The link could not be read: {reason}"] for reason in refused
    ]
    assert titles(library) == ["A bridge for Mopti", "Flood in Gao", "Rain in Kidal"]


def test_a_file_adds_its_articles_or_is_refused_with_the_reason(room, library):
    files = {
        "harvest.txt": (f"Harvest in Segou\n\n{STORY}", "Added: Harvest in Segou"),
        "HARVEST.JSON": (json.dumps({"title": "Millet", "text": STORY}), "Added: Millet"),
        "photo.jpg": ("...", ENGLISH.file_kinds.format(kinds=EVERY_KIND)),
        "empty.txt": ("", "The file could not be read: empty.txt: empty"),
    }
    for name, (content, said) in files.items():
        assert told(room, lambda: room.send_file(EDITOR, name, content.encode())) == [said]  # noqa: B023
    large = told(room, lambda: room.send_file(EDITOR, "large.txt", b"", size=21_000_000))
    assert large == ["This file is too large. A bot can read files up to 20 MB."]
    assert titles(library) == ["A bridge for Mopti", "Flood in Gao", "Harvest in Segou", "Millet"]


def test_an_encoding_that_was_recognised_is_told_with_the_article(room):
    content = "Рынок в Гао\n\nПосле пожара совет решил снова открыть рынок на берегу реки.".encode(
        "cp1251"
    )
    assert told(room, lambda: room.send_file(EDITOR, "market.txt", content)) == [
        "Added: Рынок в Гао\nNote: added/market.txt: not UTF-8; read as CP1251"
    ]


def test_an_article_is_removed_when_that_is_confirmed(room, library, own):
    commands = ("/remove", "/remove nothing", "/remove article-1")
    assert [told(room, lambda text=text: room.say(EDITOR, text)) for text in commands] == [
        [ENGLISH.remove_what],
        ["No article is called “nothing”; /articles lists their ids."],
        ["Remove “A bridge for Mopti” from the collection?"],
    ]
    message = room.messages(EDITOR)[-1]
    before, buttons = titles(library), labels(message)
    room.press(EDITOR, message, "Remove it")
    room.wait(lambda: room.texts(EDITOR)[-1] == "Removed: A bridge for Mopti")
    assert (before, buttons) == (["A bridge for Mopti", "Flood in Gao"], [["Remove it"]])
    assert titles(library) == ["Flood in Gao"]
    assert [path.name for path in (own / "removed").iterdir()] == ["article-1.json"]


def test_the_articles_are_listed_with_their_ids(room):
    assert told(room, lambda: room.say(EDITOR, "/articles")) == [
        "article-1.json#1: A bridge for Mopti\nhttps://courier.example/gao-flood: Flood in Gao"
    ]


def test_the_folder_is_read_again_and_the_questions_are_counted(room, own):
    (own.parent / "corpus" / "harvest.txt").write_text(f"Harvest\n\n{STORY}", encoding="utf-8")
    room.say(EDITOR, "/reindex")
    room.wait(
        lambda: room.texts(EDITOR) == ["New: 1, changed: 0, unchanged: 2, removed: 0, skipped: 0"]
    )
    room.say(READER, "What was flooded in Gao?")
    [answer] = room.answered(READER)
    room.press(READER, answer, "👍")
    room.say(READER, "Who won the World Cup?")
    room.answered(READER, 2)
    [counted] = told(room, lambda: room.say(EDITOR, "/stats"))
    lines = counted.split("\n")
    assert lines[:2] == ["Questions: 2", "Refusals: 1"]
    assert lines[4:] == ["Model failures: 0", "Feedback: 👍 1, 👎 0"]


def test_nobody_else_changes_anything(room, library):
    """Readers are helped, in a group editors are readers, and a forged press removes nothing."""
    for command in ("/articles", "/remove article-1", "/reindex", "/stats", "/invite"):
        assert told(room, lambda text=command: room.say(READER, text), READER) == [
            ENGLISH.how_to(edit=False)
        ]
    assert told(room, lambda: room.say(READER, URL), READER) == [ENGLISH.link_alone]
    sending = lambda: room.send_file(READER, "harvest.txt", STORY.encode())  # noqa: E731
    assert told(room, sending, READER) == [ENGLISH.not_text]
    for command in ("/invite", "/remove article-1", "/new"):
        room.say(EDITOR, command, chat="g")
    assert room.said("g") == [ENGLISH.new_conversation]
    removal = Remove(key_of("article-1.json#1"))
    room.say(READER, "/language")
    room.wait(lambda: ENGLISH.choose_language in room.texts(READER))
    forged = room.forge(READER, room.messages(READER)[-1], removal)
    assert forged == (ENGLISH.editors_only, True)
    assert len(titles(library)) == 2


def test_editors_are_told_what_they_may_do(room):
    assert told(room, lambda: room.say(EDITOR, "/help")) == [
        f"{ENGLISH.how_to(edit=False)}\n\n{ENGLISH.how_to(edit=True)}"
    ]
