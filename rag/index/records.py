"""The record of an answer, by which it can be traced after its articles have changed; pure.

A record holds its quotes, and of each article which version they come from. The
catalog keeps it as JSON.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from rag.errors import IndexMismatch
from rag.reasons import Reason, Remark, as_json, of_json
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Evidence,
    Outcome,
)

_T = TypeVar("_T")
_Claim = TypeVar("_Claim", Claim, "Stated")

VERSION = 2
"""Of the JSON; raised when a field comes to mean something else, not when one is added."""

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""The characters of ids, without those that look alike."""

LENGTH = 6
"""Of an id, in characters: 887 million ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An article as it was when it was read: all of `Article` but its text."""

    id: str
    url: str | None
    title: str
    outlet: str | None
    published: date | None
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A citation: a range of an edition's text, and the words that stood there."""

    edition: Edition
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A claim. `marks` are the numbers, from 1, of the record's citations that it rests on."""

    text: str
    support: float
    marks: tuple[int, ...]
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A disagreement. `marks` are the numbers, from 1, of the record's citations that differ."""

    topic: str
    kind: Conflict
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """A passage of the evidence by its range in an edition's text; scores are as in `Evidence`."""

    edition: Edition
    start: int
    end: int
    score: float
    lexical: float
    similarity: float
    coverage: float
    found_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An answer as it was given, at `when`; what is not explained here is as in `Answer`.

    `id` is empty until the catalog keeps it. The n-th of `citations` is shown as [n]. `evidence`
    are the passages that were read, best first; of a refusal without them, the closest.
    """

    id: str = ""
    when: datetime
    question: str
    standalone_question: str
    outcome: Outcome
    claims: tuple[Stated, ...] = ()
    citations: tuple[Quoted, ...] = ()
    disagreements: tuple[Differing, ...] = ()
    unanswered: tuple[str, ...] = ()
    confidence: float = 0.0
    mode: str = "reader"
    model: str | None = None
    evidence: tuple[Retrieved, ...] = ()
    remarks: tuple[Remark, ...] = ()
    model_failed: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    usage: dict[str, float] = field(default_factory=dict)

    @property
    def editions(self) -> tuple[Edition, ...]:
        """Every edition that is cited or was read, once."""
        cited = (one.edition for one in self.citations)
        return tuple(dict.fromkeys([*cited, *(one.edition for one in self.evidence)]))


@dataclass(frozen=True, slots=True)
class Rating:
    """Somebody's last rating of an answer, which is named by its id.

    `who` is whatever tells people apart where they ask.
    """

    answer: str
    who: str
    good: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disliked:
    """An answer, by its id, that somebody found bad: how many did, how many found it good.

    `at` is when the last one said that it is bad.
    """

    answer: str
    bad: int
    good: int
    at: datetime


class Version(StrEnum):
    """The state of an edition today."""

    CURRENT = "current"
    CHANGED = "changed"
    GONE = "gone"


def version_of(edition: Edition, current_hash: str | None) -> Version:
    """Return the state of an edition, given its article's hash today, None if it is gone.

    An article whose title, outlet, address or date changed has changed, as has one whose text did.
    """
    if current_hash is None:
        return Version.GONE
    return Version.CURRENT if current_hash == edition.content_hash else Version.CHANGED


def new_id() -> str:
    """Return a random id that is easy to type; the caller checks whether it is taken."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def numbered(answer: Answer) -> dict[Citation, int]:
    """Return the number under which each citation is shown, from 1."""
    return {citation: number for number, citation in enumerate(answer.citations, 1)}


def by_part(claims: Iterable[_Claim]) -> Iterator[tuple[str, _Claim]]:
    """Yield each claim with the part of the question that it is the first to answer, else ""."""
    before = ""
    for claim in claims:
        yield "" if claim.part == before else claim.part, claim
        before = claim.part


