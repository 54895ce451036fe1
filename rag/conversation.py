"""History, and how a follow-up becomes a question that stands alone; pure.

Without a chat model the rule is fixed: a follow-up that names no subject of its own carries the
previous question along.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.lexical import content_terms, terms


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, as it stood alone, and the text of its answer."""

    question: str
    standalone_question: str
    answer_text: str


_CONTINUES = re.compile(
    r"^\s*(?:and|or|but|also|what about|how about|what of|and what about|and how about)\b[\s,]*",
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
_NAME = re.compile(r"(?<!^)\b[^\W\d_a-z]\w+")
_FEW_TERMS = 1


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Give the question as it is to be searched for.

    An ellipsis ("and on the Russian side?") is put after the previous question; a question that
    points back ("when did he arrive?") or says next to nothing ("why?") gets the previous one in
    brackets; any other question stays as it is.
    """
    question = question.strip()
    if not history:
        return question
    before = history[-1].standalone_question.rstrip(" ?!.")
    rest = _CONTINUES.sub("", question)
    if rest != question and not _ASKS.search(rest):
        return f"{before}, {rest}"
    if rest != question or _points_back(rest) or _says_little(rest):
        return f"{rest} ({before})"
    return question


def _points_back(question: str) -> bool:
    """Say whether a word of the question points to something that it did not name before."""
    pointer = _POINTS_BACK.search(question)
    return pointer is not None and not _NAME.search(question, 0, pointer.start())


def _says_little(question: str) -> bool:
    about = content_terms(question)
    return len(about) <= _FEW_TERMS and len(terms(question)) <= 2 * _FEW_TERMS + 1
