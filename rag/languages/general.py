"""Rules that hold for text in any language; a language's own folder replaces those it betters."""

# ruff: noqa: ARG002 - a general rule seldom needs what a language's own rule is given.

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rag.languages.following import FOLLOWING, NOUNS, Following
from rag.languages.terms import (
    content_terms,
    line,
    names,
    repeats,
    stop_filter,
    term_set,
    terms,
)
from rag.text.passages import sentences
from rag.types import Question, Span, Topic, Wanted

MOST_PARTS = 3

ASKING = 3
"""The words, at most, within which a question that is joined to another one begins to ask."""

TELLING = 0.08
"""The share of words that only one language has, from which on a text is surely in it. No five
sentences of NTREX in 32 other languages have more telling words of English."""

SHORT = 3
"""Letters, at most, of the small words of a language for which there is no list of them."""

_FEW_TERMS = 1

_WORD = re.compile(r"[^\W\d_]+")
_ASKS = re.compile(r"[?？؟]\W*$")
NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b[^\W\d_a-z][\w’'-]*\w")
_COMMA = re.compile("[,،]")
_PART_ENDS = re.compile(r"(?<=[?？؟])\s+(?=\S)")
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»|„([^„“”]+)[“”]")
_NUMBER = re.compile(r"(?<!\d)(?:\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+(?:[.,]\d+)*)(?!\d)")
_ASKS_YEAR = re.compile(
    r"\b(?:(?:what|which) year|quelle année|qué año|que ano|welche[mns]? jahr|(?:che|quale) anno"
    r"|каком году|какой год)\b|أي (?:عام|سنة)",
    re.IGNORECASE,
)
_ISO_DATE = re.compile(r"\b\d{4}-(\d\d)-\d\d\b")


class Kind(StrEnum):
    """The kind of a fact."""

    DATE = "date"
    QUANTITY = "quantity"
    NAME = "name"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it stands in a text, by its range; `value` is that of a date or a quantity."""

    kind: Kind
    text: str
    span: Span
    value: object = None


class Language:
    """A language of which nothing is known but its code (ISO 639-1).

    A language with a folder of its own derives from this class and is registered in
    `rag.languages`. Its `function_words` say nothing of what a text is about; its `telling_words`
    are those of them that hardly any other language has.
    """

    function_words = ""
    telling_words: frozenset[str] = frozenset()

    def __init__(self, code: str) -> None:
        self.code = code

    # Words

    def tells(self, text: str) -> bool:
        """Return whether a text is surely in this language, by its words alone."""
        words = _WORD.findall(text[:1].lower() + text[1:])
        return sum(word in self.telling_words for word in words) > TELLING * len(words)

    def content(self, text: str) -> list[str]:
        """Return the terms of a text that are no function words, in order; all if none is left."""
        return content_terms(text, self.function_words)

    def says_something(self, word: str) -> bool:
        """Return whether a word is no function word."""
        return not term_set(self.function_words).issuperset(terms(word))

    def is_small(self, word: str) -> bool:
        """Return whether a word is one that phrases begin with, and that means nothing by itself.

        Where no list of those is known, that is a short one.
        """
        if self.function_words:
            return not self.says_something(word)
        if word.isdigit() or word != word.lower():
            return False
        stops = stop_filter(self.code)
        return len(word) <= SHORT if stops is None else not stops.analyze(word)

    def names(self, text: str) -> list[str]:
        """Return the words of a text that are written as names are, but for its first."""
        nouns = NOUNS.get(self.code)
        return names(nouns.sub(" ", text) if nouns else text)

    def is_common(self, word: str) -> bool:
        """Return whether a word is a common one; none is where there is no list of words."""
        return False

    def forms_of(self, word: str) -> Sequence[str]:
        """Return the common words with the term of a word."""
        return ()

    # What a question asks, while it is parsed

    def wanted(self, question: str) -> Wanted:
        """Return what kind of answer a question wants."""
        return Wanted(year=asks_year(question))

    def without_phrase(self, question: str) -> str:
        """Return a question without words that only tell what it wants: "how many"."""
        return question

    def places(self, question: str) -> Sequence[str]:
        """Return the names of where a question asks about something: "in Mali"."""
        return ()

    def parts(self, question: str) -> Sequence[str]:
        """Return what a question asks at once, in order; itself where that is one thing."""
        parts = _PART_ENDS.split(question, MOST_PARTS - 1)
        if len(parts) > 1 and all(map(terms, parts)):
            return parts
        following = FOLLOWING.get(self.code)
        return _joined(question, following) if following else [question]

    def continued(self, question: str) -> tuple[str, bool]:
        """Return a question without what only ties it to the one before: "and", "what about".

        The second value is whether that asks the question before again, of something else.
        """
        following = FOLLOWING.get(self.code)
        if following is None:
            return question, False
        rest = following.ties.sub("", question)
        return rest, rest != question and not following.asks.search(rest)

    def points_back(self, question: str) -> bool:
        """Return whether a word of a question points to what it did not name before."""
        following = FOLLOWING.get(self.code)
        pointer = following.points.search(question) if following else None
        return pointer is not None and not self.names(question[: pointer.start()])

    def says_little(self, question: str) -> bool:
        """Return whether a question names nothing that it could be about."""
        following = FOLLOWING.get(self.code)
        said = following.asks.sub(" ", question) if following else question
        return is_short(question, self.content(said)) and asks(question)

    def with_person(self, question: str, before: str, claims: Sequence[str]) -> str | None:
        """Return a question with a name for its "he" or "she"; None where nobody is meant.

        The question points back; `before` is the previous one, `claims` are what answered it.
        """
        return None

    def counts_from_today(self, question: str) -> bool:
        """Return whether a question speaks of a time that depends on today's date."""
        return False

    # What a sentence offers to a question

    def offers(self, question: Question, sentence: str) -> float:
        """Return 1 if a sentence holds something of the kind asked for, 0 if not, else 0.5."""
        return 0.5

    def fits(self, question: Question, sentence: str, span: Span) -> bool | None:
        """Return whether a range of a sentence can answer; None where nothing speaks of it.

        What names no year does not answer in which year something was: "this year".
        """
        if question.wanted.year:
            return names_year(sentence[slice(*span)])
        return None

    def is_place(self, sentence: str, span: Span) -> bool:
        """Return whether a range of a sentence is said to be a place."""
        return False

    # What sentences say beside each other

    def facts(self, text: str) -> tuple[Fact, ...]:
        """Return the numbers, months, names and quoted phrases of a text, in order."""
        return tuple(sorted(self._facts(text), key=lambda fact: fact.span))

    def missing(self, claim: str, cited: str, *, known: str = "") -> tuple[str, ...]:
        """Return the facts of a claim that stand neither in the cited text nor in what is known.

        `known` is the question, and the titles and dates of the articles.
        """
        held = f"{cited}\n{known}"
        counted, found, said = numbers(held), {*terms(held)}, line(held)
        dates = {int(month) for month in _ISO_DATE.findall(held)}
        dates |= {fact.value for fact in self._months(held)}  # type: ignore[misc]
        stands = {
            Kind.QUANTITY: lambda fact: fact.value in counted,
            Kind.DATE: lambda fact: fact.value in dates,
            Kind.NAME: lambda fact: {*terms(fact.text)} <= found,
            Kind.QUOTE: lambda fact: line(fact.text) in said,
        }
        lacking = (fact.text for fact in self.facts(claim) if not stands[fact.kind](fact))
        return tuple(dict.fromkeys(lacking))

    def denies(self, claim: str, cited: str) -> bool:
        """Return whether a claim denies what a text tells, or tells what that denies."""
        return False

    def instructs(self, sentence: str) -> bool:
        """Return whether a sentence asks or orders something, and so reports nothing."""
        return asks(sentence)

    # How two sentences differ in what a question asks

    def differ(self, question: Question, one: str, other: str) -> str | None:
        """Return what two sentences differ on, as far as a question asks for it."""
        return None

    def quoted_differ(self, question: Question, one: str, other: str) -> str | None:
        """Return what two sentences differ on, each of which is quoted as an answer."""
        return None

    def answers_differ(self, question: Question, one: str, other: str) -> str | None:
        """Return what two short answers differ on; None if both may be right."""
        return None

    def replaced(self, one: str, other: str) -> Topic | None:
        """Return the kind of fact that two sentences differ by, in one place, if in little else.

        Names are left out: capitals do not tell them from other words in every language.
        """
        return one_place(one, other, self._own_figures)

    def _own_figures(self, text: str, other: str) -> Iterator[Fact]:
        own = self.missing(text, other)
        for fact in self.facts(text):
            if fact.text in own and fact.kind in {Kind.DATE, Kind.QUANTITY}:
                yield fact

    def supersedes(self, question: Question, earlier: str, later: str) -> bool:
        """Return whether what two sentences differ on changes with time."""
        return False

    def _facts(self, text: str) -> Iterator[Fact]:
        for match in _NUMBER.finditer(text):
            yield Fact(Kind.QUANTITY, match[0], Span(*match.span()), _value(match[0]))
        yield from self._months(text)
        for start, end in sentences(text):
            for match in NAME.finditer(text[start:end]):
                span = Span(start + match.start(), start + match.end())
                if match[0][0].isupper():
                    yield Fact(Kind.NAME, match[0], span)
        for match in _QUOTED.finditer(text):
            group = match.lastindex or 0
            yield Fact(Kind.QUOTE, match[group], Span(*match.span(group)))

    def _months(self, text: str) -> Iterator[Fact]:
        named = months(self.code)
        for match in _WORD.finditer(text):
            if month := named.get(match[0].casefold()):
                yield Fact(Kind.DATE, match[0], Span(*match.span()), month)


def _joined(question: str, following: Following) -> list[str]:
    """Return the questions that an "and" joins.

    Each begins with the words that ask: those within it, or behind a comma, may be relative ones
    ("the man who …").
    """
    cut: list[str] = []
    start = 0
    for found in following.joins.finditer(question):
        part = question[start : found.start()]
        asks = [*following.asks.finditer(part)]
        opening = part[: asks[-1].start()] if asks else ","
        begins = len(_WORD.findall(opening)) < ASKING and not _COMMA.search(opening)
        if begins and terms(part[asks[-1].end() :]) and len(cut) < MOST_PARTS - 1:
            cut.append(part)
            start = found.end()
    return [*cut, question[start:]]


def one_place(one: str, other: str, own: Callable[[str, str], Iterable[Fact]]) -> Topic | None:
    """See `Language.replaced`; `own` yields the facts that a text has and the other one lacks."""
    if not repeats(one, other):
        return None
    ours = {
        kind
        for kind, *_ in _places(one, own(one, other), other) & _places(other, own(other, one), one)
    }
    return next((topic for kind, topic in _TOPICS.items() if kind in ours), None)


def _places(text: str, own: Iterable[Fact], other: str) -> set[tuple[Kind, str, str]]:
    """Return the kinds of facts of a text, and the terms around each that it shares."""
    shared = {*terms(other)}
    return {
        (fact.kind, _nearest(reversed(before), shared), _nearest(after, shared))
        for fact in own
        for before, after in [(terms(text[: fact.span.start]), terms(text[fact.span.end :]))]
    }


def _nearest(found: Iterable[str], shared: Collection[str]) -> str:
    return next((term for term in found if term in shared), "")


_TOPICS = {Kind.DATE: Topic.DATE, Kind.QUANTITY: Topic.NUMBER, Kind.NAME: Topic.NAME}


def asks_year(question: str) -> bool:
    """Return whether a question asks in which year something was, in any known language."""
    return _ASKS_YEAR.search(question) is not None


def names_year(words: str) -> bool:
    """Return whether words name a year, or another time by a number."""
    return any(map(str.isdigit, words))


def asks(sentence: str) -> bool:
    """Return whether a sentence ends as a question does."""
    return _ASKS.search(sentence) is not None


def numbers(text: str) -> frozenset[int]:
    """Return the numbers of a text in digits, without their marks."""
    return frozenset(_value(number) for number in _NUMBER.findall(text))


def is_short(question: str, content: Sequence[str]) -> bool:
    """Return whether a question has hardly a word, of content or any."""
    return len(content) <= _FEW_TERMS and len(terms(question)) <= 2 * _FEW_TERMS + 1


def _value(number: str) -> int:
    return int(re.sub(r"\D", "", number))


@cache
def months(code: str) -> dict[str, int]:
    """Return the months of a language in all of their forms, by Unicode's CLDR."""
    from babel import Locale, UnknownLocaleError

    try:
        contexts = Locale.parse(code).months
    except (ValueError, UnknownLocaleError):
        return {}
    return {
        form.casefold(): number
        for context in contexts.values()
        for number, form in context["wide"].items()
    }
