from dataclasses import replace
from datetime import date

import pytest

from plain_article import plain_article, plain_evidence
from rag.grounding.disagree import conflict, contrary, disagreements
from rag.types import Citation, Claim, Conflict, Disagreement
from rag.understanding.questions import understand

DEPLOYED = "It sends instructors and deploys Wagner fighters in Mali beside the army."
WITHDRAWN = "Wagner, which had helped Mali's army, announced its withdrawal."
TWELVE = "At least 12 people were killed in Gao."
TWENTY = "The army said that 20 people were killed in Gao."
THIRTY = "In Gao 30 people were killed."
STILL, KILLED = "Is Wagner still in Mali?", "How many people were killed in Gao?"
FIRST, LATER = date(2024, 5, 1), date(2024, 5, 2)
OUTDATED, CONTRADICTORY = Conflict.OUTDATED, Conflict.CONTRADICTORY


def claim(text, name, published=None, said=None):
    article = plain_article(name, text, published=published)
    return Claim(text=said or text, citations=(Citation(article, 0, len(text), text),), support=1.0)


def evidence(name, *sentences):
    return plain_evidence(plain_article(name, " ".join(sentences)))


@pytest.mark.parametrize(
    ("question", "earlier", "later", "dates", "kind"),
    [
        # A state that is asked for as it is, an end told by the later one, and a toll change
        (STILL, DEPLOYED, WITHDRAWN, (FIRST, LATER), OUTDATED),
        (STILL, WITHDRAWN, DEPLOYED, (FIRST, LATER), OUTDATED),
        ("Did Wagner fight in Mali?", DEPLOYED, WITHDRAWN, (FIRST, LATER), OUTDATED),
        (KILLED, TWELVE, TWENTY, (FIRST, LATER), OUTDATED),
        ("What happened to people killed in Gao?", TWENTY, TWELVE, (FIRST, LATER), OUTDATED),
        ("How many people live in Gao?", "12 live.", "20 live.", (FIRST, LATER), OUTDATED),
        ("Who is the mayor of Gao?", "Sow.", "Keita.", (FIRST, LATER), OUTDATED),
        ("Who leads the council?", "Sow.", "Keita.", (FIRST, LATER), OUTDATED),
        ("When will the bridge open?", "In May.", "In June.", (FIRST, LATER), OUTDATED),
        # Without two dates that differ, or of what once happened, one article is wrong
        (STILL, DEPLOYED, WITHDRAWN, (FIRST, FIRST), CONTRADICTORY),
        (STILL, DEPLOYED, WITHDRAWN, (FIRST, None), CONTRADICTORY),
        (STILL, DEPLOYED, WITHDRAWN, (None, None), CONTRADICTORY),
        ("Did Wagner fight in Mali?", WITHDRAWN, DEPLOYED, (FIRST, LATER), CONTRADICTORY),
        ("Did the bridge open?", "It opened.", "It never opened.", (FIRST, LATER), CONTRADICTORY),
        ("Was Wagner in Mali in 2021?", WITHDRAWN, DEPLOYED, (FIRST, LATER), CONTRADICTORY),
        ("How many masons built it?", "42 did.", "12 did.", (FIRST, LATER), CONTRADICTORY),
        ("Who was the mayor of Gao?", "Sow.", "Keita.", (FIRST, LATER), CONTRADICTORY),
        ("Who is the winner of 2019?", "Sow.", "Keita.", (FIRST, LATER), CONTRADICTORY),
        ("When was the leader killed?", "In May.", "In June.", (FIRST, LATER), CONTRADICTORY),
    ],
)
def test_what_changes_with_time_may_be_outdated(question, earlier, later, dates, kind):
    """If both articles have dates, and not the same."""
    one, other = (
        claim(text, str(place), day).citations[0]
        for place, (text, day) in enumerate(zip((earlier, later), dates, strict=True))
    )
    assert conflict(understand(question), one, other) is kind


