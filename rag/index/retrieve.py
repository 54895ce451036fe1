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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from rag.errors import EngineGone, IndexDamaged
from rag.index.catalog import Catalog
from rag.index.search_index import SearchIndex
from rag.index.stores import LexicalStore, StoredPassage, edits
from rag.index.vectors import passage_cosine, sentence_cosines
from rag.languages import general, language, language_of
from rag.languages.general import Language
from rag.languages.sounds import latin, sound
from rag.languages.terms import repeats, terms
from rag.models.embedder import Embedder, Vectors
from rag.reasons import Reason, Remark
from rag.text import passages
from rag.text.tables import readable
from rag.types import Article, Evidence, Question, Sentence
from rag.understanding.questions import reworded

DEPTH = 50
RERANKED = 40
FIRST_LEXICAL = 0.25
"""BM25 beside cosine in choosing what is reranked."""

NEAR = 0.75
"""The least score of a sentence that a copy adds to its cluster, as a share of that of the copy's
sentence that is nearest to the question."""

WEIGHT_LEXICAL = 0.15
WEIGHT_PASSAGE = 0.70
WEIGHT_SENTENCE = 0.40

_SHORTEST_REPAIRED = 5
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_CLOSE_PASSAGES = 30


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for, its misspellings repaired.

    `weights` are the inverse passage frequencies of the terms of its subject, `among` is how many
    passages are searched. `lacking` is why a search is missing.
    """

    question: Question
    weights: dict[str, float]
    among: int = 0
    lacking: Remark | None = None

    def coverage(self, found: frozenset[str]) -> float:
        """Return the weighted share, in [0, 1], of the question's terms that are among `found`."""
        total = sum(self.weights.values())
        return sum(self.weights[term] for term in self.weights if term in found) / (total or 1.0)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage that a search found, before its sentences are looked at."""

    stored: StoredPassage
    vectors: bytes
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
        searched for without. Where the vector store does not answer, or is gone, words find alone.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question cannot be embedded.
        """
        if question.period and self._catalog.extent().first is None:
            question = replace(question, period=None)
        if self._index.is_empty():
            return Query(question, {}), ()
        lexical, dense = self._index.open()
        among = self._catalog.passage_ids(question.period) if question.period else None
        query = self._query(question, lexical)
        if among is not None:
            query = replace(query, among=len(among))
        vector = self._embedder.texts([query.question.text])[0]
        by_words = dict(lexical.search(query.question.terms, DEPTH, among=among))
        try:
            by_meaning = dict(dense.search(vector, DEPTH, among=among))
        except (EngineGone, IndexDamaged) as error:
            by_meaning = {}
            query = replace(query, lacking=Reason.WORDS_ALONE(error=error.remark))
        candidates = self._candidates(by_words, by_meaning, vector)
        articles = self._catalog.articles_with(candidate.stored for candidate in candidates)
        clusters = self._catalog.clusters(articles)
        evidence = [
            _evidence(candidate, article, query, vector, clusters.get(article.id, 0))
            for candidate in candidates
            if (article := articles.get(candidate.stored.passage.article_id)) is not None
        ]
        return query, tuple(islice(spread(without_repeats(rerank(evidence))), max(k, 0)))

    def _candidates(
        self, by_words: dict[int, float], by_meaning: dict[int, float], vector: Vectors
    ) -> list[_Candidate]:
        """Return the candidates of both searches."""
        best = max(by_words.values(), default=1.0)
        names = (("lexical", by_words), ("dense", by_meaning))
        both = self._catalog.passages([*dict.fromkeys([*by_words, *by_meaning])]).values()
        found = [
            _Candidate(
                stored=stored,
                vectors=packed,
                lexical=by_words.get(stored.id, 0.0) / best,
                similarity=passage_cosine(packed, 1 + len(stored.sentences), vector),
                found_by=tuple(name for name, hits in names if stored.id in hits),
            )
            for stored in both
            if (packed := stored.vectors) is not None
        ]
        found.sort(key=lambda one: FIRST_LEXICAL * one.lexical + one.similarity, reverse=True)
        return found[:RERANKED]

    def _query(self, question: Question, lexical: LexicalStore) -> Query:
        spoken = language(question.language)
        doubtful = {
            word: term
            for word in _WORD.findall(question.text)
            if (term := _doubtful(word, spoken)) is not None
        }
        known = lexical.frequencies({*question.subject, *doubtful.values()})
        spelt = {
            word: self._repaired(word, term, spoken, lexical)
            for word, term in doubtful.items()
            if not known.holding[term]
        }
        text = _WORD.sub(lambda word: spelt.get(word[0], word[0]), question.text)
        if text != question.text:
            question = reworded(question, text)
            known = lexical.frequencies(question.subject)
        rarities = {term: _rarity(known.passages, known.holding[term]) for term in question.subject}
        return Query(question, rarities, known.passages)

    def _repaired(self, word: str, term: str, spoken: Language, lexical: LexicalStore) -> str:
        """Return the corpus's own spelling of a word whose term is in no passage, else the word.

        A name in another alphabet is spelt in Latin letters.
        """
        if word[0].isupper():
            found = terms(latin(word))
            if len(found) != 1:
                return word
            term = found[0]
        near = [
            passage_id
            for spelt in dict.fromkeys((term, sound(term)))
            for passage_id in lexical.close_to(spelt, _CLOSE_PASSAGES)
        ]
        words = self._words_of([*dict.fromkeys(near)])
        repaired = closest(term, words)
        if repaired is None:
            return word
        form = nearest_form(latin(word), repaired, spoken)
        if _is_name(form, words):
            return form
        if spoken is general(spoken.code):
            return word  # "Seite" is no misspelling of "seizing"
        return form.lower() if word.islower() else form

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


