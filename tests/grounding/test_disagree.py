from dataclasses import replace
from datetime import date

import pytest

from plain_article import plain_article
from rag.grounding.disagree import (
    answers_differ,
    conflict,
    contrary,
    differ_on,
    disagreements,
    told_differently,
)
from rag.types import Citation, Claim, Conflict, Disagreement, Evidence, Passage, Sentence

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
    assert disagreements("Is Wagner still in Mali?", [one, other]) == (
        Disagreement(
            topic="Wagner",
            citations=(*one.citations, *other.citations),
            kind=Conflict.CONTRADICTORY,
        ),
    )


@pytest.mark.parametrize(
    ("question", "end", "differ"),
    [
        ("Has Chad turned towards China?", "Chad left the African Union in May.", False),
        ("Is Sow mayor in Gao?", "Sow quit the Green Party.", False),
        ("Is Sow mayor in Gao?", "Sow left Gao.", True),
        ("Is Sow mayor in Gao?", "Sow left Monday.", True),
        ("Is Sow mayor in Gao?", "Sow resigned.", True),
        (
            "Is Sow mayor in Gao?",
            "Sow is no mayor of Gao; he left the Greens.",
            True,
        ),
        ("Is Chad in the African Union?", "Chad left the African Union.", True),
        ("Is Chad in the AU?", "Chad left the African Union.", True),
        ("Is Chad in ECCAS?", "Chad left the Community of Central States (ECCAS).", True),
    ],
)
def test_the_end_of_something_else_denies_nothing(question, end, differ):
    """What is left or ended has to be what the question is about, as far as it is named."""
    subject = end.split()[0]
    assert (differ_on(question, f"{subject} {question.rstrip('?')}.", end) is not None) == differ


def test_the_earlier_article_comes_first():
    """Citations that disagree are ordered by date, those without one last."""
    claims = [
        claim(TWELVE, "undated"),
        claim(TWENTY, "later", date(2024, 5, 2)),
        claim("In Gao 30 people were killed.", "earlier", date(2024, 5, 1)),
    ]
    found = disagreements("How many people were killed in Gao?", claims)
    assert [[one.article.id for one in pair.citations] for pair in found] == [
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
    assert [one.kind for one in disagreements(question, claims)] == [Conflict.OUTDATED]


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
    assert [one.kind for one in disagreements(question, claims)] == [Conflict.CONTRADICTORY]


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
    assert conflict(question, earlier, later) is kind


def test_claims_in_other_words_are_compared_by_what_they_cite():
    """The prose of a claim does not count, nor the figures that only stand there."""
    prose = [
        replace(claim(text, name), text=said)
        for text, name, said in (
            (TWELVE, "one", "Some reports of 3 May speak of a dozen."),
            (TWENTY, "other", "Others of 4 May speak of twenty."),
        )
    ]
    (found,) = disagreements("How many people were killed in Gao?", prose)
    assert found.topic == "people"


GAO = "The council of Gao chose Aminata Sow to head its new court in 2019."


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        ("Who heads the court?", GAO, GAO.replace("Aminata Sow", "Modibo Keita"), "the name"),
        ("Who heads the court?", GAO, GAO.replace("2019", "2018"), "the number"),
        (
            "When was the court set up?",
            GAO.replace("2019", "May 4, 2019"),
            GAO.replace("2019", "June 4, 2019"),
            "the date",
        ),
        ("Who heads the court?", GAO, GAO.replace("Aminata", "Madame Aminata"), None),
        ("Who heads the court?", GAO, GAO.replace("new court", "court"), None),
        ("Who heads the court of Gao?", GAO, GAO.replace("Gao", "Kidal"), None),
        ("Who heads the court?", GAO + " So said Keita.", GAO + " The town of Kidal knew.", None),
        (
            "What did the court say?",
            GAO.replace("in 2019", "on Monday"),
            GAO.replace("in 2019", "on Friday"),
            None,
        ),
        ("", GAO, GAO.replace("2019", "2018"), None),
    ],
)
def test_another_fact_in_the_same_place_differs(question, one, other, topic):
    """Where two sentences are nearly one, another date, number or name in one place differs."""
    assert [differ_on(question, one, other), differ_on(question, other, one)] == [topic, topic]


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        (
            "When was the bridge opened?",
            "The bridge was opened on 4 May 1972.",
            "It opened in 1974, the bridge of Gao.",
            "the time",
        ),
        (
            "When was the bridge opened?",
            "The bridge was opened on 4 May 1972.",
            "In 1972 the bridge was opened.",
            None,
        ),
        (
            "When was the bridge opened?",
            "The bridge was begun in 1970 and opened in 1972.",
            "The bridge was opened in 1974.",
            None,
        ),
        (
            "Who opened the bridge?",
            "On Friday Aminata Sow opened the bridge.",
            "The bridge was opened by Modibo Keita.",
            "the person",
        ),
        (
            "Who opened the bridge?",
            "Aminata Sow opened the bridge with Modibo Keita.",
            "The bridge was opened by Keita.",
            None,
        ),
        (
            "Who came to the bridge?",
            "Aminata Sow came to the bridge.",
            "Modibo Keita came to the bridge.",
            None,
        ),
        (
            "Who opened the bridge?",
            "Aminata Sow opened the bridge.",
            "Modibo Keita was there.",
            None,
        ),
        ("Why was it opened?", "It was opened in 1972.", "It was opened in 1974.", None),
    ],
)
def test_quoted_answers_that_differ(question, one, other, topic):
    """Of sentences that are quoted as answers, other times or other names differ."""
    found = [told_differently(question, one, other), told_differently(question, other, one)]
    assert found == [topic, topic]


