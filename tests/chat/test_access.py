"""Admission, the presses that count, and the limits of a person's questions."""

import json
import re

import pytest

from bot.chat.access import FOR_EACH_QUESTION, Access, Allowance, Policy
from bot.chat.buttons import Rate, SendAgain, ShowAnswer, ShowSource, ShowWhy
from bot.chat.store import DAY, MINUTE, Store
from bot.service.logs import chat_hash
from chat.room import Room, answer_of
from newsroom import BRIDGE, BRIDGED, FLOODED, MARKET, SlowChat, copied, indexed, opened
from rag.index.tables import FILE
from spoken import ENGLISH, FRENCH

EDITOR, ALLOWED, GROUP, STRANGER, GUEST = "1", "2", "g", "50", "51"
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("access") / ".griot", MARKET, BRIDGE)


@pytest.fixture
def serving(home, tmp_path):
    """Starts a bot with an index of its own."""
    started, own = [], copied(home, tmp_path)

    def starting(model=None, **policy):
        library = opened(own, model)
        for each in (library, room := Room(library, own, **policy)):
            started.append(each.__enter__())
        return room

    yield starting
    for each in reversed(started):
        each.__exit__(None, None, None)


@pytest.fixture
def model():
    return SlowChat("Nothing.", go=99)


@pytest.fixture
def closed(serving, model):
    """A bot for an editor, a reader and a group, and the chat model that would write for it."""
    return serving(model, editors=frozenset({EDITOR}), allowed=frozenset({ALLOWED, GROUP}))


def invited(room):
    """The code of a new invitation."""
    count = len(room.messages(EDITOR))
    room.say(EDITOR, "/invite")
    first, second = re.findall(r"^/start (\S+)", room.said(EDITOR, count + 1)[-1], re.MULTILINE)
    assert first == second
    return first


def test_a_stranger_gets_one_line_whatever_they_send_and_no_model_is_asked(closed, model):
    code = invited(closed)
    question = closed.say(STRANGER, FLOODED)
    for text in ("/help", "/startle me now", "/start", "/start guessed", "/start@other_bot"):
        closed.say(STRANGER, text)
    closed.edit(STRANGER, question, BRIDGED)
    closed.send_file(STRANGER, "a.txt", b"")
    closed.say(STRANGER, f"/ask {FLOODED}", chat="g2")
    closed.say(STRANGER, "Hello", chat="g2", addressed=False)
    closed.say(STRANGER, f"/start {code}")
    closed.wait(lambda: ENGLISH.invited in closed.texts(STRANGER))

    assert closed.texts(STRANGER)[:2] == [ENGLISH.stranger, ENGLISH.invited]
    assert (closed.messages("g2"), model.asked) == ([], [])


def test_a_stranger_who_presses_a_button_is_told_so_once(closed):
    closed.say(ALLOWED, "/language", chat="g2")
    closed.said("g2")
    [message] = closed.messages("g2")
    first = closed.press(STRANGER, message, "Français", chat="g2")
    closed.say(STRANGER, FLOODED)
    closed.say(ALLOWED, "/new")
    closed.said(ALLOWED)

    assert first == (ENGLISH.stranger, True)
    assert (closed.texts(STRANGER), closed.texts("g2")) == ([], [ENGLISH.choose_language])


def test_whoever_is_allowed_may_ask_and_so_may_all_of_a_group(closed):
    closed.say(ALLOWED, FLOODED)
    closed.say(GUEST, f"/ask {FLOODED}", chat=GROUP)
    for chat in (ALLOWED, GROUP):
        closed.answered(chat)
    closed.say(GUEST, FLOODED)
    assert closed.said(GUEST) == [ENGLISH.stranger]


def test_an_invitation_lets_one_person_in_or_a_group_and_no_second_one(closed):
    code = invited(closed)
    for person in (GUEST, STRANGER):
        closed.say(person, f"/start {code}")
        closed.said(person)
    closed.say("60", "/start guessed\nagain")
    closed.say(EDITOR, f"/start {invited(closed)}", chat="g2")
    closed.said("g2", 2)
    closed.say("61", f"/ask {FLOODED}", chat="g2")
    closed.say(GUEST, FLOODED)
    for chat in (GUEST, "g2"):
        closed.answered(chat)

    assert closed.texts(GUEST)[0] == closed.texts("g2")[0] == ENGLISH.invited
    assert closed.said(STRANGER) == [ENGLISH.invitation_used]
    assert closed.said("60") == [ENGLISH.invitation_unknown]


def test_a_group_that_has_another_id_keeps_its_language_and_its_access(serving):
    room = serving(allowed=frozenset({"g"}))
    room.say("9", "/language", chat="g")
    room.said("g")
    room.press("9", room.messages("g")[0], "Français", chat="g")
    room.move("g", "h")
    room.wait(lambda: room.bot.services.access.admits("9", "h"))
    room.say("9", "/new", chat="h")
    assert room.said("h") == [FRENCH.new_conversation]


def test_a_stranger_is_told_once_a_day(tmp_path):
    clock, store = Clock(), Store(tmp_path / FILE, bot="1")
    access = Access(Policy(allowed=frozenset({"x"})), store, clock)
    told = [access.to_be_told(person) for person in ("3", "3", "5")]
    clock.now += DAY
    assert [*told, access.to_be_told("3"), access.to_be_told("3")] == [
        *(True, False, True),
        *(True, False),
    ]
    store.close()


# Presses


def asked(room, person, question=FLOODED, chat=None):
    """The answer to a question."""
    count = len(room.answers(chat or person))
    room.say(person, f"/ask {question}", chat=chat)
    return room.answered(chat or person, count + 1)[-1]


