"""An answer is held to what a question expects of it; pure, and all of it deterministic."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.questions.folding import fold, stands_in
from bot.questions.format import Expected, Question, Wanted
from bot.questions.patterns import matches
from bot.questions.results import Check
from bot.questions.words import counted
from rag.languages import other_than
from rag.records import Edition, Record
from rag.types import Outcome

SHOWN = 160
"""Of an answer in a detail, in characters."""

Texts = Callable[[Edition], str | None]
"""Gives an article's text as it was when it was cited, None where it is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for every question.

    `timed` says that timings mean anything, as those of a replay do not, and `gate_times` that they
    gate. With `texts`, every answer's quotes are looked up.
    """

    texts: Texts | None = None
    timed: bool = True
    gate_times: bool = False


def examine(question: Question, record: Record, rules: Rules) -> tuple[Check, ...]:
    """Give what became of each check of a question whose articles are named by their whole ids.

    Raises:
        Endless: a regular expression of the question came to no end.
    """
    return tuple(_examined(question, record, rules))


def answered(record: Record) -> bool:
    """Say whether an answer says anything, be it in part."""
    return record.outcome in {Outcome.ANSWERED, Outcome.PARTLY_ANSWERED}


def told(record: Record) -> str:
    """Give what the answer itself says: its claims, one a line."""
    return "\n".join(claim.text for claim in record.claims)


def shown(record: Record) -> str:
    """Give what a reader is shown of an answer: its claims, then its quotes, one a line."""
    return "\n".join([told(record), *(one.quote for one in record.citations)])


def _examined(question: Question, record: Record, rules: Rules) -> Iterator[Check]:
    yield from _outcome(question, record)
    yield from _texts(question, record)
    yield from _articles(question, record)
    yield from _form(question, record)
    if rules.texts:
        yield _grounded(record, rules.texts)
    if question.max_ms is not None and rules.timed:
        took = record.timings.get("total", 0.0)
        yield Check(
            name="max_ms",
            held=took <= question.max_ms,
            detail=f"took {took:,.0f} ms, at most {question.max_ms:,.0f}",
            gates=rules.gate_times,
        )


def _outcome(question: Question, record: Record) -> Iterator[Check]:
    said = "refused" if not answered(record) else f"answered “{_short(told(record))}”"
    if question.refuse is not None:
        yield Check(name="refuse", held=answered(record) is not question.refuse, detail=said)
    if question.answerable is not None:
        yield Check(name="answerable", held=answered(record) is question.answerable, detail=said)
    if question.disagree is not None:
        differ = "; ".join(one.topic for one in record.disagreements)
        detail = f"the articles differ on {differ}" if differ else "no disagreement is shown"
        yield Check(
            name="disagree", held=bool(record.disagreements) is question.disagree, detail=detail
        )


def _texts(question: Question, record: Record) -> Iterator[Check]:
    alone = _folded(one.text for one in record.claims)
    everything = f"{alone}\n{_folded(one.quote for one in record.citations)}"
    if question.expect:
        yield _expected("expect", question.expect, everything)
    if question.claims:
        yield _expected("claims", question.claims, alone)
    if question.reject:
        found = [one for one in question.reject if stands_in(one, everything)]
        yield Check(
            name="reject", held=not found, detail=_named("says", found) or "says none of it"
        )
    if question.matches:
        missing = [one for one in question.matches if not matches(one, shown(record))]
        yield Check(
            name="matches", held=not missing, detail=_named("nothing matches", missing) or "matches"
        )
    if question.quote:
        quotes = [fold(one.quote) for one in record.citations]
        unquoted = [one for one in question.quote if not any(stands_in(one, q) for q in quotes)]
        yield Check(
            name="quote", held=not unquoted, detail=_named("no quote has", unquoted) or "is quoted"
        )


def _folded(texts: Iterable[str]) -> str:
    """Fold texts, each in a line, so that nothing is found across the border of two."""
    return "\n".join(map(fold, texts))


def _expected(name: str, expected: Expected, folded: str) -> Check:
    missing = [each for each in expected if not any(stands_in(one, folded) for one in each)]
    said = ", ".join(" or ".join(f"“{one}”" for one in each) for each in missing)
    return Check(
        name=name, held=not missing, detail=f"lacks {said}" if missing else "says all of it"
    )


def _articles(question: Question, record: Record) -> Iterator[Check]:
    if question.cites:
        cited = {one.edition.id for one in record.citations}
        uncited = [one for one in question.cites if one not in cited]
        instead = f" (cited: {', '.join(sorted(cited)) or 'nothing'})" if uncited else ""
        detail = (_named("does not cite", uncited) or "cites them") + instead
        yield Check(name="cites", held=not uncited, detail=detail)
    if question.retrieves:
        read = [one.edition.id for one in record.evidence]
        late = [
            f"{name} within the first {most}"
            for name, most in question.retrieves.items()
            if name not in read[:most]
        ]
        detail = _named("does not read", late) or "reads them"
        yield Check(name="retrieves", held=not late, detail=detail)


def _form(question: Question, record: Record) -> Iterator[Check]:
    if question.max_claims is not None:
        count = len(record.claims)
        yield Check(
            name="max_claims",
            held=count <= question.max_claims,
            detail=f"has {counted(count, 'claim')}, at most {question.max_claims}",
        )
    if question.mode is not None:
        yield Check(
            name="mode", held=record.mode == question.mode, detail=f"written by the {record.mode}"
        )
    if question.language is not None and question.wanted is not Wanted.REFUSAL:
        yield _language(question.language, record)


def _language(wanted: str, record: Record) -> Check:
    if not answered(record):
        return Check(name="language", held=False, detail="nothing is written")
    # A name or a number alone is of no language, or of any.
    other = other_than((wanted,), told(record))
    return Check(name="language", held=other is None, detail=f"written in {other or wanted}")


def _grounded(record: Record, texts: Texts) -> Check:
    """Look every quote up in its article; a refusal has none."""
    if not answered(record):
        said = "a refusal cites nothing" if not record.citations else "a refusal cites something"
        return Check(name="grounded", held=not record.citations, detail=said)
    wrong = [
        one.quote
        for one in record.citations
        if (texts(one.edition) or "")[one.start : one.end] != one.quote
    ]
    detail = _named("no article says", wrong) or "every quote stands in its article"
    return Check(name="grounded", held=not wrong, detail=detail)


def _named(what: str, missing: list[str]) -> str:
    return f"{what} {', '.join(f'“{one}”' for one in missing)}" if missing else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
