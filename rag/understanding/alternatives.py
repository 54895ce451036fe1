"""The two things that a question puts beside each other: "the wind farm or the solar park"; pure.

"and" and "or" are Unicode's CLDR, in any language.
"""

import re
from functools import cache

from rag.languages.terms import terms

_COUNTED = re.compile(r"\d(?:[\d.,]*\d)?[\s-]?((?:[^\W\d_]+|%)(?:\s[^\W\d_]+)?)")
_SIGN = re.compile(r"[$€£¥₽%](?=\s?\d)|(?<=\d)\s?[$€£¥₽%]")
_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")


def compared(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question chooses from, as `listed` does: "A or B"."""
    return _between(text, _conjunction("or", code), last=True)


def listed(text: str, code: str) -> tuple[tuple[str, str], ...]:
    """Return the two things that a question asks about, each with the question about it alone.

    They are told by their likeness: both begin with the same word, or both are names.
    """
    return _between(text, _conjunction("standard", code), last=False)


def comparable(one: str, other: str) -> bool:
    """True if two texts count the same: "40 million euros" and "2 million euros"."""
    return bool(_units(one) & _units(other))


def _units(text: str) -> set[str]:
    """Return the terms of the words after the numbers of a text, or of the sign before one."""
    found = {term for words in _COUNTED.findall(text) for term in terms(words)}
    return found | {*_SIGN.findall(text)}


def _between(text: str, word: str, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Return the two things that a word stands between, if it does so once."""
    at = [*re.finditer(rf"\s{re.escape(word)}\s", text)] if word else []
    return _split(text, *at[0].span(), last=last) if len(at) == 1 else ()


def _split(text: str, end: int, start: int, *, last: bool) -> tuple[tuple[str, str], ...]:
    """Split at a conjunction that stands between `end` and `start`.

    A second one that is the `last` of the question goes on to its end.
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
    """Return what stands between the two items of a list, "" where CLDR does not know."""
    from babel import Locale, UnknownLocaleError

    try:
        pattern = Locale.parse(code).list_patterns[style]["2"]
    except (KeyError, ValueError, UnknownLocaleError):
        return ""
    return str(pattern).removeprefix("{0}").removesuffix("{1}").strip()
