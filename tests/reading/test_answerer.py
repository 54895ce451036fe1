from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_reader import FakeReader
from plain_article import plain_article, plain_evidence
from rag.languages import language
from rag.languages.terms import repeats
from rag.reading.answerer import (
    ANSWERABLE,
    Extractive,
    Quotable,
    agreed,
    answerable,
    choose,
    evidence_features,
    read,
    shared_pairs,
    together,
)
from rag.types import Draft, DraftClaim, Span
from rag.understanding.questions import understand

ENGLISH = language("en")
SENTENCES = ("Camara came to Gao.", "The mayor met 12 traders.", "It rained for a week.")
OTHERS = ("The traders left on Monday.", "Nobody met the mayor.")


def evidence(*sentences, name="one", score=1.0, near=0.9):
    """A passage whose sentences are less and less like the question."""
    article = plain_article(name, " ".join(sentences))
    return plain_evidence(article, *sentences, score=score, near=near, falling=0.1)


def readings(*scored):
    """Readings of (article, sentence, score)."""
    return [
        Quotable(
            evidence=(found := evidence(text, name=name)),
            sentence=found.sentences[0],
            found=None,
            features=(0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0),
            score=score,
        )
        for name, text, score in scored
    ]


def draft(question, *evidence, found=()):
    return Extractive(FakeReader(*found)).draft(understand(question), evidence)


def texts(question, *evidence, found=()):
    return [claim.text for claim in draft(question, *evidence, found=found).claims]


def read_all(question, *evidence, found=()):
    return read(understand(question), evidence, FakeReader(*found))


def test_nothing_is_drafted_from_nothing():
    """Without evidence there is no claim and no confidence."""
    assert draft("Who came?") == Draft(claims=(), confidence=0.0)


def test_a_short_answer_cites_its_sentence():
    """The first claim is the words that answer, word for word; it cites the whole sentence."""
    found = evidence(*SENTENCES)
    drafted = draft("How many traders were met?", found, found=["12 traders"])
    cited = ((found.article, Span(20, 45)),)
    assert drafted.claims == (DraftClaim(text="12 traders", cited=cited, support=1.0),)


SAID, STAYS = "The mayor said:", "“The bridge stays.”"
BOTH, THREE = "Camara and the mayor came to Gao.", "Three ministers came to Gao too."
LAYOFFS = "When did the firm announce layoffs?"
FIRM = "The firm, which had mined gold since 2015, announced layoffs two weeks ago."


@pytest.mark.parametrize(
    ("question", "sentences", "found", "claims"),
    [
        # Where no words of a sentence stand out, and for a yes or no, the claim is the sentence
        ("How many traders were met?", SENTENCES, [], [SENTENCES[1]]),
        ("Did Camara come to Gao?", SENTENCES[:1], ["Camara"], [SENTENCES[0]]),
        # What adds to a short answer are sentences
        ("Who came to Gao?", (BOTH, THREE), [BOTH[:20], "Three"], [BOTH[:20], THREE]),
        # A sentence that ends in a colon is quoted with the next one, and that not once more
        ("What did the mayor say?", (SAID, STAYS, "He left."), [], [f"{SAID} {STAYS}", "He left."]),
        ("What did the mayor say?", (SAID,), [], [SAID]),
        # A time that another clause tells gives way to the sentence's own
        (LAYOFFS, (FIRM,), ["2015", "two weeks ago"], ["two weeks ago"]),
    ],
)
def test_what_is_claimed(question, sentences, found, claims):
    """The words that answer, or their sentence, and what adds to them."""
    assert texts(question, evidence(*sentences), found=found) == claims


@pytest.mark.parametrize(
    ("theirs", "cited"),
    [
        ("Sadio Camara", ["one", "other"]),
        ("Camara", ["one", "other"]),
        ("Ama Camara", ["one"]),
        ("the mayor", ["one"]),
    ],
)
def test_articles_that_agree_are_cited_together(theirs, cited):
    """Another article that gives the same short answer, or a part of it, is cited for it too."""
    ours = evidence("Sadio Camara came to Gao.", name="one")
    other = evidence(f"It was {theirs} who came to Gao.", name="other", score=0.99)
    (first, *_) = draft("Who came to Gao?", ours, other, found=["Sadio Camara", theirs]).claims
    assert first.text == "Sadio Camara"
    assert [article.id for article, _ in first.cited] == cited


