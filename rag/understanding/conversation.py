"""History, and how a follow-up becomes a question that stands alone; pure.

Without a chat model the rule is fixed: a follow-up that names no subject of its own carries the
previous question along.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from rag.languages.general import Language
from rag.languages.terms import terms
from rag.types import Answer, Outcome

_ENDS = " ?？؟!."
_CARRIED = re.compile(r"^(?P<asked>.*?)\s\((?P<before>.*)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, as it stood alone, and what its answer claimed and quoted.

    A `reply` was about the bot or its collection: the next question goes on from the one before.
    """

    question: str
    standalone_question: str
    claims: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    reply: bool = False

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Return the turn that ended with an answer."""
        return cls(
            answer.question,
            answer.standalone_question,
            tuple(claim.text for claim in answer.claims),
            tuple(citation.quote for citation in answer.citations),
            answer.outcome is Outcome.REPLY,
        )

    @property
    def answer_text(self) -> str:
        """The text of the answer."""
        return " ".join(self.claims)


def split(text: str) -> tuple[str, str]:
    """Split a question that stands alone into what it asks, and what it carries in brackets."""
    carried = _CARRIED.match(text)
    return (carried["asked"], carried["before"]) if carried else (text, "")


def standalone(typed: str, history: Sequence[Turn], language: Language) -> tuple[str, str]:
    """Return a question as it stands alone, and the words of an ellipsis, "" where it is none.

    An ellipsis ("and on the Russian side?") is put after the previous question. Where that was
    answered with a person's name, it takes the place of a "he" or "her". Any other question that
    points back ("when did they arrive?") or says next to nothing ("why?") gets the previous one in
    brackets; all others stay as they are, as does what asks nothing ("thanks").
    """
    question = typed.strip()
    rest, ellipsis = language.continued(question)
    if not history or not terms(rest):
        return question, ""
    before = history[-1].standalone_question.rstrip(_ENDS)
    if ellipsis:
        return _extended(before, rest), rest
    asked, claims = history[-1].standalone_question, history[-1].claims
    points_back = language.points_back(rest)
    if points_back and (named := language.with_person(rest, asked, claims)):
        return named, ""
    names_nothing = rest != question and not language.names(rest)
    if names_nothing or points_back or language.says_little(rest):
        return f"{rest} ({about(before)})", ""
    return question, ""


def _extended(before: str, rest: str) -> str:
    """Put an ellipsis after the previous question, within the brackets of what that carried."""
    asked, carried = split(before)
    return f"{asked} ({carried}, {rest.rstrip(' ?!.')})" if carried else f"{before}, {rest}"


def about(before: str) -> str:
    """Return what of the previous question is carried on: itself, and what it carried itself."""
    before = before.rstrip(_ENDS)
    asked, carried = split(before)
    asked = asked.rstrip(_ENDS)
    if not carried:
        return before
    return f"{asked}; {carried.split('; ')[-1]}" if len(terms(asked)) > 1 else carried
