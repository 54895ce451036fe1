"""Claims of different articles that do not say the same; pure, and deliberately narrow. English.

Of two sentences, these forms are seen: a yes-or-no question to which one tells of an end, a
departure or a denial and the other does not; different numbers of the same thing; and another date,
number or name in the same place of what are otherwise nearly the same words. Sentences that are
both quoted as answers differ as well where a time, a person or a place is asked for and they name
different ones, and short answers where they are different times, numbers, persons or places.

Whether the later article may supersede the earlier one is told by `conflict`.
"""

import re
from calendar import day_name
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from rag.grounding.verify import cite
from rag.languages.english.facts import Kind, facts, missing
from rag.languages.english.questions import AnswerType, asked_for, asks_for_one
from rag.text.terms import NAME, content_terms, terms
from rag.types import Citation, Claim, Conflict, Disagreement, Edition, Evidence, Span, Topic

# Stems of words that tell of an end: what stands beside them no longer holds.
_ENDS = frozenset(
    terms(
        "withdraw withdrew withdrawn withdrawal leave left departure depart quit exit end cease "
        "halt stop suspend suspension cancel abandon expel sever dissolve disband close resign "
        "former formerly"
    )
)
# What stands beside these never held.
_DENIALS = frozenset(terms("reject refuse deny never not no neither nor without"))
# What is counted anew as more becomes known.
_TOLLS = frozenset(
    terms(
        "kill dead die death toll casualty victim injure wound hurt missing displace flee fled "
        "evacuate rescue infect case arrest detain"
    )
)
_NOW = re.compile(
    r"\b(?:(?:is|are|do|does|has|have|can|will)(?:n[’']t)?|now|still|currently|today|leads?|heads?"
    r"|rules?|owns?|holds?|controls?|lives?|works?|stays?|remains?)\b",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"\b(?:(?:was|were|did|had)(?:n[’']t)?|1\d{3}|20\d\d|ago|yesterday)\b", re.IGNORECASE
)
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_COUNTED = re.compile(
    rf"\b(\d(?:[\d.,]*\d)?|{'|'.join(_WORDS)})[\s-]+([^\W\d_]\w*(?:\s+[^\W\d_]\w*)?)", re.IGNORECASE
)
# A measure says nothing about what is measured: 5 tonnes and 8 tonnes may be of different things.
_MEASURES = frozenset(
    terms(
        "tonne ton kilo kg pound ounce barrel bushel litre gallon metre mile kilometre km acre "
        "hectare foot feet inch dollar dlrs euro yen rouble cent percent per pct point "
        "year month week day hour minute second times"
    )
)
_MAGNITUDES = frozenset(terms("hundred thousand million billion trillion mln bln"))
_YEAR = re.compile(r"1\d{3}|20\d\d")
_NUMBER = re.compile(rf"\b(?:\d[\d.,]*|{'|'.join(_WORDS)})\b", re.IGNORECASE)
_MONTH = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w.]+")
_WORD = re.compile(r"\w+")
# A day is no object: "left Monday".
_OBJECT = re.compile(
    rf"\s+(?:(?:from|of|with)\s+)?(?:the\s+)?(?!(?:{'|'.join(day_name)})\b|{_MONTH.pattern})"
    rf"({_CAPITALISED.pattern}(?:\s(?:(?:of|for|and|the)\s)*{_CAPITALISED.pattern})*)"
    r"(?:\s\((\w+)\))?"
)
_WHERE = re.compile(r"\b(?:in|at|inside|within)\s+(?:the\s+)?(\w+)", re.IGNORECASE)


ALIKE = 0.6
"""Sentences that share more of their terms than this (Jaccard) tell of the same event."""

_FACTS = {Kind.DATE: Topic.DATE, Kind.QUANTITY: Topic.NUMBER, Kind.NAME: Topic.NAME}
_ASKED = {
    AnswerType.TIME: Topic.TIME,
    AnswerType.PERSON: Topic.PERSON,
    AnswerType.PLACE: Topic.PLACE,
    AnswerType.QUANTITY: Topic.QUANTITY,
}


