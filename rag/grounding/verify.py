"""Draft -> claims with citations; pure but for the verifier's judgement. Citations are made here.

What the reader drafts is words of the articles, each claim with its ranges: `verify`. What a chat
model drafts is prose, each sentence with the passages that it names: `ground` searches them, and
then the rest of the evidence, for the sentences that bear it out.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from rag.grounding.support import Pair, Verifier, bears_out, choose
from rag.languages import instructs, language, language_of
from rag.models.embedder import Embedder
from rag.types import Article, Citation, Claim, Draft, DraftClaim, Evidence, Question, Span

RELEVANT = 0.15
"""A claim less similar to the question than this, as cosine, and without a word in common with it,
answers something else. Of the sentences that answer SQuADShifts' questions 0.5 % are."""

_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|«\s*([^«»]*?)\s*»|„([^„“”]*)[“”]")
_FIGURE = re.compile(r"\d+(?:[.,\s]\d+)*")
_WORDS = re.compile(r"\w+", re.UNICODE)

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_DAYS_AGO = {"today": 0, "tonight": 0, "yesterday": 1}


def verify(draft: Draft) -> tuple[Claim, ...]:
    """Give the claims of a draft whose facts all stand in the ranges that they name."""
    return tuple(
        Claim(text=claim.text, citations=citations, support=claim.support)
        for claim in draft.claims
        if (citations := tuple(cite(article, span) for article, span in claim.cited))
        and not language_of(claim.cited[0][0].text).missing(
            claim.text, " ".join(citation.quote for citation in citations)
        )
    )


def cite(article: Article, span: Span) -> Citation:
    """Cite a range of an article: `article.text[start:end] == quote`, always.

    Raises:
        ValueError: the range is empty or not within the article.
    """
    start, end = span
    if not 0 <= start < end <= len(article.text):
        raise ValueError(f"{article.id} has no range {start}:{end}")
    return Citation(article=article, start=start, end=end, quote=article.text[start:end])


def ground(
    drafts: Sequence[DraftClaim],
    evidence: Sequence[Evidence],
    question: Question,
    verifier: Verifier,
    embedder: Embedder,
) -> tuple[Claim, ...]:
    """Judge each sentence of a chat model, and cite the sentences that bear it out.

    What nothing bears out is a claim without citations: so is what is about something else than the
    question, what asks, and what tells somebody what to do. The passages that a draft names are
    searched, then all of the evidence. Quotation marks stay where the evidence has their words.

    Raises:
        ModelError: the verifier or the embedder fails.
    """
    claims = [Claim(text=unquoted(one.text, evidence), citations=(), support=0.0) for one in drafts]
    left = _relevant(drafts, question, embedder)
    for everywhere in (False, True):
        tried = [
            _tried(drafts[at], evidence if everywhere else _named(drafts[at], evidence))
            for at in left
        ]
        chances = verifier.support([pair for pair, _ in tried])
        for at, (pair, places), chance in zip(left, tried, chances, strict=True):
            borne_out = bool(places) and bears_out(pair, chance, known=_known(question, places))
            citations = tuple(cite(article, span) for article, span in places) if borne_out else ()
            support = chance if places else 0.0
            claims[at] = replace(claims[at], citations=citations, support=support)
        left = [at for at in left if not claims[at].citations]
    return tuple(claims)


def unquoted(text: str, evidence: Sequence[Evidence]) -> str:
    """Take the quotation marks off words that do not stand in the evidence just so.

    White space, case, and the forms of quotation marks and apostrophes make no difference.
    """
    said = [_spoken(one.text) for one in evidence]

    def checked(quoted: re.Match[str]) -> str:
        words = next(group for group in quoted.groups() if group is not None)
        told = _spoken(words)
        return quoted[0] if told and any(told in text for text in said) else words

    return _QUOTED.sub(checked, text)


def _meaning(draft: DraftClaim) -> str:
    return draft.meaning or draft.text


def _figures(text: str) -> set[str]:
    """Give the numbers in digits of a text, whatever stands between their thousands."""
    return {re.sub(r"\D", "", number) for number in _FIGURE.findall(text)}


def _spoken(text: str) -> str:
    """Give the words of a text, so that two texts with the same words in a row compare equal."""
    return f" {' '.join(_WORDS.findall(text.casefold()))} " if _WORDS.search(text) else ""


def _relevant(drafts: Sequence[DraftClaim], question: Question, embedder: Embedder) -> list[int]:
    """Give the places of the claims that tell something, and something of what is asked about."""
    telling = [
        at
        for at, one in enumerate(drafts)
        if not instructs(_meaning(one)) and _figures(one.text) <= _figures(_meaning(one))
    ]
    if not telling:
        return []
    asked, *vectors = embedder.texts([question.text, *(_meaning(drafts[at]) for at in telling)])
    about, spoken = {*question.content}, language(question.language)
    return [
        at
        for at, vector in zip(telling, vectors, strict=True)
        if float(vector @ asked) >= RELEVANT or about & {*spoken.content(_meaning(drafts[at]))}
    ]


Place = tuple[Article, Span]


def _named(draft: DraftClaim, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Give the passages that a draft names."""
    named = {(article.id, span) for article, span in draft.cited}
    return [
        one
        for one in evidence
        if (one.article.id, Span(one.passage.start, one.passage.end)) in named
    ]


def _sentences(evidence: Sequence[Evidence]) -> list[Place]:
    """Give the sentences of passages, each once, but for those that ask something of a reader."""
    places = {
        (one.article.id, sentence.start): (one.article.whole, Span(sentence.start, sentence.end))
        for one in evidence
        for sentence in one.sentences
    }
    return [
        (article, span)
        for article, span in places.values()
        if not instructs(article.text[slice(*span)])
    ]


def _tried(draft: DraftClaim, evidence: Sequence[Evidence]) -> tuple[Pair, list[Place]]:
    """Give the sentences that bear a claim out best, as far as any does, beside their passages."""
    places = _sentences(evidence)
    chosen = [places[at] for at in choose(_meaning(draft), _texts(places))]
    around = _sentences([one for one in evidence if any(_holds(one, place) for place in chosen)])
    return Pair(_meaning(draft), _texts(chosen), _texts(around)), chosen


def _texts(places: Sequence[Place]) -> tuple[str, ...]:
    return tuple(article.text[slice(*span)] for article, span in places)


def _holds(evidence: Evidence, place: Place) -> bool:
    """Say whether a passage holds a sentence."""
    article, span = place
    passage = evidence.passage
    return passage.article_id == article.id and passage.start <= span.start < passage.end


def _known(question: Question, places: Sequence[Place]) -> str:
    """Give what a claim may take for granted: the question, and the articles' titles and dates.

    "On Monday" is known to be a date where the article has one.
    """
    told = [question.text]
    for article, span in places:
        told.append(article.title)
        if article.published is not None:
            words = set(_WORDS.findall(article.text[slice(*span)].casefold()))
            ago = [days for word, days in _DAYS_AGO.items() if word in words]
            ago += [
                (article.published.weekday() - day) % 7
                for day, name in enumerate(_WEEKDAYS)
                if name in words
            ]
            told += [str(article.published - timedelta(days=days)) for days in {0, *ago}]
    return ". ".join(dict.fromkeys(told))
