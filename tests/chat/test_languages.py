"""Everything that a person can see, in each language: no word of it is of another language."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.chat.access import FOR_EACH_QUESTION
from bot.chat.buttons import ShowSource
from bot.chat.messages import Drawing
from bot.chat.post import Limits, text_of
from bot.corpus.editors import Editors, Rejection
from chat.room import Room, labels
from chat.vocabulary import given, stray, words
from fake_library import CLOSEST
from fake_reader import FakeReader
from fake_web import FakeWeb
from newsroom import copied, indexed, opened
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
    ReadingArticles,
    Searching,
    Topic,
)
from spoken import ARABIC, ENGLISH, FRENCH, LANGUAGES

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
    day = date(2025, 6, 2).isoformat()
    parts = {"reason": part, "error": part, "day": day}
    parts |= dict.fromkeys(("n", "size", "most", "seconds"), 3)
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


def shown_in(posts):
    """All that people read of messages, buttons included."""
    for post in posts:
        yield text_of(post.runs)
        yield from (button.text for row in post.rows for button in row)


def drawn(answer, spoken):
    """All that may be shown of an answer."""
    kept = as_kept(replace(answer, when=datetime(2025, 7, 1, tzinfo=UTC), id="7k3fq2"))
    drawing = Drawing(spoken, Limits())
    posts = [*drawing.answer(kept), *drawing.answer(kept, voted=False)]
    around = Around("α", "ω", more=True)
    for version in Version:
        posts.append(drawing.why(kept, dict.fromkeys(kept.articles, version), part=0))
        posts += [
            drawing.source(kept, ShowSource(kept.id, 0, mark), around, version)
            for mark in range(1, 1 + len(kept.citations))
        ]
    yield from shown_in(posts)
    yield from (drawing.glimpse(kept, mark) for mark in range(1, 1 + len(kept.citations)))


@SPOKEN
def test_no_answer_has_a_word_of_another_language(spoken):
    assert {
        word
        for answer in outcomes()
        for text in drawn(answer, spoken)
        for word in stray(spoken, text, names={"example"})
    } == set()


@SPOKEN
def test_no_remark_no_list_and_no_stage_has_a_word_of_another_language(spoken):
    drawing = Drawing(spoken, Limits())
    shown = (
        *(spoken.worded(filled(kind)) for kind in (*Reason, *Rejection)),
        *shown_in(drawing.article_list((GREEK, BARE), 100)),
        *shown_in(drawing.article_list((), 0)),
        *shown_in(drawing.working(at) for at in (Searching(), ReadingArticles(3), "")),
        *(spoken.start(filled(Reason.KNOWN), examples=examples) for examples in (True, False)),
        *(spoken.duration(seconds) for seconds in (1, 1000, 100_000)),
    )

    assert {word for text in shown for word in stray(spoken, text, names={"example"})} == set()


# The whole bot

OTHERS = pytest.mark.parametrize("spoken", [FRENCH, ARABIC], ids=["fr", "ar"])
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
INVITATION = re.compile(r"/start \S+")
NAMES = {"example", "article", "added", "pdf", "gz", *words(ENGLISH.example.format(name=""))}


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


class Walk:
    """People of one language who meet a bot, each action by somebody new."""

    def __init__(self, room, spoken):
        self.room, self.spoken, self.count = room, spoken, 0
        self.acknowledged = []

    def person(self):
        self.count += 1
        return str(self.count)

    def say(self, *lines):
        """Somebody new says these lines, and is answered each."""
        person = self.person()
        for count, line in enumerate(lines, 1):
            self.room.say(person, line, language=self.spoken.code)
            self.room.said(person, count)
        return person

    def say_each(self, *lines):
        """Each line is said by somebody new, all at once, and answered."""
        people = [self.person() for _ in lines]
        for person, line in zip(people, lines, strict=True):
            self.room.say(person, line, language=self.spoken.code)
        for person in people:
            self.room.said(person)
        return people

    def send(self, name, content, **more):
        person = self.person()
        self.room.send_file(person, name, content, language=self.spoken.code, **more)
        self.room.said(person)

    def press(self, person, shown, *presses, chat):
        """Somebody presses buttons that a message had, one after the other."""
        for press in presses:
            told, _ = self.room.forge(person, shown, press, chat=chat, language=self.spoken.code)
            self.acknowledged.append(told)

    def stray(self):
        everything = [each for chat in self.room.messenger.shown.values() for each in chat]
        shown = (
            *(INVITATION.sub("", text) for each in everything for text in (*each.edits, each.text)),
            *(label for each in everything for row in labels(each) for label in row),
            *self.acknowledged,
        )
        return {word for text in shown for word in stray(self.spoken, text, names=NAMES)}


@OTHERS
def test_readers_meet_no_word_of_another_language(home, tmp_path, spoken):
    own = copied(home, tmp_path)
    with opened(own, Model(), reader=GreekReader()) as library:
        with Room(library, own, per_minute=2) as room:
            walk = Walk(room, spoken)
            walk.say_each("/start", "/help", "/about", "/sources", "/new", "/stop", "/ask")
            walk.say_each("/unheard_of", "/language", "?", "ω" * 2000, "https://nea.example/1")
            walk.send("ω", b"")
            for person in walk.say_each(FAILS, INVENTS, "Ποιος κέρδισε;"):
                room.answered(person)
            walk.say(FLOODED, FLOODED, FLOODED)
            asker = walk.person()
            room.say(asker, f"/ask {FAILS}", chat="g", language=spoken.code)
            [answer] = room.answered("g")
            every = [button.press for row in answer.post.rows for button in row]
            walk.press(walk.person(), answer, *every * FOR_EACH_QUESTION, chat="g")
            walk.press(asker, answer, *every, chat="g")
            library.forget_answers(datetime.now(UTC))
            walk.press(walk.person(), answer, every[-1], chat="g")
            code = room.bot.services.store.invite()
        with Room(library, own, messenger=room.messenger, allowed={"x"}) as walk.room:
            walk.say(f"/start {code}")
            walk.say_each(f"/start {code}", "/start ω", FLOODED)

    assert walk.stray() == set()


@OTHERS
def test_editors_meet_no_word_of_another_language(home, tmp_path, spoken):
    own = copied(home, tmp_path)
    unread = {
        f"https://{number}.example/": SourceError(filled(kind))
        for number, kind in enumerate((*Reason, *Rejection))
    }
    broken = (
        CorpusError(Reason.NO_CORPUS(corpus="ω", kinds="ω")),
        StorageFull(Reason.NO_ROOM(home="ω")),
        IndexLocked(Reason.LOCKED(home="ω")),
        IndexDamaged(Reason.DAMAGED(path="ω", error="ω", home="ω")),
        EmbeddingError("The embedding server is down. Start it."),
    )
    with opened(own, reader=GreekReader()) as opened_library:
        library = Failing(opened_library)
        work = Editors(library, visitor=FakeWeb(unread).visitor)
        with Room(library, own, work=work, editors=set(map(str, range(200)))) as room:
            walk = Walk(room, spoken)
            walk.say_each("/help", "/articles", "/stats", "/invite", "/remove")
            walk.say_each("/remove ω", "/remove α")
            remover = walk.say("/remove 1.json")
            [question] = room.messages(remover)
            removal = question.post.rows[0][0].press
            walk.press(remover, question, removal, removal, chat=None)
            walk.say_each(*unread)
            walk.send("α.txt", "Η αγορά άνοιξε ξανά την Τρίτη, είπε ο Δήμαρχος.".encode())
            walk.send("α.txt", b"")
            walk.send("α.odt", b"\xcf")
            walk.send("α.json", b"[1,")
            walk.send("α.jsonl", '{"text": ""}\n{"text": "Η αγορά έκλεισε την Πέμπτη."}'.encode())
            walk.send("β.txt", b"-", size=30 * 2**20)
            walk.say("/reindex")
            for library.error in broken:
                person = walk.say("/reindex")
                room.wait(lambda chat=person: room.texts(chat) != [spoken.reindexing])

    assert walk.stray() == set()
