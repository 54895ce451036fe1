"""Whether new articles change the answer to a question that somebody was told before.

A repost, another wording of the same, a title before a name, or "40 people" for "40" is no change.
Measured by benchmarks/changes.py.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from rapidfuzz import fuzz

from rag.languages import language_of, shared
from rag.languages.general import Kind, Language
from rag.languages.numerals import in_digits
from rag.languages.sounds import latin, sound
from rag.languages.terms import terms
from rag.models.judge import Judge, Statement
from rag.types import Answer, AnswerType, Claim, Question
from rag.understanding.questions import understand

SURE = 0.5
"""The judge's probability from which on a sentence supports, or contradicts, another answer."""

ALIKE = 75.0
"""The least similarity, of 100, of the sounds of one name in two alphabets."""

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")


class Said(NamedTuple):
    """A short answer, and the sentence that it comes from."""

    text: str
    quote: str


class Novelty(StrEnum):
    """The kind of a change: a first answer, another one, or one that other articles contradict."""

    FIRST = "first"
    OTHER = "other"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an answer, and the new claims."""

    novelty: Novelty
    claims: tuple[Claim, ...]


class Changes:
    """Finds changes by the languages' rules, or by the embedded judge if these do not decide."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def between(
        self, told: Answer, now: Answer, arrived: Collection[str], *, earlier: Collection[str] = ()
    ) -> Change | None:
        """Return what new articles, whose ids are `arrived`, change in an answer; None if nothing.

        `told` is the answer that was told last, `now` the new one. Claims of other articles are no
        change, even if they were not told; nor are sentences that were told `earlier`.

        Raises:
            ModelError: the judge cannot be used.
        """
        quotes = {_words(quote) for quote in earlier}
        fresh = [
            claim
            for claim in now.claims
            if self._is_fresh(now, [*_said(told, claim.part)], quotes, claim, arrived)
        ]
        fresh += _corrections(told, now, quotes, arrived)
        if not fresh:
            return None
        if not told.claims:
            return Change(Novelty.FIRST, tuple(fresh))
        cited = {citation for claim in fresh for citation in claim.citations}
        disputed = any(cited & {*each.citations} for each in now.disagreements)
        return Change(Novelty.DISPUTED if disputed else Novelty.OTHER, tuple(fresh))

    def _is_fresh(
        self,
        now: Answer,
        before: Sequence[Said],
        earlier: Collection[tuple[str, ...]],
        claim: Claim,
        arrived: Collection[str],
    ) -> bool:
        """Return whether a new article makes a claim, in a sentence that was not told before.

        If citations of one claim contradict each other, each is compared by its own sentence.
        """
        question = understand(claim.part or now.standalone_question)
        disputed = {citation for each in now.disagreements for citation in each.citations}
        for citation in claim.citations:
            alone = len(claim.citations) > 1 and citation in disputed
            said = Said(citation.quote if alone else claim.text, citation.quote)
            if citation.article.id not in arrived or _words(citation.quote) in earlier:
                continue
            if not self.repeated(question, before, said):
                return True
        return False

    def repeated(self, question: Question, told: Sequence[Said], new: Said) -> bool:
        """Return whether a new answer says no more than one of those that were told.

        To a yes-or-no question, where each article has its own words, only a contradiction by the
        judge is more. A sentence that gives another answer beside an old one does not bear it out.
        """
        verdicts = [says_again(question, old, new) for old in told]
        if any(verdicts):
            return True
        open_ = [old for old, verdict in zip(told, verdicts, strict=True) if verdict is None]
        both_ways = [(new, old.quote) for old in open_]
        both_ways += [(old, new.quote) for old in open_ if not _takes_its_place(question, old, new)]
        judged = self._judge.judge(
            [
                Statement(said.text, quote, "" if _is_whole(said) else question.text)
                for said, quote in both_ways
            ]
        )
        if question.wanted.kind is AnswerType.YES_NO:
            return bool(judged) and all(each.contradicted < SURE for each in judged)
        return any(each.supported >= SURE for each in judged)


