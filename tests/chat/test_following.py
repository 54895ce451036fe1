"""Editors follow feeds, sites and folders, and stop that, in a conversation."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.chat.buttons import Unfollow, key_of
from bot.chat.messages import Drawing
from bot.chat.post import Limits, text_of
from bot.corpus.editors import Editors
from bot.corpus.store import SourceState, WatchTables
from chat.room import Room, labels
from fake_web import FakeWeb
from newsroom import MARKET, copied, indexed, opened
from rag.index.tables import FILE
from rag.pages import web as real
from rag.pages.visits import Visitor
from rag.reasons import Reason
from spoken import ARABIC, ENGLISH, FRENCH, RUSSIAN

FEED = "https://news.example/feed.xml"
RSS = "<rss><channel><item><title>Gao</title><link>https://news.example/gao</link></item></channel></rss>"
COMMENTED = "# the agency\nhttps://agency.example/feed  # slow\n"
EDITOR, READER = "1", "50"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("following") / ".griot", MARKET)


@pytest.fixture
def own(home, tmp_path):
    return copied(home, tmp_path)


@pytest.fixture
def web():
    held = FakeWeb()
    held.put(FEED, RSS, "application/rss+xml")
    held.put("https://news.example/gao", "<html><body><p>Rain.</p></body></html>")
    return held


@pytest.fixture
def room(own, web):
    with opened(own) as library:
        editors = Editors(library, visitor=web.visitor)
        with Room(library, own, work=editors, editors={EDITOR}, watches=True) as started:
            yield started


def told(room, text, person=EDITOR):
    """The bot's next message."""
    count = len(room.messages(person))
    room.say(person, text)
    return room.said(person, count + 1)[-1]


def listed(own):
    return (own.parent / "corpus" / "sources.txt").read_text(encoding="utf-8")


def test_a_feed_is_fetched_and_put_on_the_list_once(room, own):
    (own.parent / "corpus" / "sources.txt").write_text(COMMENTED.rstrip(), encoding="utf-8")
    assert [told(room, f"/follow {name}") for name in (FEED, FEED)] == [
        f"Following: {FEED}",
        f"{FEED} is followed already.",
    ]
    assert listed(own) == f"{COMMENTED}{FEED}\n"


def test_what_lists_nothing_or_cannot_be_had_is_not_put_there(room, own, web):
    web.held["https://intranet.example/"] = real.SourceError(Reason.PRIVATE_HOST(host="intranet"))
    refused = {
        "https://news.example/gao": "news.example names no feed and no sitemap there",
        "https://intranet.example/": "intranet is in a private network",
        "https://gone.example/feed": "https://gone.example/feed cannot be found",
        "http://[::1/": "“http://[::1/” is no http or https address; check it",
        "http://xn--/": "“http://xn--/” is no http or https address; check it",
    }
    for name, reason in refused.items():
        assert told(room, f"/follow {name}").startswith(f"{name} cannot be followed: {reason}")
    assert not (own.parent / "corpus" / "sources.txt").exists()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/feed", "http://[::1]/", "http://169.254.169.254/", "http://2130706433/"],
)
def test_an_address_of_the_servers_own_network_is_refused_without_a_connection(own, address):
    """By the check that all that is fetched goes through."""
    with opened(own) as library:
        editors = Editors(library, visitor=Visitor(real.get))
        with Room(library, own, work=editors, editors={EDITOR}) as room:
            assert "private network" in told(room, f"/follow {address}")


def test_credentials_in_an_address_are_not_kept(room, own, web):
    web.put("https://news.example/own.xml", RSS, "application/rss+xml")
    own_feed = "/follow https://me:secret@news.example/own.xml#top"
    assert [told(room, own_feed) for _ in range(2)] == [
        "Following: https://news.example/own.xml",
        "https://news.example/own.xml#top is followed already.",
    ]
    assert "secret" not in listed(own)


def test_a_folder_is_followed_if_it_lies_beside_the_corpus(room, own):
    for folder in ("wire", ".hidden", "corpus/inner"):
        (own.parent / folder).mkdir()
    (own.parent / "out").symlink_to(own.parent.parent)
    far = ("..", "/etc", "../../..", "../.hidden", "../out", "../nowhere", "wire\nhttp://a.example")
    assert [told(room, f"/follow {name}") for name in ("../wire", "inner", "../wire")] == [
        "Following: ../wire",
        "inner is followed already.",
        "../wire is followed already.",
    ]
    for name in far:
        assert told(room, f"/follow {name}").endswith(ENGLISH.reasons["far_folder"])
    assert listed(own) == "../wire\n"


