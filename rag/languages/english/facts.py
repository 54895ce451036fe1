"""The facts of an English claim, and which of them a text lacks; pure.

Facts are dates, quantities, proper names and quoted phrases. A date is one fact, not two numbers. A
name or a number that the text has in another context than the claim counts as lacking.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from functools import cached_property, lru_cache
from itertools import pairwise

from rag.languages.english.names import is_proper
from rag.languages.english.quantities import (
    Day,
    Quantity,
    as_date,
    days,
    quantities,
    told_on,
    weekday_of,
)
from rag.languages.english.words import COURTESY, FUNCTION_WORDS, PRONOUNS
from rag.languages.general import Fact, Kind
from rag.languages.terms import term_set, terms
from rag.text.passages import sentences
from rag.types import Span

BESIDE = 3
"""How many content words on each side of a fact are its context: one has to be in its sentence."""

HALF = 0.5
"""A sentence restates a claim if it has this share of the claim's content words, in order."""

_WORD = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*")
_CLAUSE = re.compile(r"[.,;:!?()\"“”«»\n]|\s[–—-]\s")
_NEW = re.compile(r"(?:^\W*|[.!?:;\n]\W*|[\"“‘«(\[]\s*|\s')$")
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»|‘([^‘]+?)’(?!\w)|(?<!\w)'([^']+?)'(?!\w)")
_MARK = re.compile(r"[\[(]\d{1,2}[\])](?!\w)|^\W*\d{1,2}[.)]\s")
_SAME = {
    other: term
    for row in (
        *("us usa america american", "uk britain british", "general gen", "professor prof"),
        *("senator sen", "representative rep", "governor gov", "president pres", "lieutenant lt"),
        *("colonel col", "captain capt", "sergeant sgt", "doctor dr", "saint st", "mount mt"),
    )
    for term, *others in [row.split()]
    for other in others
}
_SPELLED_OUT = {"us": "united states", "uk": "united kingdom", "eu": "european union"}
_LINKS = frozenset("of the de del della la le el al bin ben van von der da di du dos y".split())
_PRONOUN = re.compile(rf"\W*(?:{PRONOUNS})\b", re.IGNORECASE)
_START = Match(0, 0, 0)
_FUNCTION = term_set(FUNCTION_WORDS)
_ARTICLES = frozenset(((), ("the",), ("a",), ("an",)))
_PEOPLE = term_set("people person man woman other more total figure case time")


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
    """A date, a number or a run of names: `keys` identify it, `places` are its two contexts."""

    start: int
    end: int
    keys: frozenset[object]
    places: tuple[tuple[str, ...], ...]


def facts(text: str) -> tuple[Fact, ...]:
    """Return the facts of a text, in order.

    A capitalised word at the beginning of a sentence is a name if it is capitalised within another
    one, or if the list of words has it as a name.
    """
    return _facts(_text(text), capitals=frozenset())


def missing(claim: str, cited: str, *, known: str = "") -> tuple[str, ...]:
    """See `Language.missing`.

    A fact that the text has is missing all the same if the text has another fact in its context:
    between the words that are beside it in the claim.
    """
    ours, said, given = _text(claim), _text(cited), _text(known)
    held = _Held(said, given)
    lacking = (
        fact.text
        for fact in _facts(ours, capitals=said.capitals | given.capitals)
        if not held.holds(fact) or _is_misplaced(fact, ours, said, given)
    )
    return tuple(dict.fromkeys(lacking))