def _doubtful(word: str, spoken: Language) -> str | None:
    """Return the term of a word that may be misspelt, None of one that is not.

    A common word or name of the language is no misspelling: "Bali" is never read as "Mali". Of a
    language whose common words are not known only names are doubted.
    """
    found = terms(word)
    if (
        len(word) < _SHORTEST_REPAIRED
        or len(found) != 1
        or spoken.is_common(word)
        or (word.islower() and spoken is general(spoken.code))
    ):
        return None
    return found[0]


def _is_name(word: str, words: Counter[str]) -> bool:
    """Return whether a word is a name: capitalised, and never seen in lower case."""
    return not word.islower() and word.lower() not in words


def _rarity(passages: int, holding: int) -> float:
    """Return BM25's inverse document frequency of a term, over passages.

    A term that stands nowhere is as rare as one that stands once: in a small corpus it may well be
    an ordinary word.
    """
    holding = max(1, holding)
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))


def _evidence(
    candidate: _Candidate, article: Article, query: Query, vector: Vectors, cluster: int
) -> Evidence:
    """Compare a candidate's sentences with the question; its score is still to come."""
    spans = candidate.stored.sentences
    read = readable(article.text, spans)
    found = [frozenset(terms(read.text[start:end])) for start, end in read.sentences]
    near = sentence_cosines(candidate.vectors, 1 + len(spans), vector, candidate.similarity)
    return Evidence(
        passage=candidate.stored.passage,
        article=article,
        score=0.0,
        lexical=candidate.lexical,
        similarity=candidate.similarity,
        coverage=query.coverage(_terms_of_title(article.title).union(*found)),
        sentences=tuple(
            Sentence(start=start, end=end, similarity=similarity, coverage=query.coverage(words))
            for (start, end), similarity, words in zip(spans, near.tolist(), found, strict=True)
        ),
        found_by=candidate.found_by,
        cluster=cluster,
        among=query.among,
    )


@lru_cache(maxsize=1024)
def _terms_of_title(title: str) -> frozenset[str]:
    return frozenset(terms(title))


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


def without_repeats(ranked: Iterable[Evidence]) -> Iterator[Evidence]:
    """Leave out passages whose words another one, ranked higher, has already: syndicated copies."""
    seen: set[tuple[str, ...]] = set()
    for evidence in ranked:
        words = tuple(terms(evidence.text))
        if words not in seen:
            seen.add(words)
            yield evidence


def spread(ranked: Iterable[Evidence]) -> Iterator[Evidence]:
    """Leave out passages of a cluster that add nothing to its articles that are ranked higher.

    What adds is a sentence near to the question that those do not have, or have with other facts.
    """
    kept: list[Evidence] = []
    said: dict[str, list[str]] = {}
    for evidence in ranked:
        others = {
            each.article.id: each.article.whole.text
            for each in kept
            if each.story == evidence.story and each.article.id != evidence.article.id
        }
        for name, text in others.items():
            if name not in said:
                said[name] = [text[slice(*span)] for span in passages.sentences(text)]
        if not others or _adds(evidence, [each for name in others for each in said[name]]):
            kept.append(evidence)
            yield evidence


def _adds(evidence: Evidence, said: Sequence[str]) -> bool:
    """Return whether a passage has a sentence near to the question that is not said already."""
    text = evidence.article.whole.text
    spoken = language_of(text)
    near = [sentence.similarity + sentence.coverage for sentence in evidence.sentences]
    new = (
        text[sentence.start : sentence.end]
        for sentence, nearness in zip(evidence.sentences, near, strict=True)
        if nearness >= NEAR * max(near)
    )
    return any(
        not any(repeats(sentence, other) and not spoken.missing(sentence, other) for other in said)
        for sentence in new
    )


def closest(term: str, words: Counter[str]) -> str | None:
    """Return the word whose term is nearest to `term`, within its `edits`.

    A swap of neighbours is one edit; so many may lie between what both sound like, too. The first
    sounds have to agree. Among equals the most frequent word wins, then the first.
    """
    from rapidfuzz.distance import OSA

    most = edits(term)
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
