"""Standing questions and digests, in conversations at the fake messenger."""

import json
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import pytest

from bot.chat.buttons import EndWatch
from bot.chat.messenger import NotDone, Uncertain, Unreachable
from bot.chat.standing import MOST
from bot.standing.digest import hour_of, name_of, next_due, zone_of
from bot.standing.store import MIGRATIONS, Standing, StandingTables
from chat.fake_messenger import FakeMessenger
from chat.room import Room, labels
from newsroom import copied, indexed, opened
from rag.index.tables import FILE, PATIENCE
from rag.index.tables import opened as opened_tables
from spoken import ENGLISH, LANGUAGES
from standing_news import ELSEWHERE, MAYOR, MINISTER, REPLACED, REWORDED, TOLD, NameReader, article

READER, OTHER = "50", "51"
NEWS = """\
The articles now differ on the answer
Who is the defence minister of Torvia?

Before:
Karim Selde [1]

Now:
Amina Orlo [2]

[1] News of post · Post · 2 June 2025
The defence minister of Torvia is Karim Selde, a retired general.
[2] News of daily · Daily · 6 June 2025
Amina Orlo became defence minister of Torvia on Friday."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("standing") / ".griot", TOLD)


@pytest.fixture
def own(home, tmp_path):
    return copied(home, tmp_path)


@pytest.fixture
def library(own):
    with opened(own, reader=NameReader()) as found:
        yield found


@pytest.fixture
def room(library, own):
    with Room(library, own) as started:
        yield started


def told(room, text, person=READER, **where):
    """The bot's next message."""
    count = len(room.messages(person))
    room.say(person, text, **where)
    return room.said(person, count + 1)[count]


def watch(room, question=MINISTER, person=READER):
    """Watch a question, and wait until its answer is known."""
    said = told(room, f"/watch {question}", person)
    known = lambda: all(each.told for each in room.bot.standing.questions())  # noqa: E731
    room.wait(known)
    return said


def come(library, own, *articles):
    """Articles arrive."""
    corpus = own.parent / "corpus"
    for each in articles:
        path = corpus / f"{each['outlet']}.json"
        path.write_text(json.dumps(each), encoding="utf-8")
    library.refresh()


def look(room):
    """Have the bot look for what is new, and wait until it has."""
    last = room.bot.services.library.last_found()
    store = room.bot.standing

    def looked():
        room.wake()
        return all(each.seen >= last and not each.news for each in store.questions())

    room.wait(looked)


def digested(room, library, own, *articles):
    """Articles arrive, and the digest is due."""
    come(library, own, *articles)
    (digest,) = room.bot.standing.digests()
    room.bot.standing.put_digest(None, replace(digest, due=0.0))
    room.wait(lambda: room.wake() or room.bot.standing.digests()[0].due > 0)


def digests(room, count):
    """The first two lines of the digests, once there are so many."""
    sent = lambda: [each for each in room.texts(READER) if each[0].isdigit()]  # noqa: E731
    room.wait(lambda: len(sent()) >= count)
    return [tuple(each.splitlines()[:2]) for each in sent()]


def news(room, person=READER):
    """The messages on changed answers."""
    heads = ("There is a new answer", "There is an answer now", "The articles now differ")
    return [each for each in room.texts(person) if each.startswith(heads)]


# Standing questions


def test_a_watched_question_is_answered_and_confirmed(room):
    assert watch(room) == ENGLISH.watching.format(question=MINISTER)
    (answer,) = room.answered(READER)
    assert answer.text.startswith("Karim Selde [1]")
    assert labels(room.messages(READER)[0]) == [[ENGLISH.end_watch]]


def test_another_answer_is_told_once_with_the_old_and_the_new(room, library, own):
    watch(room)
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or news(room))
    look(room)
    come(library, own, article("echo", "Amina Orlo, defence minister of Torvia, spoke on Sunday."))
    look(room)
    assert news(room) == [NEWS]
    (shown,) = [each for each in room.messages(READER) if each.text == NEWS]
    assert labels(shown) == [[ENGLISH.end_watch]]
    assert [
        run.href.partition("#")[0] for run in shown.post.rows and shown.post.runs if run.href
    ] == [*("https://post.example/news", "https://daily.example/news") * 2]