@dataclass(frozen=True)
class _Text:
    """A text, and what is parsed of it, on demand."""

    text: str

    @cached_property
    def days(self) -> tuple[Day, ...]:
        return days(self.text)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Its numbers, without those of dates and of marks such as "[2]"."""
        marks = [match.span() for match in _MARK.finditer(self.text)]
        return tuple(
            number
            for number in quantities(self.text)
            if not any(start <= number.start < end for start, end in marks)
        )

    @cached_property
    def words(self) -> tuple[_Word, ...]:
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
        return tuple(word for word in self.words if word.content)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        return tuple(word.start for word in self.words)

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(term for word in self.words for term in word.terms)

    @cached_property
    def capitals(self) -> frozenset[str]:
        """The terms of words that are capitalised within its sentences."""
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
        """Its terms on one line, in which the line of any run of its words stands."""
        return f" {' '.join(' '.join(word.terms) for word in self.words)} "

    @cached_property
    def sentences(self) -> "tuple[_Text, ...]":
        return tuple(_text(self.text[slice(*span)]) for span in sentences(self.text))

    @cached_property
    def named(self) -> tuple[_Item, ...]:
        """Its runs of names."""
        return tuple(
            self._item(
                Span(run[0].start, run[-1].end),
                {_initials(run, self), *(term for word in run for term in word.terms)} - {""},
            )
            for run in _runs(self)
        )

    @cached_property
    def dated(self) -> tuple[_Item, ...]:
        """Its dates by month and day; a month without a day has the keys of all its days."""
        return tuple(
            self._item(
                Span(date.start, date.end),
                {(date.month, day) for day in ([date.day] if date.day else range(1, 32))},
            )
            for date in self.days
        )

    @cached_property
    def counted(self) -> tuple[_Item, ...]:
        """Its numbers."""
        return tuple(
            self._item(Span(number.start, number.end), {number.value}) for number in self.quantities
        )

    def items(self, kind: Kind) -> tuple[_Item, ...]:
        """Return its names, dates or numbers."""
        return {Kind.NAME: self.named, Kind.DATE: self.dated}.get(kind, self.counted)

    def item_of(self, fact: Fact) -> _Item | None:
        """Return the item that a fact is a part of."""
        items = self.items(fact.kind)
        return next((item for item in items if item.start <= fact.span.start < item.end), None)

    def between(self, start: int, end: int) -> tuple[_Word, ...]:
        """Return the words that start within a range."""
        return self.words[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def _item(self, span: Span, keys: Iterable[object]) -> _Item:
        """Return an item; its places are the words on each side, up to the first content word."""
        first, last = (bisect_left(self.starts, edge) for edge in span)
        before = self._place(span.start, self.words[max(0, first - 4) : first][::-1])
        after = self._place(span.end, self.words[last : last + 4])
        sides = ("before", before), ("after", after[-1:])
        places = tuple((side, *found) for side, found in sides if found)
        return _Item(*span, frozenset(keys), places)

    def _place(self, edge: int, words: Sequence[_Word]) -> tuple[str, ...]:
        """Return the terms from an edge to the first content word, within the clause."""
        passed: list[str] = []
        for word in words:
            between = sorted((edge, word.start if word.start >= edge else word.end))
            if _CLAUSE.search(self.text, *between):
                return ()
            if word.content:
                return () if _PEOPLE.issuperset(word.terms) else (*passed, *word.terms)
            if word.terms not in _ARTICLES:
                passed.extend(word.terms)
        return ()


@lru_cache(maxsize=128)
def _text(text: str) -> _Text:
    return _Text(text)


_NONE = _Text("")


@lru_cache(maxsize=65536)
def _known(word: str) -> tuple[tuple[str, ...], bool]:
    """Return a word's terms, and whether it is a content word."""
    own = terms(word)
    return tuple(_SAME.get(term, term) for term in own), not _FUNCTION.issuperset(own)


def _may_be_name(word: str) -> bool:
    """Return whether a word has a capital, or is made of letters and digits: "G20", "iPhone"."""
    mixed = any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    if mixed:
        return any(letter.isupper() for letter in word)
    return word != "I" and any(letter.isupper() for letter in word[:2])


def _is_name(text: _Text, word: _Word, capitals: frozenset[str]) -> bool:
    if not word.capital or not word.content or not word.terms:
        return False
    spelled = text.text[word.start : word.end]
    if spelled.casefold().rstrip(".") in COURTESY:
        return False
    return not word.opens or bool({*word.terms} & capitals) or is_proper(spelled)


def _runs(text: _Text) -> Iterator[tuple[_Word, ...]]:
    """Yield the runs of names, with small words within a name: "Bank of England"."""
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


def _initials(run: tuple[_Word, ...], text: _Text) -> str:
    """Return the initials of a run of names; none of a single one."""
    return "".join(text.text[word.start] for word in run).casefold() if len(run) > 1 else ""


