"""Everything that a person can see, in each language: no word of it is of another language."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.chat.allowance import FOR_EACH_QUESTION
from bot.chat.editors import Editors, Refusal
from bot.chat.store import Store
from bot.chat.texts import FRENCH, LANGUAGES, RUSSIAN
from bot.telegram_bot import messages
from bot.telegram_bot.buttons import ShowSource
from fake_bot_api import FakeBotApi, Lose, Refuse
from fake_library import CLOSEST
from fake_reader import FakeReader
from rag.errors import (
    CorpusError,
    EmbeddingError,
    IndexDamaged,
    IndexLocked,
    ModelError,
    SourceError,
    StorageFull,
)
from rag.index.answers import Version, as_kept
from rag.index.sqlite_catalog import FILE
from rag.reasons import Reason, Remark
from rag.text.passages import Around
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Outcome,
    Reading,
    Searching,
    Topic,
)
from telegram_bots import BOT, BotThread
from telegram_languages import given, stray
from telegram_scene import answered, copied, indexed, labels, opened, said, texts

SPOKEN = pytest.mark.parametrize("spoken", LANGUAGES.values(), ids=LANGUAGES)

GREEK = Article(
    id="https://α.example/1",
    url="https://α.example/1",
    title="Η γέφυρα",
    outlet="Νέα",
    published=date(2025, 6, 1),
    text="Η γέφυρα άνοιξε την Παρασκευή. Ο Δήμαρχος Νίκος Παππάς πέρασε πρώτος.",
    content_hash="1",
)
BARE = replace(GREEK, id="α.txt", url=None, title="", outlet=None, published=None)


def cited(article):
    return Citation(article, 0, 30, article.text[:30])


CITATIONS = (cited(GREEK), cited(BARE))
CLAIMS = (
    Claim(text="Την Παρασκευή.", citations=CITATIONS, support=0.9, part="Πότε;"),
    Claim(text="Ο Δήμαρχος.", citations=(), support=0.1, part="Ποιος;"),
)
WHOLE = Answer(
    question="Πότε άνοιξε;",
    standalone_question="Πότε άνοιξε η γέφυρα;",
    outcome=Outcome.ANSWERED,
    claims=CLAIMS,
    confidence=0.87,
    evidence=(replace(CLOSEST, article=GREEK), replace(CLOSEST, article=BARE)),
    timings={"total": 1234.0},
)


def filled(kind, *, deep=True):
    """A remark of a kind: names are Greek, numbers are 3, and a part is another remark."""
    part = Reason.LOCKED(home="Ω") if deep else "Ω"
    parts = {"reason": part, "error": part, "n": 3, "size": 3, "most": 3, "seconds": 3}
    return Remark(kind, {name: parts.get(name, "Ω") for name in given(kind)})


def outcomes():
    """Answers of every outcome, with every remark and everything that articles differ on."""
    yield WHOLE
    yield replace(WHOLE, model="Ω", mode="model", claims=CLAIMS[:1])
    yield replace(WHOLE, outcome=Outcome.PARTLY_ANSWERED, unanswered=("Γιατί;",))
    yield replace(WHOLE, outcome=Outcome.NOT_IN_CORPUS, claims=(), confidence=0.0)
    yield replace(WHOLE, outcome=Outcome.FAILED, claims=(), evidence=())
    for kind in Reason:
        yield replace(WHOLE, remarks=(filled(kind),), model_failed=True)
    for topic in (*Topic, "γέφυρα"):
        for conflict in Conflict:
            differing = Disagreement(topic=topic, citations=CITATIONS, kind=conflict)
            yield replace(WHOLE, disagreements=(differing,))


def drawn(answer, spoken):
    """All that may be shown of an answer, buttons included."""
    kept = as_kept(replace(answer, when=datetime(2025, 7, 1, tzinfo=UTC), id="7k3fq2"))
    shown = [*messages.answer(kept, spoken), *messages.answer(kept, spoken, voted=False)]
    for version in Version:
        shown.append(messages.why(kept, dict.fromkeys(kept.articles, version), spoken, part=0))
        shown += [
            messages.source(
                kept, ShowSource(kept.id, 0, mark), Around("α", "ω", more=True), version, spoken
            )
            for mark in range(1, 1 + len(kept.citations))
        ]
    yield from (each.html for each in shown)
    yield from (button.text for each in shown for row in each.rows for button in row)
    yield from (messages.glimpse(kept, mark, spoken) for mark in range(1, 1 + len(kept.citations)))
    for result in messages.inline(answer, spoken):
        yield from (result.title, result.description, result.html)


@SPOKEN
def test_no_answer_has_a_word_of_another_language(spoken):
    found = {
        word
        for answer in outcomes()
        for text in drawn(answer, spoken)
        for word in stray(spoken, text, names={"example"})
    }

    assert found == set()


@SPOKEN
def test_no_remark_no_list_and_no_stage_has_a_word_of_another_language(spoken):
    shown = (
        *(spoken.worded(filled(kind)) for kind in (*Reason, *Refusal)),
        *(each.html for each in messages.article_list((GREEK, BARE), 100, spoken)),
        *(each.html for each in messages.article_list((), 0, spoken)),
        *(messages.working(spoken, at) for at in (Searching(), Reading(3), "")),
        *(
            spoken.start(count, first, last, examples=examples)
            for count in (0, 1, 5)
            for first, last in ((None, None), (GREEK.published, GREEK.published))
            for examples in (True, False)
        ),
        *(spoken.duration(seconds) for seconds in (1, 1000, 100_000)),
    )

    assert {word for text in shown for word in stray(spoken, text, names={"example"})} == set()


# The whole bot

OTHERS = pytest.mark.parametrize("spoken", [FRENCH, RUSSIAN], ids=["fr", "ru"])
FLOODED = "Πότε πλημμύρισε η αγορά;"
STORY = {
    "title": "Πλημμύρα",
    "url": "https://nea.example/plimmyra",
    "outlet": "Νέα",
    "published": "2025-06-02",
    "text": (
        "Η αγορά πλημμύρισε τη Δευτέρα μετά από βροχή, είπε ο Δήμαρχος Νίκος Παππάς.\n\n"
        "Οι έμποροι μετέφεραν τα προϊόντα στο σχολείο, και κανείς δεν τραυματίστηκε στην πόλη."
    ),
}
BRIDGE = {
    "title": "Γέφυρα",
    "published": "2025-06-20",
    "text": "Η πόλη άνοιξε τη γέφυρα την Παρασκευή, και ο Κυβερνήτης Πέτρος Ράλλης πέρασε.",
}
FAILS, INVENTS = "Πλημμύρισε η αγορά τη Δευτέρα;", "Η αγορά πλημμύρισε, πότε;"
NAMES = {"example", "article", "added", "pdf"}


class GreekReader:
    def load(self):
        pass

    def read(self, question, passages, *, several=False):
        found = ("τη Δευτέρα",) if "πλημμύρισε" in question.lower() else ()
        return FakeReader(*found).read(question, passages)


class Model:
    """A chat model that fails for one question, invents for another, and waits for the rest."""

    name = "Ω"

    def __init__(self):
        self.waiting = 0

    async def stream(self, messages, *, max_tokens):
        asked = messages[-1].content
        if FAILS in asked:
            raise ModelError("The chat server is down. Start it.")
        yield "Ο Πάπας χόρεψε στη Ρώμη." if INVENTS in asked else "NOT_ANSWERED"

    async def models(self):
        return (self.name,)

    async def close(self):
        pass


def fetch_of(errors):
    async def fetch(url):
        raise errors[url]

    return fetch


class Failing:
    """A library of which some work fails."""

    def __init__(self, library):
        self._library = library
        self.error = None

    def __getattr__(self, name):
        return getattr(self._library, name)

    def refresh(self, **more):
        if self.error:
            raise self.error
        return self._library.refresh(**more)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("languages") / ".griot", STORY, BRIDGE)


def shown_by(call, code):
    """The texts that a call of the bot shows somebody."""
    params = call.params
    yield from (params[name] for name in ("text",) if name in params)
    for row in (params.get("reply_markup") or {}).get("inline_keyboard", ()):
        yield from (button["text"] for button in row)
    if call.method == "setMyCommands" and params.get("language_code") == code:
        yield from (each["description"] for each in params["commands"])
    if call.method == "answerInlineQuery":
        yield params["button"]["text"]
        for result in params["results"]:
            yield from (result["title"], result["description"])
            yield result["input_message_content"]["message_text"]


class Walk:
    """People of one language who meet a bot, each action by somebody new."""

    def __init__(self, api, spoken):
        self.api, self.spoken, self.count = api, spoken, 100

    def person(self, number=None):
        self.count += 1
        return self.api.person(number or self.count, language=self.spoken.code)

    def say(self, *lines):
        """Somebody new says these lines, and is answered each."""
        person = self.person()
        for count, line in enumerate(lines, 1):
            self.api.say(person, line)
            said(self.api, person.id, count)
        return person

    def say_each(self, *lines):
        """Each line is said by somebody new, all at once, and answered."""
        people = [self.person() for _ in lines]
        for person, line in zip(people, lines, strict=True):
            self.api.say(person, line)
        for person in people:
            said(self.api, person.id)
        return people

    def press(self, person, message, *buttons, chat):
        """Somebody presses buttons that a message had, one after the other."""
        data = {one["text"]: one["callback_data"] for row in message.buttons for one in row}
        for button in buttons:
            query = self.api.forge(person, message.id, data[button], chat=chat)
            self.api.wait(lambda name=query: self.api.answered(name))

    def stray(self):
        shown = [text for call in self.api.calls for text in shown_by(call, self.spoken.code)]
        return {word for text in shown for word in stray(self.spoken, text, names=NAMES)}


@pytest.mark.pace
@OTHERS
def test_readers_meet_no_word_of_another_language(home, tmp_path, spoken):
    own = copied(home, tmp_path)
    with FakeBotApi() as api, opened(own, Model(), reader=GreekReader()) as library:
        walk = Walk(api, spoken)
        with BotThread(api, library, own, telegram_per_minute=2):
            walk.say_each("/start", "/help", "/about", "/sources", "/new", "/stop", "/ask")
            walk.say_each("/unheard_of", "/language", "?", "ω" * 2000, "https://nea.example/1")
            api.send(sender := walk.person(), sticker={})
            said(api, sender.id)
            for person in walk.say_each(FAILS, INVENTS, "Ποιος κέρδισε;"):
                answered(api, person.id)
            walk.say(FLOODED, FLOODED, FLOODED)
            group = api.group(-1_000_000_000_001, members=[asker := walk.person()])
            api.add_bot(group, asker)
            said(api, group)
            api.say(asker, f"/ask@griot_bot {FAILS}", chat=group)
            [answer] = answered(api, group)
            every = (*labels(answer)[0], spoken.why, "👍", "👎")
            walk.press(walk.person(), answer, *every * FOR_EACH_QUESTION, chat=group)
            walk.press(asker, answer, *every, chat=group)
            library.forget_answers(datetime.now(UTC))
            walk.press(walk.person(), answer, spoken.why, chat=group)
            for query in (FAILS, "Ποιος κέρδισε;", ""):
                inline = api.ask_inline(walk.person(), query)
                api.wait(lambda name=inline: api.answered(name))
            api.fail("sendMessage", Refuse(400, "Bad Request: broken"), chat=walk.count + 1)
            walk.say("/help")
            api.fail("sendMessage", Lose(), chat=walk.count + 1)
            walk.say(FLOODED)
        with closing(Store(own / FILE, bot=BOT)) as store:
            code = store.invite()
        with BotThread(api, library, own, telegram_allowed={1}):
            walk.say(f"/start {code}")
            walk.say_each(f"/start {code}", "/start ω", FLOODED)

    assert walk.stray() == set()


@pytest.mark.pace
@OTHERS
def test_editors_meet_no_word_of_another_language(home, tmp_path, spoken):
    own = copied(home, tmp_path)
    unread = {
        f"https://{number}.example/": SourceError(filled(kind))
        for number, kind in enumerate((*Reason, *Refusal))
    }
    broken = (
        CorpusError(Reason.NO_CORPUS(corpus="ω", kinds="ω")),
        StorageFull(Reason.NO_ROOM(home="ω")),
        IndexLocked(Reason.LOCKED(home="ω")),
        IndexDamaged(Reason.DAMAGED(path="ω", error="ω", home="ω")),
        EmbeddingError("The embedding server is down. Start it."),
    )
    people = {*range(1, 100)}
    with FakeBotApi() as api, opened(own, reader=GreekReader()) as opened_library:
        library, walk = Failing(opened_library), Walk(api, spoken)
        walk.count = 0
        editors = Editors(library, fetch=fetch_of(unread))
        with BotThread(api, library, own, editors=editors, telegram_admins=people):
            walk.say_each("/help", "/articles", "/stats", "/invite", "/remove")
            walk.say_each("/remove ω", "/remove α")
            remover = walk.say("/remove 1.json")
            for _ in range(2):
                api.press(remover, api.messages(remover.id)[0].id, spoken.remove)
            walk.say_each(*unread)
            for name, content in (
                ("α.txt", "Η αγορά άνοιξε ξανά την Τρίτη, είπε ο Δήμαρχος."),
                ("α.txt", ""),
                ("α.pdf", "ω"),
                ("α.json", "[1,"),
                ("α.jsonl", '{"text": ""}\n{"text": "Η αγορά έκλεισε την Πέμπτη."}'),
            ):
                api.send(sender := walk.person(), document=api.file(name, content.encode()))
                said(api, sender.id)
            large = api.file("β.txt", b"-") | {"file_size": 30 * 2**20}
            api.send(sender := walk.person(), document=large)
            said(api, sender.id)
            walk.say("/reindex")
            for error in broken:
                library.error = error
                person = walk.say("/reindex")
                reindexing = [spoken.reindexing]
                api.wait(lambda chat=person.id, one=reindexing: texts(api, chat) != one)

    assert walk.stray() == set()
