"""How two sentences of different articles differ in what an English question asks; pure, narrow.

Seen are: a yes-or-no question to which one tells of an end, a departure or a denial and the other
does not; different numbers of the same thing; and another date, number or name in the same place of
what are otherwise nearly the same words. Sentences that are both quoted as answers differ as well
where a time, a person or a place is asked for and they name different ones, and short answers where
they are different times, numbers, persons or places.
"""

import re
from collections.abc import Collection, Iterator

from rag.languages.english.facts import facts, missing
from rag.languages.english.quantities import Quantity, days, quantities
from rag.languages.english.words import FUNCTION_WORDS, MONTH_FORM, WEEKDAYS
from rag.languages.general import Fact, Kind, one_place
from rag.languages.terms import content_terms, names, term_set, terms
from rag.types import AnswerType, Question, Topic

# Words that tell of an end: what stands beside them no longer holds.
_ENDS = term_set(
    "withdraw withdrew withdrawn withdrawal leave left departure depart quit exit end cease halt "
    "stop suspend suspension cancel abandon expel sever dissolve disband close shut resign former "
    "formerly"
)
_ENDING = re.compile(
    r"\b(?:step(?:s|ped|ping)? (?:down|aside)|(?:pull(?:s|ed|ing)?|mov(?:e|es|ed|ing)) out"
    r"|pull(?:s|ed|ing)? back)\b",
    re.IGNORECASE,
)
# What stands beside these never held.
_DENIALS = term_set("reject refuse deny never not no neither nor without")
# What is counted anew as more becomes known.
_TOLLS = term_set(
    "kill dead die death toll casualty victim injure wound hurt missing displace flee fled "
    "evacuate rescue infect case arrest detain"
)
# A measure says nothing about what is measured: 5 tonnes and 8 tonnes may be of different things.
_MEASURES = term_set(
    "tonne ton kilo kg pound ounce barrel bushel litre gallon metre mile kilometre km acre hectare "
    "foot feet inch dollar dlrs euro yen rouble cent percent per pct point year month week day "
    "hour minute second times"
)
_ORDINAL = re.compile(r"(?:\d(?:st|nd|s)|rd|th)$")
_COUNTED = re.compile(r"[\s-]+([^\W\d_]\w*(?:\s+[^\W\d_]\w*)?)")
_YEAR = re.compile(r"1\d{3}|20\d\d")
_DAY = "|".join(WEEKDAYS).title()
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w.]+")
_WORD = re.compile(r"\w+")
# A day is no object: "left Monday".
_OBJECT = re.compile(
    rf"\s+(?:(?:from|of|with)\s+)?(?:the\s+)?(?!(?:{_DAY})\b|{MONTH_FORM})"
    rf"({_CAPITALISED.pattern}(?:\s(?:(?:of|for|and|the)\s)*{_CAPITALISED.pattern})*)"
    r"(?:\s\((\w+)\))?"
)

_ASKED = {
    AnswerType.TIME: Topic.TIME,
    AnswerType.PERSON: Topic.PERSON,
    AnswerType.PLACE: Topic.PLACE,
    AnswerType.QUANTITY: Topic.QUANTITY,
}
_NAMED = frozenset({AnswerType.PERSON, AnswerType.PLACE})


def differ(question: Question, one: str, other: str) -> str | None:
    """See `Language.differ`.

    Of a yes-or-no question, both have to speak of the subject, which is what it names first, and of
    every name that one of them speaks of, but that of a place ("in Mali"). Of any other, both have
    to speak of the same things that it names.
    """
    ours, theirs = {*terms(one)}, {*terms(other)}
    told = (ours | theirs) & {*question.content}
    shared = ours & theirs & told
    if question.wanted.kind is AnswerType.YES_NO:
        subject, named = question.content[0], told & (question.names | _names(one, other))
        same = subject in shared and named - question.places <= shared
        opposed = _tells_end(one, question) != _tells_end(other, question)
        return _spelled(question.text, subject) if same and opposed else None
    if not told <= shared or not told:
        return None
    return _counted_differently(one, other) or replaced(one, other)


def quoted_differ(question: Question, one: str, other: str) -> str | None:
    """See `Language.quoted_differ`.

    Both have to speak of at least half of what either tells of the question. Times differ where
    each has one date or year, not the other's; persons and places where the question is for one
    alone, and no name in one is in the other.
    """
    told = [{*question.content} & {*terms(text)} for text in (one, other)]
    if 2 * len(told[0] & told[1]) < max(1, len(told[0] | told[1])):
        return None
    kind, known = question.wanted.kind, question.text
    if kind is AnswerType.TIME:
        ours, theirs = _times(one), _times(other)
        apart = len(ours) == len(theirs) == 1 and ours <= {*missing(one, other, known=known)}
        apart = apart and theirs <= {*missing(other, one, known=known)}
    elif kind in _NAMED and question.wanted.one:
        ours, theirs = (_named(text) - {*question.terms} for text in (one, other))
        apart = bool(ours and theirs) and not ours & theirs
    else:
        apart = False
    return _ASKED[kind] if apart else None


