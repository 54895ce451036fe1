"""A question -> ranked evidence: lexical and dense search, fused, then scored by sentence.

Both searches give their first `DEPTH` passages. Of those, the `RERANKED` best by cosine and BM25
are scored anew with their sentences. How much shared words count depends on the evidence: their
weight is multiplied by the largest share of the question that any one sentence covers, so that they
decide where a sentence answers in the question's own words, and the vectors where none does.

Weights were chosen on SQuADShifts' new Wikipedia, squad2, XQuAD and TIME, to win on each of them
over both searches alone: benchmarks/retrieval.md.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.index.search_index import SearchIndex
from rag.index.stores import Catalog, LexicalStore, StoredPassage
from rag.index.vectors import unpack
from rag.languages import general, language
from rag.languages.general import Language
from rag.languages.sounds import latin, sound
from rag.languages.terms import terms
from rag.models.embedder import Embedder, Vectors
from rag.text.tables import readable
from rag.types import Article, Evidence, Question, Sentence
from rag.understanding.questions import reworded

DEPTH = 50
RERANKED = 40
FIRST_LEXICAL = 0.25
"""BM25 beside cosine in choosing what is reranked."""

WEIGHT_LEXICAL = 0.15
WEIGHT_PASSAGE = 0.70
WEIGHT_SENTENCE = 0.40

_SHORTEST_REPAIRED = 5
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_CLOSE_PASSAGES = 30


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for, its misspellings repaired.

    `weights` are the inverse passage frequencies of the terms of its subject.
    """

    question: Question
    weights: dict[str, float]

    def coverage(self, found: frozenset[str]) -> float:
        """Return the weighted share, in [0, 1], of the question's terms that are among `found`."""
        total = sum(self.weights.values())
        return sum(self.weights[term] for term in self.weights if term in found) / (total or 1.0)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage that a search found, before its sentences are looked at."""

    stored: StoredPassage
    vectors: Vectors
    lexical: float
    similarity: float
    found_by: tuple[str, ...]


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, catalog: Catalog, index: SearchIndex, embedder: Embedder) -> None:
        self._catalog = catalog
        self._index = index
        self._embedder = embedder

    def search(self, question: Question, k: int) -> tuple[Query, tuple[Evidence, ...]]:
        """Return the question as it was searched for and its k best passages, best first.

        Where it names a period, only its articles are searched; where no article has a date, it is
        searched for without.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question cannot be embedded.
        """
        lexical, dense = self._index.open()
        if question.period and self._catalog.extent().first is None:
            question = replace(question, period=None)
        among = self._catalog.passage_ids(question.period) if question.period else None
        query = self._query(question, lexical)
        vector = self._embedder.texts([query.question.text])[0]
        by_words = dict(lexical.search(query.question.terms, DEPTH, among=among))
        by_meaning = dict(dense.search(vector, DEPTH, among=among))
        candidates = self._candidates(by_words, by_meaning, vector)
        articles = self._catalog.articles_with(candidate.stored for candidate in candidates)
        evidence = [
            _evidence(candidate, articles[candidate.stored.passage.article_id], query, vector)
            for candidate in candidates
            if candidate.stored.passage.article_id in articles
        ]
        return query, without_repeats(rerank(evidence))[: max(k, 0)]

    def _candidates(
        self, by_words: dict[int, float], by_meaning: dict[int, float], vector: Vectors
    ) -> list[_Candidate]:
        """Return the candidates of both searches."""
        best = max(by_words.values(), default=1.0)
        found = []
        for stored in self._catalog.passages([*dict.fromkeys([*by_words, *by_meaning])]).values():
            if stored.vectors is None:
                continue
            vectors = unpack(stored.vectors, 1 + len(stored.sentences))
            names = (("lexical", by_words), ("dense", by_meaning))
            found.append(
                _Candidate(
                    stored=stored,
                    vectors=vectors,
                    lexical=by_words.get(stored.id, 0.0) / best,
                    similarity=float(vectors[0] @ vector),
                    found_by=tuple(name for name, hits in names if stored.id in hits),
                )
            )
        found.sort(key=lambda one: FIRST_LEXICAL * one.lexical + one.similarity, reverse=True)
        return found[:RERANKED]

    def _query(self, question: Question, lexical: LexicalStore) -> Query:
        spoken = language(question.language)
        text = _WORD.sub(lambda word: self._repaired(word[0], spoken, lexical), question.text)
        if text != question.text:
            question = reworded(question, text)
        return Query(question, {term: _rarity(term, lexical) for term in question.subject})

    def _repaired(self, word: str, spoken: Language, lexical: LexicalStore) -> str:
        """Return the corpus's own spelling of a word that stands in no passage, else the word.

        A common word or name of the language is no misspelling: "Bali" is never read as "Mali". Of
        a language whose common words are not known only names are repaired. A name in another
        alphabet is spelt in Latin letters.
        """
        found = terms(word)
        if (
            len(word) < _SHORTEST_REPAIRED
            or len(found) != 1
            or lexical.frequency(found[0])
            or spoken.is_common(word)
            or (word.islower() and spoken is general(spoken.code))
        ):
            return word
        if word[0].isupper():
            found = terms(latin(word))
        if len(found) != 1:
            return word
        near = [
            passage_id
            for spelt in dict.fromkeys((found[0], sound(found[0])))
            for passage_id in lexical.close_to(spelt, _CLOSE_PASSAGES)
        ]
        words = self._words_of([*dict.fromkeys(near)])
        repaired = closest(found[0], words)
        if repaired is None:
            return word
        form = nearest_form(latin(word), repaired, spoken)
        return form.lower() if word.islower() and not _is_name(form, words) else form

    def _words_of(self, ids: Sequence[int]) -> Counter[str]:
        """Count the words of passages and their titles, as they are written there."""
        passages = self._catalog.passages(ids).values()
        articles = self._catalog.articles_with(passages)
        return Counter(
            word
            for stored in passages
            if (article := articles.get(stored.passage.article_id)) is not None
            for word in _WORD.findall(f"{article.title}\n{stored.passage.text_in(article)}")
        )


def _is_name(word: str, words: Counter[str]) -> bool:
    """Return whether a word is a name: capitalised, and never seen in lower case."""
    return not word.islower() and word.lower() not in words


def _rarity(term: str, lexical: LexicalStore) -> float:
    """Return BM25's inverse document frequency of a term, over passages.

    A term that stands nowhere is as rare as one that stands once: in a small corpus it may well be
    an ordinary word.
    """
    total, holding = lexical.count(), max(1, lexical.frequency(term))
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def _evidence(candidate: _Candidate, article: Article, query: Query, vector: Vectors) -> Evidence:
    """Compare a candidate's sentences with the question; its score is still to come."""
    spans = candidate.stored.sentences
    read = readable(article.text, spans)
    found = [frozenset(terms(read.text[start:end])) for start, end in read.sentences]
    similarities = candidate.vectors[1:] @ vector
    return Evidence(
        passage=candidate.stored.passage,
        article=article,
        score=0.0,
        lexical=candidate.lexical,
        similarity=candidate.similarity,
        coverage=query.coverage(frozenset(terms(article.title)).union(*found)),
        sentences=tuple(
            Sentence(
                start=start, end=end, similarity=float(similarity), coverage=query.coverage(words)
            )
            for (start, end), similarity, words in zip(spans, similarities, found, strict=True)
        ),
        found_by=candidate.found_by,
    )