def _facts(text: _Text, *, capitals: frozenset[str]) -> tuple[Fact, ...]:
    numbers = (
        number
        for number in text.quantities
        if text.text[number.start : number.end].casefold() not in {"one", "zero"}
    )
    found: list[tuple[Kind, Span, Day | Quantity | None]] = [
        (Kind.DATE, Span(date.start, date.end), date) for date in text.days
    ]
    found += [(Kind.QUANTITY, Span(number.start, number.end), number) for number in numbers]
    taken = [span for _, span, _ in found]
    found += [(Kind.QUOTE, span, None) for span in _quotes(text)]
    found += [
        (Kind.NAME, Span(word.start, word.end), None)
        for word in text.words
        if _is_name(text, word, text.capitals | capitals)
        and not any(start < word.end and word.start < end for start, end in taken)
    ]
    told = (Fact(kind, text.text[slice(*span)], span, value) for kind, span, value in found)
    return tuple(sorted(told, key=lambda fact: fact.span))


def _quotes(text: _Text) -> Iterator[Span]:
    """Yield the quoted phrases, without their marks."""
    for match in _QUOTED.finditer(text.text):
        group = match.lastindex or 0
        if _text(match[group]).terms:
            yield Span(*match.span(group))


@dataclass(frozen=True)
class _Held:
    """The facts that a claim may have: those of the cited text, and of what is known."""

    said: _Text
    known: _Text

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The dates, including those that the text gives relative to the article's date."""
        return (*self.said.days, *self.known.days, *self._relative)

    @cached_property
    def _relative(self) -> tuple[Day, ...]:
        return tuple(
            day
            for known in self.known.days
            if (published := as_date(known))
            for day in told_on(self.said.text, published)
        )

    @cached_property
    def years(self) -> frozenset[int]:
        """The years, alone or in a date."""
        alone = {int(number.value) for number in self.quantities}
        return frozenset({day.year for day in self.days if day.year} | alone)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return (*self.said.quantities, *self.known.quantities)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms, with those of acronyms, of their expansions, and of the dates' weekdays."""
        found = self.said.terms | self.known.terms
        initials = self.said.initials | self.known.initials
        spelled = {short for short, words in _SPELLED_OUT.items() if term_set(words) <= found}
        return found | initials | spelled | self._weekdays

    @cached_property
    def _weekdays(self) -> frozenset[str]:
        """The terms of the weekdays of the text's dates, in any of the years where one has none."""
        return frozenset(
            term
            for day in (*self.said.days, *self._relative)
            if day.day
            for year in ({day.year} if day.year else self.years)
            if (weekday := weekday_of(replace(day, year=year)))
            for term in terms(weekday)
        )

    def holds(self, fact: Fact) -> bool:
        if isinstance(fact.value, Day):
            return any(fact.value.within(day, self.years) for day in self.days)
        if isinstance(fact.value, Quantity):
            return self._holds_quantity(fact.value)
        if fact.kind is Kind.QUOTE:
            line = _text(fact.text).line
            return line in self.said.line or line in self.known.line
        return self._holds_name(fact.text)

    def _holds_quantity(self, asked: Quantity) -> bool:
        """Return whether a number is here, with the same unit if both have one."""
        if any(
            asked.value == held.value and ("" in {asked.unit, held.unit} or asked.unit == held.unit)
            for held in self.quantities
        ):
            return True
        return not asked.unit and asked.value in {day.year for day in self.days}

    def _holds_name(self, name: str) -> bool:
        found = {*_known(name)[0]}
        return found <= self.terms or any(
            found == {short} and term_set(words) <= self.terms
            for short, words in _SPELLED_OUT.items()
        )


def _is_misplaced(fact: Fact, ours: _Text, said: _Text, known: _Text) -> bool:
    """Return whether the cited text has another date, number or name in a fact's context."""
    if fact.kind is Kind.QUOTE or not _Held(said, _NONE).holds(fact):
        return False
    # What is known may stand for a pronoun, beside other words than in the text.
    if _is_apart(fact, ours, said) and not _Held(known, _NONE).holds(fact):
        return True
    if _has_other_there(fact, ours, said):
        return True
    return not _stands_so(fact, ours, said) and any(
        _is_replaced(fact, ours, sentence) for sentence in said.sentences
    )