def answers_differ(question: Question, one: str, other: str) -> str | None:
    """See `Language.answers_differ`.

    Times and numbers differ where each has a number, or a month, that the other lacks; persons and
    places where they are named and share no word, and the question is for one alone: many may have
    come, one has won.
    """
    kind = question.wanted.kind
    if kind in {AnswerType.TIME, AnswerType.QUANTITY}:
        ours, theirs = _figures(one), _figures(other)
        apart = bool(ours - theirs and theirs - ours)
        apart = apart and (kind is AnswerType.TIME or _comparable(one, other))
    elif kind in _NAMED and question.wanted.one:
        named = all(_has_name(text) and not _figures(text) for text in (one, other))
        apart = named and not {*terms(one)} & {*terms(other)}
    else:
        apart = False
    return _ASKED[kind] if apart else None


def supersedes(question: Question, earlier: str, later: str) -> bool:
    """See `Language.supersedes`.

    It does where the question asks how things are now, where only the later sentence tells of an
    end, and where both count victims and the like, which are counted anew as more becomes known.
    When or who in the past does not change.
    """
    kind = question.wanted.kind
    if question.wanted.now:
        return True
    if kind is AnswerType.YES_NO:
        return bool(_ENDS & {*terms(later)}) and not _ENDS & {*terms(earlier)}
    if kind in {AnswerType.QUANTITY, AnswerType.OTHER}:
        return all(_TOLLS & {*terms(text)} for text in (earlier, later))
    return False


def _has_name(text: str) -> bool:
    """Return whether a short answer has a capital, but for a function word that opens it."""
    about = {*_content(text)}
    return any(about & {*terms(word)} for word in _CAPITALISED.findall(text))


def _numbers(text: str) -> list[Quantity]:
    """Return the numbers of a text that count something: no ordinals."""
    return [number for number in quantities(text) if not _ORDINAL.search(text, 0, number.end)]


def _figures(text: str) -> set[object]:
    """Return the numbers of a text, and the days, months and years of its dates."""
    dates = days(text)
    found: set[object] = {number.value for number in _numbers(text)}
    found |= {float(part) for date in dates for part in (date.day, date.year) if part}
    return found | {("month", date.month) for date in dates}


def _comparable(one: str, other: str) -> bool:
    """Return whether two numbers are of the same thing, as far as both say of what."""
    ours, theirs = ({*_content(text)} - _spellings(text) for text in (one, other))
    return ours <= theirs or theirs <= ours or bool(ours & theirs)


def _spellings(text: str) -> set[str]:
    return {term for each in _numbers(text) for term in terms(text[each.start : each.end])}


def _times(text: str) -> set[str]:
    """Return the dates and the years of a text, as they stand there."""
    return {
        fact.text for fact in facts(text) if fact.kind is Kind.DATE or _YEAR.fullmatch(fact.text)
    }


def _named(text: str) -> set[str]:
    """Return the terms of the names of a text."""
    return {term for fact in facts(text) if fact.kind is Kind.NAME for term in terms(fact.text)}


def _names(*texts: str) -> set[str]:
    """Return the terms of what is capitalised within any of the sentences."""
    return {term for text in texts for name in names(text) for term in terms(name)}


def _tells_end(text: str, question: Question) -> bool:
    """Return whether a sentence denies something, or tells of an end that may be the question's.

    What is left, or ended, by a name that the question does not have is something else.
    """
    if _DENIALS & {*terms(text)}:
        return True
    words = (word for word in _WORD.finditer(text) if _ENDS & {*terms(word[0])})
    return any(
        not _is_another(text[found.end() :], question.terms)
        for found in (*words, *_ENDING.finditer(text))
    )


def _is_another(after: str, asked: Collection[str]) -> bool:
    """Return whether what stands behind a word is a name that was not asked about.

    A name and what abbreviates it are one, as far as letters tell: "the United Nations", "UN".
    """
    found = _OBJECT.match(after)
    if found is None or found[1].isupper() or {*terms(found[1])} <= {*asked}:
        return False
    words = found[1].split()
    capitals = [word for word in words if word[0].isupper()]
    short = (found[2] or "", *("".join(word[0] for word in some) for some in (words, capitals)))
    return not {term for name in short for term in terms(name)} & {*asked}


def _spelled(text: str, term: str) -> str:
    """Return a text's own word for a term."""
    words: list[str] = re.findall(r"\w[\w’'-]*", text)
    return next((word for word in words if term in terms(word)), term)


def _counted_differently(one: str, other: str) -> str | None:
    """Return what both sentences count without agreeing on any number of it."""
    ours, theirs = _counts(one), _counts(other)
    differing = (what for what in ours if what in theirs and not ours[what] & theirs[what])
    term = next(differing, None)
    return None if term is None else _spelled(one, term)


def replaced(one: str, other: str) -> Topic | None:
    """See `Language.replaced`; names count."""
    return one_place(one, other, _own_facts)


def _own_facts(text: str, other: str) -> Iterator[Fact]:
    """Yield the facts that only this text has, but weekdays: they tell when it was reported."""
    own = missing(text, other)
    for fact in facts(text):
        if fact.text in own and fact.text.lower() not in WEEKDAYS:
            yield fact


def _counts(text: str) -> dict[str, set[float]]:
    """Return the numbers of a text by the terms of what they count."""
    counts: dict[str, set[float]] = {}
    about = {*_content(text)}
    for number in _numbers(text):
        what = _COUNTED.match(text, number.end)
        for term in terms(what[1]) if what else ():
            if term not in about or term in _MEASURES:
                break
            counts.setdefault(term, set()).add(number.value)
    return counts


def _content(text: str) -> list[str]:
    return content_terms(text, FUNCTION_WORDS)