def evidence(name, *sentences):
    article = plain_article(name, " ".join(sentences))
    starts = [article.text.index(one) for one in sentences]
    return Evidence(
        passage=Passage(name, 0, len(article.text)),
        article=article,
        score=1.0,
        lexical=1.0,
        similarity=1.0,
        coverage=1.0,
        sentences=tuple(
            Sentence(start=start, end=start + len(one), similarity=1.0, coverage=1.0)
            for start, one in zip(starts, sentences, strict=True)
        ),
        found_by=("lexical",),
    )


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
    (found,) = contrary(question, [told, told], read)
    assert found.topic == "people"
    assert [(one.article.id, one.quote) for one in found.citations] == [
        ("one", TWELVE),
        ("other", TWENTY),
    ]


def test_evidence_that_is_cited_is_not_passed_over():
    """What the claims cite is compared among them, and not once more."""
    claims = [claim(TWELVE, "one"), claim(TWENTY, "other")]
    read = [evidence("one", TWELVE), evidence("other", TWENTY)]
    assert contrary("How many people were killed in Gao?", claims, read) == ()


def test_dates_in_prose_about_two_things_do_not_differ():
    """Two sentences that give a time each, of two events, are no disagreement on the time."""
    prose = [
        replace(claim(text, name), text=said)
        for text, name, said in (
            ("The bridge was begun in 1972.", "one", "Building began in 1972."),
            ("It was opened by Sow two years later, in 1974.", "other", "In 1974 it was opened."),
        )
    ]
    assert disagreements("When was the bridge built?", prose) == ()


def test_one_claim_may_cite_what_differs():
    """A claim that rests on two articles which differ tells of both."""
    citations = (*claim(TWELVE, "one").citations, *claim(TWENTY, "other").citations)
    both = Claim(text="Between 12 and 20 people were killed.", citations=citations, support=1.0)
    assert disagreements("How many people were killed in Gao?", [both, both]) == (
        Disagreement(topic="people", citations=citations, kind=Conflict.CONTRADICTORY),
    )


def test_a_claim_without_citations_differs_from_nothing():
    """What nothing supports contradicts nothing."""
    loose = Claim(text="Nobody was killed.", citations=(), support=0.0)
    assert disagreements("Was Gao hit?", [loose, claim(TWELVE, "one")]) == ()


