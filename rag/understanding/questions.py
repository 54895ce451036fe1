"""A person's words -> `Question`: the one place that parses them; pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag.languages import MAIN, language, told
from rag.languages.general import Language
from rag.languages.terms import names, terms
from rag.text.detection import language_of, other_than
from rag.types import AnswerType, Measure, Period, Question, Side
from rag.understanding.alternatives import asks_greater, compared, listed, sides
from rag.understanding.conversation import Turn, about, split, standalone
from rag.understanding.periods import ordering, period, without_period
from rag.understanding.ranges import dating_event

ENDS = ("?", "？", "؟", ".", "!", "…")
"""The marks that end a question, in any language."""

_MARKS = {"ar": ("", "؟"), "es": ("¿", "?"), "fr": ("", "\u202f?")}
"""What stands before and after a question, in the languages where that is no "?" alone."""

_NUMBER = re.compile(r"\d[\d.,]*")


ALL = "/all "
"""Before a question: articles of all dates are to answer it, whatever period it names."""


def understand(
    typed: str,
    history: Sequence[Turn] = (),
    *,
    languages: Sequence[str] = (MAIN,),
    today: date | None = None,
) -> Question:
    """Parse a question.

    `languages` are the codes of the articles' languages, the main one first: a question that may be
    in one of them, as one of names alone may, is taken to be. `today` is what "last week" is
    counted from; without it, it is no period.
    """
    all_dates = typed.startswith(ALL)
    typed = typed.removeprefix(ALL)
    spoken = language(_language(typed, history, languages))
    alone, ellipsis = standalone(typed, history, spoken)
    text = _lifted(alone, spoken.code, today) if all_dates else alone
    asked = replace(_parsed(typed, alone, text, spoken), all_dates=all_dates)
    before = history[-1] if ellipsis else Turn("", "")
    short = (claim for claim in before.claims if claim not in before.quotes)
    return replace(
        _timed(asked, None if all_dates else _period(asked, alone, today)),
        ellipsis=ellipsis,
        quoted=before.quotes,
        answered=frozenset(term for claim in short for term in terms(claim)),
        depends_on_context=bool(history and not spoken.names(typed.strip()))
        or alone != typed.strip()
        or spoken.counts_from_today(typed),
    )


def meant(question: Question, text: str, *, today: date | None = None) -> Question:
    """Return a follow-up as a question that stands alone, with the period that this one names."""
    spoken = language(question.language)
    asked = _again(question, _parsed(question.typed, text, text, spoken))
    named = None if question.all_dates else _period(asked, text, today)
    return replace(_timed(asked, named), depends_on_context=True)


def by_itself(question: Question, before: Turn, *, today: date | None = None) -> Question:
    """Return a question whose ellipsis asks by itself.

    With the question before in brackets, if it names no subject of its own.
    """
    spoken, text = language(question.language), question.ellipsis
    if spoken.points_back(text) or spoken.says_little(text):
        text = f"{text} ({about(before.standalone_question)})"
    own = replace(question, ellipsis="", quoted=(), answered=frozenset())
    return meant(own, text, today=today)


def reworded(
    question: Question, text: str, *, alone: str | None = None, code: str | None = None
) -> Question:
    """Return a question that is asked in other words; `code` is of their language, where other."""
    spoken = language(code or question.language)
    alone = question.alone if alone is None else alone
    asked = _again(question, _parsed(question.typed, alone, text, spoken))
    return _timed(asked, question.period)


def part_name(part: Question) -> str:
    """Return a part as a question by itself, without what it carries along from before."""
    asked = split(part.text)[0].strip(" ,;:")
    begins, ends = _MARKS.get(part.language, ("", "?"))
    before = "" if asked.startswith(begins) else begins
    first, rest = asked[:1].upper(), asked[1:]
    return f"{before}{first}{rest}{'' if asked.endswith(ENDS) else ends}"


def _again(question: Question, parsed: Question) -> Question:
    """Return what was parsed of a question's other words, with what it had from elsewhere."""
    if question.side:
        parsed = _measured(parsed, question.side)
    return replace(
        parsed,
        all_dates=question.all_dates,
        ellipsis=question.ellipsis,
        quoted=question.quoted,
        answered=question.answered,
    )