class _Told(NamedTuple):
    """A sentence that a claim cites; `short` is the claim if it is an article's own few words."""

    citation: Citation
    short: str | None = None


_Pair = tuple[_Told, _Told]
_Differ = Callable[[str, _Told, _Told], str | None]


def disagreements(question: str, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Give what the articles that the claims cite differ on, as far as the question is about it.

    Claims are held against each other by the sentences that they cite, whatever words a claim is
    put in; only claims that are an article's own few words are compared by themselves. What one
    claim cites is held against each other as well. Of two claims the first pair is told.
    """
    told = [_told(claim) for claim in claims]
    within = [_first(question, combinations(own, 2), _sentences_differ) for own in told]
    across = [_first(question, product(*both), _claims_differ) for both in combinations(told, 2)]
    return tuple(dict.fromkeys(one for one in (*within, *across) if one is not None))


def contrary(
    question: str, claims: Sequence[Claim], evidence: Sequence[Evidence]
) -> tuple[Disagreement, ...]:
    """Give what the claims' citations and sentences of the evidence that none cites differ on.

    This is for a draft that passes over what another article says. Of a claim and the evidence the
    first pair is told, the evidence in its order.
    """
    cited = {(one.article.id, one.start) for claim in claims for one in claim.citations}
    others = [
        _Told(cite(each.article.whole, Span(sentence.start, sentence.end)))
        for each in evidence
        for sentence in each.sentences
        if (each.article.id, sentence.start) not in cited
    ]
    found = (_first(question, product(_told(one), others), _sentences_differ) for one in claims)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _told(claim: Claim) -> list[_Told]:
    own = any(claim.text in one.quote and claim.text != one.quote for one in claim.citations)
    return [_Told(citation, claim.text if own else None) for citation in claim.citations]


def _first(question: str, pairs: Iterable[_Pair], differ: _Differ) -> Disagreement | None:
    """Give the first pair of different articles that differ."""
    for one, other in pairs:
        apart = one.citation.article.id != other.citation.article.id
        if apart and (topic := differ(question, one, other)):
            earlier, later = _by_date(one.citation, other.citation)
            kind = conflict(question, earlier, later)
            return Disagreement(topic=topic, citations=(earlier, later), kind=kind)
    return None


def _sentences_differ(question: str, one: _Told, other: _Told) -> str | None:
    return differ_on(question, one.citation.quote, other.citation.quote)


def _claims_differ(question: str, one: _Told, other: _Told) -> str | None:
    """Name what two claims differ on: by themselves if both are short, else by what they cite."""
    if one.short and other.short:
        return answers_differ(question, one.short, other.short)
    topic = _sentences_differ(question, one, other)
    if topic is None and not one.short and not other.short:
        topic = told_differently(question, one.citation.quote, other.citation.quote)
    return topic


def conflict(question: str, earlier: Citation, later: Citation) -> Conflict:
    """Tell whether of two citations that differ the later one may supersede the earlier one.

    It may where both articles have dates, not the same, and what they differ on changes with time:
    what the question asks about as it is now, what only the later one tells the end of, or a count
    of victims and the like, which is told anew as it becomes known. When or who in the past does
    not change, so that one of two articles is wrong.
    """
    if not _dated_apart(earlier.article, later.article):
        return Conflict.CONTRADICTORY
    kind = asked_for(question)
    if _asks_of_now(question):
        changes = True
    elif kind is AnswerType.YES_NO:
        changes = _over(later.quote) and not _over(earlier.quote)
    elif kind in {AnswerType.QUANTITY, AnswerType.OTHER}:
        changes = _tolls(earlier.quote) and _tolls(later.quote)
    else:
        changes = False
    return Conflict.OUTDATED if changes else Conflict.CONTRADICTORY


def _dated_apart(one: Edition, other: Edition) -> bool:
    return None not in {one.published, other.published} and one.published != other.published


def _asks_of_now(question: str) -> bool:
    """Say whether a question is about how things stand, not about what once happened."""
    return bool(_NOW.search(question)) and not _THEN.search(question)


def _over(text: str) -> bool:
    return bool(_ENDS & {*terms(text)})


def _tolls(text: str) -> bool:
    return bool(_TOLLS & {*terms(text)})


def answers_differ(question: str, one: str, other: str) -> str | None:
    """Name what two short answers to a question differ on; None if they may both be right.

    Times and numbers differ where each has a number, or a month, that the other lacks; persons and
    places where they are named and share no word, and the question is for one alone: many may have
    come, one has won.
    """
    kind = asked_for(question)
    if kind in {AnswerType.TIME, AnswerType.QUANTITY}:
        ours, theirs = _figures(one), _figures(other)
        differ = bool(ours - theirs and theirs - ours)
        differ = differ and (kind is AnswerType.TIME or _comparable(one, other))
    elif kind in {AnswerType.PERSON, AnswerType.PLACE}:
        named = all(_names_someone(text) and not _NUMBER.search(text) for text in (one, other))
        differ = named and asks_for_one(question) and not {*terms(one)} & {*terms(other)}
    else:
        differ = False
    return _ASKED[kind] if differ else None


def _names_someone(text: str) -> bool:
    """Say whether a short answer has a capital, but for that of a function word that opens it."""
    about = {*content_terms(text)}
    return any(about & {*terms(word)} for word in _CAPITALISED.findall(text))


def _figures(text: str) -> set[str]:
    """Give the numbers of a text in digits, and its months."""
    numbers = {_plain(word) for word in _NUMBER.findall(text)}
    return numbers | {word.lower()[:3] for word in _MONTH.findall(text)}


def _comparable(one: str, other: str) -> bool:
    """Say whether two numbers are of the same thing, as far as both say of what."""
    ours, theirs = ({*content_terms(_NUMBER.sub(" ", text))} for text in (one, other))
    return ours <= theirs or theirs <= ours or bool(ours & theirs)


def differ_on(question: str, one: str, other: str) -> str | None:
    """Name what two sentences differ on, as far as the question asks for it; None if on nothing.

    Of a yes-or-no question, both have to speak of the subject, which is what it names first, and of
    every name that one of them speaks of, but that of a place ("in Mali"). Of any other, both have
    to speak of the same things that it names.
    """
    asked = content_terms(question)
    ours, theirs = {*terms(one)}, {*terms(other)}
    told = (ours | theirs) & {*asked}
    shared = ours & theirs & told
    named = told & _names(question, one, other)
    if asked_for(question) is AnswerType.YES_NO:
        same = asked[0] in shared and named - _places(question) <= shared
        differ = _ends(one, question) != _ends(other, question)
        return _spoken(question, asked[0]) if same and differ else None
    if not told <= shared or not told:
        return None
    return _counted_differently(one, other) or _replaced(one, other)


def told_differently(question: str, one: str, other: str) -> str | None:
    """Name what two sentences, each quoted as an answer, give different answers for.

    Both have to speak of at least half of what either tells of the question. Times differ where
    each has one date or year, not the other's; persons and places where the question is for one
    alone, and no name in one is in the other.
    """
    told = [{*content_terms(question)} & {*terms(text)} for text in (one, other)]
    if 2 * len(told[0] & told[1]) < max(1, len(told[0] | told[1])):
        return None
    kind = asked_for(question)
    if kind is AnswerType.TIME:
        ours, theirs = _times(one), _times(other)
        differ = len(ours) == len(theirs) == 1 and ours <= {*missing(one, other, known=question)}
        differ = differ and theirs <= {*missing(other, one, known=question)}
    elif kind in {AnswerType.PERSON, AnswerType.PLACE} and asks_for_one(question):
        ours, theirs = (_named(text) - {*terms(question)} for text in (one, other))
        differ = bool(ours and theirs) and not ours & theirs
    else:
        differ = False
    return _ASKED[kind] if differ else None


def _times(text: str) -> set[str]:
    """Give the dates and the years of a text, as they stand there."""
    return {
        fact.text for fact in facts(text) if fact.kind is Kind.DATE or _YEAR.fullmatch(fact.text)
    }


def _named(text: str) -> set[str]:
    """Give the terms of the names of a text."""
    return {term for fact in facts(text) if fact.kind is Kind.NAME for term in terms(fact.text)}


def _names(question: str, *texts: str) -> set[str]:
    """Give the terms of what is capitalised within any of the sentences."""
    return {
        term for text in (question, *texts) for name in NAME.findall(text) for term in terms(name)
    }


def _places(question: str) -> set[str]:
    """Give the terms of where the question asks about: of what follows "in" or "at"."""
    return {term for place in _WHERE.findall(question) for term in terms(place)}


def _ends(text: str, question: str) -> bool:
    """Say whether a sentence denies something, or tells of an end that may be the question's.

    What is left, or ended, by a name that the question does not have is something else.
    """
    if _DENIALS & {*terms(text)}:
        return True
    asked = {*terms(question)}
    return any(
        _ENDS & {*terms(word[0])} and not _of_another(text[word.end() :], asked)
        for word in _WORD.finditer(text)
    )


def _of_another(after: str, asked: Collection[str]) -> bool:
    """Say whether what stands behind a word is a name that was not asked about.

    A name and what abbreviates it are one, as far as letters tell: "the United Nations", "UN".
    """
    found = _OBJECT.match(after)
    if found is None or found[1].isupper() or {*terms(found[1])} <= {*asked}:
        return False
    words = found[1].split()
    short = (found[2] or "", *("".join(w[0] for w in one) for one in (words, _capitals(words))))
    return not {term for one in short for term in terms(one)} & {*asked}


def _capitals(words: Iterable[str]) -> list[str]:
    return [word for word in words if word[0].isupper()]


def _spoken(question: str, term: str) -> str:
    """Give the question's own word for a term."""
    words: list[str] = re.findall(r"\w[\w’'-]*", question)
    return next((word for word in words if term in terms(word)), term)


def _counted_differently(one: str, other: str) -> str | None:
    """Name what both sentences count without agreeing on any number of it."""
    ours, theirs = _counts(one), _counts(other)
    differing = (what for what in ours if what in theirs and not ours[what] & theirs[what])
    term = next(differing, None)
    return None if term is None else _spoken(one, term)


def _replaced(one: str, other: str) -> str | None:
    """Name what kind of fact stands in one place of two sentences that are otherwise nearly one."""
    ours, theirs = {*terms(one)}, {*terms(other)}
    if len(ours & theirs) <= ALIKE * len(ours | theirs):
        return None
    kinds = {kind for kind, *_ in _places_of_own(one, other) & _places_of_own(other, one)}
    return next((name for kind, name in _FACTS.items() if kind in kinds), None)


def _places_of_own(text: str, other: str) -> set[tuple[Kind, str, str]]:
    """Give the kinds of the facts that only this text has, and the shared terms around each.

    A weekday is left out: it tells when something was reported.
    """
    shared, own = {*terms(other)}, missing(text, other)
    return {
        (fact.kind, _nearest(reversed(before), shared), _nearest(after, shared))
        for fact in facts(text)
        if fact.text in own and fact.text not in day_name
        for before, after in [(terms(text[: fact.span.start]), terms(text[fact.span.end :]))]
    }


def _nearest(found: Iterable[str], shared: Collection[str]) -> str:
    return next((term for term in found if term in shared), "")


def _counts(text: str) -> dict[str, set[str]]:
    """Give the numbers of a text by the terms of what they count."""
    counts: dict[str, set[str]] = {}
    about = {*content_terms(text)}
    for number, what in _COUNTED.findall(text):
        for term in terms(what):
            if term in _MAGNITUDES:
                continue
            if term not in about or term in _MEASURES:
                break
            counts.setdefault(term, set()).add(_plain(number))
    return counts


def _plain(number: str) -> str:
    """Give a number in digits, without commas."""
    word = number.lower()
    return str(_WORDS.index(word) + 1) if word in _WORDS else word.rstrip(".,").replace(",", "")


def _by_date(*citations: Citation) -> tuple[Citation, ...]:
    """Order citations by date, those without one last."""
    return tuple(
        sorted(
            citations, key=lambda one: (one.article.published is None, str(one.article.published))
        )
    )