def test_one_article_does_not_agree_with_itself():
    """Two passages of one article are one source."""
    passages = [evidence("Camara came to Gao.", score=score) for score in (1.0, 0.99)]
    first, *others = read_all("Who came to Gao?", *passages, found=["Camara"])
    assert agreed(understand("Who came to Gao?"), first, [first, *others]) == []


@pytest.mark.parametrize(("clusters", "agreeing"), [((1, 1, 1), []), ((1, 2, 2), ["b"])])
def test_articles_of_one_cluster_are_one_source(clusters, agreeing):
    """A copy bears nothing out, and of the copies of another story one agrees."""
    passages = [
        replace(evidence("Camara came to Gao.", name=name, score=score), cluster=cluster)
        for name, score, cluster in zip("abc", (1.0, 0.99, 0.98), clusters, strict=True)
    ]
    first, *others = read_all("Who came to Gao?", *passages, found=["Camara"])
    found = agreed(understand("Who came to Gao?"), first, [first, *others])
    assert [each.evidence.article.id for each in found] == agreeing


def test_all_sentences_are_read():
    """The sentences of all passages are read, the likeliest first."""
    passages = [evidence(*SENTENCES, name=str(n), score=1 - n / 10) for n in range(6)]
    found = read_all("Why?", *passages)
    assert (found[0].text, found[0].evidence.article.id) == (SENTENCES[0], "0")
    assert len(found) == 18
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_a_passage_may_begin_within_its_article():
    """A range that is found in it is a range of the article."""
    whole = evidence("It was late.", "Sow came to Gao.")
    late = replace(whole, passage=replace(whole.passage, start=13), sentences=whole.sentences[1:])
    (claim,) = draft("Who came to Gao?", late, found=["Sow"]).claims
    assert (claim.text, claim.cited) == ("Sow", ((whole.article, Span(13, 29)),))


def test_what_the_reader_finds_comes_first():
    """Of sentences that are alike otherwise, the one in which the reader finds an answer leads."""
    one, other = evidence("Rain fell."), evidence("Snow fell.", name="other")
    assert read_all("What fell?", one, other, found=["Snow"])[0].text == "Snow fell."


VISIT = "Camara, the trade minister of Gao, came."
MET = "The traders of the town were met by the mayor."


@pytest.mark.parametrize(
    ("question", "sentence", "found", "sure"),
    [
        ("Who is the trade minister of Gao?", VISIT, "Camara", True),
        ("Who is the health minister of Gao?", VISIT, "Camara", False),
        ("How many traders of the town were met by the mayor?", MET, "The traders", False),
    ],
)
def test_words_that_cannot_answer_are_not_the_answer(question, sentence, found, sure):
    """Where nothing else can, the articles do not say, however near they are to the question."""
    drafted = draft(question, evidence(sentence, "Sow saw it."), found=[found])
    assert (drafted.confidence >= ANSWERABLE) is sure


def test_a_quantity_is_looked_for_where_there_is_one():
    """Asked how many, only sentences with a number are read, if there is any."""
    one, none = evidence(*SENTENCES), evidence(*OTHERS)
    question = "How many traders were met?"
    assert [found.text for found in read_all(question, one)] == [SENTENCES[1]]
    assert len(read_all(question, none)) == 2


CAME, BOATS, CARTS = "Camara came.", "Boats left.", "The bridge is open to carts."
MONDAY = "Camara came to the town of Gao on Monday."
NEVER = "The bridge was never opened."


@pytest.mark.parametrize(
    ("scored", "quoted"),
    [
        # What says the same is quoted once
        (
            [
                ("one", MONDAY, 3.0),
                ("other", "On Monday Camara came to the town of Gao.", 2.9),
                ("other", BOATS, 2.8),
            ],
            [MONDAY, BOATS],
        ),
        # No more than three
        (
            [("one", text, 1.0) for text in (CAME, "Ministers followed.", "It rained.", BOATS)],
            [CAME, "Ministers followed.", "It rained."],
        ),
        # What is a fifth as likely is quoted of another article, and not of the same
        ([("one", CAME, 2.0), ("one", BOATS, 0.4)], [CAME]),
        ([("one", CAME, 2.0), ("other", BOATS, 0.4)], [CAME, BOATS]),
        # The contrary in another article, once, however unlikely
        (
            [
                ("one", CARTS, 9.0),
                ("one", "It was built by traders.", 8.9),
                ("one", "Boats pass under its arches.", 8.8),
                ("other", NEVER, 1.0),
                ("third", "The bridge is not open.", 0.9),
            ],
            [CARTS, NEVER, "It was built by traders."],
        ),
    ],
)
def test_what_is_quoted(scored, quoted):
    """The likeliest sentence, and what adds to it."""
    found = choose(understand("Is the bridge open?"), readings(*scored))
    assert [reading.text for reading in found] == quoted


