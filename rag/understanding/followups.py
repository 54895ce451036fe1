"""The questions that a follow-up may stand for, likeliest first.

An ellipsis ("and for a Brixton Mini?") takes the place of words of the question before, or adds to
it. The encoder chooses: which of those words mean most nearly the same kind of thing. What else
speaks for a run of words is the same in any language: that it is as long, begins with the same
word, is a name where the ellipsis is one, and cuts neither a name nor a phrase.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement

from rag.languages import language, language_of
from rag.languages.following import NOUNS
from rag.languages.general import Language
from rag.languages.terms import terms
from rag.models.embedder import Embedder
from rag.types import AnswerType, Question
from rag.understanding.conversation import Turn, about, split

WEIGHTS = (7.6, 1.2, 2.5, -2.3, -3.1, -2.1, 1.2)
"""Of the features of a run of words; fitted by benchmarks/followups.py, which has them measured."""

ADDS, ADDS_SMALL = 2.1, 3.2
"""The score of adding to the question before instead, and how much greater it is for an ellipsis
that begins with a small word, as "on the Russian side" does."""

MEANS = 0.64
"""The cosine from which on words of an article mean an ellipsis in another language; chosen by
benchmarks/followups.py."""

TRIED = 2
"""How many runs of words are tried before that, and sentences for what an ellipsis means."""

LONGEST = 7
"""Words of what an ellipsis takes the place of, at most."""

MOST_WORDS = 30
"""Words of a question before, beyond which nothing of it is replaced: it is no short question."""

_NO_THINGS = {AnswerType.QUANTITY, AnswerType.TIME}
_ENDS = " ?？؟.!,"
_NAMED = 6
"""Words of an answer, at most, that a pronoun may stand for."""

_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


class Followups:
    """Reads follow-ups by what was asked and answered before."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def ways(self, question: Question, history: Sequence[Turn]) -> list[str]:
        """Return what a question may ask as it stands alone, likeliest first.

        A pronoun may stand for what the answer before named, and a question that names nothing may
        be about what was spoken of, or about something else.

        Raises:
            EmbeddingError: an ellipsis cannot be embedded.
        """
        if not history or question.parts:
            return [question.text]
        before = history[-1]
        if question.ellipsis:
            return self._substituted(before.standalone_question, question)
        if question.carried:
            spoken, (asked, _) = language(question.language), split(question.text)
            alone = [] if spoken.points_back(asked) or spoken.says_little(asked) else [asked]
            named = before.claims[0] if before.claims else ""
            kind = spoken.wanted(before.standalone_question).kind
            if not 0 < len(named.split()) <= _NAMED or kind in _NO_THINGS:
                return [question.text, *alone]
            both = f"{asked} ({question.carried}; {named})"
            ways = [both, question.text] if _is_name(named) else [question.text, both]
            return [*ways, *alone]
        if is_nameless(question) and before.quotes:
            return [question.text, f"{question.text} ({about(before.standalone_question)})"]
        return [question.text]

    def in_their_words(self, question: Question, sentences: Sequence[str]) -> Question:
        """Return a follow-up with its ellipsis in the words of one of these sentences.

        As it was, where they are in the same language, or none of their words mean the ellipsis.

        Raises:
            EmbeddingError: the ellipsis cannot be embedded.
        """
        foreign = [each for each in sentences if language_of(each).code != question.language]
        if not (question.ellipsis and foreign):
            return question
        ellipsis = question.ellipsis.strip(_ENDS)
        most = len(_WORD.findall(ellipsis)) + 1
        runs = [
            sentence[slice(*_span(sentence, run))]
            for sentence in self._nearest(ellipsis, foreign)
            for run in combinations_with_replacement(range(len(_WORD.findall(sentence))), 2)
            if run[1] - run[0] < most
        ]
        meant, *vectors = self._embedder.texts([ellipsis, *runs])
        nearness, best = max(
            ((float(vector @ meant), run) for vector, run in zip(vectors, runs, strict=True)),
            default=(0.0, ""),
        )
        return replace(question, ellipsis=best) if nearness >= MEANS else question

    def _nearest(self, ellipsis: str, sentences: Sequence[str]) -> list[str]:
        """Return the few sentences that are nearest to an ellipsis."""
        meant, *vectors = self._embedder.texts([ellipsis, *sentences])
        ranked = sorted(
            zip(sentences, vectors, strict=True), key=lambda each: -float(each[1] @ meant)
        )
        return [sentence for sentence, _ in ranked[:TRIED]]

    def _substituted(self, before: str, question: Question) -> list[str]:
        """Return the question before with an ellipsis in the place of some of its words.

        Where that is likelier, added to it.
        """
        found = [*_WORD.finditer(before)]
        if len(found) > MOST_WORDS or not _WORD.search(question.ellipsis):
            return [question.text]
        spoken = language(question.language)
        rows = features(before, question.ellipsis, self._embedder, spoken)
        scored = [(_score(row), run) for run, row in rows.items()]
        best = sorted(scored, reverse=True)[:TRIED]
        likely = [(score, substituted(before, run, question.ellipsis)) for score, run in best]
        begins = spoken.is_small(_WORD.findall(question.ellipsis)[0])
        added = (ADDS + ADDS_SMALL * begins, question.text)
        ways = sorted([*likely, added], key=lambda way: -way[0])
        return [text for _, text in ways]