def test_another_wording_a_repost_and_another_story_are_no_news(room, library, own):
    watch(room)
    repost = {**TOLD, "url": "https://copy.example/", "outlet": "Copy", "title": "Again"}
    for each in (REWORDED, ELSEWHERE, repost):
        come(library, own, each)
        look(room)
    assert news(room) == []


def test_an_answer_where_there_was_none_is_told(room, library, own):
    watch(room, MAYOR)
    named = article("ledger", "Ines Daro is the mayor of Pelia.", place="Pelia")
    come(library, own, named)
    room.wait(lambda: room.wake() or news(room))
    assert news(room)[0].splitlines()[:7] == [
        "There is an answer now",
        MAYOR,
        "",
        "Before:",
        "The articles do not say.",
        "",
        "Now:",
    ]


def test_what_changes_while_the_bot_is_away_is_told_by_the_next_one_and_not_again(library, own):
    messenger = FakeMessenger()
    with Room(library, own, messenger=messenger) as room:
        watch(room)
    come(library, own, REPLACED)
    for _ in range(2):
        with Room(library, own, messenger=messenger) as room:
            look(room)
            room.wait(lambda: news(room))
    assert news(room) == [NEWS]


def test_a_question_that_no_new_article_touches_is_not_asked_again(tmp_path):
    """None of the new ones is among what a search for it finds."""
    words = "rain road bridge school market harvest river tax port train".split()
    others = [
        article(word, f"The defence minister of Torvia spoke about the {word} of {n} towns.")
        for n, word in enumerate(words)
    ]
    own = indexed(tmp_path / ".griot", TOLD, *others)
    with opened(own, reader=NameReader()) as library:
        asked = []
        glance = library.glance

        async def counted(question):
            asked.append(question)
            return await glance(question)

        library.glance = counted
        with Room(library, own) as room:
            watch(room)
            asked.clear()
            come(library, own, ELSEWHERE)
            look(room)
        found = [library.concerns(MINISTER, {each["url"]}) for each in (TOLD, ELSEWHERE)]
    assert (asked, found) == ([], [True, False])


def test_a_watched_follow_up_stands_alone(room):
    room.say(READER, MINISTER)
    room.answered(READER)
    said = told(room, "/watch and when did he take office?")
    assert said.startswith("I am watching this question: ")
    assert "Karim Selde" in said or MINISTER.rstrip("?") in said


def test_questions_are_listed_and_ended_with_buttons(room):
    watch(room)
    watch(room, MAYOR)
    room.answered(READER, 2)
    assert told(room, "/watch") == (
        f"{ENGLISH.watch_list}\n• {MINISTER}\n• {MAYOR}\n{ENGLISH.watch_how}"
    )
    shown = room.messages(READER)[-1]
    for question in (MINISTER, MAYOR):
        pressed = room.press(READER, shown, f"Stop: {question}")
        assert pressed == (ENGLISH.watch_ended, False)
        room.wait(lambda: question not in shown.text)  # noqa: B023 - called here
    assert shown.text == f"{ENGLISH.watch_none}\n{ENGLISH.watch_how}"
    assert room.bot.standing.questions() == ()


def test_a_person_may_watch_so_many_questions_and_ends_only_their_own(room):
    for number in range(MOST):
        room.say(READER, f"/watch Who is mayor number {number}?")
    room.wait(lambda: len(room.bot.standing.questions()) == MOST)
    room.say(READER, f"/watch {MINISTER}")
    limit = ENGLISH.counted(ENGLISH.watch_limit, MOST)
    room.wait(lambda: limit in room.texts(READER))
    room.say(OTHER, f"/watch {MINISTER}", chat="g")
    room.wait(lambda: room.texts("g"))
    (number,) = [each.number for each in room.bot.standing.questions() if OTHER in each.watchers]
    forged = room.forge(READER, room.messages("g")[0], EndWatch(number, 0), chat="g")
    assert forged == (ENGLISH.not_yours, False)
    assert len(room.bot.standing.questions()) == MOST + 1


