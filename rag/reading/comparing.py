"""Answers about two things that are compared: their amounts side by side, and which is more."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, product, zip_longest

from rag.languages import language_of
from rag.languages.amounts import Amount, amounts, comparable, greater, measured
from rag.languages.terms import terms
from rag.reading.answerer import ANSWERABLE, POSSIBLE
from rag.reading.sides import names_both
from rag.reasons import Reason, Remark
from rag.types import PASSAGES, Answer, Claim, Evidence, Outcome, Question, Side
from rag.understanding.questions import part_name

ONE_OF_SEVERAL = 0.25
"""The least confidence of an answer about one of several things where all of them together answer:
two things that are compared, articles in the order of their dates."""


def amounts_of(claim: Claim, side: Side | None = None) -> tuple[Amount, ...]:
    """Return the amounts of a claim, as the language of its article writes them.

    That of a side of a comparison is the one of its sentence that has the claim's words.
    """
    source = claim.citations[0]
    code = language_of(source.article.whole.text).code
    ages = side is not None and "age" in side.kinds
    there = measured(source.quote, code, ages=ages) if side else ()
    one = [each for each in there if each.text == claim.text][:1]
    return tuple(one) or amounts(claim.text, code)


def likeliest_pair(
    question: Question, answers: Sequence[Answer], whole: Answer
) -> tuple[Claim, ...]:
    """Return the likeliest amounts of two things that have one unit; none if they are unlikely.

    They are likely by themselves, or as what is quoted in answer to the `whole` question. First
    come those whose sentences have most of the question's terms, which are then in the order in
    which the reader finds them.
    """
    sides = [each.side for _, each in question.alternatives]
    asked = {*question.terms}
    ranked = [
        [
            (len(asked.intersection(terms(claim.citations[0].quote))), at, claim)
            for at, claim in enumerate(answer.claims)
        ]
        for answer in answers
    ]
    pairs = sorted(
        product(*ranked),
        key=lambda pair: (-sum(told for told, _, _ in pair), sum(at for _, at, _ in pair)),
    )
    for (_, _, one), (_, _, other) in pairs:
        pair = one, other
        least, most = sorted(claim.support for claim in pair)
        likely = least >= ONE_OF_SEVERAL or (least >= POSSIBLE and most >= ANSWERABLE)
        if (likely or quotes_all(whole, pair)) and comparable(*map(amounts_of, pair, sides)):
            return pair
    return ()


def quotes_all(answer: Answer, claims: Sequence[Claim]) -> bool:
    """Return whether an answer has all the quotes of some claims."""
    return {*answer.citations}.issuperset(each for claim in claims for each in claim.citations)


def side_by_side(question: Question, answers: Sequence[Answer], claims: Sequence[Claim]) -> Answer:
    """Return the answer whose claims are about one thing each of those that a question names."""
    named = zip(claims, question.alternatives, strict=True)
    return replace(
        answers[0],
        question=part_name(question),
        standalone_question=question.text,
        outcome=Outcome.ANSWERED,
        claims=tuple(replace(claim, part=name) for claim, (name, _) in named),
        disagreements=(),
        confidence=min(answer.confidence for answer in answers),
        evidence=interleaved([answer.evidence for answer in answers]),
    )


def one_side(question: Question, answers: Sequence[Answer]) -> Answer | None:
    """Return what is known of one of two things, None if nothing is known of both or of neither."""
    told = [answer for answer in answers if answer.confidence >= ANSWERABLE]
    missing = [
        name
        for (name, _), answer in zip(question.alternatives, answers, strict=True)
        if not any(claim.support >= POSSIBLE for claim in answer.claims)
    ]
    if len(told) != 1 or len(missing) != 1:
        return None
    (name,) = (name for name, _ in question.alternatives if name not in missing)
    return replace(
        told[0],
        question=part_name(question),
        standalone_question=question.text,
        outcome=Outcome.PARTLY_ANSWERED,
        claims=tuple(replace(claim, part=name) for claim in told[0].claims[:1]),
        unanswered=tuple(missing),
        disagreements=(),
    )


def can_tell(question: Question, claim: Claim) -> bool:
    """Return whether a claim can tell which of two things has more: its sentence names both.

    What the names are in another language is not known.
    """
    source = claim.citations[0]
    code = language_of(source.article.whole.text).code
    side = question.alternatives[0][1].side
    return side is None or code != question.language or names_both(side, source.quote, code)


def verdict_on(question: Question, claims: Sequence[Claim]) -> Remark | None:
    """Return a remark on which of two things has more, or less, of what a question asks for.

    None if the amounts cannot be compared.
    """
    names, sides = zip(*((name, each.side) for name, each in question.alternatives), strict=True)
    measured = [*map(amounts_of, claims, sides)]
    found = greater(*measured)
    if found is None or question.greater is None:
        return None
    winner, loser = found if question.greater else found[::-1]
    first, other = names if winner in measured[0] else names[::-1]
    return Reason.VERDICT(
        name=f"{first[:1].upper()}{first[1:]}",
        value=winner.text,
        other=other,
        other_value=loser.text,
    )


def interleaved(found: Sequence[Sequence[Evidence]]) -> tuple[Evidence, ...]:
    """Interleave the best passages of each part of a question, each once."""
    by_turns = (each for each in chain.from_iterable(zip_longest(*found)) if each is not None)
    return tuple({each.passage: each for each in by_turns}.values())[:PASSAGES]
