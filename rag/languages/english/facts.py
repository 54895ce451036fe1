"""The facts of a claim, and which of them a text lacks; pure. English.

Facts are dates, quantities, proper names and quoted phrases. A date is one fact, not two numbers;
a number counts something; a name stands beside the words that it stands beside in the claim.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from rag.index.retrieve import common_words
from rag.languages.english.quantities import (
    Day,
    Quantity,
    as_date,
    days,
    quantities,
    told_on,
    weekday_of,
)
from rag.text import readable
from rag.text.passages import sentences
from rag.text.terms import content_terms, terms
from rag.types import Span

NAMES_FILE = Path(__file__).parent / "names.txt"
"""Words of the embedding model's vocabulary that are mostly names: tools/build_names.py."""

COUNTED = 3
BESIDE = 3
HALF, MOVED = 0.5, 0.25
"""How many words after a number are looked at for what it counts."""

_WORD = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*")
_CLAUSE = re.compile(r"[.,;:!?()\"“”«»\n]|\s[–—-]\s")
_NEW = re.compile(r"(?:^\W*|[.!?:;\n]\W*|[\"“‘«(\[]\s*|\s')$")
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»|‘([^‘]+?)’(?!\w)|(?<!\w)'([^']+?)'(?!\w)")
_MARK = re.compile(r"[\[(]\d{1,2}[\])](?!\w)|^\W*\d{1,2}[.)]\s")
_SAME = {
    **dict.fromkeys(("usa", "america", "american"), "us"),
    **dict.fromkeys(("britain", "british"), "uk"),
    "gen": "general",
    "prof": "professor",
    "sen": "senator",
    "rep": "representative",
    "gov": "governor",
    "pres": "president",
    "lt": "lieutenant",
    "col": "colonel",
    "capt": "captain",
    "sgt": "sergeant",
    "dr": "doctor",
    "st": "saint",
    "mt": "mount",
}
_SPELLED_OUT = {"us": "united states", "uk": "united kingdom", "eu": "european union"}
_LINKS = frozenset("of the de del della la le el al bin ben van von der da di du dos y".split())
_PRONOUN = re.compile(r"\W*(?:he|she|it|they|his|her|its|their)\b", re.IGNORECASE)
_START = Match(0, 0, 0)
_ARTICLES = frozenset(((), ("the",), ("a",), ("an",)))
_COURTESY = frozenset("mr mrs ms mx sir madam dame lord lady".split())
_PEOPLE = frozenset(terms("people person man woman other more total figure case time"))
_ENDINGS = re.compile(
    r"(?:ments?|ness|(?:at|t|s)ions?|ity|ities|ly|ings?|isms?|ists?|ables?|ibles?|less|ful|ous|"
    r"ances?|ences?|ically|ships?|hoods?|ised|ized|ises|izes)$"
)
_INFLECTED = re.compile(r"(?:’?s|es|ed|d|er|ers|al|ally|ic|y|en|est)$")
_PREFIXES = re.compile(r"^(?:un|re|non|over|under|anti|counter|de|dis|mis|pre|inter|super)-?")


class Kind(StrEnum):
    """What a fact is."""

    DATE = "date"
    QUANTITY = "quantity"
    NAME = "name"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it stands in a claim, by its range; `value` is the date or the quantity of one."""

    kind: Kind
    text: str
    span: Span
    value: Day | Quantity | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text: its range, its terms, and whether it may be a name."""

    start: int
    end: int
    terms: tuple[str, ...]
    content: bool
    capital: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class _Item:
    """A date, a number or a run of names, with what tells it from others and its two places."""

    start: int
    end: int
    keys: frozenset[object]
    places: tuple[tuple[str, ...], ...]


def missing(claim: str, cited: str, *, known: str = "") -> tuple[str, ...]:
    """Give the facts of a claim that stand neither in the cited text nor in what is known.

    `known` is the question, and the titles and dates of the articles. A number or a name that does
    stand there is missing all the same where the text has another one in its place: beside what it
    counts, or between the words that it stands between in the claim.
    """
    ours, said, given = _text(claim), _text(cited), _text(known)
    held = _Held(said, given)
    lacking = (
        fact.text
        for fact in _facts(ours, capitals=said.capitals | given.capitals)
        if not held.holds(fact) or _misplaced(fact, ours, said, given)
    )
    return tuple(dict.fromkeys(lacking))


def facts(text: str) -> tuple[Fact, ...]:
    """Give the facts of a text, in order.

    A capitalised word that opens a sentence is a name where it is one elsewhere in the text, where
    the vocabulary knows it as one, or where it is no English word as far as the vocabulary tells.
    """
    return _facts(_text(text), capitals=frozenset())


