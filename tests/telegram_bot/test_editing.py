import json
from dataclasses import dataclass, field

import pytest

from bot.chat.editors import Editors
from bot.chat.texts import ENGLISH
from fake_bot_api import FakeBotApi
from rag.errors import SourceError
from rag.pages import html
from rag.pages.formats import EVERY_KIND
from rag.reasons import Reason
from telegram_bots import BotThread
from telegram_scene import BRIDGE, MARKET, answered, copied, indexed, labels, opened, said, texts

pytestmark = pytest.mark.pace

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


@dataclass
class Web:
    pages: dict[str, str] = field(default_factory=lambda: {URL: PAGE})

    async def fetch(self, url):
        if url not in self.pages:
            raise SourceError(Reason.UNKNOWN_HOST(host=url))
        return next(html.read(self.pages[url].encode(), url))


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
def api():
    with FakeBotApi() as started:
        yield started


@pytest.fixture
def editor(api, library, own):
    """An editor, whom the bot serves."""
    editors = Editors(library, fetch=Web().fetch)
    with BotThread(api, library, own, editors=editors, telegram_admins={1}):
        yield api.person(1)


def told(api, person, act):
    """What the bot says next."""
    count = len(api.messages(person.id))
    act()
    return said(api, person.id, count + 1)[count:]


def titles(library):
    return sorted(one.title for one in library.articles())


def test_a_link_adds_an_article_and_again_changes_nothing(api, editor, library):
    lines = [told(api, editor, lambda: api.say(editor, URL)) for _ in range(2)]

    assert lines[0] == ["Added: Rain in Kidal"]
    assert lines[1] == [ENGLISH.article_unchanged]
    assert "Rain in Kidal" in titles(library)


def test_a_link_that_cannot_be_read_is_told_why(api, editor, library):
    assert told(api, editor, lambda: api.say(editor, "https://news.example/gone")) == [
        "The link could not be read: https://news.example/gone cannot be found; check the address"
    ]
    assert len(titles(library)) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("harvest.txt", f"Harvest in Segou\n\n{STORY}"),
        ("harvest.md", f"---\ntitle: Harvest in Segou\n---\n\n{STORY}"),
        (
            "harvest.html",
            PAGE.replace("Rain in Kidal", "Harvest in Segou"),
        ),
        ("HARVEST.JSON", json.dumps({"title": "Harvest in Segou", "text": STORY})),
    ],
)
def test_a_file_adds_its_articles(api, editor, library, name, content):
    file = api.file(name, content.encode())
    lines = told(api, editor, lambda: api.send(editor, document=file))

    assert lines == ["Added: Harvest in Segou"]
    assert titles(library) == ["A bridge for Mopti", "Flood in Gao", "Harvest in Segou"]


def test_files_that_no_article_is_read_from_are_refused(api, editor, library):
    refused = [
        api.file("photo.jpg", b"..."),
        api.file("large.txt", b"") | {"file_size": 21_000_000},
        api.file("empty.txt", b""),
    ]
    lines = [told(api, editor, lambda one=one: api.send(editor, document=one)) for one in refused]

    assert lines[0] == [ENGLISH.file_kinds.format(kinds=EVERY_KIND)]
    assert lines[1] == ["This file is too large. A bot can read files up to 20 MB."]
    assert lines[2] == ["The file could not be read: empty.txt: empty"]
    assert len(titles(library)) == 2


def test_an_article_is_removed_when_that_is_confirmed(api, editor, library, own):
    [asked] = told(api, editor, lambda: api.say(editor, "/remove article-1"))
    message = api.messages(editor.id)[-1]
    before = titles(library)
    query = api.press(editor, message.id, "Remove it")
    api.wait(lambda: texts(api, editor.id)[-1] != asked)

    assert (asked, labels(message)) == (
        "Remove “A bridge for Mopti” from the collection?",
        [["Remove it"]],
    )
    assert len(before) == 2
    assert texts(api, editor.id) == ["Removed: A bridge for Mopti"]
    assert titles(library) == ["Flood in Gao"]
    assert [one.name for one in (own / "removed").iterdir()] == ["article-1.json"]
    assert api.answered(query) is not None


def test_what_to_remove_has_to_be_named(api, editor):
    lines = [
        told(api, editor, lambda text=text: api.say(editor, text))
        for text in ("/remove", "/remove nothing")
    ]

    assert lines == [
        [ENGLISH.remove_what],
        ["No article is called “nothing”; /articles lists their ids."],
    ]


def test_who_is_no_editor_any_more_cannot_remove(api, library, own):
    person = api.person(1)
    with BotThread(api, library, own, telegram_admins={1}):
        told(api, person, lambda: api.say(person, "/remove article-1"))
    message = api.messages(person.id)[-1]
    with BotThread(api, library, own):
        query = api.press(person, message.id, "Remove it")
        answer = api.wait(lambda: api.answered(query))

    assert (answer["text"], answer["show_alert"]) == (ENGLISH.editors_only, True)
    assert api.messages(person.id) == [message]
    assert len(titles(library)) == 2


def test_the_articles_are_listed_with_their_ids(api, editor):
    assert told(api, editor, lambda: api.say(editor, "/articles")) == [
        "article-1.json#1: A bridge for Mopti\nhttps://courier.example/gao-flood: Flood in Gao"
    ]


def test_the_folder_is_read_again(api, editor, own):
    (own.parent / "corpus" / "harvest.txt").write_text(f"Harvest\n\n{STORY}", encoding="utf-8")
    api.say(editor, "/reindex")
    api.wait(lambda: "New: 1" in "".join(texts(api, editor.id)))

    assert texts(api, editor.id) == ["New: 1, changed: 0, unchanged: 2, removed: 0, skipped: 0"]


def test_the_questions_are_counted(api, editor):
    reader = api.person(50)
    api.say(reader, "What was flooded in Gao?")
    [answer] = answered(api, reader.id)
    query = api.press(reader, answer.id, "👍")
    api.wait(lambda: api.answered(query))
    api.say(reader, "Who won the World Cup?")
    answered(api, reader.id, 2)
    [counted] = told(api, editor, lambda: api.say(editor, "/stats"))

    lines = counted.split("\n")
    assert lines[:2] == ["Questions: 2", "Refusals: 1"]
    assert lines[4:] == ["Model failures: 0", "Feedback: 👍 1, 👎 0"]


def test_readers_are_helped_and_change_nothing(api, editor, library):
    reader = api.person(50)
    for command in ("/articles", "/remove article-1", "/reindex", "/stats", "/invite"):
        assert told(api, reader, lambda text=command: api.say(reader, text)) == [ENGLISH.help]
    assert told(api, reader, lambda: api.say(reader, URL)) == [ENGLISH.link_alone]
    file = api.file("harvest.txt", STORY.encode())
    assert told(api, reader, lambda: api.send(reader, document=file)) == [ENGLISH.not_text]
    assert len(titles(library)) == 2


def test_editors_are_told_what_they_may_do(api, editor):
    assert told(api, editor, lambda: api.say(editor, "/help")) == [
        f"{ENGLISH.help}\n\n{ENGLISH.help_editor}"
    ]


def test_in_a_group_editors_are_readers(api, editor):
    group = api.group(-1_000_000_000_050, members=[editor])
    for command in ("/invite@griot_bot", "/remove@griot_bot article-1", "/new@griot_bot"):
        api.say(editor, command, chat=group)

    assert said(api, group) == [ENGLISH.new_conversation]