def test_the_list_shows_how_each_source_is_doing_and_a_button_takes_it_off(room, own):
    for name in (FEED, "../wire"):
        (own.parent / "wire").mkdir(exist_ok=True)
        told(room, f"/follow {name}")
    with closing(WatchTables(own / FILE)) as store:
        store.put_state(
            SourceState(name=FEED, articles=2, newest="2025-06-02", error=Reason.ROBOTS(host="a"))
        )
    assert told(room, "/follow").splitlines() == [
        "The folder of articles",
        "0 articles · not read yet",
        FEED,
        "2 articles · the newest of 2 June 2025 · not read yet",
        str(Reason.ROBOTS(host="a")),
        "../wire",
        "0 articles · not read yet",
        ENGLISH.follow_how,
    ]
    message = room.messages(EDITOR)[-1]
    assert labels(message) == [[f"Stop: {FEED}"], ["Stop: ../wire"]]
    room.press(EDITOR, message, "Stop: ../wire")
    room.wait(lambda: labels(room.messages(EDITOR)[-1]) == [[f"Stop: {FEED}"]])
    assert listed(own) == f"{FEED}\n"


def test_a_source_is_unfollowed_by_a_part_of_its_name(room, own):
    (own.parent / "corpus" / "sources.txt").write_text(f"{COMMENTED}{FEED}\n", encoding="utf-8")
    assert [told(room, f"/unfollow {name}") for name in ("example", "nothing", "agency")] == [
        "No one source is called “example”. /follow lists them.",
        "No one source is called “nothing”. /follow lists them.",
        "No longer followed: https://agency.example/feed. Its articles stay.",
    ]
    assert listed(own) == f"# the agency\n{FEED}\n"


def test_nobody_else_follows_anything_and_a_forged_press_changes_nothing(room, own):
    told(room, f"/follow {FEED}")
    assert told(room, f"/unfollow {FEED}", READER) == ENGLISH.how_to(edit=False)
    message = room.messages(READER)[-1]
    forged = room.forge(READER, message, Unfollow(key_of(FEED), 0))
    assert (forged, listed(own)) == ((ENGLISH.editors_only, True), f"{FEED}\n")


def test_a_bot_that_does_not_watch_says_so(own, web):
    with opened(own) as library:
        editors = Editors(library, visitor=web.visitor)
        with Room(library, own, work=editors, editors={EDITOR}) as room:
            followed = told(room, f"/follow {FEED}")
    assert followed == f"Following: {FEED}\n{ENGLISH.not_watching}"


def test_times_are_told_from_now_on_in_each_language():
    now = datetime(2025, 6, 24, tzinfo=UTC).timestamp()
    state = SourceState(name=FEED, articles=3, succeeded=now - 300, due=now + 600)
    gone = SourceState(name="../wire", due=None, error=Reason.UNREADABLE_PATH(path="a", error="b"))
    shown = {}
    for words in (ENGLISH, FRENCH, RUSSIAN, ARABIC):
        (post,) = Drawing(words, Limits()).source_list([state, state, gone], (), now)
        shown[words.code] = text_of(post.runs).splitlines()[1:]
    assert shown == {
        "en": [
            "3 articles · read 5 min ago · next in 10 min",
            FEED,
            "3 articles · read 5 min ago · next in 10 min",
            "../wire",
            "0 articles · not read yet · not read again, it is gone",
            "its permissions do not allow it",
        ],
        "fr": [
            "3 articles · dernière lecture il y a 5\u202fmin · prochaine lecture dans 10\u202fmin",
            FEED,
            "3 articles · dernière lecture il y a 5\u202fmin · prochaine lecture dans 10\u202fmin",
            "../wire",
            "0 article · aucune lecture pour l’instant · n’existe plus, plus aucune lecture",
            "ses permissions ne le permettent pas",
        ],
        "ru": [
            "3 статьи · прочитано 5\xa0мин назад · снова через 10\xa0мин",
            FEED,
            "3 статьи · прочитано 5\xa0мин назад · снова через 10\xa0мин",
            "../wire",
            "0 статей · ещё не читал · источник исчез и больше не читается",
            "не хватает прав доступа",
        ],
        "ar": [
            "3 مقالات · قُرئ قبل 5 دقائق · يُقرأ مجددًا بعد 10 دقائق",
            f"\u200f\u2068{FEED}\u2069",
            "3 مقالات · قُرئ قبل 5 دقائق · يُقرأ مجددًا بعد 10 دقائق",
            "\u200f\u2068../wire\u2069",
            "لا مقالات · لم يُقرأ بعد · اختفى ولن يُقرأ مجددًا",
            "أذونات الوصول لا تسمح بذلك",
        ],
    }
