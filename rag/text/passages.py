"""Article text -> sentences -> passages, all as true offsets; pure.

Sentences are found by rule: a candidate end (`. ! ? …` and their Arabic, Devanagari and CJK kin, or
a line break) is refused after an abbreviation, an initial, or inside a number. The rules are plain
on purpose: sentences are quoted to people, so each decision must be easy to look up.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.types import Passage, Span

VERSION = 4
"""Part of the index's identity: raised when the same text would be split or headed otherwise."""

PASSAGE_TOKENS = 160
"""A passage's budget. With title and date before it, the reader reads it in one window."""

CHARACTERS_A_TOKEN = 10
"""A token counts for at most this many characters, so that a passage's text has a limit as well.

In prose of seven-letter words it is 8.
"""

MOST_MARKS, LONGEST_WORD = 16, 100
"""Marks in a run without letters and digits, and characters in a Latin run without white space,
that a text is embedded with; what goes on longer means nothing more."""

# Abbreviations that stand before a name or a number, so that a full stop after them never ends a
# sentence. Compared lower case, without the stop.
_BEFORE_NAME = frozenset(
    "mr mrs ms mx dr prof gen lt col maj capt cmdr adm sgt cpl pvt brig sen rep gov pres hon rev "
    "fr st ste mt ft vs v cf ca approx dep min amb supt insp messrs mme mlle e.g i.e al "
    "sra srta dra srs hr z.b bzw им ул проф акад".split(),
)
# Abbreviations before a number, and words or ends of sentences elsewhere.
_BEFORE_NUMBER = frozenset(
    "no nos vol art sec fig p pp ch jan feb mar apr jun jul aug sep sept oct nov dec núm "
    "nr".split(),
)
# German writes an ordinal as a number with a stop: "am 1. Juni", "im 19. Jahrhundert".
_ORDINAL = re.compile(
    r"\b(?:am|im|vom|zum|zur|beim|ab|bis|seit|der|die|das|dem|den) \d{1,3}$", re.IGNORECASE
)
_DAY = re.compile(r"(?<![\w.,])\d{1,2}$")
_MONTHS = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember".split()
)
# Abbreviations that end a sentence only where the next word starts like a new one.
_MAYBE_END = frozenset("inc ltd co corp bros jr sr etc a.m p.m est dept univ assn ave blvd".split())

_CLOSERS = "\"'”’»)]}›」』）】"
_END = re.compile(
    # Only a whole run of marks is tried, and once: else a long run costs the square of its length.
    rf"(?P<mark>(?<![.!?…])[.!?…]++|[؟۔।॥])(?P<close>[{re.escape(_CLOSERS)}]*+)(?=\s|$)"
    rf"|(?P<cjk>[。！？｡]+)(?P<cjkclose>[{re.escape(_CLOSERS)}]*)"
    r"|(?P<line>\n+)",
)
_LAST_WORD = re.compile(r"([^\W_](?:[\w’'-]|\.(?=\w))*)$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[]*(\S)(\S*)")
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_MARK = r"(?:[^\w\s]|_)"
_LATIN = r"[^\s\u0250-\U0010ffff]"  # scripts that set no space between words stand beyond it
_EXCESS = re.compile(
    rf"({_MARK}(?:\s*+{_MARK}){{{MOST_MARKS - 1}}})(?:\s*+{_MARK})+"
    rf"|({_LATIN}{{{LONGEST_WORD}}}){_LATIN}+"
)
_LONG = 7
_LAST_LATIN, _LAST_SPACED = "\u024f", "\u2e7f"
_SOFT_BREAK = re.compile(r"(?<=[,;:،、，；])\s*|\s+")


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage and the sentences that it is made of, as ranges in the article's text."""

    passage: Passage
    sentences: tuple[Span, ...]


def sentences(text: str) -> tuple[Span, ...]:
    """Return the sentences of a text, in order, without the white space between them."""
    return tuple(span for span in (_trim(text, raw) for raw in _raw(text)) if span.start < span.end)