def group_watch(room, person, question=MINISTER, thread=""):
    """Watch a question in a topic of a group."""
    room.say(person, f"/watch {question}", chat="g", thread=thread)
    watched = lambda: [each for each in room.bot.standing.watched_by(person) if each.told]  # noqa: E731
    room.wait(lambda: question in [each.question for each in watched()])


def test_a_question_that_two_watch_in_a_group_is_told_once_and_each_ends_their_own(
    room, library, own
):
    group_watch(room, READER)
    group_watch(room, OTHER)
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or news(room, "g"))
    look(room)
    assert news(room, "g") == [NEWS]
    shown = next(each for each in room.messages("g") if each.text == NEWS)
    assert [
        (room.press(person, shown, ENGLISH.end_watch, chat="g"), len(room.bot.standing.questions()))
        for person in ("52", READER, OTHER)
    ] == [
        ((ENGLISH.not_yours, False), 1),
        ((ENGLISH.watch_ended, False), 1),
        ((ENGLISH.watch_ended, False), 0),
    ]


def test_a_question_that_is_watched_in_two_topics_is_told_once_in_each(room, library, own):
    for person, thread in ((READER, "5"), (OTHER, "6"), ("52", "6")):
        group_watch(room, person, thread=thread)
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or len(news(room, "g")) == 2)
    look(room)
    assert [each.thread for each in room.messages("g") if each.text == NEWS] == ["5", "6"]


def test_in_private_a_person_sees_and_ends_what_they_watch_anywhere(room):
    group_watch(room, READER)
    group_watch(room, OTHER, MAYOR)
    there = f"{ENGLISH.watch_elsewhere}\n• {MINISTER}\n{ENGLISH.watch_how}"
    assert told(room, "/watch") == there
    watch(room, MAYOR)
    room.answered(READER)
    assert told(room, "/watch") == f"{ENGLISH.watch_list}\n• {MAYOR}\n{there}"
    shown = room.messages(READER)[-1]
    room.say(READER, "/watch", chat="g")
    listed = f"{ENGLISH.watch_list}\n• {MINISTER}\n{ENGLISH.watch_how}"
    room.wait(lambda: listed in room.texts("g"))
    room.press(READER, shown, f"Stop: {MINISTER}")
    room.wait(lambda: ENGLISH.watch_elsewhere not in shown.text)
    assert [each.question for each in room.bot.standing.watched_by(READER)] == [MAYOR]


def test_where_the_bot_is_blocked_nothing_is_watched_any_more(room, library, own):
    watch(room)

    async def blocked(*_, **__):
        raise Unreachable("blocked")

    room.messenger.send = blocked
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or not room.bot.standing.questions())


def test_of_two_processes_of_the_bot_one_tells_a_change(library, own):
    messenger = FakeMessenger()
    with (
        Room(library, own, messenger=messenger) as one,
        Room(library, own, messenger=messenger) as other,
    ):
        watch(one)
        come(library, own, REPLACED)
        one.wait(lambda: (one.wake(), other.wake()) and news(one))
        look(one)
        look(other)
    assert news(one) == [NEWS]


def test_what_is_not_sent_is_sent_later_and_what_may_have_arrived_is_not_sent_again(
    room, library, own
):
    watch(room)
    send, faults = room.messenger.send, [NotDone("busy"), Uncertain("lost")]

    async def faulty(chat, post, **where):
        if faults:
            raise faults.pop(0)
        return await send(chat, post, **where)

    room.messenger.send = faulty
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or not faults)
    look(room)
    look(room)
    assert news(room) == []


def test_a_group_that_moves_takes_its_questions_along(room, library, own):
    room.say(READER, f"/watch {MINISTER}", chat="g")
    room.wait(lambda: [each for each in room.bot.standing.questions() if each.told])
    room.move("g", "h")
    room.wait(lambda: [each.chat for each in room.bot.standing.questions()] == ["h"])
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or news(room, "h"))


