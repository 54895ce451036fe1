"""Writes questions as YAML, to be edited and put into a set: of an answer, or of bad ones.

The comments above a question show its answer, so that an editor can judge it. No text of a
question, an answer or an article gets out of its comment or its quotation marks.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bot.console import printable
from bot.questions.checks import answered
from bot.questions.folding import fold, stands_in
from bot.questions.sets import slug
from bot.questions.yaml_text import as_item, visible
from bot.terminal import render
from rag.errors import GriotError
from rag.index.answers import Disliked, Version, Versions
from rag.reasons import Reason
from rag.types import Answer, Edition, Evidence, Outcome
from rag.view import marked, view

if TYPE_CHECKING:
    from rag.library import Library

CLOSEST = 3
"""How many passages are shown of a refusal."""

WIDTH = 100
"""Characters of a line of a comment."""

BEGINNING = 5
"""Words of a quote that identify it, unless another quote has them, too."""

UNKNOWN = "    expect: []  # write what the answer must say, or write refuse: true instead\n"
"""Makes the set wrong until an editor says what the answer should have been."""

HEAD = """\
# Answers that people rated bad, the latest first. Write what each should have said, and put it
# into the set beside its articles.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAnswer:
    """An answer that people rated bad, as it was given; nobody is named.

    `bad` and `good` count the ratings, `at` is the time of the last bad one. `versions` are those
    of its articles now. `passages` are the texts of a refusal's closest passages by their ranks, as
    far as their articles are unchanged. `same` are the ids of earlier answers that said the same.
    """

    answer: Answer
    versions: Versions
    bad: int
    good: int
    at: datetime
    passages: Mapping[int, str] = field(default_factory=dict)
    same: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """The question as it stands alone."""
        return self.answer.standalone_question.strip()

    @property
    def name(self) -> str:
        """The id that a set would give the question."""
        return slug(self.asked)


def bad_answers(
    library: "Library", disliked: Iterable[Disliked], say: Callable[[str], None]
) -> tuple[BadAnswer, ...]:
    """Return the answers with their evidence, in that order; equal ones are merged.

    `say` gets a line for each answer that cannot be read.
    """
    found = []
    for each in disliked:
        try:
            found.append(_bad_answer(library, each))
        except GriotError as error:
            say(f"answer {each.answer} is left out: {error}")
    return merged(found)


def _bad_answer(library: "Library", disliked: Disliked) -> BadAnswer:
    answer, versions = library.trace(disliked.answer)
    return BadAnswer(
        answer=answer,
        versions=versions,
        bad=disliked.bad,
        good=disliked.good,
        at=disliked.at,
        passages={
            rank: each.passage.text_in(library.article(each.article.id))
            for rank, each in enumerate(_closest(answer), 1)
            if versions[each.article] is Version.CURRENT
        },
    )


def merged(found: Iterable[BadAnswer]) -> tuple[BadAnswer, ...]:
    """Merge the same answer to the same question into the first of them."""
    kept: dict[object, BadAnswer] = {}
    for each in found:
        claims = tuple(claim.text for claim in each.answer.claims)
        quotes = tuple(citation.quote for citation in each.answer.citations)
        key = each.name, each.answer.outcome, claims, quotes
        first = kept.setdefault(key, each)
        if first is not each:
            kept[key] = replace(
                first,
                bad=first.bad + each.bad,
                good=first.good + each.good,
                same=(*first.same, each.answer.id),
            )
    return tuple(kept.values())


def bad_answer_dict(bad: BadAnswer) -> dict[str, Any]:
    """Return a bad answer for JSON."""
    return {
        "reported": bad.at.isoformat(),
        "bad": bad.bad,
        "good": bad.good,
        "same": list(bad.same),
        **render.trace_dict(bad.answer, bad.versions),
    }


# Questions


def draft(answer: Answer) -> str:
    """Return a question with checks that its answer passes."""
    checks = _checks(answer)
    written = as_item({"ask": answer.question.strip(), **checks})
    return _commented(_answer(answer)) + written + ("" if checks else UNKNOWN)


def reported(bad: BadAnswer, *, own_id: str = "") -> str:
    """Return a question whose answer was rated bad, with its evidence; with an id if needed.

    A refusal should have been an answer. What an answer should have been is unknown, so that the
    set is refused until an editor writes it.
    """
    refused = not answered(bad.answer)
    keys = {
        **({"id": own_id} if own_id else {}),
        "ask": bad.asked,
        "tags": ["reported"],
        **({"answerable": True} if refused else {}),
    }
    return _commented(_evidence(bad)) + as_item(keys) + ("" if refused else UNKNOWN)