def test_another_articles_other_answer_is_shown():
    """Another article that gives another short answer stands beside the first, short as well."""
    ours = evidence("The bridge was opened in 1972.", name="one")
    other = evidence("The bridge was opened in 1974.", name="other", score=0.9)
    drafted = draft("When was the bridge opened?", ours, other, found=["1972", "1974"])
    assert [(claim.text, len(claim.cited)) for claim in drafted.claims] == [
        ("1972", 1),
        ("1974", 1),
    ]


@pytest.mark.parametrize(("log_odds", "quoted"), [(3.0, 2), (2.9, 1)])
def test_an_answer_that_the_reader_doubts_contradicts_nothing(log_odds, quoted):
    """Only what the reader is sure of is shown as another opinion, however unlikely it is."""
    question = "When was the bridge opened?"
    ours = evidence("The bridge was opened in 1972.", name="one")
    other = evidence("It was 1974 when carts crossed the new bridge.", name="other", score=0.9)
    first, second = read_all(question, ours, other, found=["1972", "1974"])
    doubted = replace(second, found=replace(second.found, score=log_odds), score=-9.0)
    assert len(choose(understand(question), [first, doubted])) == quoted


def test_a_passage_that_tells_of_both_answers_contradicts_neither():
    """An article that has the first answer too is no other opinion."""
    ours = evidence("Sow opened the bridge.", name="one")
    other = evidence("Camara was there.", "The bridge was opened by Sow.", name="other", score=0.9)
    drafted = draft("Who opened the bridge?", ours, other, found=["Sow", "Camara"])
    assert "Camara" not in [claim.text for claim in drafted.claims]


@pytest.mark.parametrize(("log_odds", "quoted"), [(4.0, 2), (2.0, 1), (-9.0, 1)])
def test_beside_a_short_answer_a_further_sentence_has_to_answer_too(log_odds, quoted):
    """A sentence that is near the question, but in which the reader finds less, adds nothing."""
    question = "Who opened the bridge?"
    found = evidence("Sow opened the bridge.", "The bridge was opened with Camara.")
    first, second = read_all(question, found, found=["Sow", "Camara"])
    near = replace(second, found=replace(second.found, score=log_odds), score=first.score - 0.1)
    assert len(choose(understand(question), [first, near])) == quoted


def test_another_article_may_tell_of_one_of_several_things_as_it_likes():
    """Of a list over articles each part is told, also where the reader is less sure."""
    question = "Which bridges were closed?"
    ours = evidence("The Sow bridge was closed.", name="one")
    other = evidence("So was Camara's bridge.", name="other")
    first, second = read_all(question, ours, other, found=["The Sow bridge", "Camara's bridge"])
    less = replace(second, found=replace(second.found, score=-4.0), score=first.score - 0.1)
    assert len(choose(understand(question), [first, less])) == 2


def test_among_many_passages_an_answer_has_to_be_surer():
    """Up to 60 passages nothing changes; among more, one that is near by chance is likelier."""
    question = understand("Who opened the bridge?")
    found = evidence("Sow opened the bridge.")
    (reading,) = read_all("Who opened the bridge?", found, found=["Sow"])
    chances = [
        answerable(question, replace(reading, evidence=replace(found, among=among)))
        for among in (0, 60, 600, 1_600, 50_000)
    ]
    assert chances[0] == chances[1] > chances[2] > chances[3] == chances[4]


