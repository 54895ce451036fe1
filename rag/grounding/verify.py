"""Draft -> claims with citations; pure but for the verifier's judgement. Citations are made here.

The claims of a reader's draft are words of the articles, with their ranges: `verify` cites those. A
chat model's draft is sentences with the passages that each names: `Grounding` searches these
passages, and then all of the evidence, for the article's sentences that support it.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from rag.grounding.support import MOST_SENTENCES, Pair, Verifier, choose, is_supported
from rag.languages import instructs, language, language_of, shared
from rag.languages.general import numbers
from rag.languages.terms import line
from rag.models.embedder import Embedder
from rag.reasons import Reason, Remark
from rag.text.tables import row_read
from rag.types import Article, Citation, Claim, Draft, DraftClaim, Evidence, Question, Span

RELEVANT = 0.2
"""A claim is off topic if its cosine with the question is smaller and they share no word. So are
0.5 % of the sentences that answer SQuADShifts' questions."""

FRAGMENT = 6
"""The most words of a fragment: of a text that is a part of an article's sentence."""

_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|«\s*([^«»]*?)\s*»|„([^„“”]*)[“”]")
_WORDS = re.compile(r"\w+", re.UNICODE)


def verify(draft: Draft) -> tuple[Claim, ...]:
    """Return the claims of a draft that a range they name holds, or at least all of their facts."""
    return tuple(
        Claim(text=_as_read(claim.text, citations), citations=citations, support=claim.support)
        for claim in draft.claims
        if (citations := tuple(cite(article, span) for article, span in claim.cited))
        and (
            any(claim.text in citation.quote for citation in citations)
            or not language_of(claim.cited[0][0].text).missing(
                claim.text, " ".join(citation.quote for citation in citations)
            )
        )
    )


def _as_read(text: str, citations: Sequence[Citation]) -> str:
    """Return a claim's text; one that is a row of a table as it is read with its header."""
    return next((stated(each) for each in citations if each.quote == text), text)


def stated(citation: Citation) -> str:
    """Return a quote as a statement; a row of a table is read with its header."""
    span = Span(citation.start, citation.end)
    return row_read(citation.article.whole.text, span) or citation.quote


def cite(article: Article, span: Span) -> Citation:
    """Cite a range of an article: `article.text[start:end] == quote`, always.

    Raises:
        ValueError: the range is empty or not within the article.
    """
    start, end = span
    if not 0 <= start < end <= len(article.text):
        raise ValueError(f"{article.id} has no range {start}:{end}")
    return Citation(article=article, start=start, end=end, quote=article.text[start:end])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """Judges a chat model's sentences, and cites the sentences of articles that support them.

    `read` are the claims of the reader's answer, if it is sure of one.
    """

    evidence: Sequence[Evidence]
    question: Question
    verifier: Verifier
    embedder: Embedder
    read: Sequence[Claim] = ()

    def claim(self, draft: DraftClaim, *, goes_on: bool = False) -> Claim:
        """Return a sentence as a claim; one without citations has a `reason`.

        A sentence is supported if the evidence has it word for word, or if it only puts the
        reader's answer into the question's words; any other is judged. A fragment of an article's
        sentence is judged together with the question, unless it `goes_on` from a supported
        sentence. Words that are not in the evidence lose their quotation marks.

        Raises:
            ModelError: the verifier or the embedder fails.
        """
        claim = Claim(text=unquoted(draft.text, self.evidence), citations=(), support=0.0)
        meaning, sentences = draft.meaning or draft.text, _sentences(self.evidence)
        if repeated := _repeated(draft.text, sentences):
            return replace(claim, citations=repeated, support=1.0)
        if reason := _refused(draft.text, meaning):
            return replace(claim, reason=reason)
        said = (each for each in self.read if _restates(meaning, self.question, each))
        if answered := next(said, None):
            return replace(claim, citations=answered.citations, support=answered.support)
        held = _holding(meaning, sentences)
        short = len(_WORDS.findall(meaning)) <= FRAGMENT
        if held and goes_on and not short:
            held = []
        elif not self._can_answer(meaning, held, short=short):
            return replace(claim, reason=Reason.OFF_TOPIC())
        return self._judged(claim, draft, held)

    def _can_answer(self, text: str, held: Sequence[Citation], *, short: bool) -> bool:
        """Return whether a text is about the question, and can be of the kind that it asks for.

        A fragment of an article's sentence need not share a word with the question.
        """
        about = bool(held and short) or self._is_about(text)
        return about and all(_can_be(self.question, text, sentence) for sentence in held)

    def _is_about(self, text: str) -> bool:
        """Return whether a sentence is about what the question is about."""
        if {*self.question.content} & {*language(self.question.language).content(text)}:
            return True
        asked, said = self.embedder.texts([self.question.text, text])
        return float(said @ asked) >= RELEVANT

    def _judged(self, claim: Claim, draft: DraftClaim, held: Sequence[Citation] = ()) -> Claim:
        """Judge a draft by the passages that it names, then by all of the evidence.

        With `held`, the draft is a fragment of these sentences, and is judged by them as an answer
        to the question.
        """
        chance, text = 0.0, draft.meaning or draft.text
        for evidence in (_named(draft, self.evidence), self.evidence):
            pair = Pair(text, (), question=self.question.text if held else "")
            pair, citations = _chosen(pair, evidence, held)
            if citations:
                (chance,) = self.verifier.support([pair])
                if is_supported(pair, chance, known=_known(self.question, citations)):
                    return replace(claim, citations=citations, support=chance)
        return replace(claim, support=chance, reason=Reason.NOT_BORNE_OUT())


