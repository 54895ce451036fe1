"""Answers that people found bad, with the evidence that is kept of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.questions.format import CannedQuestion
from bot.questions.sets import slug
from bot.terminal import render
from rag.errors import GriotError
from rag.index.answers import Disliked, Version, Versions
from rag.types import Answer, Evidence
from rag.view import CLOSEST, view

if TYPE_CHECKING:
    from rag.library import Library

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAnswer:
    """An answer that somebody found bad, as it was given; nobody is named.

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
        return slug(CannedQuestion.model_construct(ask=self.asked))


def reports(library: "Library", disliked: Iterable[Disliked], say: Say) -> tuple[BadAnswer, ...]:
    """Return the answers with their evidence, in that order; equal ones are merged.

    `say` gets a line for each answer that cannot be read.
    """
    return merged(_found(library, disliked, say))


def merged(found: Iterable[BadAnswer]) -> tuple[BadAnswer, ...]:
    """Merge reports of the same answer to the same question into the first of them."""
    kept: dict[object, BadAnswer] = {}
    for report in found:
        key = _key(report)
        kept[key] = _merge(kept[key], report) if key in kept else report
    return tuple(kept.values())


def report_dict(report: BadAnswer) -> dict[str, Any]:
    """Return a report for JSON."""
    return {
        "reported": report.at.isoformat(),
        "bad": report.bad,
        "good": report.good,
        "same": list(report.same),
        **render.trace_dict(report.answer, report.versions),
    }


def _found(library: "Library", disliked: Iterable[Disliked], say: Say) -> Iterator[BadAnswer]:
    for each in disliked:
        try:
            yield _report(library, each)
        except GriotError as error:
            say(f"answer {each.answer} is left out: {error}")


def _report(library: "Library", disliked: Disliked) -> BadAnswer:
    answer, versions = library.trace(disliked.answer)
    return BadAnswer(
        answer=answer,
        versions=versions,
        bad=disliked.bad,
        good=disliked.good,
        at=disliked.at,
        passages={
            rank: each.passage.text_in(library.article(each.article.id))
            for rank, each in enumerate(closest(answer), 1)
            if versions[each.article] is Version.CURRENT
        },
    )


def closest(answer: Answer) -> tuple[Evidence, ...]:
    """Return the passages that a refusal shows as the closest."""
    return view(answer).closest[:CLOSEST]


def _key(report: BadAnswer) -> object:
    """Return what equal answers have in common."""
    answer = report.answer
    claims = tuple(claim.text for claim in answer.claims)
    return report.name, answer.outcome, claims, tuple(each.quote for each in answer.citations)


def _merge(first: BadAnswer, other: BadAnswer) -> BadAnswer:
    return replace(
        first,
        bad=first.bad + other.bad,
        good=first.good + other.good,
        same=(*first.same, other.answer.id),
    )