def _is_apart(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Return whether no sentence with a fact has any of the words that are beside it in the claim.

    If the text has a whole name somewhere, a part of it is enough in the sentence. A sentence that
    begins with a pronoun continues another one, and passes.
    """
    item = ours.item_of(fact)
    start, end = (item.start, item.end) if item else fact.span
    own = {term for word in ours.between(start, end) for term in word.terms}
    first, last = (bisect_left(ours.starts, edge) for edge in (start, end))
    words = [word for word in ours.words[:first] if word.content][-BESIDE:]
    words += [word for word in ours.words[last:] if word.content][:BESIDE]
    beside = {term for word in words for term in word.terms} - own
    named = fact.kind is Kind.NAME and any(own <= name.keys for name in said.named)
    part = own if named else set()
    holding = (
        sentence
        for sentence in said.sentences
        if part & sentence.terms or _Held(sentence, _NONE).holds(fact)
    )
    return bool(beside & said.terms) and not any(
        beside & sentence.terms or _PRONOUN.match(sentence.text) for sentence in holding
    )


def _is_replaced(fact: Fact, ours: _Text, sentence: _Text) -> bool:
    """Return whether a sentence restates a claim with another fact of the kind in its place."""
    mine, theirs = ours.content, sentence.content
    blocks = _blocks(tuple(word.terms for word in mine), tuple(word.terms for word in theirs))
    if sum(block.size for block in blocks) < HALF * len(mine):
        return False
    for block, following in pairwise((_START, *blocks)):
        inside = mine[block.a + block.size : following.a]
        if any(word.start in range(*fact.span) for word in inside):
            there = theirs[block.b + block.size : following.b]
            return bool(there) and _holds_other(fact.kind, ours, sentence, there)
    return False


def _holds_other(kind: Kind, ours: _Text, sentence: _Text, words: Sequence[_Word]) -> bool:
    """Return whether words of a sentence have a fact of a kind that the claim does not have."""
    if kind is Kind.NAME:
        names = (word for word in words if _is_name(sentence, word, sentence.capitals))
        return any(not {*word.terms} & ours.terms for word in names)
    told = frozenset(key for item in ours.items(kind) for key in item.keys)
    return any(
        not item.keys & told and words[0].start <= item.start <= words[-1].start
        for item in sentence.items(kind)
    )


@lru_cache(maxsize=128)
def _blocks(ours: tuple[object, ...], theirs: tuple[object, ...]) -> tuple[Match, ...]:
    """Return the runs that two sequences share in order, and an empty one at their ends."""
    return tuple(SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks())


def _has_other_there(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Return whether the cited text has only other facts of the kind in one of a fact's places.

    Names of one run, "Barack Obama", are one person; so are two names that are a few words apart:
    "met the French envoy Durand".
    """
    own, items = ours.item_of(fact), said.items(fact.kind)
    if own is None:
        return False
    same = own.keys.union(*(item.keys for item in items if item.keys & own.keys))
    told = same.union(*(item.keys for item in ours.items(fact.kind)))
    for place in own.places:
        there = [item for item in items if place in item.places]
        if there and not any(
            item.keys & told or _is_near(item, place, same, said) for item in there
        ):
            return True
    return False


def _stands_so(fact: Fact, ours: _Text, said: _Text) -> bool:
    """Return whether the cited text has a fact in one of the places that it has in the claim."""
    own = ours.item_of(fact)
    if own is None:
        return False
    keys = {*_known(fact.text)[0]} if fact.kind is Kind.NAME else own.keys
    items = said.items(fact.kind)
    return any(item.keys & keys and {*item.places} & {*own.places} for item in items)


def _is_near(item: _Item, place: tuple[str, ...], keys: frozenset[object], text: _Text) -> bool:
    """Return whether any of the keys is a few words beyond an item, seen from its place."""
    first, last = bisect_left(text.starts, item.start), bisect_left(text.starts, item.end)
    beyond = slice(last, last + 4) if place[0] == "before" else slice(max(0, first - 4), first)
    return any(term in keys for word in text.words[beyond] for term in word.terms)
