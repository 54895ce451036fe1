"""False claims made mechanically from claims that people judged supported.

A number, a date or a name is replaced by another one of the same article, or a negation is put in
or taken out. Collections in lower case first get the capitals of the names that the vocabulary
knows, in article and claim alike, because news is written with capitals.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data import Judged

from rag.languages.english.facts import facts
from rag.languages.english.names import is_proper
from rag.languages.english.quantities import Day
from rag.languages.general import Kind
from rag.languages.terms import terms

_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"\b[^\W\d_a-z][\w’'-]*(?: [^\W\d_a-z][\w’'-]*)*")
_AUXILIARY = re.compile(
    r"(?<=[a-z] )(?:is|are|was|were|has|have|had|will|would|can|could|should|must|might|did|does)\b"
    r"(?= [a-z])"
)
_NEGATION = re.compile(r"\b(?:not|no|never|without|none|neither|nor)\b|n[’']t\b", re.IGNORECASE)
_WONT = re.compile(r"\bwon[’']t\b")
_REMOVABLE_NEGATION = re.compile(r"(?: not| never|n[’']t)\b")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A false claim, the kind of change that made it so, and the claim that it was made from."""

    kind: str
    claim: str
    origin: Judged


def mutations(judged: Judged) -> Iterator[Mutation]:
    """Yield one mutation of each kind that a claim allows."""
    chance = random.Random(judged.claim)  # noqa: S311 - the same mutations each time
    changed = (
        ("number", _with_other_fact(judged, chance, Kind.QUANTITY)),
        ("date", _with_other_fact(judged, chance, Kind.DATE)),
        ("name", _with_other_name(judged, chance)),
        ("negation put in", _negated(judged.claim)),
        (
            "negation taken out",
            _REMOVABLE_NEGATION.sub("", _WONT.sub("will", judged.claim), count=1),
        ),
    )
    for kind, claim in changed:
        if claim is not None and claim != judged.claim:
            yield Mutation(kind, claim, judged)


def _negated(claim: str) -> str:
    """Put "not" after the first auxiliary of a claim that has no negation yet."""
    if _NEGATION.search(claim):
        return claim
    return _AUXILIARY.sub(lambda found: f"{found[0]} not", claim, count=1)


def _with_other_fact(judged: Judged, chance: random.Random, kind: Kind) -> str | None:
    """Replace a number or a date by another of the article."""
    ours = [fact for fact in facts(judged.claim) if fact.kind is kind]
    values = {_value(fact.value) for fact in facts(judged.claim)}
    others = [fact for fact in facts(judged.text) if fact.kind is kind]
    others = [fact for fact in others if _value(fact.value) not in values and _whole(fact.value)]
    if not ours or not others:
        return None
    fact, other = chance.choice(ours), chance.choice(others)
    return judged.claim[: fact.span.start] + other.text + judged.claim[fact.span.end :]


def _whole(value: object) -> bool:
    """Return False for a date without a day: it may be true of the same event as the original."""
    return not isinstance(value, Day) or value.day is not None


def _value(value: object) -> object:
    if isinstance(value, Day):
        return value.year, value.month, value.day
    return getattr(value, "value", None)


def _with_other_name(judged: Judged, chance: random.Random) -> str | None:
    """Replace a run of names by another run of the article that shares no word with the claim."""
    ours = _name_runs(judged.claim)
    words = {*terms(judged.claim)}
    others = [run[0] for run in _name_runs(judged.text) if not words & {*terms(run[0])}]
    if not ours or not others:
        return None
    run = chance.choice(ours)
    return judged.claim[: run.start()] + chance.choice(others) + judged.claim[run.end() :]


def _name_runs(text: str) -> list[re.Match[str]]:
    """Return the runs of capitalised words that are names even at the start of a sentence."""
    return [
        run
        for run in _RUN.finditer(text)
        if all(is_proper(word) and len(word) > 2 for word in run[0].split())
    ]


def recased(text: str) -> str:
    """Return a text with capitals on the words that the vocabulary lists as names."""
    return _WORD.sub(
        lambda word: word[0].capitalize() if is_proper(word[0]) and len(word[0]) > 2 else word[0],
        text,
    )


def in_lower_case(texts: Sequence[str]) -> bool:
    """Return whether most names of the texts are without capitals."""
    words = [word for text in texts for word in _WORD.findall(text) if is_proper(word.lower())]
    return sum(word.islower() for word in words) > len(words) / 2
