"""Checks an answer against what a question expects of it; pure and deterministic."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.console import counted, shortened
from bot.questions.folding import fold, matches, stands_in
from bot.questions.format import CannedQuestion, Expected
from bot.questions.results import CheckResult
from rag.text.detection import other_than
from rag.types import Answer, Edition, Outcome

SHOWN = 160
"""Characters of an answer in a detail."""

Texts = Callable[[Edition], str | None]
"""Returns an article's text as it was when it was cited, None where that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """Rules for every question.

    `texts` look up the quotes of every answer. `timed` is false for a replay, whose times mean
    nothing; `gate_times` makes max_ms gate.
    """

    texts: Texts | None = None
    timed: bool = True
    gate_times: bool = False


def examine(question: CannedQuestion, answer: Answer, rules: CheckRules) -> tuple[CheckResult, ...]:
    """Return the result of each check of a question that names its articles by whole ids.

    Raises:
        Endless: a regular expression of the question took too long.
    """
    return (
        *_outcome(question, answer),
        *_texts(question, answer),
        *_articles(question, counting(question, answer)),
        *_form(question, answer, rules),
    )


def answered(answer: Answer) -> bool:
    """True if the outcome is an answer, be it in part, or a reply; False where it is unsure."""
    return answer.outcome in {Outcome.ANSWERED, Outcome.PARTLY_ANSWERED, Outcome.REPLY}


def claimed(answer: Answer) -> str:
    """Return the claims of an answer, one a line, or its reply."""
    return answer.reply or "\n".join(claim.text for claim in answer.claims)


def shown(answer: Answer) -> str:
    """Return what a reader sees of an answer: its claims, then its quotes, one a line."""
    return "\n".join([claimed(answer), *(citation.quote for citation in answer.citations)])


def counting(question: CannedQuestion, answer: Answer) -> Answer:
    """Return an answer as it counts: an unsure one is a refusal, unless its quotes are wanted."""
    return answer if answered(answer) or question.unsure else replace(answer, closest=())


def _outcome(question: CannedQuestion, answer: Answer) -> Iterator[CheckResult]:
    detail = "refused"
    if answered(answer):
        detail = f"answered “{shortened(claimed(answer), SHOWN)}”"
    elif answer.outcome is Outcome.UNSURE:
        detail = f"unsure, with “{shortened(answer.citations[0].quote, SHOWN)}”"
    topics = "; ".join(disagreement.topic for disagreement in answer.disagreements)
    differ = f"the articles differ on {topics}" if topics else "no disagreement is shown"
    for name, found, said in (
        ("refuse", not answered(answer), detail),
        ("answerable", answered(answer), detail),
        ("reply", answer.outcome is Outcome.REPLY, detail),
        ("unsure", answer.outcome is Outcome.UNSURE, detail),
        ("disagree", bool(answer.disagreements), differ),
    ):
        wanted = getattr(question, name)
        if wanted is not None:
            yield CheckResult(name=name, held=found is wanted, detail=said)


def _texts(question: CannedQuestion, answer: Answer) -> Iterator[CheckResult]:
    # Each text is on a line, so that nothing is found across two of them.
    claims = fold(answer.reply) or "\n".join(fold(claim.text) for claim in answer.claims)
    given = counting(question, answer)
    quotes = [fold(citation.quote) for citation in given.citations]
    if question.expect:
        yield _expected("expect", question.expect, "\n".join([claims, *quotes]))
    if question.claims:
        yield _expected("claims", question.claims, claims)
    if question.reject:
        everything = "\n".join(map(fold, shown(answer).splitlines()))
        found = [text for text in question.reject if stands_in(text, everything)]
        yield _missing("reject", "says", found, "says none of it")
    if question.matches:
        unmatched = [pattern for pattern in question.matches if not matches(pattern, shown(given))]
        yield _missing("matches", "nothing matches", unmatched, "matches")
    if question.quote:
        unquoted = [
            text for text in question.quote if not any(stands_in(text, quote) for quote in quotes)
        ]
        yield _missing("quote", "no quote has", unquoted, "is quoted")


def _expected(name: str, expected: Expected, folded: str) -> CheckResult:
    missing = [each for each in expected if not any(stands_in(text, folded) for text in each)]
    lacking = ", ".join(" or ".join(f"“{text}”" for text in each) for each in missing)
    detail = f"lacks {lacking}" if missing else "says all of it"
    return CheckResult(name=name, held=not missing, detail=detail)


def _articles(question: CannedQuestion, answer: Answer) -> Iterator[CheckResult]:
    if question.cites:
        cited = {citation.article.id for citation in answer.citations}
        uncited = [article for article in question.cites if article not in cited]
        instead = f" (cited: {', '.join(sorted(cited)) or 'nothing'})"
        yield _missing("cites", "does not cite", uncited, "cites them", instead)
    if question.retrieves:
        read = [evidence.article.id for evidence in answer.evidence]
        late = [
            f"{article} within the first {most}"
            for article, most in question.retrieves.items()
            if article not in read[:most]
        ]
        yield _missing("retrieves", "does not read", late, "reads them")


def _form(question: CannedQuestion, answer: Answer, rules: CheckRules) -> Iterator[CheckResult]:
    if question.max_claims is not None:
        count, most = len(answer.claims), question.max_claims
        detail = f"has {counted(count, 'claim')}, at most {most}"
        yield CheckResult(name="max_claims", held=count <= most, detail=detail)
    if question.mode is not None:
        held = answer.mode == question.mode
        yield CheckResult(name="mode", held=held, detail=f"written by the {answer.mode}")
    if question.language is not None and question.wants_answer is not False:
        # A name or a number alone is of no language, or of any.
        other = other_than((question.language,), claimed(answer))
        written = f"written in {other or question.language}"
        yield CheckResult(
            name="language",
            held=answered(answer) and other is None,
            detail=written if answered(answer) else "nothing is written",
        )
    if rules.texts:
        yield _grounded(answer, rules.texts)
    if question.max_ms is not None and rules.timed:
        took = answer.timings.get("total", 0.0)
        yield CheckResult(
            name="max_ms",
            held=took <= question.max_ms,
            detail=f"took {took:,.0f} ms, at most {question.max_ms:,.0f}",
            gates=rules.gate_times,
        )


def _grounded(answer: Answer, texts: Texts) -> CheckResult:
    """Look up every quote in its article; a refusal must have none."""
    if answer.outcome in {Outcome.NOT_IN_CORPUS, Outcome.FAILED}:
        detail = f"a refusal cites {'something' if answer.citations else 'nothing'}"
        return CheckResult(name="grounded", held=not answer.citations, detail=detail)
    wrong = [
        citation.quote
        for citation in answer.citations
        if (texts(citation.article) or "")[citation.start : citation.end] != citation.quote
    ]
    return _missing("grounded", "no article says", wrong, "every quote is in its article")


def _missing(
    name: str, lacks: str, missing: Sequence[str], otherwise: str, instead: str = ""
) -> CheckResult:
    """Return the result of a check that holds if nothing is missing."""
    quoted = ", ".join(f"“{text}”" for text in missing)
    detail = f"{lacks} {quoted}{instead}" if missing else otherwise
    return CheckResult(name=name, held=not missing, detail=detail)
