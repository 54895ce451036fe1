"""History, and how a follow-up becomes a question that stands alone; pure.

Without a chat model the rule is fixed: a follow-up that names no subject of its own carries the
previous question along.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from rag.languages.english.pronouns import points_to_person, who_is_meant, with_name
from rag.text.terms import NAME, content_terms, terms
from rag.types import Answer


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, as it stood alone, and what its answer claimed and quoted."""

    question: str
    standalone_question: str
    claims: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Give the turn that ended with an answer."""
        return cls(
            answer.question,
            answer.standalone_question,
            tuple(claim.text for claim in answer.claims),
            tuple(citation.quote for citation in answer.citations),
        )

    @property
    def answer_text(self) -> str:
        """The text of the answer."""
        return " ".join(self.claims)


@dataclass(frozen=True, slots=True)
class Understood:
    """A question that stands alone, in its own language and in that of the articles."""

    alone: str
    search: str


_CONTINUES = re.compile(
    r"^\s*(?:(?:and|or|but|also|so|then)\b[\s,]*)*(?:(?:what|how) about\b|what of\b)?[\s,]*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|"
    r"can|could|will|would)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:he|she|they|it|him|her|them|his|hers|their|theirs|its|these|those)\b"
    r"|\b(?:there|that|this)\W*$",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was) it (?:true|known|clear|possible|likely|certain|said|reported)\b|\bit takes?\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(
    r"^(?:who|what)(?:’s|'s| is| are| was| were)\s(?!\w+(?:ed|en)\b|said|done|left|sent|told|made)",
    re.IGNORECASE,
)
_FROM_TODAY = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow"
    r"|(?:\d{1,3}|an?|one|two|three|four|five|six|few|several) (?:day|week|month|year)s? ago"
    r"|(?:this|last|next|past|previous) (?:few )?(?:day|night|week|weekend|month|year|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
).search
_CARRIED = re.compile(r"^(?P<asked>.*?)\s\((?P<before>.*)\)$", re.DOTALL)
_FEW_TERMS = 1


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Give the question as it is to be searched for.

    An ellipsis ("and on the Russian side?") is put after the previous question. Where that was
    answered with a person's name, it takes the place of a "he" or "her". Any other question that
    points back ("when did they arrive?") or says next to nothing ("why?") gets the previous one in
    brackets; all others stay as they are, as does what asks nothing ("thanks").
    """
    question = question.strip()
    if not history:
        return question
    before = history[-1].standalone_question.rstrip(" ?!.")
    rest = _CONTINUES.sub("", question)
    if not terms(rest):
        return question
    if is_ellipsis(question, history):
        return _extended(before, rest)
    continues = rest != question
    person = who_is_meant(history[-1].standalone_question, history[-1].claims)
    if person and _points_back(rest) and points_to_person(rest):
        return with_name(rest, person)
    if _points_back(rest) or _says_little(rest) or (continues and not NAME.search(rest)):
        return f"{rest} ({_subject(before)})"
    return question


def is_ellipsis(question: str, history: Sequence[Turn]) -> bool:
    """Say whether a question asks the previous one again, of something else: "and in Kidal?"."""
    rest = _CONTINUES.sub("", question.strip())
    return bool(history and terms(rest)) and rest != question.strip() and not _ASKS.search(rest)


def needs_rewriting(question: str, history: Sequence[Turn]) -> bool:
    """Say whether a question may lean on those before it, or counts its dates from today.

    A question that names nothing is held to lean on what was named before.
    """
    leans = bool(history) and not NAME.search(question.strip())
    return leans or standalone(question, history) != question.strip() or bool(_FROM_TODAY(question))


_BETWEEN_PARTS = re.compile(
    r"(?<=\?)\s+(?=\w)|,?\s+and\s+(?=(?:who|whom|whose|what|which|when|where|why|how)\b)",
    re.IGNORECASE,
)
_MOST_PARTS = 3
ENDS = ("?", "？", "؟", ".", "!", "…")
"""What a question may end with, in any language."""


def parts(question: str) -> tuple[str, ...]:
    """Give the questions that a question asks at once, each as it stands alone.

    "When did Goïta arrive, and who met him?" asks two, the second of which carries the first.
    """
    turns: list[Turn] = []
    for part in _cut(question):
        turns.append(Turn(part, standalone(part, turns)))
    return tuple(turn.standalone_question for turn in turns)


def part_name(question: str) -> str:
    """Return a part as a question by itself, without what it carries along from before."""
    carried = _CARRIED.match(question)
    asked = (carried["asked"] if carried else question).strip(" ,;:")
    return f"{asked[:1].upper()}{asked[1:]}{'' if asked.endswith(ENDS) else '?'}"


def _cut(question: str) -> list[str]:
    """Cut a question between its parts, where what stands before asks something: not "how and why".

    What was carried along from before stays whole, in its brackets.
    """
    if _CARRIED.match(question):
        return [question]
    cut: list[str] = []
    start = 0
    for found in _BETWEEN_PARTS.finditer(question):
        part = question[start : found.start()]
        asks = [*_ASKS.finditer(part)]
        if asks and part[asks[-1].end() :].strip() and len(cut) < _MOST_PARTS - 1:
            cut.append(part)
            start = found.end()
    return [*cut, question[start:]]


def _points_back(question: str) -> bool:
    """Say whether a word of the question points to something that it did not name before."""
    question = _EMPTY_IT.sub("", question)
    pointer = _POINTS_BACK.search(question)
    return pointer is not None and not NAME.search(question, 0, pointer.start())


def _says_little(question: str) -> bool:
    """Say whether a question names nothing that it could be about, though it asks."""
    about, asks = content_terms(question), _ASKS.search(question)
    if asks and (NAME.search(question) or _WHO_IS.search(question)):
        return False
    few = len(about) <= _FEW_TERMS and len(terms(question)) <= 2 * _FEW_TERMS + 1
    return few and (asks is not None or question.endswith("?"))


def _extended(before: str, rest: str) -> str:
    """Put an ellipsis after the previous question, within the brackets of what that carried."""
    carried = _CARRIED.match(before)
    if carried is None:
        return f"{before}, {rest}"
    return f"{carried['asked']} ({carried['before']}, {rest.rstrip(' ?!.')})"


def _subject(before: str) -> str:
    """Give what of the previous question is carried on: itself, and what it carried itself."""
    carried = _CARRIED.match(before)
    if carried is None:
        return before
    asked = carried["asked"].rstrip(" ?!.")
    if len(terms(asked)) <= _FEW_TERMS:
        return carried["before"]
    return f"{asked}; {carried['before'].split('; ')[-1]}"