def says_again(question: Question, old: Said, new: Said) -> bool | None:
    """Return whether a new answer says the same as an old one; None if the rules do not decide.

    It does in the same words, with the same figures, and if all of its names are the old one's:
    "Selde" after "Karim Selde". It does not if the rules of the language tell them apart, or if it
    lacks a number or a month.
    """
    old, new = _in_digits(old), _in_digits(new)
    if _words(old.quote) == _words(new.quote) or _words(old.text) == _words(new.text):
        return True
    spoken = shared(question, old.quote, new.quote)
    whole = question.wanted.kind is AnswerType.YES_NO
    differ = spoken.differ if whole else spoken.answers_differ
    one, other = (old.quote, new.quote) if whole else (old.text, new.text)
    if differ(question, one, other) or _lacks_figure(question, old.text, new.quote):
        return False
    if whole:
        return None
    ours, theirs = (_names(each) - {*question.terms} for each in (old, new))
    if theirs:
        return True if theirs <= ours or _sound_alike(ours, theirs) else None
    return True if _has_figures_of(question, old.text, new.text) else None


def _in_digits(said: Said) -> Said:
    code = language_of(said.quote).code
    return Said(in_digits(said.text, code), in_digits(said.quote, code))


def _figures(text: str) -> set[str]:
    """Return the numbers and months of a text, as it spells them."""
    exact = {Kind.QUANTITY, Kind.DATE}
    return {each.text for each in language_of(text).facts(text) if each.kind in exact}


def _lacks_figure(question: Question, told: str, new: str) -> bool:
    """Return whether a new text lacks a number or a month of the one that was told."""
    return bool(_figures(told) & {*language_of(new).missing(told, new, known=question.text)})


def _has_figures_of(question: Question, told: str, new: str) -> bool:
    """Return whether two short answers have the same numbers and months, however spelled."""
    return bool(_figures(told) and _figures(new)) and not (
        _lacks_figure(question, told, new) or _lacks_figure(question, new, told)
    )


def _is_whole(said: Said) -> bool:
    """Return whether what answers is a whole sentence, and no short answer."""
    return _words(said.text) == _words(said.quote)


def _names(said: Said) -> set[str]:
    """Return the terms of the names of an answer.

    If it is a part of its sentence, a capital at its beginning marks a name, too.
    """
    facts = language_of(said.quote).facts(said.text)
    found = [each.text for each in facts if each.kind is Kind.NAME]
    if said.text[:1].isupper() and not _is_whole(said):
        found.append(said.text.split()[0])
    return {term for name in found for term in terms(name)}


def _takes_its_place(question: Question, old: Said, new: Said) -> bool:
    """Return whether a sentence gives a new answer in the place of the old one, which it names.

    "No longer in X but abroad" does not bear out "in X", which stands there. The answers share no
    word and have one between them that is of neither: else both are one phrase, "in X, near Y".
    """
    spoken = language_of(new.quote)
    ours, theirs = (_content(each.text, spoken) - {*question.terms} for each in (old, new))
    said, own = terms(new.quote), {*terms(old.text), *terms(new.text)}
    places = [[at for at, term in enumerate(said) if term in some] for some in (ours, theirs)]
    if ours & theirs or not all(places):
        return False
    first, last = min(product(*places), key=lambda pair: abs(pair[0] - pair[1]))
    return not own.issuperset(said[min(first, last) : max(first, last)])


def _content(text: str, spoken: Language) -> set[str]:
    words = (word for word in _WORD.findall(text) if not spoken.is_small(word))
    return {term for word in words for term in terms(word)}


def _sound_alike(ours: Collection[str], theirs: Collection[str]) -> bool:
    """Return whether each of `theirs` sounds like one of `ours`, which are in another alphabet."""
    if all(word.isascii() for word in (*ours, *theirs)):
        return False
    known = [_heard(word) for word in ours]
    return all(any(fuzz.ratio(_heard(word), each) >= ALIKE for each in known) for word in theirs)


def _heard(word: str) -> str:
    return "".join(filter(str.isalpha, sound(latin(word).lower())))


def _corrections(
    told: Answer, now: Answer, earlier: Collection[tuple[str, ...]], arrived: Collection[str]
) -> Iterator[Claim]:
    """Yield new sentences that contradict an answer but are no claim of it: a corrected copy's."""
    known = {_words(citation.quote) for citation in told.citations}.union(earlier)
    claimed = {citation for claim in now.claims for citation in claim.citations}
    for citation in now.citations:
        differs = any(citation in each.citations for each in now.disagreements)
        is_new = citation.article.id in arrived and _words(citation.quote) not in known
        if is_new and differs and citation not in claimed:
            yield Claim(text=citation.quote, citations=(citation,), support=1.0)


def _said(answer: Answer, part: str) -> Iterator[Said]:
    """Yield the short answers to a part of a question."""
    for claim in answer.claims:
        if claim.part == part:
            yield from (Said(claim.text, citation.quote) for citation in claim.citations)


def _words(text: str) -> tuple[str, ...]:
    return tuple(terms(text))
