"""Runs of questions made by hand, as reports and comparisons take them."""

from datetime import UTC, date, datetime

from bot.questions.format import Question
from bot.questions.results import Attempt, Check, Result, Run
from rag.records import Edition, Quoted, Record, Retrieved, Stated
from rag.types import Outcome

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
KREMLIN = Edition(
    id="kremlin-visit.md",
    url=None,
    title="Goita and Putin talk cooperation at the Kremlin",
    outlet=None,
    published=None,
    content_hash="1",
)
MOSCOW = Edition(
    id="moscow-partnership.txt",
    url="https://news.example/moscow",
    title="Mali and Russia",
    outlet="Sahel Post",
    published=date(2025, 6, 24),
    content_hash="2",
)
CAMARA = "Accompanying Goita from Bamako were Sadio Camara"


def question(name: str = "who", **more: object) -> Question:
    """A question of which it is expected that it names Camara, if nothing else is said."""
    checks = more or {"expect": ["Sadio Camara"]}
    return Question.model_validate({"id": name, "ask": f"{name.capitalize()}?"} | checks)


def quoted(quote: str = CAMARA, edition: Edition = KREMLIN) -> Quoted:
    return Quoted(edition=edition, start=10, end=10 + len(quote), quote=quote)


def retrieved(edition: Edition = KREMLIN, score: float = 0.9) -> Retrieved:
    return Retrieved(
        edition=edition,
        start=0,
        end=60,
        score=score,
        lexical=1.0,
        similarity=0.7,
        coverage=0.8,
        found_by=("lexical", "dense"),
    )


def answered(
    text: str = "Sadio Camara accompanied him.", *, quote: str = CAMARA, **more: object
) -> Record:
    """An answer of one claim, with one citation."""
    told: dict[str, object] = {
        "claims": (Stated(text=text, support=0.9, marks=(1,)),),
        "citations": (quoted(quote),),
        "evidence": (retrieved(), retrieved(MOSCOW, 0.5)),
        "timings": {"search": 20.0, "total": 100.0},
    }
    return Record(
        when=NOON,
        question="Who?",
        standalone_question="Who?",
        outcome=Outcome.ANSWERED,
        **told | more,
    )


def refused(**more: object) -> Record:
    """An answer that says that the articles do not say."""
    told = {"evidence": (retrieved(),), "timings": {"search": 20.0, "total": 50.0}} | more
    return Record(
        when=NOON,
        question="Who?",
        standalone_question="Who?",
        outcome=Outcome.NOT_IN_CORPUS,
        **told,
    )


SAYS = Check(name="expect", held=True, detail="says all of it")
LACKS = Check(name="expect", held=False, detail="lacks “Sadio Camara”")
SLOW = Check(name="max_ms", held=False, detail="took 900 ms, at most 500", gates=False)
UNJUDGED = Check(name="judge", held=None, detail="no chat model to ask", gates=False)

HELD = Attempt(record=answered(), checks=(SAYS,))
FELL = Attempt(record=answered("Putin met him."), checks=(LACKS,))
RAISED = Attempt(error="the chat server did not answer; start it")


def passed(name: str, **more: object) -> Result:
    return Result(question=question(name, **more), attempts=(HELD,))


def failed(name: str, **more: object) -> Result:
    return Result(question=question(name, **more), attempts=(FELL,))


def raised(name: str, **more: object) -> Result:
    return Result(question=question(name, **more), attempts=(RAISED,))


def known(name: str) -> Result:
    return failed(name, expect=["Sadio Camara"], known_failure="a pronoun")


def mended(name: str) -> Result:
    return passed(name, expect=["Sadio Camara"], known_failure="a pronoun")


def unsteady(name: str, held: int = 2, of: int = 3, share: float = 1.0) -> Result:
    """A question of whose attempts that many hold."""
    asked = question(name, expect=["Sadio Camara"], repeat=of, share=share)
    return Result(question=asked, attempts=(HELD,) * held + (FELL,) * (of - held))


def run(*results: Result, **more: object) -> Run:
    """A run of a set over two articles."""
    told = {"articles": 2, "seconds": 2.5} | more
    return Run(
        set_path="corpus/questions.yaml",
        digest="ab12",
        griot="0.1.0",
        when=NOON,
        results=results,
        **told,
    )


def every_kind(**more: object) -> Run:
    """A run with a question of each kind."""
    return run(
        passed("one"),
        failed("two"),
        unsteady("three"),
        unsteady("four", share=0.6),
        raised("five"),
        known("six"),
        mended("seven"),
        Result(question=question("eight", refuse=True), attempts=(_refusal(held=True),)),
        Result(question=question("nine", refuse=True), attempts=(_refusal(held=False),)),
        **more,
    )


def _refusal(*, held: bool) -> Attempt:
    record = refused() if held else answered("France won.", quote="France won the cup.")
    detail = "refused" if held else "answered “France won.”"
    return Attempt(record=record, checks=(Check(name="refuse", held=held, detail=detail),))
