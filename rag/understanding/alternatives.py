"""The two things that a question compares or lists: "the wind farm or the solar park"; pure.

The words for "and", "or" and "million" and the formats of numbers are those of Unicode's CLDR, in
any language. The words that ask for the greater or the smaller one are in comparisons.yaml.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from rag.languages.terms import terms
from rag.understanding.data import section_of

_AMOUNT = re.compile(
    r"(?P<before>[$€£¥₽%])?\s?(?<![\d.,])(?P<number>\d(?:[\d.,\u00a0\u202f]*\d)?)"
    r"(?:\s?(?P<after>[$€£¥₽%])|[\s-]?(?P<words>[^\W\d_]+(?:[\s’'][^\W\d_]+){0,3}))?"
)
_ALONE = re.compile(r"(?!(?:1\d|20)\d\d$)\d(?:[\d.,\u00a0\u202f]*\d)?")
_LINK = 2
"""The most letters of a word between "million" and the unit: "61 millions d'euros"."""

_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")


def compared(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question chooses from, as `listed` does: "A or B"."""
    return _between(text, _conjunction("or", code), last=True)


def listed(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question asks about, each with the question about it alone.

    They are recognised by their form: both begin with the same word, or both are names.
    """
    return _between(text, _conjunction("standard", code), last=False)


class Amount(NamedTuple):
    """A number with its unit, and its words; `value` is None if it cannot be parsed."""

    unit: str
    value: Decimal | None
    text: str


def amounts(text: str, code: str) -> tuple[Amount, ...]:
    """Return the numbers of a text that have a unit: a sign, or the term of the word after them.

    "96 million pounds" is 96,000,000 with the unit "pound". A text that is only a number, as a
    table's cell may be, has the unit "", unless it may be a year.
    """
    if alone := _ALONE.fullmatch(text):
        return (Amount("", _value(alone[0], code), text),)
    return tuple(found for match in _AMOUNT.finditer(text) if (found := _amount(match, code)))


def comparable(one: Sequence[Amount], other: Sequence[Amount]) -> bool:
    """True if two texts have amounts of one unit: "40 million euros" and "2 million euros"."""
    return not {each.unit for each in one}.isdisjoint(each.unit for each in other)


def greater(one: Sequence[Amount], other: Sequence[Amount]) -> tuple[Amount, Amount] | None:
    """Return the greater and the smaller of two texts' amounts of the same unit.

    None if they are equal, one cannot be parsed, or a text has several of that unit.
    """
    units = {each.unit for each in one} & {each.unit for each in other}
    pair = [each for each in (*one, *other) if each.unit in units]
    if len(units) != 1 or len(pair) != len("AB") or any(each.value is None for each in pair):
        return None
    small, great = sorted(pair, key=lambda each: each.value or 0)
    return (great, small) if great.value != small.value else None


def asks_greater(text: str, code: str) -> bool | None:
    """Return True if a question asks for the greater of two, False for the smaller, else None."""
    known = section_of("comparisons.yaml").get(code)
    if known is None:
        return None
    patterns = {kind: re.compile(rf"\b(?:{known[kind]})(?!\w)", re.IGNORECASE) for kind in known}
    rest = patterns["less"].sub("", text)
    less, more = rest != text, patterns["more"].search(rest) is not None
    return more if more is not less else None


def _amount(match: re.Match[str], code: str) -> Amount | None:
    words = re.split(r"[\s’']", match["words"]) if match["words"] else []
    scale, taken = _scale(words, code)
    sign = match["before"] or match["after"]
    counted = words[taken:]
    while taken and counted and len(counted[0]) <= _LINK:
        counted = counted[1:]
    named = terms(counted[0]) if counted else []
    if not sign and not named:
        return None
    value = _value(match["number"], code)
    end = match.end() if not words else match.start("words") + match["words"].find(counted[0])
    end = end if not named or sign else end + len(counted[0])
    return Amount(
        sign or named[0],
        None if value is None else value * scale,
        match.string[match.start() : end].strip(),
    )


def _value(number: str, code: str) -> Decimal | None:
    """Return the value of a number in a language's format; None if it has another one."""
    from babel import UnknownLocaleError
    from babel.numbers import NumberFormatError, parse_decimal

    try:
        return parse_decimal(number, locale=code, strict=True)
    except (NumberFormatError, UnknownLocaleError, ValueError):
        return None


def _scale(words: Sequence[str], code: str) -> tuple[int, int]:
    """Return the factor of words such as "million" after a number, and how many words they are."""
    known = _scales(code)
    for taken in range(min(len(words), 2), 0, -1):
        name = " ".join(words[:taken]).casefold()
        if name in known:
            return known[name], taken
    return 1, 0


@cache
def _scales(code: str) -> dict[str, int]:
    """Return the factors of the words for thousands, millions and so on, by CLDR."""
    from babel import Locale, UnknownLocaleError

    try:
        formats = Locale.parse(code).compact_decimal_formats["long"]
    except (ValueError, UnknownLocaleError):
        return {}
    found = {}
    for patterns in formats.values():
        for size, pattern in patterns.items():
            digits = pattern.pattern.count("0")
            name = pattern.pattern.strip("0\u00a0 ").casefold()
            if name and digits:
                found[name] = int(size) // 10 ** (digits - 1)
    return found


def _between(text: str, word: str, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Return the two things on both sides of a word, if it occurs once."""
    at = [*re.finditer(rf"\s{re.escape(word)}\s", text)] if word else []
    return _split(text, *at[0].span(), last=last) if len(at) == 1 else ()


def _split(text: str, end: int, start: int, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Split at a conjunction, which is the text between `end` and `start`.

    With `last`, the second thing extends to the end of the question.
    """
    before = [*_WORD.finditer(text, 0, end)]
    after = [*_WORD.finditer(text, start)]
    if not before or not after:
        return ()
    first = after[0][0]
    same = [at for at, word in enumerate(before) if word[0].casefold() == first.casefold()]
    if same:
        one = before[same[-1] :]
        other = after if last else after[: len(one)]
    else:
        one, other = _name(before[::-1])[::-1], _name(after)
    if not one or not other or one[0] is before[0]:
        return ()
    head, tail = text[: one[0].start()], text[other[-1].end() :]
    named = (text[one[0].start() : one[-1].end()], text[start : other[-1].end()])
    return tuple((each, f"{head}{each}{tail}") for each in named)


def _name(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return the capitalised words that a run of words begins with."""
    lower = (at for at, word in enumerate(words) if not word[0][0].isupper())
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
