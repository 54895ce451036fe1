from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plain_article import plain_article
from rag.answer import Quotable, Quotes, answerable, choose, features, read, repeats, shared_pairs
from rag.types import Draft, DraftClaim, Evidence, Passage, Sentence, Span

SENTENCES = ("Camara came to Gao.", "The mayor met 12 traders.", "It rained for a week.")
OTHERS = ("The traders left on Monday.", "Nobody met the mayor.")


def evidence(*sentences, name="one", score=1.0, near=0.9):
    """A passage whose sentences are less and less like the question."""
    text = " ".join(sentences)
    starts = [text.index(one) for one in sentences]
    return Evidence(
        passage=Passage(name, 0, len(text)),
        article=plain_article(name, text),
        score=score,
        lexical=1.0,
        similarity=near,
        coverage=near,
        sentences=tuple(
            Sentence(
                start=start,
                end=start + len(one),
                similarity=near - place / 10,
                coverage=near - place / 10,
            )
            for place, (start, one) in enumerate(zip(starts, sentences, strict=True))
        ),
        found_by=("lexical",),
    )


def readings(*scored):
    """Readings of (article, sentence, score)."""
    return [
        Quotable(
            evidence=(found := evidence(text, name=name)),
            sentence=found.sentences[0],
            pairs=0.0,
            offers=0.5,
            score=score,
        )
        for name, text, score in scored
    ]


def chosen(question, *scored):
    return [one.text for one in choose(question, readings(*scored))]


def test_nothing_is_drafted_from_nothing():
    """Without evidence there is no claim and no confidence."""
    assert Quotes().draft("Who came?", ()) == Draft(claims=(), confidence=0.0)


def test_a_draft_quotes_whole_sentences():
    """A claim is a sentence of an article, word for word, with the range that it stands at."""
    found = evidence(*SENTENCES)
    draft = Quotes().draft("How many traders were met?", [found])
    assert draft.claims == (
        DraftClaim(text=SENTENCES[1], article=found.article, spans=(Span(20, 45),), support=1.0),
    )


@pytest.mark.parametrize(
    ("sentences", "quoted"),
    [
        (
            ("The mayor said:", "“The bridge stays.”", "He left."),
            "The mayor said: “The bridge stays.”",
        ),
        (("The mayor said:",), "The mayor said:"),
        (("The mayor said so.", "He left."), "The mayor said so."),
    ],
)
def test_what_a_sentence_announces_is_quoted_with_it(sentences, quoted):
    """A sentence that ends in a colon is quoted with the next one, and that not once more."""
    draft = Quotes().draft("What did the mayor say?", [evidence(*sentences)])
    texts = [claim.text for claim in draft.claims]
    assert texts[0] == quoted
    assert "“The bridge stays.”" not in texts


def test_all_sentences_of_the_first_passages_are_read():
    """Sentences of four passages are read, the likeliest first."""
    passages = [evidence(*SENTENCES, name=str(n), score=1 - n / 10) for n in range(6)]
    found = read("Why?", passages)
    assert (found[0].text, found[0].evidence.article.id) == (SENTENCES[0], "0")
    assert len(found) == 12
    assert {one.evidence.article.id for one in found} == {"0", "1", "2", "3"}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_another_article_is_always_read():
    """Where the first passages are all of one article, the best of another is read as well."""
    passages = [evidence(*SENTENCES, score=1 - n / 10) for n in range(5)]
    found = read("Why?", [*passages, evidence(*OTHERS, name="other", score=0.4)])
    assert {one.evidence.article.id for one in found} == {"one", "other"}


def test_a_quantity_is_looked_for_where_there_is_one():
    """Asked how many, only sentences with a number are read, if there is any."""
    one, none = evidence(*SENTENCES), evidence(*OTHERS)
    question = "How many traders were met?"
    assert [found.text for found in read(question, [one])] == [SENTENCES[1]]
    assert len(read(question, [none])) == 2


def test_a_quantity_that_is_nowhere_is_not_answered():
    """Asked how many, an article without any number does not answer, however near it is."""
    near = evidence("The traders of the town were met by the mayor.", near=1.0)
    draft = Quotes().draft("How many traders of the town were met by the mayor?", [near])
    assert draft.confidence == 0.0