@pytest.mark.parametrize(("year", "tonnes"), [("2023", "640"), ("2024", "512")])
def test_of_two_columns_the_one_with_more_of_its_words_in_the_question_is_read(year, tonnes):
    """Both columns of a year have the word that is asked for; only one has the year."""
    table = "Farm | Tonnes 2023 | Tonnes 2024\n\nVine Hill | 640 | 512"
    found = plain_evidence(plain_article("harvest", table))
    first = read_all(f"How many tonnes did Vine Hill pick in {year}?", found, found=["640"])[0]
    assert (first.short, first.is_named) == (tonnes, True)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["one", "other"]),
            st.sampled_from([*SENTENCES, *OTHERS, "Camara has left Gao."]),
            st.floats(-9, 9),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_choosing_keeps_its_promises(scored):
    """The likeliest comes first; one to three, none twice, and all of those that were read."""
    given_ = readings(*sorted(scored, key=lambda one: -one[2]))
    found = choose(understand("Is Camara in Gao?"), given_)
    assert found[0] is given_[0]
    assert 1 <= len(found) <= 3
    assert all(any(hit is other for other in given_) for hit in found)
    assert len({hit.text for hit in found}) == len(found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The mayor met traders", "traders met the mayor", True),
        ("Goïta came", "GOITA came!", True),
        ("The mayor met traders", "The mayor met Camara in Gao", False),
    ],
)
def test_repeating_is_of_words_not_of_their_order(one, other, same):
    """Sentences repeat each other when more than three in five of their words are shared."""
    assert repeats(one, other) is same


@pytest.mark.parametrize(
    ("question", "sentence", "share"),
    [
        ("Who is Russia's defence minister?", "The Russian defence minister came.", 1.0),
        ("Who is Russia's defence minister?", "Mali's defence minister met a Russian one.", 0.5),
        ("Who is Russia's defence minister?", "The minister of defence of Russia came.", 0.0),
        ("Who?", "Who came?", 0.0),
    ],
)
def test_neighbouring_words_are_shared(question, sentence, share):
    """The share is of the question's pairs of neighbours that the sentence has in that order."""
    assert shared_pairs(understand(question), sentence, ENGLISH) == share


@pytest.mark.parametrize(
    ("question", "missing"),
    [("Who met Camara?", 0.0), ("Who met Cámara in Kidal?", 0.5), ("Who met Putin?", 1.0)],
)
def test_names_that_are_missing(question, missing):
    """The share of the question's names that the passage lacks speaks against an answer."""
    best = read_all(question, evidence(*SENTENCES))[0]
    assert evidence_features(understand(question), best)[4] == missing


def test_the_probability_grows_with_likeness():
    """An unlike sentence is improbable to answer, a like one probable, and both are in [0, 1]."""
    question = "Who came to Gao?"
    odds = [
        answerable(
            understand(question),
            read_all(question, evidence(*SENTENCES, near=near), found=found)[0],
        )
        for near, found in ((-1.0, ()), (0.1, ()), (0.5, ()), (1.0, ["Camara"]))
    ]
    assert odds == sorted(odds)
    assert 0.0 <= odds[0] < 0.01
    assert 0.9 < odds[-1] <= 1.0


def test_reading_does_not_depend_on_the_scores_level():
    """Only how far a passage is behind the best one counts."""
    passages = [evidence(*SENTENCES, score=0.9), evidence(*OTHERS, name="other", score=0.7)]
    raised = [replace(passage, score=passage.score + 5) for passage in passages]
    first, second = (texts("Who came?", *found) for found in (passages, raised))
    assert first == second


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_agreement_makes_no_answer(odds):
    """Articles that agree raise a probability that one of them reaches by itself, no other."""
    found = together(odds)
    assert max(odds) - 1e-9 <= found <= 1 or found == odds[0]
    assert (found >= 0.5) == (max(odds) >= 0.5)
    assert together(odds[:1]) == pytest.approx(odds[0])


TABLE = ("Club | Wins | Goals", "Gao | 4 | 9", "Kidal | 2 | 7")


@pytest.mark.parametrize(
    ("question", "answer", "row"),
    [
        ("How many goals did Kidal score?", "7", TABLE[2]),
        ("How many wins has Gao?", "4", TABLE[1]),
        ("Which club has 9 goals?", "Gao", TABLE[1]),
    ],
)
def test_a_cell_that_its_row_and_column_name_answers_and_cites_its_row(question, answer, row):
    text = "\n\n".join(("The league is over, and nobody won 3 goals more.", *TABLE))
    article = plain_article("league", text)
    found = plain_evidence(article, *TABLE, near=0.9, falling=0.1)
    (claim,) = draft(question, found).claims
    assert (claim.text, [text[slice(*span)] for _, span in claim.cited]) == (answer, [row])


def test_several_cells_answer_as_their_row():
    article = plain_article("league", "\n\n".join(TABLE))
    found = plain_evidence(article, *TABLE, near=0.9, falling=0.1)
    (claim,) = draft("How was Gao?", found, found=["4, Goals 9"]).claims
    assert claim.text == TABLE[1]