@pytest.mark.parametrize("spoken", LANGUAGES.values(), ids=LANGUAGES)
def test_news_are_framed_in_the_language_of_the_chat(library, own, spoken):
    with Room(library, own) as room:
        room.say(READER, "/language")
        room.press(READER, room.wait(lambda: room.messages(READER))[0], spoken.name)
        watch(room)
        come(library, own, REPLACED)
        head = spoken.reasons.get("news_disputed", "The articles now differ")
        room.wait(lambda: room.wake() or any(each.startswith(head) for each in room.texts(READER)))


# Digests


def test_a_digest_is_off_until_an_hour_is_chosen_and_shows_its_time_zone(room):
    assert told(room, "/digest") == f"{ENGLISH.digest_off}\n{ENGLISH.digest_how}"
    chosen = told(room, "/digest 8 africa/bamako")
    assert chosen.startswith("Each day at 08:00 (Africa/Bamako), I send a list of what the new ")
    assert "\n" not in chosen
    assert told(room, "/digest") == f"{chosen}\n{ENGLISH.digest_how}"
    assert told(room, "/digest 25") == ENGLISH.digest_how
    assert told(room, "/digest 8 nowhere").startswith("I don’t know a time zone “nowhere”.")
    assert told(room, "/digest 9").startswith("Each day at 09:00 (Africa/Bamako), ")
    room.press(READER, room.messages(READER)[-1], ENGLISH.end_digest)
    room.wait(lambda: room.messages(READER)[-1].text.startswith(ENGLISH.digest_off))
    assert room.bot.standing.digests() == ()
    assert told(room, "/digest off") == ENGLISH.digest_off


def test_a_digest_tells_once_what_came_since_the_last_one_by_story(room, library, own):
    told(room, "/digest 8")
    long = " ".join(f"The council of Torvia debated point {n} of the budget." for n in range(30))
    wire = article("wire", long)
    copy = {**article("daily", long), "published": "2025-06-03"}
    come(library, own, wire, copy, ELSEWHERE)
    (digest,) = room.bot.standing.digests()
    room.bot.standing.put_digest(None, replace(digest, due=time.time() - 1))
    sent = room.wait(lambda: room.wake() or room.texts(READER)[1:])
    for _ in range(3):
        room.wake()
        time.sleep(0.05)
    assert room.texts(READER)[1:] == sent
    assert sent[0].splitlines() == [
        "3 new articles",
        "• News of daily · Daily · 3 June 2025",
        "The council of Torvia debated point 0 of the budget.",
        "also in 1 other: Wire",
        "• News of other · Other · 2 June 2025",
        "Rain fell in Gao and the market was closed.",
    ]
    (after,) = room.bot.standing.digests()
    assert after.due > time.time()


SCHOOL = "A school in the north of Gao burned down at night, and two hundred pupils have to walk"
HARVEST = "The harvest of millet around Pelia was the best for many years, as it had rained in time"


def test_articles_that_lose_a_line_that_others_share_are_not_told_again(room, library, own):
    """A third article with that line is told alone; one whose text is updated is told again."""
    told(room, "/digest 8")
    first = article("one", f"{SCHOOL} far.")
    digested(room, library, own, first)
    before = library.article(first["url"]).text
    digested(room, library, own, article("two", f"{HARVEST}."))
    assert len(library.article(first["url"]).text) < len(before)
    digested(room, library, own, article("one", f"{SCHOOL} to Timbuktu."))
    assert digests(room, 3) == [
        ("1 new article", "• News of one · One · 2 June 2025"),
        ("1 new article", "• News of two · Two · 2 June 2025"),
        ("1 new article", "• News of one · One · 2 June 2025"),
    ]