def _language(typed: str, history: Sequence[Turn], languages: Sequence[str]) -> str:
    """Return the code of a question's language; a short one is told by the one before it."""
    if known := told(typed):
        return known.code
    for text in (typed, *(f"{turn.question} {typed}" for turn in history[-1:])):
        if other := other_than(languages, text):
            return other
    return language_of(typed, languages) if len(languages) > 1 else languages[0]


def _parsed(typed: str, alone: str, text: str, spoken: Language) -> Question:
    asked, carried = split(text)
    cut = [text] if carried else spoken.parts(text)
    named = filter(spoken.says_something, names(text))  # not the "Who" of "(Who met Putin)"
    return Question(
        typed=typed,
        alone=alone,
        text=text,
        language=spoken.code,
        wanted=spoken.wanted(asked),
        terms=tuple(dict.fromkeys(terms(text))),
        content=tuple(spoken.content(text)),
        subject=tuple(spoken.content(spoken.without_phrase(text))),
        names=frozenset(term for name in named for term in terms(name)),
        numbers=frozenset(term for number in _NUMBER.findall(text) for term in terms(number)),
        places=frozenset(term for place in spoken.places(text) for term in terms(place)),
        carried=carried,
        ordering=ordering(asked, spoken.code),
        parts=_parts(cut, spoken) if len(cut) > 1 else (),
        alternatives=() if carried or len(cut) > 1 else _alternatives(text, spoken),
        greater=asks_greater(asked, spoken.code),
    )


def _alternatives(text: str, spoken: Language) -> tuple[tuple[str, Question], ...]:
    """Parse the questions about each of two things that a question puts beside each other.

    What is to be chosen from is compared by numbers.
    """
    choice = compared(text, spoken.code)
    found = [
        (name, _parsed(alone, alone, alone, spoken))
        for name, alone in choice or listed(text, spoken.code)
    ]
    if not choice:
        return tuple(found)
    both = None
    if asks_greater(text, spoken.code) is not None:
        both = sides([name for name, _ in found], text, spoken.code)
    return tuple(
        (name, _measured(each, side))
        for (name, each), side in zip(found, both or (None, None), strict=True)
    )


def _measured(question: Question, side: Side | None) -> Question:
    """Return the question about one of two things that are compared, which wants a number."""
    measure = Measure.AGE if side and "age" in side.kinds else Measure.NUMBER
    wanted = replace(question.wanted, kind=AnswerType.QUANTITY, measure=measure)
    return replace(question, wanted=wanted, side=side)


def _period(question: Question, text: str, today: date | None) -> Period | None:
    """Return the period that a question is asked of; none if it compares two: "2019 or 2023"."""
    code = question.language
    if any(each.side and period(name, code, today) for name, each in question.alternatives):
        return None
    return period(split(text)[0], code, today)


def _lifted(text: str, code: str, today: date | None) -> str:
    """Return a question of all dates, without words that count from today: "last month"."""
    asked = split(text)[0]
    named = period(asked, code, today)
    return text.replace(asked, without_period(asked, code), 1) if named and named.relative else text


def _timed(question: Question, asked: Period | None) -> Question:
    """Return a question that is asked, as a whole and in its parts, of a period.

    One that names none may be dated by an event.
    """
    typed = split(question.text)[0]
    if asked is None:
        told = None if question.all_dates else dating_event(typed, question.language)
        if told is None or question.parts:
            return question
        question = replace(question, dated_by=told[0])
    rest = without_period(typed, question.language)
    return replace(
        question,
        period=asked,
        undated=question.text.replace(typed, rest, 1),
        parts=tuple(_timed(part, asked) for part in question.parts),
        alternatives=tuple((name, _timed(each, asked)) for name, each in question.alternatives),
    )


def _parts(cut: Sequence[str], spoken: Language) -> tuple[Question, ...]:
    """Parse what is asked at once: "and who met him?" carries the part before it."""
    parts: list[Question] = []
    turns: list[Turn] = []
    for part in cut:
        alone, _ = standalone(part, turns, spoken)
        parts.append(_parsed(part, alone, alone, spoken))
        turns.append(Turn(part, alone))
    return tuple(parts)