@dataclass(frozen=True, slots=True)
class Around:
    """The text before and after a quote; `more` if there is further text."""

    before: str
    after: str
    more: bool


def around(text: str, start: int, end: int, reach: int = 0) -> Around:
    """Return the rest of the paragraphs that a range of a text begins and ends in.

    With `reach`, so many further paragraphs on each side. Newlines separate paragraphs; a blank
    line is none.
    """
    first = text.rfind("\n", 0, start) + 1
    last = end + len(text[end:].partition("\n")[0])
    earlier = [each.start for each in _paragraphs(text) if each.start < first]
    later = [each.end for each in _paragraphs(text) if each.start > last]
    begin = [first, *reversed(earlier)][: reach + 1][-1]
    finish = [last, *later][: reach + 1][-1]
    return Around(text[begin:start], text[end:finish], max(len(earlier), len(later)) > reach)


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield Span(start, start + len(line))
        start += len(line) + 1


def cut(article_id: str, text: str, *, budget: int = PASSAGE_TOKENS) -> tuple[Cut, ...]:
    """Cut a text into runs of whole sentences of at most `budget` estimated tokens each.

    Runs end at a paragraph's end where that leaves them at least half full; a last run of less
    than a quarter joins the one before it, so that no closing sentence stands without its context
    (that run may hold a quarter more). A sentence over the budget is split at commas, else at
    white space, else anywhere.
    """
    pieces = (piece for span in sentences(text) for piece in _fit(text, span, budget))
    return tuple(
        Cut(Passage(article_id, run[0].start, run[-1].end), tuple(run))
        for run in _join_stub(text, list(_runs(text, pieces, budget)), budget)
    )


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text, by the vocabulary of the embedded models.

    News in 15 of 29 languages (NTREX) has at most a tenth more, English among them; of the others
    Amharic has the most, 2.7 times as many.
    One per mark, one per word and a further one for each six letters after the first seven, in
    scripts other than Latin for each four after the first five; two for three letters where no
    space stands between words. Of a text that is `condensed`, but at least one for each
    `CHARACTERS_A_TOKEN` characters of all of it.
    """
    read = condensed(text)
    words = _TOKEN.findall(read)
    if read.isascii():
        tokens = len(words) + sum([(len(word) - 2) // 6 for word in words if len(word) > _LONG])
    else:
        tokens = sum(_word_tokens(word) for word in words)
    return max(tokens, len(text) // CHARACTERS_A_TOKEN)


def condensed(text: str) -> str:
    """Return a text without what adds to its length and not to its meaning.

    That is the marks after the first `MOST_MARKS` of a run (a ruled line, the dots of a table of
    contents), and the characters after the first `LONGEST_WORD` of a Latin run (encoded data).
    """
    return _EXCESS.sub(r"\1\2", text)


def beginning(text: str, budget: int) -> str:
    """Return as much of the beginning of a text as is within a budget of tokens."""
    (start, end), _ = next(_fit(text, Span(0, len(text)), budget), (Span(0, 0), 0))
    return text[start:end]


def _word_tokens(word: str) -> int:
    last = max(word)
    if last > _LAST_SPACED:
        return -(-2 * len(word) // 3)
    if len(word) == 1 and unicodedata.category(word)[0] == "M":  # a vowel's sign
        return 0
    return 1 + max(0, len(word) - 2) // (4 if last > _LAST_LATIN else 6)


def _raw(text: str) -> Iterator[Span]:
    start = 0
    for found in _END.finditer(text):
        if found["mark"] and not _ends(text, start, found):
            continue
        yield Span(start, found.end())
        start = found.end()
    yield Span(start, len(text))


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    """Return whether a Latin end mark ends the sentence that began at `start`."""
    following = _NEXT_WORD.match(text, found.end())
    if following is None or "\n" in text[found.end() : following.start(1)]:
        return True
    first, next_word = following[1], following[1] + following[2]
    if found["mark"] != "." or found["close"]:
        return not first.islower()
    before = _LAST_WORD.search(text, max(start, found.start() - 40), found.start())
    word = before[1].casefold() if before else ""
    if word in _BEFORE_NAME or (word in _BEFORE_NUMBER and first.isdigit()):
        return False
    if word.isdigit() and _is_ordinal(
        text[max(start, found.start() - 12) : found.start()], next_word
    ):
        return False
    if word in _MAYBE_END or _INITIALS.fullmatch(word):
        opens = first.isupper() and next_word.strip(",;:.").casefold() in _OPENERS
        return len(word) > 1 and opens
    return not first.islower()


def _is_ordinal(before: str, next_word: str) -> bool:
    """Return whether a text ends in a German ordinal, without its stop."""
    if _ORDINAL.search(before):
        return True
    return bool(_DAY.search(before)) and next_word.strip(",;:.").casefold() in _MONTHS


# After "U.S." or "Inc." only these are taken for a new sentence; a name would be ambiguous.
_OPENERS = frozenset(
    "the a an it its he she they we i you his her their our this that these those there in on at "
    "by for from with after before but and or as while when if although however meanwhile since "
    "what who how why where mr mrs ms".split(),
)


def _trim(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _fit(text: str, span: Span, budget: int) -> Iterator[tuple[Span, int]]:
    """Yield the pieces of a span, most of them whole, each with its number of tokens."""
    size = estimate_tokens(text[span.start : span.end])
    if size <= budget:
        yield span, size
        return
    start = span.start
    for end in _soft_ends(text, span, budget):
        piece = _trim(text, Span(start, end))
        if piece.start < piece.end:
            yield piece, estimate_tokens(text[piece.start : piece.end])
        start = end


def _soft_ends(text: str, span: Span, budget: int) -> Iterator[int]:
    """Yield the ends of the pieces of an overlong span, the last one its own end."""
    start, stops = span.start, _stops(text, span, budget)
    ahead: list[int] = []
    while start < span.end:
        too_far = start + (budget + 1) * CHARACTERS_A_TOKEN
        while (not ahead or ahead[-1] < too_far) and (stop := next(stops, None)) is not None:
            ahead.append(stop)
        fitting = _fitting(text, start, ahead, budget)
        start = ahead[fitting - 1]
        del ahead[:fitting]
        yield start


def _fitting(text: str, start: int, stops: Sequence[int], budget: int) -> int:
    """Count the first stops up to which the text from `start` is within the budget, 1 at least."""
    fitting = bisect_right(stops, budget, key=lambda stop: estimate_tokens(text[start:stop]))
    return max(1, fitting)


def _stops(text: str, span: Span, budget: int) -> Iterator[int]:
    """Yield the places where an overlong span may be split, at most `budget` characters apart."""
    last = span.start
    for found in _SOFT_BREAK.finditer(text, span.start, span.end):
        yield from range(last + budget, found.end(), budget)
        last = found.end()
        yield last
    yield from range(last + budget, span.end, budget)
    yield span.end


def _join_stub(text: str, runs: list[list[Span]], budget: int) -> list[list[Span]]:
    if len(runs) > 1 and estimate_tokens(text[runs[-1][0].start : runs[-1][-1].end]) < budget // 4:
        return [*runs[:-2], runs[-2] + runs[-1]]
    return runs


def _runs(text: str, pieces: Iterable[tuple[Span, int]], budget: int) -> Iterator[list[Span]]:
    run: list[Span] = []
    used = 0
    for piece, size in pieces:
        breaks = run and "\n" in text[run[-1].end : piece.start]
        if run and (used + size > budget or (breaks and used * 2 >= budget)):
            yield run
            run, used = [], 0
        run.append(piece)
        used += size
    if run:
        yield run
