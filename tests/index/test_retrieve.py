from collections import Counter
from dataclasses import replace

import pytest

from desk import Desk
from plain_article import plain_article, plain_evidence
from rag.index.retrieve import closest, nearest_form, rerank, spread, without_repeats
from rag.languages import language
from rag.languages.sounds import latin
from rag.library import Library
from rag.types import Evidence, Passage, Sentence
from rag.understanding.questions import understand

CAMARA = "General Goïta came to the capital. Sadio Camara is accompanying him on this visit."
SHEEP = "The market of Gao sold sheep and goats. The traders counted 40 goats on Monday."
RAIN = "In Mali the rain fell for a week. The elections were put off in the whole country."


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    for name, text in {"camara": CAMARA, "rain": RAIN, "sheep": SHEEP}.items():
        desk.put(f"{name}.txt", text)
    desk.put("copy.txt", SHEEP)
    desk.index()
    with desk.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with Desk(tmp_path_factory.mktemp("empty")).open() as opened:
        yield opened


def searched(library: Library, question: str) -> str:
    """The question as it was searched for."""
    query, _ = library._parts.retriever.search(understand(question), 8)  # noqa: SLF001 - no other way
    return query.question.text


def ranking(library: Library, question: str) -> list[tuple[str, int]]:
    found = library.search(question, 50)
    return [(hit.article.id, hit.passage.start) for hit in found]


def evidence(
    text="A rainy day.", *, title="News", lexical=0.0, similarity=0.0, sentence=(0.0, 0.0)
):
    near, covered = sentence
    return Evidence(
        passage=Passage(title, 0, len(text)),
        article=plain_article(title, text),
        score=0.0,
        lexical=lexical,
        similarity=similarity,
        coverage=0.0,
        sentences=(Sentence(start=0, end=len(text), similarity=near, coverage=covered),),
        found_by=("dense",),
    )


@pytest.mark.parametrize(
    ("term", "words", "nearest"),
    [
        ("goyta", {"Goita": 1, "goats": 5}, "Goita"),
        ("goyta", {"Gota": 1, "Goita": 1}, "Goita"),
        ("marlet", {"market": 1, "markets": 2}, "markets"),
        ("giota", {"Goita": 1}, "Goita"),
        ("bamako", {"Zamako": 9}, None),
        ("camara", {"Camxxa": 9}, None),
        ("timbuktu", {"Timbouktou": 9}, "Timbouktou"),
        ("goyta", {}, None),
        ("kurbonzoda", {"Qurbonzoda": 1}, "Qurbonzoda"),
        ("poutine", {"Putin": 1}, "Putin"),
        ("bali", {"Mali": 9}, None),
    ],
)
def test_the_closest_word(term, words, nearest):
    """The nearest word with the same first sound, then the most frequent one, within few edits."""
    assert closest(term, Counter(words)) == nearest


@pytest.mark.parametrize(
    ("typed", "repaired", "form"),
    [
        ("acompanied", "Accompanying", "accompanied"),
        ("acompanying", "Accompanying", "Accompanying"),
        ("Goyta", "Goïta", "Goïta"),
        ("wagnr", "Wagner", "Wagner"),
    ],
)
def test_the_form_that_was_meant(typed, repaired, form):
    """A repaired word has the form that comes nearest to what was typed."""
    assert nearest_form(typed, repaired, language("en")) == form


def test_misspellings_are_repaired_from_the_articles(library):
    """A word that no article has, and the language neither, is read as one that they have."""
    typed = ["Who acompanied Goyta?", "elektions in mali", "the marlet of gao", "Who is Camarra?"]
    assert [searched(library, question) for question in typed] == [
        "Who accompanied Goïta?",
        "elections in mali",
        "the market of gao",
        "Who is Camara?",
    ]


@pytest.mark.parametrize(
    "question",
    ["Is it raining in Bali?", "Who is Macron?", "goals on Sunday", "Where is Malta?", "Goïtas"],
)
def test_what_is_spelt_right_is_left(library, question):
    """A word of the language, or a name that is near no other, is searched for as it stands."""
    assert searched(library, question) == question


def test_a_name_is_one_name_in_any_spelling(library):
    """Accents and case do not change the ranking."""
    rankings = [
        ranking(library, f"Who is accompanying {name}?") for name in ("Goïta", "Goita", "GOITA")
    ]
    assert rankings == [[("camara.txt", 0), *rankings[0][1:]]] * 3


def test_a_copy_is_found_once(library):
    """The same text in two articles is one result."""
    found = [evidence.text for evidence in library.search("goats of the traders", 50)]
    assert sorted(found) == sorted([CAMARA, RAIN, SHEEP])


def test_the_best_passage_stands_first(library):
    """Each passage tells what found it, its scores, and where it is."""
    first = library.search("How many goats did the traders count?", 1)[0]
    told = (first.text, first.found_by, first.lexical, first.passage.start, first.passage.end)
    assert told == (SHEEP, ("lexical", "dense"), 1.0, 0, len(SHEEP))


