"""Answers that people found bad, with the evidence that is kept of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot import render
from bot.questions.format import Question
from bot.questions.sets import slug
from rag.errors import GriotError
from rag.records import Disliked, Edition, Record, Retrieved, Version
from rag.types import Outcome

if TYPE_CHECKING:
    from rag.library import Library

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An answer that somebody found bad, as it was given; whose opinion it is is not told.

    `bad` and `good` count the opinions, `at` is when the last one found it bad. `versions` tell
    what became of its articles. `passages` are the texts of those of a refusal's closest passages
    whose articles are as they were. `same` are the ids of earlier answers that said the same.
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
        return slug(Question.model_construct(ask=self.asked))


def reports(library: "Library", disliked: Iterable[Disliked], say: Say) -> tuple[Report, ...]:
    """Give the answers with their evidence, in that order, those that say the same once.

    `say` is told of each answer that cannot be read, and why.
    """
    return merged(_found(library, disliked, say))


def merged(found: Iterable[Report]) -> tuple[Report, ...]:
    """Put those together, in order, that said the same of the same question; the first stays."""
    kept: dict[object, Report] = {}
    for one in found:
        key = _said(one)
        kept[key] = _together(kept[key], one) if key in kept else one
    return tuple(kept.values())


def report_dict(report: Report) -> dict[str, Any]:
    """Give a report for JSON."""
    return {
        "reported": report.at.isoformat(),
        "bad": report.bad,
        "good": report.good,
        "same": list(report.same),
        **render.record_dict(report.record, report.versions),
    }


def _found(library: "Library", disliked: Iterable[Disliked], say: Say) -> Iterator[Report]:
    for one in disliked:
        try:
            yield _report(library, one)
        except GriotError as error:
            say(f"answer {one.answer} is left out: {error}")


def _report(library: "Library", disliked: Disliked) -> Report:
    record, versions = library.trace(disliked.answer)
    return Report(
        record=record,
        versions=versions,
        bad=disliked.bad,
        good=disliked.good,
        at=disliked.at,
        passages={
            one: library.article(one.edition.id).text[one.start : one.end]
            for one in closest(record)
            if versions[one.edition] is Version.CURRENT
        },
    )


def closest(record: Record) -> tuple[Retrieved, ...]:
    """Give the passages that a refusal names as the closest."""
    refused = record.outcome is Outcome.NOT_IN_CORPUS
    return record.evidence[: render.CLOSEST] if refused else ()


def _said(report: Report) -> object:
    """Give what tells an answer from others."""
    record = report.record
    told = tuple(one.text for one in record.claims)
    return report.name, record.outcome, told, tuple(one.quote for one in record.citations)


def _together(first: Report, other: Report) -> Report:
    return replace(
        first,
        bad=first.bad + other.bad,
        good=first.good + other.good,
        same=(*first.same, other.record.id),
    )
