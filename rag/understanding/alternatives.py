"""The two things that a question compares or lists: "the wind farm or the solar park"; pure.

The words for "and" and "or" are those of Unicode's CLDR, in any language; those that ask for the
greater or the smaller one, and of what, are in comparisons.yaml.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import dropwhile

from rag.languages import language
from rag.languages.terms import terms
from rag.types import AnswerType, Side
from rag.understanding.data import section_of

LONGEST_NAME = 3
"""Words, at most, of the first of two things that a question begins with: "Is flour or …"."""

_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")
_WHETHER = {AnswerType.YES_NO, AnswerType.QUANTITY}
_KINDS = ("length", "mass", "area", "speed", "duration", "temperature", "currency", "age")


def compared(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question chooses from, as `listed` does.

    "Which is dearer, A or B?"; "Is A dearer than B?", too.
    """
    choice = _between(text, _conjunction("or", code), code, last=True)
    return choice or _than(text, code)


def listed(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question asks about, each with the question about it alone.

    They are recognised by their form: both begin with the same word, or both are names.
    """
    return _between(text, _conjunction("standard", code), code, last=False)


def asks_greater(text: str, code: str) -> bool | None:
    """Return True if a question asks for the greater of two, False for the smaller, else None."""
    words = _words(code)
    if not words:
        return None
    rest = words["less"].sub("", text)
    less, more = rest != text, words["more"].search(rest) is not None
    return more if more is not less else None


def is_difference(after: str, code: str) -> bool:
    """Return whether an amount, by what follows it, only tells a difference: "more than ..."."""
    words = _words(code)
    near = " ".join(after.split()[:2])
    degrees = (words[kind].search(near) for kind in ("less", "more") if kind in words)
    return any(degrees) and "than" in words and words["than"].search(after) is not None


def measures(text: str, code: str) -> frozenset[str]:
    """Return the kinds of units that a comparison asks for, as `Amount.kinds` has them, and "age".

    None are returned where it does not tell.
    """
    return frozenset(
        kind for kind in _KINDS if kind in _words(code) and _words(code)[kind].search(text)
    )


def sides(names: Sequence[str], text: str, code: str) -> tuple[Side, Side] | None:
    """Return the two sides of a comparison by their names; None if one has no word of its own."""
    one, other = (_telling(name, code) for name in names)
    shared = {term for word in one for term in terms(word)} & {
        term for word in other for term in terms(word)
    }
    ours, theirs = (
        tuple(word for word in words if not shared.issuperset(terms(word)))
        for words in (one, other)
    )
    kinds = measures(text, code)
    return (Side(ours, theirs, kinds), Side(theirs, ours, kinds)) if ours and theirs else None


def _telling(name: str, code: str) -> list[str]:
    """Return the words of a name that say something."""
    words = (word[0] for word in _WORD.finditer(name))
    is_small = language(code).is_small
    return [word for word in words if not word.islower() or not is_small(word)]


@cache
def _words(code: str) -> Mapping[str, re.Pattern[str]]:
    """Return the patterns of a language's words of comparing, by what they tell."""
    known = section_of("comparisons.yaml").get(code, {})
    return {kind: re.compile(rf"\b(?:{known[kind]})(?!\w)", re.IGNORECASE) for kind in known}


def _between(text: str, word: str, code: str, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Return the two things on both sides of a word, if it occurs once.

    With `last`, the second thing extends to the end of the question, or to what it compares by.
    """
    at = [*re.finditer(rf"\s{re.escape(word)}\s", text)] if word else []
    before = [*_WORD.finditer(text, 0, at[0].start())] if len(at) == 1 else []
    after = [*_WORD.finditer(text, at[0].end())] if before else []
    if not after:
        return ()
    if last:
        after = _until_compared(text, code, after)
    one, other = _parallel(before, after, last=last)
    if last and asks_greater(text, code) is not None:
        if not (one and other):
            comma = max(text.rfind(mark, 0, at[0].start()) for mark in ",:،")
            one, other = [each for each in before if each.start() > comma], after
        if one and one[0] is before[0]:
            one = _opened(one, code)
    if not one or not other or one[0] is before[0]:
        return ()
    head, tail = text[: one[0].start()], text[other[-1].end() :]
    named = (_words_of(text, one), _words_of(text, other))
    return tuple((each, f"{head}{each}{tail}") for each in named)


def _than(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things on both sides of "dearer than"; none if one of them is asked for."""
    words, spoken = _words(code), language(code)
    asked = spoken.wanted(text)
    degrees = (words[kind].search(text) for kind in ("less", "more") if kind in words)
    degree = next(filter(None, degrees), None)
    than = words["than"].search(text, degree.end()) if degree and "than" in words else None
    if not degree or not than or (asked.asks and asked.kind not in _WHETHER):
        return ()
    before, after = [*_WORD.finditer(text, 0, than.start())], [*_WORD.finditer(text, than.end())]
    one = _alike(before, after)
    for end in (degree.start(), than.start()):
        one = one or _last_name(before, end, code)
    one = _until_compared(text, code, one)
    if not one or not after:
        return ()
    start, end = one[0].start(), one[-1].end()
    head, rest = text[:start], f"{text[end : than.start()].rstrip(' ,')}{text[after[-1].end() :]}"
    named = (_words_of(text, one), _words_of(text, after))
    return tuple((each, f"{head}{each}{rest}") for each in named)


Words = list[re.Match[str]]


def _until_compared(text: str, code: str, words: Words) -> Words:
    """Return words up to the first one of comparing, without small ones at their end."""
    if not words:
        return []
    patterns = _words(code).values()
    found = (pattern.search(text, words[0].end(), words[-1].end()) for pattern in patterns)
    stop = min((each.start() for each in found if each), default=len(text))
    kept = [each for each in words if each.start() < stop]
    while len(kept) > 1 and _is_small(kept[-1], code):
        kept.pop()
    return kept


def _parallel(before: Words, after: Words, *, last: bool) -> tuple[Words, Words]:
    """Return the words of two things around a conjunction, which begin alike or are names.

    Numbers are names of what is chosen from, but no list: "between 2023 and 2024".
    """
    if one := _alike(before, after):
        return one, after if last else after[: len(one)]
    one, other = _name(before[::-1])[::-1], _name(after)
    years = not last and any(word[0][0].isdigit() for word in (*one, *other))
    return ([], []) if years else (one, other)


def _alike(before: Words, after: Words) -> Words:
    """Return words from the last one on that is the first of others; none without one."""
    first = after[0][0].casefold() if after else ""
    same = [at for at, word in enumerate(before) if word[0].casefold() == first]
    return before[same[-1] :] if same else []


def _opened(words: Words, code: str) -> Words:
    """Return words without the small ones that a question opens with: "Did", "Est-ce que".

    Of several, the last stays with what follows, as an article does. None are returned of many, and
    of words that compare: "Is it longer or …".
    """
    is_small = language(code).is_small
    rest = [*dropwhile(lambda word: is_small(word[0].lower()), words)]
    compares = any(asks_greater(word[0], code) is not None for word in rest)
    if compares or not 0 < len(rest) <= LONGEST_NAME:
        return []
    small = len(words) - len(rest)
    return words[small - (small > 1) :]


def _last_name(words: Words, end: int, code: str) -> Words:
    """Return the last run of capitalised words before a place, with an article before it."""
    is_small = language(code).is_small
    there = [each for each in words if each.end() <= end]
    while there and not _is_name(there[-1]):
        there.pop()
    name = _name(there[::-1])[::-1]
    while name and is_small(name[0][0].lower()):
        name.pop(0)
    before = there[: -len(name)] if name else []
    article = before[-1:] if before and _is_small(before[-1], code) else []
    return [*article, *name]


def _words_of(text: str, words: Words) -> str:
    return text[words[0].start() : words[-1].end()]


def _is_small(word: re.Match[str], code: str) -> bool:
    """True if a word, and each part of it, is one of those that phrases begin with: "est-elle"."""
    parts = re.split(r"[-’']", word[0])
    return word[0][0].islower() and all(map(language(code).is_small, parts))


def _is_name(word: re.Match[str]) -> bool:
    return word[0][0].isupper() or word[0][0].isdigit()


def _name(words: Words) -> Words:
    """Return the capitalised words and numbers that a run of words begins with."""
    lower = (at for at, word in enumerate(words) if not _is_name(word))
    return words[: next(lower, len(words))]


@cache
def _conjunction(style: str, code: str) -> str:
    """Return the conjunction between two items of a list, "" if CLDR does not have it."""
    from babel import Locale, UnknownLocaleError

    try:
        pattern = Locale.parse(code).list_patterns[style]["2"]
    except (KeyError, ValueError, UnknownLocaleError):
        return ""
    return str(pattern).removeprefix("{0}").removesuffix("{1}").strip()