def _refused(text: str, meaning: str) -> Remark | None:
    """Return why a text cannot be a claim, whatever the articles say; None if it can."""
    if instructs(meaning):
        return Reason.NO_REPORT()
    return None if numbers(text) <= numbers(meaning) else Reason.NOT_BORNE_OUT()


def _repeated(claim: str, sentences: Sequence[Citation]) -> tuple[Citation, ...]:
    """Return the consecutive sentences that a claim repeats word for word; none if it does not."""
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


def _restates(text: str, question: Question, read: Claim) -> bool:
    """Return whether a text is the reader's answer between words of the question, in its order.

    To "Who accompanied Goïta?" "Camara accompanied Goïta" is, "Goïta accompanied Camara" is not.
    """
    spoken = language_of(text)
    before, answered, after = line(text).partition(line(read.text))
    content, asked = {*spoken.content(text)}, line(question.text)
    around = (_trimmed(part.split(), content) for part in (before, after))
    quoted = " ".join(citation.quote for citation in read.citations)
    return (
        bool(answered.strip())
        and all(f" {' '.join(words)} " in asked for words in around if words)
        and not spoken.missing(text, read.text, known=question.text)
        and not spoken.denies(text, quoted)
    )


def _trimmed(words: Sequence[str], content: Container[str]) -> Sequence[str]:
    """Return words without the function words around them."""
    places = [place for place, word in enumerate(words) if word in content]
    return words[places[0] : places[-1] + 1] if places else ()


def _holding(text: str, sentences: Sequence[Citation]) -> list[Citation]:
    """Return the sentences that have a text word for word."""
    words = _words(text)
    return [sentence for sentence in sentences if words and words in _words(sentence.quote)]


def _can_be(question: Question, words: str, sentence: Citation) -> bool:
    """Return whether words of a sentence can be of the kind that a question asks for."""
    spoken = shared(question, sentence.quote)
    pattern = r"\W+".join(map(re.escape, _WORDS.findall(words)))
    found = re.search(pattern, sentence.quote, re.IGNORECASE)
    return found is None or spoken.fits(question, sentence.quote, Span(*found.span())) is not False


def unquoted(text: str, evidence: Sequence[Evidence]) -> str:
    """Remove the quotation marks around words that the evidence does not have in that order.

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


def _named(draft: DraftClaim, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that a draft names."""
    named = {(article.id, span.start, span.end) for article, span in draft.cited}
    return [
        each
        for each in evidence
        if (each.article.id, each.passage.start, each.passage.end) in named
    ]


def _chosen(
    pair: Pair, evidence: Sequence[Evidence], held: Sequence[Citation]
) -> tuple[Pair, tuple[Citation, ...]]:
    """Return a claim with the sentences that bear it out best, beside those of their passages.

    They are among `held`, if there are any.
    """
    sentences = [each for each in _sentences(evidence) if not held or each in held]
    places = choose(pair.statement, _quotes(sentences))
    chosen = tuple(sentences[place] for place in places)
    around = _sentences([each for each in evidence if any(map(each.holds, chosen))])
    return pair._replace(sentences=_quotes(chosen), context=_quotes(around)), chosen


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