Run = tuple[int, int]
"""A run of words of a question: the place of its first word, and of its last one."""


def is_nameless(question: Question) -> bool:
    """True if a question asks something, and names neither who or what nor when."""
    text = question.typed.lstrip("¿¡ ")
    named = language(question.language).names(text)
    return not (named or question.numbers or question.period or question.wanted.asks is False)


def past(question: Question, said: str) -> Question:
    """Return a follow-up whose ellipsis is answered by no words beside those `said` before.

    Those are the words on that side of the ellipsis's own in a quoted sentence: "Camara came from
    Mali, and on the Russian side Tsivilev".
    """
    sides = [
        before if said in before else after
        for quote in question.quoted
        for before, own, after in [quote.partition(question.ellipsis)]
        if own and (said in before or said in after)
    ]
    again = (term for text in (said, *sides) for term in terms(text))
    return replace(question, answered=question.answered.union(again))


def features(
    before: str, ellipsis: str, embedder: Embedder, spoken: Language
) -> dict[Run, tuple[float, ...]]:
    """Return the features of each run of words of a question that an ellipsis may stand in for.

    It begins with a small word where the ellipsis does, though not with the question's first one,
    which says what is asked for; it ends with none. The features: the cosine of both; whether both
    begin with the same word, and whether both have a name; names that are cut, where capitals tell
    them; the difference in length, in fours of words; whether it is the question's first word; and
    whether a small word or the end comes after it.
    """
    words = [match[0] for match in _WORD.finditer(before)]
    theirs = [match[0] for match in _WORD.finditer(ellipsis)]
    telling = spoken.code not in NOUNS
    small = [spoken.is_small(word if at else word.lower()) for at, word in enumerate(words)]
    begins = bool(theirs) and spoken.is_small(theirs[0])
    runs = [
        (first, last)
        for first, last in combinations_with_replacement(range(len(words)), 2)
        if last - first < LONGEST and small[first] is begins and not small[last]
        if first > 0 or not small[0]
    ]
    spans = [_span(before, run) for run in runs]
    vectors = embedder.texts([ellipsis.strip(_ENDS), *(before[start:end] for start, end in spans)])
    return {
        (first, last): (
            float(vector @ vectors[0]),
            float(words[first].casefold() == theirs[0].casefold()),
            float(_has_name(words, first, last) == any(map(_is_name, theirs))),
            float(telling and _cut(words, first) + _cut(words, last + 1)),
            min(abs(last - first + 1 - len(theirs)), 4) / 4,
            float(first == 0),
            float(last + 1 == len(words) or small[last + 1]),
        )
        for (first, last), vector in zip(runs, vectors[1:], strict=True)
    }


def substituted(before: str, run: Run, ellipsis: str) -> str:
    """Return a question with an ellipsis in the place of a run of its words."""
    start, end = _span(before, run)
    head, words = before[:start], ellipsis.strip(_ENDS)
    last, first = head.split()[-1:], words.split()[:1]
    if [word.casefold() for word in last] == [word.casefold() for word in first]:
        head = head[: head.rindex(last[0])]  # "for for a Brixton"
    return f"{head}{words}{before[end:]}"


def _score(row: Sequence[float]) -> float:
    return math.fsum(weight * value for weight, value in zip(WEIGHTS, row, strict=True))


def _span(text: str, run: Run) -> tuple[int, int]:
    found = [*_WORD.finditer(text)]
    return found[run[0]].start(), found[run[1]].end()


def _is_name(word: str) -> bool:
    """True for a capital at the beginning, or behind an apostrophe: "d'Orlen"."""
    return any(part[:1].isupper() for part in re.split("[’']", word))


def _has_name(words: Sequence[str], first: int, last: int) -> bool:
    return any(_is_name(words[at]) for at in range(max(first, 1), last + 1))


def _cut(words: Sequence[str], at: int) -> bool:
    """True if a name of several words would be cut before a place."""
    if not 1 < at < len(words) or not _is_name(words[at - 1]):
        return False
    return _is_name(words[at]) or words[at].isdigit()
