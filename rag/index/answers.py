"""Kept answers: their JSON, their ids, their ratings, and the state of their articles; pure.

A kept answer holds its quotes, and of each article which version they come from, so that it can be
traced after its articles have changed.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from rag.errors import IndexMismatch
from rag.reasons import Reason, as_json, of_json
from rag.types import (
    Answer,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Edition,
    Evidence,
    Outcome,
    Passage,
    Topic,
)

_T = TypeVar("_T")

VERSION = 3
"""Of the JSON; raised when an earlier Griot would misread it, not when a field is added."""

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""The characters of ids, without those that look alike."""

LENGTH = 6
"""Of an id, in characters: 887 million ids."""


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


Versions = Mapping[Edition, Version]


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


def utc(when: datetime) -> datetime:
    """Return a time in UTC; written as ISO 8601, such times also sort as text.

    Raises:
        ValueError: the time has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError("an answer's time needs its zone")
    return when.astimezone(UTC)


def as_kept(answer: Answer) -> Answer:
    """Return an answer as it is read back: with editions, without articles' texts."""
    return from_json(to_json(answer))


# As JSON


def to_json(answer: Answer) -> str:
    """Return an answer as JSON on one line, with the version of its form.

    Claims and disagreements name their citations by number, from 1.
    """
    marks = answer.marks

    def marked(value: Claim | Disagreement) -> dict[str, Any]:
        return {**_fields(value), "marks": [marks[citation] for citation in value.citations]}

    return json.dumps(
        {
            "version": VERSION,
            **_fields(answer),
            "when": utc(answer.when),
            "claims": [marked(claim) for claim in answer.claims],
            "left_out": [marked(claim) for claim in answer.left_out],
            "disagreements": [marked(each) for each in answer.disagreements],
            "listed": [_edition(each) for each in answer.listed],
            "also": {name: [*map(_edition, others)] for name, others in answer.also.items()},
            "closest": [marks[citation] for citation in answer.closest],
            "citations": [{**_fields(each), **_edition(each.article)} for each in marks],
            "evidence": [_evidence(each) for each in answer.evidence],
        },
        ensure_ascii=False,
        default=_default,
    )


_WRITTEN_OTHERWISE = {"citations", "article", "passage", "sentences", "cluster"}


def _fields(value: Answer | Claim | Disagreement | Citation | Evidence) -> dict[str, Any]:
    return {
        each.name: getattr(value, each.name)
        for each in fields(value)
        if each.name not in _WRITTEN_OTHERWISE
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    start, end = evidence.passage.start, evidence.passage.end
    return {**_fields(evidence), **_edition(evidence.article), "start": start, "end": end}


def _edition(article: Edition) -> dict[str, Any]:
    return {"edition": {each.name: getattr(article, each.name) for each in fields(Edition)}}


def _default(value: object) -> str | dict[str, Any]:
    return value.isoformat() if isinstance(value, date) else as_json(value)


def from_json(text: str) -> Answer:
    """Return the answer that `to_json` wrote; fields that were added since have their defaults.

    Raises:
        IndexMismatch: a newer Griot wrote it, in a form that this one does not know.
    """
    written = json.loads(text)
    if written["version"] > VERSION:
        raise IndexMismatch(Reason.NEWER_ANSWER())
    citations = [_read(Citation, each, article=_article(each)) for each in written["citations"]]

    def quoted(marks: Sequence[int]) -> tuple[Citation, ...]:
        return tuple(citations[mark - 1] for mark in marks)

    def marked(kind: type[_T], values: Sequence[dict[str, Any]]) -> tuple[_T, ...]:
        return tuple(_read(kind, each, citations=quoted(each["marks"])) for each in values)

    return _read(
        Answer,
        written,
        claims=marked(Claim, written["claims"]),
        left_out=marked(Claim, written.get("left_out", ())),
        disagreements=marked(Disagreement, written["disagreements"]),
        closest=quoted(written.get("closest", ())),
    )


def _evidence_of(written: dict[str, Any]) -> Evidence:
    article = _article(written)
    passage = Passage(article.id, written["start"], written["end"])
    return _read(Evidence, written, article=article, passage=passage, sentences=())


def _article(written: dict[str, Any]) -> Edition:
    return _read(Edition, written["edition"])


_READ: dict[str, Callable[[Any], object]] = {
    "also": lambda also: {name: tuple(map(_article, others)) for name, others in also.items()},
    "evidence": lambda passages: tuple(map(_evidence_of, passages)),
    "kind": Conflict,
    "listed": lambda articles: tuple(map(_article, articles)),
    "outcome": Outcome,
    "published": lambda day: day and date.fromisoformat(day),
    "reason": lambda remark: remark and of_json(remark),
    "remarks": lambda remarks: tuple(map(of_json, remarks)),
    "said": lambda remarks: tuple(map(of_json, remarks)),
    "topic": lambda topic: Topic(topic) if topic in {*Topic} else topic,
    "verdict": lambda remark: remark and of_json(remark),
    "when": datetime.fromisoformat,
}
"""How the fields are read that are not as JSON gives them, by name; lists become tuples."""


def _read(kind: type[_T], written: dict[str, Any], /, **known: object) -> _T:
    """Make a value from its JSON and the fields that are known already."""
    names = {each.name for each in fields(kind)} - known.keys()  # type: ignore[arg-type]
    values = {
        name: _READ.get(name, _plain)(value) for name, value in written.items() if name in names
    }
    return kind(**values, **known)


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
