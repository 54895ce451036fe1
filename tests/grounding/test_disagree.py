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


def claim(text, name, published=None):
    article = plain_article(name, text, published=published)
    return Claim(text=text, citations=(Citation(article, 0, len(text), text),), support=1.0)


def test_deployment_and_withdrawal_disagree():
    """One article that tells of a deployment and one of a withdrawal are shown side by side."""
    one, other = claim(DEPLOYED, "one"), claim(WITHDRAWN, "other")
    assert disagreements(understand("Is Wagner still in Mali?"), [one, other]) == (
        Disagreement(
            topic="Wagner",
            citations=(*one.citations, *other.citations),
            kind=Conflict.CONTRADICTORY,
        ),
    )


def test_the_earlier_article_comes_first():
    """Citations that disagree are ordered by date, those without one last."""
    claims = [
        claim(TWELVE, "undated"),
        claim(TWENTY, "later", date(2024, 5, 2)),
        claim("In Gao 30 people were killed.", "earlier", date(2024, 5, 1)),
    ]
    found = disagreements(understand("How many people were killed in Gao?"), claims)
    assert [[citation.article.id for citation in pair.citations] for pair in found] == [
        ["later", "undated"],
        ["earlier", "undated"],
        ["earlier", "later"],
    ]


FIRST, LATER = date(2024, 5, 1), date(2024, 5, 2)


@pytest.mark.parametrize(
    ("question", "earlier", "later"),
    [
        ("Is Wagner still in Mali?", DEPLOYED, WITHDRAWN),
        ("Is Wagner in Mali?", WITHDRAWN, DEPLOYED),
        ("Has Wagner left Mali?", DEPLOYED, WITHDRAWN),
        ("Did Wagner fight in Mali?", DEPLOYED, WITHDRAWN),
        ("How many people were killed in Gao?", TWELVE, TWENTY),
        ("What happened to people killed in Gao?", TWENTY, TWELVE),
        ("How many people live in Gao?", "In Gao 12 people live.", "In Gao 20 people live."),
    ],
)
def test_what_changes_with_time_may_be_outdated(question, earlier, later):
    """A state that is asked for as it is, an end told by the later one, a toll: they change."""
    claims = [claim(earlier, "one", FIRST), claim(later, "other", LATER)]
    assert [disagreement.kind for disagreement in disagreements(understand(question), claims)] == [
        Conflict.OUTDATED
    ]


@pytest.mark.parametrize(
    ("question", "earlier", "later", "dates"),
    [
        ("Is Wagner still in Mali?", DEPLOYED, WITHDRAWN, (FIRST, FIRST)),
        ("Is Wagner still in Mali?", DEPLOYED, WITHDRAWN, (FIRST, None)),
        ("Is Wagner still in Mali?", DEPLOYED, WITHDRAWN, (None, None)),
        ("Did Wagner fight in Mali?", WITHDRAWN, DEPLOYED, (FIRST, LATER)),
        ("Did the bridge open?", "The bridge opened.", "The bridge never opened.", (FIRST, LATER)),
        ("Was Wagner in Mali in 2021?", WITHDRAWN, DEPLOYED, (FIRST, LATER)),
        (
            "How many masons built the bridge?",
            "In Gao 42 masons built the bridge.",
            "In Gao 12 masons built the bridge.",
            (FIRST, LATER),
        ),
    ],
)
def test_what_does_not_change_is_contradictory(question, earlier, later, dates):
    """Without two dates that differ, or about what once happened, one of two articles is wrong."""
    claims = [claim(earlier, "one", dates[0]), claim(later, "other", dates[1])]
    assert [disagreement.kind for disagreement in disagreements(understand(question), claims)] == [
        Conflict.CONTRADICTORY
    ]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who is the mayor of Gao?", Conflict.OUTDATED),
        ("Who leads the council?", Conflict.OUTDATED),
        ("When will the bridge open?", Conflict.OUTDATED),
        ("Who was the mayor of Gao?", Conflict.CONTRADICTORY),
        ("Who is the winner of 2019?", Conflict.CONTRADICTORY),
        ("When was the leader killed?", Conflict.CONTRADICTORY),
    ],
)
def test_only_what_is_asked_of_now_is_superseded(question, kind):
    """Who is mayor changes; who won, and when someone was killed, does not."""
    earlier, later = (
        claim("It was told.", name, day).citations[0] for name, day in (("a", FIRST), ("b", LATER))
    )
    assert conflict(understand(question), earlier, later) is kind