@dataclass(frozen=True)
class _Text:
    """A text and what is found in it."""

    text: str

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """Its dates."""
        return days(self.text)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Its numbers, without those of its dates and of references, "[2]"."""
        marks = [match.span() for match in _MARK.finditer(self.text)]
        return tuple(
            one
            for one in quantities(self.text)
            if not any(start <= one.start < end for start, end in marks)
        )

    @cached_property
    def words(self) -> tuple[_Word, ...]:
        """Its words."""
        return tuple(
            _Word(
                match.start(),
                match.end(),
                *_known(match[0]),
                _may_be_name(match[0]),
                _NEW.search(self.text[max(0, match.start() - 8) : match.start()]) is not None,
            )
            for match in _WORD.finditer(self.text)
        )

    @cached_property
    def content(self) -> tuple[_Word, ...]:
        """Its words that say something."""
        return tuple(word for word in self.words if word.content)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where its words start."""
        return tuple(word.start for word in self.words)

    @cached_property
    def terms(self) -> frozenset[str]:
        """Its terms."""
        return frozenset(term for word in self.words for term in word.terms)

    @cached_property
    def capitals(self) -> frozenset[str]:
        """The terms of what is capitalised within its sentences."""
        return frozenset(
            term
            for word in self.words
            if word.capital and not word.opens and word.content
            for term in word.terms
        )

    @cached_property
    def initials(self) -> frozenset[str]:
        """The initials of its runs of names: "un" of "United Nations"."""
        return frozenset(_initials(run, self) for run in _runs(self) if len(run) > 1)

    @cached_property
    def line(self) -> str:
        """Its words, folded, a space between and around them."""
        return f" {' '.join(' '.join(word.terms) for word in self.words)} "

    @cached_property
    def sentences(self) -> "tuple[_Text, ...]":
        """Its sentences."""
        return tuple(_text(self.text[slice(*span)]) for span in sentences(self.text))

    @cached_property
    def named(self) -> tuple[_Item, ...]:
        """Its runs of names."""
        return tuple(
            _item(
                self,
                Span(run[0].start, run[-1].end),
                {_initials(run, self), *(term for word in run for term in word.terms)} - {""},
            )
            for run in _runs(self)
        )

    @cached_property
    def dated(self) -> tuple[_Item, ...]:
        """Its dates."""
        return tuple(_item(self, Span(one.start, one.end), _days_of(one)) for one in self.days)

    @cached_property
    def counted(self) -> tuple[_Item, ...]:
        """Its numbers."""
        return tuple(_item(self, Span(one.start, one.end), {one.value}) for one in self.quantities)

    def between(self, start: int, end: int) -> tuple[_Word, ...]:
        """Give the words that start within a range."""
        return self.words[bisect_left(self.starts, start) : bisect_left(self.starts, end)]


@lru_cache(maxsize=128)
def _text(text: str) -> _Text:
    return _Text(readable(text))


_NONE = _Text("")


@lru_cache(maxsize=65536)
def _known(word: str) -> tuple[tuple[str, ...], bool]:
    """Give a word's terms, and whether it says anything."""
    found = tuple(_SAME.get(term, term) for term in terms(word))
    function = content_terms(f"{word} zzz") == ["zzz"]
    return found, not function


def _may_be_name(word: str) -> bool:
    """Say whether a word has a capital, or is made of letters and digits: "G20", "iPhone"."""
    mixed = any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    if mixed:
        return any(letter.isupper() for letter in word)
    return word != "I" and any(letter.isupper() for letter in word[:2])


def _runs(text: _Text) -> Iterator[tuple[_Word, ...]]:
    """Give the runs of names, the little words within a name passed over: "Bank of England"."""
    run: list[_Word] = []
    for word in text.words:
        if run and _CLAUSE.search(text.text, run[-1].end, word.start):
            yield tuple(run)
            run = []
        if _is_name(text, word, text.capitals):
            run.append(word)
        elif run and not _LINKS.issuperset(word.terms):
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _facts(text: _Text, *, capitals: frozenset[str]) -> tuple[Fact, ...]:
    told: list[Fact] = [
        *(_fact(Kind.DATE, text, Span(one.start, one.end), one) for one in text.days),
        *(
            _fact(Kind.QUANTITY, text, Span(one.start, one.end), one)
            for one in text.quantities
            if text.text[one.start : one.end].casefold() not in {"one", "zero"}
        ),
    ]
    taken = [fact.span for fact in told]
    told.extend(_quotes(text))
    told.extend(
        _fact(Kind.NAME, text, Span(word.start, word.end))
        for word in text.words
        if _is_name(text, word, text.capitals | capitals)
        and not any(start < word.end and word.start < end for start, end in taken)
    )
    return tuple(sorted(told, key=lambda fact: fact.span))