def test_a_passage_tells_among_how_many_it_was_found(library):
    """All passages of the collection, the copies too."""
    found = library.search("goats of the traders", 50)
    assert {evidence.among for evidence in found} == {library.status().passages}


@pytest.mark.parametrize("k", [-1, 0])
def test_no_results_are_wanted(library, k):
    """A search for no results returns none."""
    assert library.search("goats", k) == ()


STRANGE = {
    "empty": "",
    "space": " \n\t ",
    "emoji": "🎉🎉",
    "long": "goats " * 1000,
    "unbroken": "x" * 5000,
    "stopwords": "who is it that was there?",
    "cjk": "谁陪同戈伊塔？",
    "arabic": "من رافق غويتا؟",
    "query syntax": 'text:"goats" AND NOT (gao OR *) ^2 ~1 \\ [a TO b]',
    "control": "goats\x00\x1b[31m\u200b\ud83c".encode("utf-8", "ignore").decode(),
}


@pytest.mark.parametrize("question", STRANGE.values(), ids=STRANGE)
def test_any_question_can_be_searched(library, empty, question):
    """Whatever is typed, passages come back from a full index, and none from an empty one."""
    found = {evidence.article.id for evidence in library.search(question, 50)}
    assert (found <= {"camara.txt", "copy.txt", "rain.txt", "sheep.txt"}, bool(found)) == (
        True,
        True,
    )
    assert empty.search(question, 50) == ()


def test_reranking_orders_and_changes_nothing_else():
    """Scores come from the passage and its best sentence; what is given is left as it was."""
    given_ = [
        evidence("far", title="far", lexical=1.0, similarity=0.1),
        evidence("near", title="near", similarity=0.5, sentence=(0.5, 0.5)),
        evidence("middle", title="middle", similarity=0.4, sentence=(0.3, 0.0)),
    ]
    ranked = rerank(given_)
    assert [evidence.article.id for evidence in ranked] == ["near", "middle", "far"]
    assert [evidence.score for evidence in given_] == [0.0, 0.0, 0.0]
    assert rerank(ranked) == ranked
    assert rerank([]) == []


def test_shared_words_count_as_far_as_a_sentence_covers_the_question():
    """Where no sentence holds a word of the question, BM25 decides nothing."""
    words = evidence("words", title="words", lexical=1.0, similarity=0.30)
    meaning = evidence("meaning", title="meaning", similarity=0.31)
    covering = evidence("covering", title="covering", similarity=0.0, sentence=(0.0, 1.0))
    first, second = rerank([words, meaning]), rerank([words, meaning, covering])
    assert [evidence.article.id for evidence in first] == ["meaning", "words"]
    assert [evidence.article.id for evidence in second] == ["covering", "words", "meaning"]


def test_of_copies_the_best_one_is_kept():
    """Passages with the same words, however set, are one; the first in rank stays."""
    ranked = [evidence("A Rainy day", title="a"), evidence("a dry day"), evidence("A rainy  DAY!")]
    assert [*without_repeats(ranked)] == ranked[:2]


OPENED = "The governor opened the court in Gao."
KILLED = "At least 12 people were killed in Gao."


@pytest.mark.parametrize(
    ("cluster", "text", "stays"),
    [
        (1, f"{KILLED} {OPENED}", False),
        (1, KILLED.replace("killed", "slain"), False),
        (1, KILLED.replace("12", "17"), True),
        (1, f"{OPENED} The mayor of Gao had ended the strike.", True),
        (2, f"{KILLED} {OPENED}", True),
    ],
)
def test_results_spread_over_clusters(cluster, text, stays):
    """A passage of a copy stays if it has a sentence that the story lacks, or other facts."""
    first = replace(plain_evidence(plain_article("first", f"{OPENED} {KILLED}")), cluster=1)
    copy = replace(plain_evidence(plain_article("copy", text)), cluster=cluster)
    other = plain_evidence(plain_article("other", OPENED))
    kept = [first, *([copy] if stays else []), other]
    assert [*spread([first, copy, other])] == [*kept]


def test_what_a_copy_adds_is_near_to_the_question():
    """A copy's own last line makes no other story of it."""
    first = replace(plain_evidence(plain_article("first", KILLED)), cluster=1)
    copy = plain_evidence(plain_article("copy", f"{KILLED} Sign up to our letter."), falling=0.5)
    assert [*spread([first, replace(copy, cluster=1)])] == [first]


@pytest.mark.parametrize(
    ("name", "heard"), [("Камара", "Kamara"), ("Qurbonzoda", "Qurbonzoda"), ("Goïta", "Goita")]
)
def test_a_name_of_another_alphabet_is_written_in_latin_letters(name, heard):
    assert latin(name) == heard