def test_one_article_does_not_disagree_with_itself():
    """Two claims of one article are no disagreement of sources."""
    one, other = claim(DEPLOYED + WITHDRAWN, "one"), claim(DEPLOYED + WITHDRAWN, "one")
    assert disagreements("Is Wagner still in Mali?", [one, other]) == ()


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        ("is wagner still in mali?", DEPLOYED, WITHDRAWN, "wagner"),
        ("Has Wagner left Mali?", DEPLOYED, WITHDRAWN, "Wagner"),
        ("Is Wagner still in Mali?", DEPLOYED, "Wagner announced its withdrawal.", "Wagner"),
        ("Is the bridge open?", "The bridge is open.", "The bridge is not open.", "bridge"),
        ("How many people were killed in Gao?", TWELVE, TWENTY, "people"),
        ("What happened to people killed in Gao?", TWELVE, TWENTY, "people"),
        ("How many people died?", "Two people died.", "It says 3 people died.", "people"),
        ("How many people died?", "In May 1,200 people died.", "1300 young people died.", "people"),
    ],
)
def test_differing(question, one, other, topic):
    """An end beside no end, or another number of the same, differs, whichever comes first."""
    assert [differ_on(question, one, other), differ_on(question, other, one)] == [topic, topic]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Is Wagner still in Mali?", DEPLOYED, "In Mali Wagner trains the army."),
        ("Is Wagner still in Mali?", WITHDRAWN, "Wagner has left Mali."),
        ("Is Wagner still in Mali?", DEPLOYED, "Mali has left the bloc."),
        ("Did Mali leave ECOWAS?", "Mali left ECOWAS.", "Russia is a partner of Mali."),
        ("What does Wagner do in Mali?", DEPLOYED, WITHDRAWN),
        ("How many people were killed in Gao?", TWELVE, "In Gao 12 people were killed."),
        ("How many people were killed in Gao?", TWELVE, "In Kidal 20 people were killed."),
        ("How many people were killed in Gao?", TWELVE, "In Gao 20 people were wounded."),
        ("How many people were killed in Gao?", TWELVE, "In Gao they were killed at 20 places."),
        ("How many people died?", "Two people died.", "Of 2 people who died, one was old."),
        ("How many people died?", "1,200 people died.", "Some 1200 people died."),
        ("Who met Goïta?", "Camara met Goïta.", "Belousov met Goita."),
        ("How many people died?", "In 2006, people died.", "In 2007, people died."),
        ("", TWELVE, TWENTY),
    ],
)
def test_no_false_alarm(question, one, other):
    """Sentences that agree, or speak of something else, do not differ."""
    assert [differ_on(question, one, other), differ_on(question, other, one)] == [None, None]


def test_measures_are_not_what_is_measured() -> None:
    """Two purchases in tonnes are two purchases, not a disagreement on tonnes."""
    one = "Egypt may buy 125,000 tonnes of wheat flour."
    other = "Egypt bid 89 dollars for 200,000 tonnes of wheat."
    assert differ_on("How much wheat did Egypt buy?", one, other) is None


def test_a_magnitude_belongs_to_the_number() -> None:
    """Millions are no thing that is counted; what follows them is."""
    one = "The drought drove 2 million people from Gao."
    other = "The drought drove 3 million people from Gao."
    assert differ_on("How many people left Gao in the drought?", one, other) == "people"


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        ("When was the bridge opened?", "2 May 1972", "in 1974", "the time"),
        ("When was the bridge opened?", "May 1972", "June 1972", "the time"),
        ("How many masons built it?", "42", "12 masons", "the quantity"),
        ("How many masons built it?", "twelve masons", "15", "the quantity"),
        ("Who opened the bridge?", "the mayor, Sow", "Camara", "the person"),
        ("Where was he born?", "Gao", "in the town of Kidal", "the place"),
        ("When was the bridge opened?", "May 1972", "on 2 May 1972", None),
        ("When was the bridge opened?", "May 1972", "in spring", None),
        ("How many masons built it?", "twelve", "12", None),
        ("How much was sold?", "12 boats", "15 sacks", None),
        ("Who opened the bridge?", "Aminata Sow", "Sow", None),
        ("Who opened the bridge?", "Aminata Sow", "the mayor", None),
        ("Who opened the bridge?", "Aminata Sow", "The mayor", None),
        ("Which country won?", "Mali", "U.S.", "the place"),
        ("Who came to the bridge?", "Aminata Sow", "Camara", None),
        ("Who opened the bridge?", "Aminata Sow", "Dec 12, 2019", None),
        ("What was opened?", "a bridge", "a market", None),
    ],
)
def test_short_answers_that_differ(question, one, other, topic):
    """Other figures, or other names, differ; a part of an answer and a description do not."""
    assert [answers_differ(question, one, other), answers_differ(question, other, one)] == [
        topic,
        topic,
    ]


def test_short_answers_are_compared_by_themselves():
    """Of two short answers, what stands around them in their quotes does not count."""
    claims = [
        Claim(text=short, citations=claim(quote, name).citations, support=1.0)
        for short, quote, name in (
            ("in 1972", "The bridge was opened in 1972.", "one"),
            ("1974", "Opened in 1974, the bridge has two arches.", "other"),
        )
    ]
    (found,) = disagreements("When was the bridge opened?", claims)
    assert (found.topic, len(found.citations)) == ("the time", 2)