def _fact(kind: Kind, text: _Text, span: Span, value: Day | Quantity | None = None) -> Fact:
    return Fact(kind, text.text[slice(*span)], span, value)


def _quotes(text: _Text) -> Iterator[Fact]:
    """Give the quoted phrases, without their marks."""
    for match in _QUOTED.finditer(text.text):
        group = match.lastindex or 0
        if _text(match[group]).terms:
            yield _fact(Kind.QUOTE, text, Span(*match.span(group)))


def _is_name(text: _Text, word: _Word, capitals: frozenset[str]) -> bool:
    if not word.capital or not word.content or not word.terms:
        return False
    spelled = text.text[word.start : word.end]
    if spelled.casefold().rstrip(".") in _COURTESY:
        return False
    return not word.opens or bool({*word.terms} & capitals) or is_proper(spelled)


@lru_cache(maxsize=8192)
def is_proper(word: str) -> bool:
    """Say whether a word is a name wherever it stands, as far as the vocabulary tells."""
    bare = re.sub(r"[’']s?$", "", word).casefold()
    if bare in _names() or any(letter.isupper() or letter.isdigit() for letter in word[1:]):
        return True
    if not bare.isascii() or not bare.isalpha():
        return not all(_is_english(part) for part in re.split(r"\W", bare) if part)
    return not _is_english(bare)