def test_a_forged_press_shows_sends_and_rates_nothing_of_another_chat(serving):
    room = serving()
    library = room.bot.services.library
    secret = answer_of(library, asked(room, "1")).id
    own, public = asked(room, "2", BRIDGED), asked(room, "2", BRIDGED, chat="g")
    for press in (
        *(ShowWhy(secret, 0), ShowSource(secret, 0, 1), ShowAnswer(secret, 0)),
        *(Rate(secret, 0, good=False), SendAgain(secret)),
    ):
        assert room.forge("2", own, press) == (ENGLISH.not_kept, True)
        assert room.forge("2", public, press, chat="g") == (ENGLISH.not_kept, True)
    assert (room.messages("2"), room.messages("g"), library.ratings()) == ([own], [public], ())


def test_only_the_askers_presses_count_and_others_are_told_something(serving):
    room = serving()
    answer = asked(room, "1", chat="g")
    before = answer.text
    assert [room.press("2", answer, label, chat="g") for label in ("Why", "[1]", "👍")] == [
        (ENGLISH.not_yours, True),
        (f"[1] Niger Courier, 2 June 2025: “{FLOOD}”", True),
        (ENGLISH.not_yours, True),
    ]
    assert (answer.text, answer.edits[1:]) == (before, [])
    assert room.bot.services.library.ratings() == ()
    room.press("1", answer, "Why", chat="g")
    room.wait(lambda: answer.text.startswith(ENGLISH.why_head))


def pressed(room, person, shown, *labels):
    """The acknowledgement of each press, and the message after it."""
    told = []
    for label in labels:
        count = len(shown.edits)
        acknowledged, _ = room.press(person, shown, label)
        room.wait(lambda count=count: len(shown.edits) > count)
        told.append((acknowledged, shown.text))
    return told


def test_buttons_mean_the_same_after_a_restart_and_a_rebuilt_index(home, tmp_path):
    """The source in its paragraph, how the answer came about, and the answer as it was rated."""
    own = copied(home, tmp_path)
    with opened(own) as library, Room(library, own) as room:
        answer = asked(room, "1")
    said, head = answer.text, "[1] Flood in Gao · Niger Courier · 2 June 2025\n\n"
    with opened(own) as library:
        library.rebuild()
        with Room(library, own, messenger=room.messenger) as room:
            labels = ("[1]", "More around it", "← Back", "Why", "← Back", "👍", "👎")
            source, more, back, why, *rest = pressed(room, "1", answer, *labels)
            who = chat_hash("1", room.bot.services.store.salt)
        assert [(rating.good, rating.who) for rating in library.ratings()] == [(False, who)]
    flood, moved, _ = MARKET["text"].split("\n\n")
    assert source == ("", head + flood)
    assert more == ("", f"{head}{flood}\n\n{moved}")
    assert why[1].startswith(f"{ENGLISH.why_head}\nAsked: {FLOODED}\n")
    assert [back, *rest] == [
        *[("", said)] * 2,
        *((ENGLISH.rated_good, said), (ENGLISH.rated_bad, said)),
    ]


def test_a_source_that_has_changed_or_is_gone_is_shown_as_it_was(home, tmp_path):
    own = copied(home, tmp_path)
    with opened(own) as library, Room(library, own) as room:
        flood, bridge = asked(room, "1"), asked(room, "2", BRIDGED)
    corpus = own.parent / "corpus"
    changed = MARKET | {"text": "Nobody came along to the market of Gao on Monday."}
    (corpus / "article-0.json").write_text(json.dumps(changed), encoding="utf-8")
    (corpus / "article-1.json").unlink()
    with opened(own) as library, Room(library, own, messenger=room.messenger) as room:
        for person, shown, label, became in (
            ("1", flood, "[1]", ENGLISH.changed),
            ("2", bridge, "[1]", ENGLISH.gone),
        ):
            head, quote = shown.text.splitlines()[2:]
            assert pressed(room, person, shown, label) == [("", f"{head}\n\n{quote}\n\n{became}")]


def test_presses_have_an_allowance_of_their_own(serving):
    room = serving(per_minute=1)
    answer = asked(room, "1")
    good = Rate(answer_of(room.bot.services.library, answer).id, 0, good=True)
    presses = [room.forge("1", answer, good)[0] for _ in range(1 + FOR_EACH_QUESTION)]
    assert presses[:-1] == [ENGLISH.rated_good] * FOR_EACH_QUESTION
    assert presses[-1].startswith(ENGLISH.press_limit.partition("{wait}")[0])


# How much a person may ask


@pytest.mark.parametrize("unit", ["minute", "day"])
def test_a_limit_is_told_with_the_time_to_wait(serving, unit):
    room = serving(**{f"per_{unit}": 1})
    for person in ("1", "2"):
        asked(room, person)
    room.say("1", BRIDGED)
    wait = {"minute": r"\d\d s", "day": "24 h"}[unit]
    limit = rf"The limit is 1 question a {unit}\. Ask again in {wait}\."
    assert re.fullmatch(limit, room.said("1", 2)[1])


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_acts_count_for_a_minute_and_for_a_day():
    clock = Clock()
    allowance = Allowance(Policy(per_minute=1, per_day=2), clock=clock)
    taken = []
    for step in (0, 0, 0, 0, 0, 0, MINUTE, 0, 0, 0, 0, 0, MINUTE, DAY):
        clock.now += step
        taken.append(allowance.take("1"))
    day = [DAY - MINUTE, DAY - 2 * MINUTE, 0.0]
    assert taken == [*[0.0] * 5, MINUTE, *[0.0] * 5, *day]
    assert allowance.take("2") == 0.0