def test_claims_in_other_words_are_compared_by_what_they_cite():
    """The prose of a claim does not count, nor the figures that only stand there."""
    prose = [
        replace(claim(text, name), text=said)
        for text, name, said in (
            (TWELVE, "one", "Some reports of 3 May speak of a dozen."),
            (TWENTY, "other", "Others of 4 May speak of twenty."),
        )
    ]
    (found,) = disagreements(understand("How many people were killed in Gao?"), prose)
    assert found.topic == "people"


def evidence(name, *sentences):
    return plain_evidence(plain_article(name, " ".join(sentences)))


def test_evidence_that_a_draft_passes_over_is_told_where_it_differs():
    """Each claim is held against what no claim cites; what is cited, or agrees, is left alone."""
    question = "How many people were killed in Gao?"
    told = claim(TWELVE, "one")
    read = [
        evidence("one", TWELVE),
        evidence("agrees", "In Gao 12 people were killed."),
        evidence("other", "It rained.", TWENTY),
        evidence("third", "In Gao 30 people were killed."),
    ]
    (found,) = contrary(understand(question), [told, told], read)
    assert found.topic == "people"
    assert [(citation.article.id, citation.quote) for citation in found.citations] == [
        ("one", TWELVE),
        ("other", TWENTY),
    ]


def test_evidence_that_is_cited_is_not_passed_over():
    """What the claims cite is compared among them, and not once more."""
    claims = [claim(TWELVE, "one"), claim(TWENTY, "other")]
    read = [evidence("one", TWELVE), evidence("other", TWENTY)]
    assert contrary(understand("How many people were killed in Gao?"), claims, read) == ()


def test_dates_in_prose_about_two_things_do_not_differ():
    """Two sentences that give a time each, of two events, are no disagreement on the time."""
    prose = [
        replace(claim(text, name), text=said)
        for text, name, said in (
            ("The bridge was begun in 1972.", "one", "Building began in 1972."),
            ("It was opened by Sow two years later, in 1974.", "other", "In 1974 it was opened."),
        )
    ]
    assert disagreements(understand("When was the bridge built?"), prose) == ()


def test_one_claim_may_cite_what_differs():
    """A claim that rests on two articles which differ tells of both."""
    citations = (*claim(TWELVE, "one").citations, *claim(TWENTY, "other").citations)
    both = Claim(text="Between 12 and 20 people were killed.", citations=citations, support=1.0)
    assert disagreements(understand("How many people were killed in Gao?"), [both, both]) == (
        Disagreement(topic="people", citations=citations, kind=Conflict.CONTRADICTORY),
    )


def test_a_claim_without_citations_differs_from_nothing():
    """What nothing supports contradicts nothing."""
    loose = Claim(text="Nobody was killed.", citations=(), support=0.0)
    assert disagreements(understand("Was Gao hit?"), [loose, claim(TWELVE, "one")]) == ()


def test_one_article_does_not_disagree_with_itself():
    """Two claims of one article are no disagreement of sources."""
    one, other = claim(DEPLOYED + WITHDRAWN, "one"), claim(DEPLOYED + WITHDRAWN, "one")
    assert disagreements(understand("Is Wagner still in Mali?"), [one, other]) == ()


def test_short_answers_are_compared_by_themselves():
    """Of two short answers, what stands around them in their quotes does not count."""
    claims = [
        Claim(text=short, citations=claim(quote, name).citations, support=1.0)
        for short, quote, name in (
            ("in 1972", "The bridge was opened in 1972.", "one"),
            ("1974", "Opened in 1974, the bridge has two arches.", "other"),
        )
    ]
    (found,) = disagreements(understand("When was the bridge opened?"), claims)
    assert (found.topic, len(found.citations)) == ("the time", 2)