def _is_english(word: str) -> bool:
    words = common_words()
    bare = _PREFIXES.sub("", word)
    if word in words or bare in words or _ENDINGS.search(word):
        return True
    return any(
        stem in words or f"{stem}e" in words or (stem.endswith("i") and f"{stem[:-1]}y" in words)
        for stem in (_INFLECTED.sub("", word), _INFLECTED.sub("", bare))
        if stem not in _names()
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(NAMES_FILE.read_text(encoding="utf-8").split())


@dataclass(frozen=True)
class _Held:
    """What a cited text and what is known hold, for a fact to be looked up in."""

    said: _Text
    known: _Text

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The dates, those that the text tells relative to the article's among them."""
        return (*self.said.days, *self.known.days, *self._relative)

    @cached_property
    def _relative(self) -> tuple[Day, ...]:
        return tuple(
            day
            for one in self.known.days
            if (published := as_date(one))
            for day in told_on(self.said.text, published)
        )

    @cached_property
    def years(self) -> frozenset[int]:
        """The years that stand by themselves or in a date."""
        alone = {int(one.value) for one in self.quantities}
        return frozenset({one.year for one in self.days if one.year} | alone)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The numbers."""
        return (*self.said.quantities, *self.known.quantities)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms, and those that an acronym or its expansion stands for."""
        found = self.said.terms | self.known.terms
        initials = self.said.initials | self.known.initials
        spelled = {short for short, words in _SPELLED_OUT.items() if {*terms(words)} <= found}
        return found | initials | spelled | self._weekdays

    @cached_property
    def _weekdays(self) -> frozenset[str]:
        """The terms of the weekdays of the text's dates, whose year may be another one's."""
        dates = [one for one in (*self.said.days, *self._relative) if one.day]
        return frozenset(
            term
            for one in dates
            for year in ({one.year} if one.year else self.years)
            if (weekday := weekday_of(replace(one, year=year)))
            for term in terms(weekday)
        )

    def holds(self, fact: Fact) -> bool:
        """Say whether a fact stands here."""
        if isinstance(fact.value, Day):
            return any(fact.value.within(day, self.years) for day in self.days)
        if isinstance(fact.value, Quantity):
            return self._holds_quantity(fact.value)
        if fact.kind is Kind.QUOTE:
            line = _text(fact.text).line
            return line in self.said.line or line in self.known.line
        return self._holds_name(fact.text)

    def _holds_quantity(self, asked: Quantity) -> bool:
        if any(_same(asked, one) for one in self.quantities):
            return True
        return not asked.unit and asked.value in {one.year for one in self.days}

    def _holds_name(self, name: str) -> bool:
        found = {*_known(name)[0]}
        return found <= self.terms or any(
            {*terms(words)} <= self.terms
            for short, words in _SPELLED_OUT.items()
            if found == {short}
        )


def _same(one: Quantity, other: Quantity) -> bool:
    """Say whether two numbers are one, as far as both say in which unit."""
    return one.value == other.value and (not one.unit or not other.unit or one.unit == other.unit)


def _misplaced(fact: Fact, ours: _Text, said: _Text, known: _Text) -> bool:
    """Say whether the cited text has another date, number or name in a fact's place."""
    if fact.kind is Kind.QUOTE or not _Held(said, _NONE).holds(fact):
        return False
    # What is known may stand for a pronoun, beside other words than in the text.
    apart = _apart(fact, ours, said) and not _Held(known, _NONE).holds(fact)
    if apart or _counts_other(fact, ours, said) or _placed_other(fact, ours, said):
        return True
    return not _placed_so(fact, ours, said) and (
        _told_elsewhere(fact, ours, said)
        or any(_replaced(fact, ours, one) for one in said.sentences)
    )


def _apart(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Say whether no sentence with a fact holds any of the words next to it in the claim.

    Where the text has the whole name somewhere, a part of it is enough elsewhere. A sentence that
    begins with a pronoun goes on with what others tell, and so is apart from nothing.
    """
    item = _item_of(fact, ours)
    start, end = (item.start, item.end) if item else fact.span
    own = {term for word in ours.between(start, end) for term in word.terms}
    first, last = (bisect_left(ours.starts, edge) for edge in (start, end))
    words = [word for word in ours.words[:first] if word.content][-BESIDE:]
    words += [word for word in ours.words[last:] if word.content][:BESIDE]
    beside = {term for word in words for term in word.terms} - own
    part = own if fact.kind is Kind.NAME and any(own <= one.keys for one in said.named) else set()
    holding = (one for one in said.sentences if part & one.terms or _Held(one, _NONE).holds(fact))
    return bool(beside & said.terms) and not any(
        beside & one.terms or _PRONOUN.match(one.text) for one in holding
    )


def _replaced(fact: Fact, ours: _Text, sentence: _Text) -> bool:
    """Say whether a sentence tells most of a claim, word by word, but for other words than a fact.

    The words in its place have to hold a fact of the same kind that the claim lacks.
    """
    mine, theirs = ours.content, sentence.content
    blocks = _blocks(tuple(word.terms for word in mine), tuple(word.terms for word in theirs))
    if sum(one.size for one in blocks) < HALF * len(mine):
        return False
    for one, other in pairwise((_START, *blocks)):
        inside = mine[one.a + one.size : other.a]
        if any(word.start in range(*fact.span) for word in inside):
            there = theirs[one.b + one.size : other.b]
            return bool(there) and _holds_other(fact.kind, ours, sentence, there)
    return False


def _holds_other(kind: Kind, ours: _Text, sentence: _Text, words: Sequence[_Word]) -> bool:
    """Say whether some words of a sentence hold a fact of the kind that a claim lacks."""
    if kind is Kind.NAME:
        names = (word for word in words if _is_name(sentence, word, sentence.capitals))
        return any(not {*word.terms} & ours.terms for word in names)
    told = frozenset(key for one in _items(ours, kind) for key in one.keys)
    return any(
        not item.keys & told and words[0].start <= item.start <= words[-1].start
        for item in _items(sentence, kind)
    )


@lru_cache(maxsize=128)
def _blocks(ours: tuple[object, ...], theirs: tuple[object, ...]) -> tuple[Match, ...]:
    """Give the runs that two sequences share in one order, and an empty one at their ends."""
    return tuple(SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks())


def _counts_other(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Say whether the cited text counts by another number what a claim counts by this one."""
    asked = fact.value
    if not isinstance(asked, Quantity):
        return False
    counted = _counted(asked, ours) - _PEOPLE
    own = [_counted(one, said) for one in said.quantities if _same(asked, one)]
    told = {one.value for one in ours.quantities}
    return (
        bool(own)
        and all(own)
        and not any(counted & what for what in own)
        and any(counted & _counted(one, said) for one in said.quantities if one.value not in told)
    )


def _counted(quantity: Quantity, text: _Text) -> frozenset[str]:
    """Give the terms of what a number counts: of the words that follow it in its clause."""
    stop = _CLAUSE.search(text.text, quantity.end)
    end = stop.start() if stop else len(text.text)
    following = (one.start for one in text.quantities if one.start >= quantity.end)
    end = min(end, next(following, end))
    words = [word for word in text.between(quantity.end, end) if word.content][:COUNTED]
    return frozenset(term for word in words for term in word.terms)


def _told_elsewhere(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Say whether another sentence than those with a date or a number tells the rest of a claim.

    It has to hold half of the rest, `MOVED` more of it than any sentence with the fact, and to have
    another date or number that the claim lacks. Names are left out: a sentence has many.
    """
    if fact.kind is Kind.NAME:
        return False
    own = {term for word in ours.between(*fact.span) for term in word.terms}
    rest = {term for word in ours.words if word.content for term in word.terms} - own
    told = _values(ours, fact.kind)
    inside: list[float] = [0.0]
    beside: list[float] = [0.0]
    for one in said.sentences:
        share = len(rest & one.terms) / (len(rest) or 1)
        if _Held(one, _NONE).holds(fact):
            inside.append(share)
        elif _values(one, fact.kind) - told:
            beside.append(share)
    return max(inside) > 0 and max(beside) >= max(HALF, max(inside) + MOVED)


def _values(text: _Text, kind: Kind) -> set[tuple[float | None, ...]]:
    """Give the dates, or the numbers, of a text."""
    if kind is Kind.DATE:
        return {(one.month, one.day) for one in text.days}
    return {(one.value,) for one in text.quantities}


def _placed_other(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Say whether the cited text has only other facts of the kind where a claim has this one.

    A place is what stands on one side: little words, and the word beyond them. Names that stand in
    one run somewhere, "Barack Obama", are taken for one, and so is a name for the other that stands
    a few words further on: "met the French envoy Durand".
    """
    mine, items = _items(ours, fact.kind), _items(said, fact.kind)
    own = _item_of(fact, ours)
    if own is None:
        return False
    same = own.keys.union(*(one.keys for one in items if one.keys & own.keys))
    told = same.union(*(one.keys for one in mine))
    for place in own.places:
        there = [one for one in items if place in one.places]
        if there and not any(one.keys & told or _near(one, place, same, said) for one in there):
            return True
    return False


def _placed_so(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Say whether the cited text has a fact in a place that it has in the claim."""
    own = _item_of(fact, ours)
    if own is None:
        return False
    keys = {*_known(fact.text)[0]} if fact.kind is Kind.NAME else own.keys
    return any(one.keys & keys and {*one.places} & {*own.places} for one in _items(said, fact.kind))


def _item_of(fact: Fact, text: _Text) -> _Item | None:
    items = _items(text, fact.kind)
    return next((one for one in items if one.start <= fact.span.start < one.end), None)


def _near(item: _Item, place: tuple[str, ...], keys: frozenset[object], text: _Text) -> bool:
    """Say whether some of the keys stand a few words beyond an item, seen from its place."""
    first, last = bisect_left(text.starts, item.start), bisect_left(text.starts, item.end)
    beyond = slice(last, last + 4) if place[0] == "before" else slice(max(0, first - 4), first)
    return any(term in keys for word in text.words[beyond] for term in word.terms)


def _days_of(day: Day) -> set[tuple[int, int]]:
    """Give a date as month and day, a month as all of its days."""
    return {(day.month, number) for number in ([day.day] if day.day else range(1, 32))}


def _item(text: _Text, span: Span, keys: Iterable[object]) -> _Item:
    return _Item(*span, frozenset(keys), _places(*span, text))


def _items(text: _Text, kind: Kind) -> tuple[_Item, ...]:
    return text.named if kind is Kind.NAME else text.dated if kind is Kind.DATE else text.counted


def _initials(run: tuple[_Word, ...], text: _Text) -> str:
    """Give the initials of a run of names; none of a single one."""
    return "".join(text.text[word.start] for word in run).casefold() if len(run) > 1 else ""


def _places(start: int, end: int, text: _Text) -> tuple[tuple[str, ...], ...]:
    """Give what stands before a range, and what stands after it, up to a word of content."""
    first, last = bisect_left(text.starts, start), bisect_left(text.starts, end)
    before = _place(start, text.words[max(0, first - 4) : first][::-1], text)
    after = _place(end, text.words[last : last + 4], text)
    sides = ("before", before), ("after", after[-1:])
    return tuple((side, *found) for side, found in sides if found)


def _place(edge: int, words: tuple[_Word, ...], text: _Text) -> tuple[str, ...]:
    """Give the terms from an edge to the first word of content, none beyond the clause."""
    passed: list[str] = []
    for word in words:
        between = sorted((edge, word.start if word.start >= edge else word.end))
        if _CLAUSE.search(text.text, *between):
            return ()
        if word.content:
            return () if _PEOPLE.issuperset(word.terms) else (*passed, *word.terms)
        if word.terms not in _ARTICLES:
            passed.extend(word.terms)
    return ()