def as_set(found: Sequence[BadAnswer]) -> str:
    """Return a whole set. A question that is there already gets an id of its own."""
    names: set[str] = set()
    written = []
    for each in found:
        own_id = f"reported-{each.answer.id}" if each.name in names else ""
        written.append(reported(each, own_id=own_id))
        names.add(each.name)
    return f"{HEAD}\nquestions:\n" + "\n".join(written)


def _checks(answer: Answer) -> dict[str, object]:
    if answer.outcome is Outcome.NOT_IN_CORPUS:
        return {"refuse": True}
    if answer.outcome is Outcome.UNSURE:
        return {"unsure": True}
    claims = _distinct(claim.text for claim in answer.claims if fold(claim.text))
    if not claims:
        return {}
    quotes = [citation.quote for citation in answer.citations if fold(citation.quote)]
    checks = {
        "expect": claims,
        "cites": _distinct(citation.article.id for citation in answer.citations),
        "quote": _distinct(_beginning(quote, quotes) for quote in quotes),
        "disagree": bool(answer.disagreements),
    }
    return {name: value for name, value in checks.items() if value}


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts))


def _beginning(quote: str, quotes: Sequence[str]) -> str:
    """Return the first words of a quote, as many as tell it from the other quotes."""
    others = [fold(other) for other in quotes if other != quote]
    words = quote.split()
    for count in range(BEGINNING, len(words)):
        begun = " ".join(words[:count]).rstrip(".,;:")
        if fold(begun) and not any(stands_in(begun, other) for other in others):
            return begun
    return quote


# Comments


def _evidence(bad: BadAnswer) -> Iterator[str]:
    answer = bad.answer
    yield f"{bad.bad:,} bad, {bad.good:,} good; last rated bad on {bad.at:%Y-%m-%d %H:%M} UTC"
    yield (
        f"Answer {answer.id} of {answer.when:%Y-%m-%d %H:%M} UTC, "
        f"by {answer.model or 'the embedded reader'}, confidence {answer.confidence:.2f}"
    )
    if bad.same:
        yield f"Said before, too: {', '.join(bad.same)}"
    if answer.question.strip() != bad.asked:
        yield f"Asked as: {answer.question}"
    yield from _answer(answer, bad.versions, bad.passages)
    yield from (f"Remark: {remark}" for remark in answer.remarks)


def _answer(
    answer: Answer,
    versions: Versions = MappingProxyType({}),
    passages: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield an answer as a reader saw it, the ranges of its quotes, and the closest passages."""
    shown = view(answer)
    if shown.lead:
        yield str(shown.lead)
    for statement in shown.statements:
        yield f"{statement.text} {marked(statement.sources) or Reason.NO_SUPPORT()}"
    for note in shown.notes:
        yield f"{note.remark}: {marked(note.sources)}" if note.sources else str(note.remark)
    for source in shown.sources:
        start, end = source.citation.start, source.citation.end
        page = f", {source.page}" if source.page else ""
        where = f"{_range(source.article, start, end, versions)}{page}"
        yield f"[{source.mark}] {where}: “{source.quote}”"
    for rank, evidence in enumerate(_closest(answer), 1):
        where = _range(evidence.article, evidence.passage.start, evidence.passage.end, versions)
        text = f": “{passages[rank]}”" if rank in passages else ""
        yield f"Closest {rank}: {where}, score {evidence.score:.3f}{text}"


def _closest(answer: Answer) -> tuple[Evidence, ...]:
    return answer.evidence[:CLOSEST] if answer.outcome is Outcome.NOT_IN_CORPUS else ()


def _range(article: Edition, start: int, end: int, versions: Versions) -> str:
    now = _NOW[versions.get(article, Version.CURRENT)]
    return f"{article.id}, characters {start} to {end}{now}"


_NOW = {
    Version.CURRENT: "",
    Version.CHANGED: " of a version that has changed since",
    Version.GONE: " of an article that is gone",
}


def _commented(texts: Iterable[str]) -> str:
    """Return texts as comments with a hanging indent."""
    rows = (
        row
        for text in texts
        for row in textwrap.wrap(
            visible(printable(text)),
            WIDTH,
            initial_indent="  # ",
            subsequent_indent="  #   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    return "".join(f"{row}\n" for row in rows)