def rerank(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Score passages by themselves and by their sentences; give them best first."""
    trust = max(
        (sentence.coverage for found in evidence for sentence in found.sentences), default=0.0
    )
    scored = [replace(found, score=_score(found, trust)) for found in evidence]
    return sorted(scored, key=lambda one: one.score, reverse=True)


def _score(evidence: Evidence, trust: float) -> float:
    """Score a passage; `trust`, in [0, 1], is how far shared words are to be believed."""
    sentences = evidence.sentences
    return (
        WEIGHT_LEXICAL * trust * evidence.lexical
        + WEIGHT_PASSAGE * evidence.similarity
        + WEIGHT_SENTENCE
        * max(sentence.similarity + trust * sentence.coverage for sentence in sentences)
    )


def without_repeats(ranked: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Leave out passages whose words another one, ranked higher, has already: syndicated copies."""
    seen: dict[tuple[str, ...], Evidence] = {}
    for evidence in ranked:
        seen.setdefault(tuple(terms(evidence.text)), evidence)
    return tuple(seen.values())


def closest(term: str, words: Counter[str]) -> str | None:
    """Return the word whose term is nearest to `term`: one edit away, two from eight letters on.

    A swap of neighbours is one edit; so many may lie between what both sound like, too. The first
    sounds have to agree. Among equals the most frequent word wins, then the first.
    """
    from rapidfuzz.distance import OSA

    most = 1 if len(term) < 8 else 2  # noqa: PLR2004
    best: tuple[int, int, str] | None = None
    for word, count in sorted(words.items()):
        other = terms(word)
        if len(other) != 1 or sound(other[0])[:1] != sound(term)[:1]:
            continue
        distance = min(
            OSA.distance(term, other[0], score_cutoff=most),
            OSA.distance(sound(term), sound(other[0]), score_cutoff=most),
        )
        if distance <= most and (best is None or (distance, -count) < best[:2]):
            best = (distance, -count, word)
    return None if best is None else best[2]


def nearest_form(typed: str, repaired: str, spoken: Language) -> str:
    """Return the form of a word that was meant: "accompanied" where only "Accompanying" is there.

    `repaired` itself wins where no common form of it is nearer to what was typed.
    """
    from rapidfuzz.distance import OSA

    typed = typed.casefold()
    return min(
        [repaired, *spoken.forms_of(repaired)],
        key=lambda form: OSA.distance(typed, form.casefold()),
    )
