"""Answers that people found bad, with the evidence that is kept of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.console import CLOSEST
from bot.questions.format import CannedQuestion
from bot.questions.sets import slug
from bot.terminal import render
from rag.errors import GriotError
from rag.index.records import Disliked, Edition, Record, Retrieved, Version
from rag.types import Outcome

if TYPE_CHECKING:
    from rag.library import Library

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAnswer:
    """An answer that somebody found bad, as it was given; nobody is named.

    `bad` and `good` count the ratings, `at` is the time of the last bad one. `versions` are those
    of its articles now. `passages` are the texts of a refusal's closest passages, as far as their
    articles are unchanged. `same` are the ids of earlier answers that said the same.
    """

    record: Record
    versions: Mapping[Edition, Version]
    bad: int
    good: int
    at: datetime
    passages: Mapping[Retrieved, str] = field(default_factory=dict)
    same: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """The question as it stands alone."""
        return self.record.standalone_question.strip()

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
        **render.record_dict(report.record, report.versions),
    }


def _found(library: "Library", disliked: Iterable[Disliked], say: Say) -> Iterator[BadAnswer]:
    for each in disliked:
        try:
            yield _report(library, each)
        except GriotError as error:
            say(f"answer {each.answer} is left out: {error}")


def _report(library: "Library", disliked: Disliked) -> BadAnswer:
    record, versions = library.trace(disliked.answer)
    return BadAnswer(
        record=record,
        versions=versions,
        bad=disliked.bad,
        good=disliked.good,
        at=disliked.at,
        passages={
            passage: library.article(passage.edition.id).text[passage.start : passage.end]
            for passage in closest(record)
            if versions[passage.edition] is Version.CURRENT
        },
    )


def closest(record: Record) -> tuple[Retrieved, ...]:
    """Return the passages that a refusal shows as the closest."""
    refused = record.outcome is Outcome.NOT_IN_CORPUS
    return record.evidence[:CLOSEST] if refused else ()


def _key(report: BadAnswer) -> object:
    """Return what equal answers have in common."""
    record = report.record
    claims = tuple(claim.text for claim in record.claims)
    return report.name, record.outcome, claims, tuple(each.quote for each in record.citations)


def _merge(first: BadAnswer, other: BadAnswer) -> BadAnswer:
    return replace(
        first,
        bad=first.bad + other.bad,
        good=first.good + other.good,
        same=(*first.same, other.record.id),
    )