def test_what_one_article_says_is_no_difference():
    """Two answers by themselves, one of which another article gives, too."""
    moscow = claim("The general is in Moscow.", "one", said="Moscow")
    both = claim("He came to Moscow.", "two", said="Moscow")
    kremlin = claim("They met at the Kremlin.", "two", said="Kremlin")
    agreed = replace(moscow, citations=(*moscow.citations, *both.citations))
    where = understand("Where is the general?")

    assert disagreements(where, [agreed, kremlin]) == ()
    assert len(disagreements(where, [moscow, kremlin])) == 1


def test_articles_that_differ_are_shown_side_by_side():
    """Each pair with its topic, ordered by date, those without one last."""
    claims = [
        claim(TWELVE, "undated"),
        claim(TWENTY, "later", LATER),
        claim(THIRTY, "earlier", FIRST),
    ]
    undated, later, earlier = (each.citations[0] for each in claims)
    assert disagreements(understand(KILLED), claims) == (
        Disagreement(topic="people", citations=(later, undated), kind=CONTRADICTORY),
        Disagreement(topic="people", citations=(earlier, undated), kind=CONTRADICTORY),
        Disagreement(topic="people", citations=(earlier, later), kind=OUTDATED),
    )


@pytest.mark.parametrize(
    ("question", "claims", "topics"),
    [
        # The prose of a claim does not count, nor the figures that only stand there
        (
            KILLED,
            [
                claim(TWELVE, "one", said="Some reports of 3 May speak of a dozen."),
                claim(TWENTY, "other", said="Others of 4 May speak of twenty."),
            ],
            ["people"],
        ),
        (
            "When was the bridge built?",
            [
                claim("The bridge was begun in 1972.", "one", said="Building began in 1972."),
                claim("It was opened in 1974, by Sow.", "other", said="In 1974 it was opened."),
            ],
            [],
        ),
        # Short answers are compared by themselves, whatever stands around them
        (
            "When was the bridge opened?",
            [
                claim("The bridge was opened in 1972.", "one", said="in 1972"),
                claim("Opened in 1974, the bridge has two arches.", "other", said="1974"),
            ],
            ["the time"],
        ),
        # A short answer is not held against a sentence that differs only as an answer
        (
            "When was the bridge opened?",
            [
                claim("The bridge was opened on 4 May 1972.", "one", said="4 May 1972"),
                claim("It opened in 1974, the bridge of Gao.", "other"),
            ],
            [],
        ),
        # One article, and what nothing supports, contradict nothing
        (STILL, [claim(DEPLOYED + WITHDRAWN, "one"), claim(DEPLOYED + WITHDRAWN, "one")], []),
        (KILLED, [replace(claim(TWENTY, "one"), citations=()), claim(TWELVE, "other")], []),
    ],
)
def test_claims_are_compared_by_what_they_cite(question, claims, topics):
    """As far as articles differ on what is asked."""
    assert [found.topic for found in disagreements(understand(question), claims)] == topics


def test_one_claim_may_cite_what_differs():
    """A claim that rests on two articles which differ tells of both."""
    citations = (*claim(TWELVE, "one").citations, *claim(TWENTY, "other").citations)
    both = Claim(text="Between 12 and 20 people were killed.", citations=citations, support=1.0)
    assert disagreements(understand(KILLED), [both, both]) == (
        Disagreement(topic="people", citations=citations, kind=CONTRADICTORY),
    )


def test_evidence_that_a_draft_passes_over_is_told_where_it_differs():
    """Each claim is held against what no claim cites; what is cited, or agrees, is left alone."""
    told = claim(TWELVE, "one")
    read = [
        evidence("one", TWELVE),
        evidence("agrees", "In Gao 12 people were killed."),
        evidence("other", "It rained.", TWENTY),
        evidence("third", THIRTY),
    ]
    (found,) = contrary(understand(KILLED), [told, told], read)
    assert found.topic == "people"
    assert [(each.article.id, each.quote) for each in found.citations] == [
        ("one", TWELVE),
        ("other", TWENTY),
    ]
    cited = [told, claim(TWENTY, "other")]
    read = [evidence("one", TWELVE), evidence("other", TWENTY)]
    assert contrary(understand(KILLED), cited, read) == ()
