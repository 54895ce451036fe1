"""Draft -> claims with citations; pure but for the verifier's judgement. Citations are made here.

A reader's draft is words of the articles, each claim with its ranges: `verify`. A chat model's is
prose, each sentence with the passages that it names: `ground` searches these, and then all of the
evidence, for the sentences that bear it out.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.grounding.support import MOST_SENTENCES, Pair, Verifier, bears_out, choose
from rag.languages import instructs, language, language_of
from rag.languages.general import numbers
from rag.models.embedder import Embedder
from rag.types import Article, Citation, Claim, Draft, DraftClaim, Evidence, Question, Span

RELEVANT = 0.15
"""A claim less similar to the question than this, as cosine, and without a word in common with it,
answers something else. Of the sentences that answer SQuADShifts' questions 0.5 % are."""

_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|«\s*([^«»]*?)\s*»|„([^„“”]*)[“”]")
_WORDS = re.compile(r"\w+", re.UNICODE)


def verify(draft: Draft) -> tuple[Claim, ...]:
    """Return the claims of a draft whose facts all stand in the ranges that they name."""
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

    A claim has no citations if nothing bears it out, if it is about something else than the
    question, or if it is a question or an instruction. What stands in the evidence word for word is
    borne out. Words that do not stand in the evidence lose their quotation marks.

    Raises:
        ModelError: the verifier or the embedder fails.
    """
    sentences = _sentences(evidence)
    claims = []
    for draft in drafts:
        repeated = _repeated(draft.text, sentences)
        text, support = unquoted(draft.text, evidence), 1.0 if repeated else 0.0
        claims.append(Claim(text=text, citations=repeated, support=support))
    left = [at for at in _relevant(drafts, question, embedder) if not claims[at].citations]
    for everywhere in (False, True):
        chosen = [
            _chosen(drafts[at], evidence if everywhere else _named(drafts[at], evidence))
            for at in left
        ]
        chances = verifier.support([pair for pair, _ in chosen])
        for at, (pair, citations), chance in zip(left, chosen, chances, strict=True):
            supported = bool(citations) and bears_out(
                pair, chance, known=_known(question, citations)
            )
            claims[at] = replace(
                claims[at],
                citations=citations if supported else (),
                support=chance if citations else 0.0,
            )
        left = [at for at in left if not claims[at].citations]
    return tuple(claims)


def _repeated(claim: str, sentences: Sequence[Citation]) -> tuple[Citation, ...]:
    """Return the sentences, one after the other, that a claim repeats; none where it does not."""
    wanted = _words(claim)
    for start, first in enumerate(sentences if wanted else ()):
        said = ""
        for end, sentence in enumerate(sentences[start : start + MOST_SENTENCES], start + 1):
            said = f"{said.rstrip()}{_words(sentence.quote)}"
            if said == wanted and sentence.article.id == first.article.id:
                return tuple(sentences[start:end])
            if not wanted.startswith(said.rstrip()):
                break
    return ()


def unquoted(text: str, evidence: Sequence[Evidence]) -> str:
    """Take the quotation marks off words that do not stand in the evidence just so.

    White space, case, and the forms of quotation marks and apostrophes make no difference.
    """
    held = [_words(each.text) for each in evidence]

    def checked(match: re.Match[str]) -> str:
        quoted = next(group for group in match.groups() if group is not None)
        words = _words(quoted)
        return match[0] if words and any(words in text for text in held) else quoted

    return _QUOTED.sub(checked, text)


def _words(text: str) -> str:
    """Return the words of a text, by which runs of words can be found in each other."""
    return f" {' '.join(_WORDS.findall(text.casefold()))} " if _WORDS.search(text) else ""


def _relevant(drafts: Sequence[DraftClaim], question: Question, embedder: Embedder) -> list[int]:
    """Return the places of the claims that report something about the question."""
    reporting = [
        at
        for at, draft in enumerate(drafts)
        if not instructs(_meaning(draft)) and numbers(draft.text) <= numbers(_meaning(draft))
    ]
    if not reporting:
        return []
    meanings = [_meaning(drafts[at]) for at in reporting]
    asked, *vectors = embedder.texts([question.text, *meanings])
    about, spoken = {*question.content}, language(question.language)
    return [
        at
        for at, meaning, vector in zip(reporting, meanings, vectors, strict=True)
        if float(vector @ asked) >= RELEVANT or about & {*spoken.content(meaning)}
    ]


def _meaning(draft: DraftClaim) -> str:
    return draft.meaning or draft.text


def _named(draft: DraftClaim, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that a draft names."""
    named = {(article.id, span.start, span.end) for article, span in draft.cited}
    return [
        each
        for each in evidence
        if (each.article.id, each.passage.start, each.passage.end) in named
    ]


def _chosen(draft: DraftClaim, evidence: Sequence[Evidence]) -> tuple[Pair, tuple[Citation, ...]]:
    """Return the sentences that bear a claim out best, beside those of their passages."""
    sentences = _sentences(evidence)
    places = choose(_meaning(draft), _quotes(sentences))
    chosen = tuple(sentences[place] for place in places)
    around = _sentences([each for each in evidence if any(map(each.holds, chosen))])
    return Pair(_meaning(draft), _quotes(chosen), _quotes(around)), chosen


def _sentences(evidence: Sequence[Evidence]) -> list[Citation]:
    """Return the sentences of passages, each once, without questions and instructions."""
    found = {
        (each.article.id, sentence.start): cite(
            each.article.whole, Span(sentence.start, sentence.end)
        )
        for each in evidence
        for sentence in each.sentences
    }
    return [citation for citation in found.values() if not instructs(citation.quote)]


def _quotes(citations: Sequence[Citation]) -> tuple[str, ...]:
    return tuple(citation.quote for citation in citations)


def _known(question: Question, citations: Sequence[Citation]) -> str:
    """Return what a claim may take for granted: the question, the articles' titles and dates."""
    known = [question.text]
    for citation in citations:
        known.append(citation.article.title)
        known += [str(citation.article.published)] if citation.article.published else []
    return ". ".join(dict.fromkeys(known))