def test_what_says_the_same_is_quoted_once():
    """A sentence that repeats one that is quoted is left out, also of another article."""
    found = chosen(
        "Who came?",
        ("one", "Camara came to the town of Gao on Monday.", 3.0),
        ("other", "On Monday Camara came to the town of Gao.", 2.9),
        ("other", "He met the mayor.", 2.8),
    )
    assert found == ["Camara came to the town of Gao on Monday.", "He met the mayor."]


def test_no_more_than_three_are_quoted():
    """However many sentences answer, the three likeliest are quoted."""
    sentences = ("Camara came.", "Ministers followed.", "Traders waited.", "Boats left.")
    scored = [("one", text, 1 - place / 100) for place, text in enumerate(sentences)]
    assert chosen("Who came?", *scored) == list(sentences[:3])


def test_another_source_is_quoted_sooner():
    """What is a fifth as likely is quoted of another article, and not of the same."""
    first = ("one", "Camara came.", 2.0)
    same, other = ("one", "Boats left.", 0.4), ("other", "Boats left.", 0.4)
    assert chosen("Who came?", first, same) == ["Camara came."]
    assert chosen("Who came?", first, other) == ["Camara came.", "Boats left."]


def test_the_contrary_is_quoted_however_unlikely():
    """What another article says to the contrary stands beside what answers best."""
    found = chosen(
        "Is the bridge open?",
        ("one", "The bridge is open to carts.", 9.0),
        ("one", "It was built by traders.", 8.9),
        ("one", "Boats pass under its arches.", 8.8),
        ("other", "The bridge was never opened.", 1.0),
        ("third", "The bridge is not open.", 0.9),
    )
    assert found == [
        "The bridge is open to carts.",
        "The bridge was never opened.",
        "It was built by traders.",
    ]


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
    found = choose("Is Camara in Gao?", given_)
    assert found[0] is given_[0]
    assert 1 <= len(found) <= 3
    assert all(any(one is other for other in given_) for one in found)
    assert len({one.text for one in found}) == len(found)


def test_repeating_is_of_words_not_of_their_order():
    """Sentences repeat each other when more than three in five of their words are shared."""
    assert repeats("The mayor met traders", "traders met the mayor")
    assert repeats("Goïta came", "GOITA came!")
    assert not repeats("The mayor met traders", "The mayor met Camara in Gao")


def test_neighbouring_words_are_shared():
    """The share is of the question's pairs of neighbours that the sentence has in that order."""
    shares = [
        shared_pairs("Who is Russia's defence minister?", sentence)
        for sentence in (
            "The Russian defence minister came.",
            "Mali's defence minister met a Russian one.",
            "The minister of defence of Russia came.",
        )
    ]
    assert [*shares, shared_pairs("Who?", "Who came?")] == [1.0, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("question", "missing"),
    [("Who met Camara?", 0.0), ("Who met Cámara in Kidal?", 0.5), ("Who met Putin?", 1.0)],
)
def test_names_that_are_missing(question, missing):
    """The share of the question's names that the passage lacks speaks against an answer."""
    found = features(question, read(question, [evidence(*SENTENCES)])[0])
    assert found[4] == missing


def test_the_probability_grows_with_likeness():
    """An unlike sentence is improbable to answer, a like one probable, and both are in [0, 1]."""
    question = "Who came to Gao?"
    odds = [
        answerable(question, read(question, [evidence(*SENTENCES, near=near)])[0])
        for near in (-1.0, 0.1, 0.5, 1.0)
    ]
    assert odds == sorted(odds)
    assert 0.0 <= odds[0] < 0.01
    assert 0.9 < odds[-1] <= 1.0


def test_reading_does_not_depend_on_the_scores_level():
    """Only how far a passage is behind the best one counts."""
    passages = [evidence(*SENTENCES, score=0.9), evidence(*OTHERS, name="other", score=0.7)]
    raised = [replace(one, score=one.score + 5) for one in passages]
    drafts = [Quotes().draft("Who came?", found) for found in (passages, raised)]
    assert [claim.text for claim in drafts[0].claims] == [claim.text for claim in drafts[1].claims]