def utc(when: datetime) -> datetime:
    """Return a time in UTC; written as ISO 8601, such times also sort as text.

    Raises:
        ValueError: the time has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError("a record's time needs its zone")
    return when.astimezone(UTC)


def record(answer: Answer, when: datetime) -> Record:
    """Return the record of an answer that was given at that time."""
    marks = numbered(answer)
    return Record(
        when=utc(when),
        question=answer.question,
        standalone_question=answer.standalone_question,
        outcome=answer.outcome,
        claims=tuple(_stated(claim, marks) for claim in answer.claims),
        citations=tuple(_quoted(citation) for citation in marks),
        disagreements=tuple(_differing(each, marks) for each in answer.disagreements),
        unanswered=answer.unanswered,
        confidence=answer.confidence,
        mode=answer.mode,
        model=answer.model,
        evidence=tuple(_retrieved(each) for each in answer.evidence or answer.closest),
        remarks=answer.remarks,
        model_failed=answer.model_failed,
        timings=dict(answer.timings),
        usage=dict(answer.usage),
    )


def _stated(claim: Claim, marks: dict[Citation, int]) -> Stated:
    cited = tuple(marks[citation] for citation in claim.citations)
    return Stated(text=claim.text, support=claim.support, marks=cited, part=claim.part)


def _quoted(citation: Citation) -> Quoted:
    return Quoted(
        edition=_edition(citation.article),
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
    )


def _differing(each: Disagreement, marks: dict[Citation, int]) -> Differing:
    cited = tuple(marks[citation] for citation in each.citations)
    return Differing(topic=each.topic, kind=each.kind, marks=cited)


def _retrieved(evidence: Evidence) -> Retrieved:
    return Retrieved(
        edition=_edition(evidence.article),
        start=evidence.passage.start,
        end=evidence.passage.end,
        score=evidence.score,
        lexical=evidence.lexical,
        similarity=evidence.similarity,
        coverage=evidence.coverage,
        found_by=evidence.found_by,
    )


def _edition(article: Article) -> Edition:
    return Edition(**{one.name: getattr(article, one.name) for one in fields(Edition)})


# As JSON


def to_json(kept: Record) -> str:
    """Return a record as JSON on one line, with the version of its form."""
    said = {"version": VERSION, **asdict(kept), "remarks": kept.remarks}
    return json.dumps(said, ensure_ascii=False, default=_default)


def _default(value: object) -> str | dict[str, Any]:
    return value.isoformat() if isinstance(value, date) else as_json(value)


def from_json(text: str) -> Record:
    """Return the record that `to_json` wrote; fields that were added since have their defaults.

    Raises:
        IndexMismatch: a newer Griot wrote it, in a form that this one does not know.
    """
    said = json.loads(text)
    if said["version"] > VERSION:
        raise IndexMismatch(Reason.NEWER_ANSWER())
    return _made(
        Record,
        said,
        when=datetime.fromisoformat(said["when"]),
        outcome=Outcome(said["outcome"]),
        claims=tuple(_made(Stated, one) for one in said["claims"]),
        citations=tuple(_of_edition(Quoted, one) for one in said["citations"]),
        disagreements=tuple(
            _made(Differing, one, kind=Conflict(one["kind"])) for one in said["disagreements"]
        ),
        evidence=tuple(_of_edition(Retrieved, one) for one in said["evidence"]),
        remarks=tuple(of_json(one) for one in said.get("remarks", ())),
    )


def _of_edition(kind: type[_T], said: dict[str, Any]) -> _T:
    edition = said["edition"]
    published = edition["published"]
    day = None if published is None else date.fromisoformat(published)
    return _made(kind, said, edition=_made(Edition, edition, published=day))


def _made(kind: type[_T], said: dict[str, Any], /, **made: object) -> _T:
    """Make a value from its JSON and the fields that are already made; lists become tuples."""
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    told = {
        name: tuple(said[name]) if isinstance(said[name], list) else said[name]
        for name in names
        if name in said
    }
    return kind(**told | made)