def test_a_watched_question_takes_no_article_for_new_that_was_there_before(room, library, own):
    """What it says is no news when it is stored anew without a line, even if it was not told."""
    known = article(
        "one",
        "Amina Orlo became defence minister of Torvia on Friday, said those who"
        " had met her at the airport of the capital in the evening.",
    )
    come(library, own, known)
    watch(room)
    (watched,) = room.bot.standing.questions()
    untold = replace(watched.told, claims=watched.told.claims[:1], disagreements=())
    room.bot.standing.put(watched, replace(watched, told=untold))
    before = library.article(known["url"]).text
    come(library, own, article("two", f"{HARVEST}."))
    assert len(library.article(known["url"]).text) < len(before)
    look(room)
    assert news(room) == []


def test_a_repost_of_a_story_that_was_there_before_is_not_told(room, library, own):
    told(room, "/digest 8")
    long = " ".join(f"The council of Torvia debated point {n} of the budget." for n in range(30))
    digested(room, library, own, article("wire", long))
    digested(room, library, own, article("daily", long))
    digested(room, library, own, article("echo", long), ELSEWHERE)
    assert digests(room, 2) == [
        ("1 new article", "• News of wire · Wire · 2 June 2025"),
        ("1 new article", "• News of other · Other · 2 June 2025"),
    ]


def test_a_digest_of_nothing_is_not_sent(room):
    told(room, "/digest 8")
    (digest,) = room.bot.standing.digests()
    room.bot.standing.put_digest(None, replace(digest, due=0.0))
    room.wait(lambda: room.wake() or room.bot.standing.digests()[0].due > 0)
    assert len(room.texts(READER)) == 1


def test_time_zones_are_places_or_offsets():
    names = ("Africa/Bamako", "europe/paris", "UTC", "+2", "-03:30", "UTC+5:45", "GMT")
    assert [name_of(zone_of(name)) for name in names] == [
        "Africa/Bamako",
        "Europe/Paris",
        "UTC",
        "UTC+02:00",
        "UTC-03:30",
        "UTC+05:45",
        "UTC",
    ]
    assert [zone_of(name_of(zone_of(name))) == zone_of(name) for name in names] == [True] * 7
    assert [zone_of(name) for name in ("Mars/Base", "+15", "8", "../etc/passwd", "")] == [None] * 5
    assert [hour_of(text) for text in ("8", "08", "8:00", "24", "8:30", "x")] == [8] * 3 + [
        None
    ] * 3


def test_the_hour_is_the_same_on_the_clock_when_the_clocks_change():
    paris, day = zone_of("Europe/Paris"), 86_400
    before = datetime(2025, 3, 29, 9, tzinfo=paris).timestamp()
    due = next_due(before, 8, paris)
    assert due - before == 22 * 3600  # a day of 23 hours
    assert next_due(due, 8, paris) - due == day
    assert next_due(due - 1, 8, paris) == due


def test_the_tables_keep_what_was_told_and_what_is_to_be_told(room, library, own):
    watch(room)
    come(library, own, REPLACED)
    room.wait(lambda: room.wake() or news(room))
    look(room)
    (kept,) = room.bot.standing.questions()
    store = StandingTables(own / FILE, bot="another")
    assert [claim.text for claim in kept.told.claims] == ["Karim Selde", "Amina Orlo"]
    assert store.questions() == ()
    assert kept.earlier == ("The defence minister of Torvia is Karim Selde, a retired general.",)
    store.close()


def test_a_question_of_an_earlier_version_is_its_persons(place):
    earlier = opened_tables(place, MIGRATIONS[:1], name="standing", patience=PATIENCE)
    earlier.run(
        "INSERT INTO standing_questions "
        "(bot, chat, thread, person, language, question, seen, earlier) "
        "VALUES ('b', 'g', '7', '50', 'en', 'Who', 3, '[]')"
    )
    earlier.close()
    with closing(StandingTables(place, bot="b")) as store:
        known = Standing(chat="g", language="en", question="Who", seen=3)
        kept = replace(known, number=1, watchers={READER: "7"})
        assert store.questions() == (kept,)
        both = replace(kept, watchers={READER: "7", OTHER: "8"})
        assert store.add(known, OTHER, thread="8", most=1) == both
        assert store.add(replace(known, chat="h"), OTHER, most=1) is None
