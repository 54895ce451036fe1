import pytest

from rag.languages import language
from rag.understanding.questions import understand

ENGLISH = language("en")
DEPLOYED = "It sends instructors and deploys Wagner fighters in Mali beside the army."
WITHDRAWN = "Wagner, which had helped Mali's army, announced its withdrawal."
TWELVE = "At least 12 people were killed in Gao."
TWENTY = "The army said that 20 people were killed in Gao."
GAO = "The council of Gao chose Aminata Sow to head its new court in 2019."
DATED = GAO.replace("in 2019", "on May 4, 2019")


def both(differ, question, one, other):
    """The topic on which two sentences differ, in either order."""
    asked = understand(question)
    return [differ(asked, one, other), differ(asked, other, one)]


@pytest.mark.parametrize(
    ("question", "end", "differ"),
    [
        ("Has Chad turned towards China?", "Chad left the African Union in May.", False),
        ("Is Sow mayor in Gao?", "Sow quit the Green Party.", False),
        ("Is Sow mayor in Gao?", "Sow left Gao.", True),
        ("Is Sow mayor in Gao?", "Sow left Monday.", True),
        ("Is Sow mayor in Gao?", "Sow resigned.", True),
        ("Is Sow mayor in Gao?", "Sow is no mayor of Gao; he left the Greens.", True),
        ("Is Chad in the AU?", "Chad left the African Union.", True),
        ("Is Chad in ECCAS?", "Chad left the Community of Central States (ECCAS).", True),
    ],
)
def test_the_end_of_something_else_denies_nothing(question, end, differ):
    """Only an end of the question's subject counts, as far as it is named."""
    subject = end.split()[0]
    told = f"{subject} {question.rstrip('?')}."
    assert both(ENGLISH.differ, question, told, end) == [subject if differ else None] * 2


@pytest.mark.parametrize(
    ("question", "told", "words", "others", "topic"),
    [
        ("Who heads the court?", GAO, "Aminata Sow", "Modibo Keita", "the name"),
        ("Who heads the court?", GAO, "2019", "2018", "the number"),
        ("When was the court set up?", DATED, "May", "June", "the date"),
        ("Who heads the court?", GAO, "Aminata", "Madame Aminata", None),
        ("Who heads the court?", GAO, "new court", "court", None),
        ("Who heads the court of Gao?", GAO, "Gao", "Kidal", None),
        ("Who heads the court?", f"{GAO} So said Keita.", "So said Keita", "Kidal knew", None),
        ("What did the court say?", f"{GAO} It met Monday.", "Monday", "Friday", None),
        ("", GAO, "2019", "2018", None),
    ],
)
def test_another_fact_in_the_same_place_differs(question, told, words, others, topic):
    """Where two sentences are nearly one, another date, number or name in one place differs."""
    other = told.replace(words, others)
    assert both(ENGLISH.differ, question, told, other) == [topic, topic]


WHEN, WHO = "When was the bridge opened?", "Who opened the bridge?"
MAY, BY_SOW = "The bridge was opened on 4 May 1972.", "Aminata Sow opened the bridge."
BEGUN = "The bridge was begun in 1970 and opened in 1972."


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        (WHEN, MAY, "It opened in 1974, the bridge of Gao.", "the time"),
        (WHEN, MAY, "In 1972 the bridge was opened.", None),
        (WHEN, BEGUN, "The bridge was opened in 1974.", None),
        (WHO, f"On Friday {BY_SOW}", "The bridge was opened by Modibo Keita.", "the person"),
        (WHO, f"With Modibo Keita {BY_SOW}", "The bridge was opened by Keita.", None),
        (WHO, BY_SOW, "Modibo Keita was there.", None),
        ("Who came to the bridge?", BY_SOW, "Modibo Keita opened the bridge.", None),
        ("Why was it opened?", "It was opened in 1972.", "It was opened in 1974.", None),
    ],
)
def test_quoted_answers_that_differ(question, one, other, topic):
    """Of sentences that are quoted as answers, other times or other names differ."""
    assert both(ENGLISH.quoted_differ, question, one, other) == [topic, topic]


KILLED, DIED = "How many people were killed in Gao?", "How many people died?"
STILL = "Is Wagner still in Mali?"
DROUGHT = "The drought drove 2 million people from Gao."


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        ("is wagner still in mali?", DEPLOYED, WITHDRAWN, "wagner"),
        (STILL, DEPLOYED, "Wagner announced its withdrawal.", "Wagner"),
        ("Is the bridge open?", "The bridge is open.", "The bridge is not open.", "bridge"),
        (KILLED, TWELVE, TWENTY, "people"),
        ("What happened to people killed in Gao?", TWELVE, TWENTY, "people"),
        (DIED, "Two people died.", "It says 3 people died.", "people"),
        (DIED, "In May 1,200 people died.", "1300 young people died.", "people"),
        (DIED, "Two people died.", "2 million people died.", "people"),
        ("How many people left Gao?", DROUGHT, DROUGHT.replace("2", "3"), "people"),
        # Agreement, or something else
        (STILL, DEPLOYED, "In Mali Wagner trains the army.", None),
        (STILL, WITHDRAWN, "Wagner has left Mali.", None),
        (STILL, DEPLOYED, "Mali has left the bloc.", None),
        ("Did Mali leave ECOWAS?", "Mali left ECOWAS.", "Russia is a partner of Mali.", None),
        ("What does Wagner do in Mali?", DEPLOYED, WITHDRAWN, None),
        (KILLED, TWELVE, "In Gao 12 people were killed.", None),
        (KILLED, TWELVE, "In Kidal 20 people were killed.", None),
        (KILLED, TWELVE, "In Gao 20 people were wounded.", None),
        (KILLED, TWELVE, "In Gao they were killed at 20 places.", None),
        (DIED, "Two people died.", "Of 2 people who died, one was old.", None),
        (DIED, "1,200 people died.", "Some 1200 people died.", None),
        (DIED, "1.5 million people died.", "Some 1,500,000 people died.", None),
        (DIED, "In 2006, people died.", "In 2007, people died.", None),
        ("Who met Goïta?", "Camara met Goïta.", "Belousov met Goita.", None),
        ("How much wheat was sold?", "He sold 2 tonnes of wheat.", "3 tonnes of wheat left.", None),
        ("", TWELVE, TWENTY, None),
    ],
)
def test_differing(question, one, other, topic):
    """An end beside no end, or another number of the same, differs, whichever comes first."""
    assert both(ENGLISH.differ, question, one, other) == [topic, topic]


@pytest.mark.parametrize(
    ("question", "one", "other", "topic"),
    [
        (WHEN, "2 May 1972", "in 1974", "the time"),
        (WHEN, "May 1972", "June 1972", "the time"),
        (WHEN, "May 1972", "on 2 May 1972", None),
        (WHEN, "May 1972", "in spring", None),
        ("How many masons built it?", "42", "12 masons", "the quantity"),
        ("How many masons built it?", "twelve masons", "15", "the quantity"),
        ("How many masons built it?", "twelve", "12", None),
        ("How much was sold?", "12 boats", "15 sacks", None),
        (WHO, "the mayor, Sow", "Camara", "the person"),
        (WHO, "Aminata Sow", "Sow", None),
        (WHO, "Aminata Sow", "the mayor", None),
        (WHO, "Aminata Sow", "The mayor", None),
        (WHO, "Aminata Sow", "Dec 12, 2019", None),
        ("Who came to the bridge?", "Aminata Sow", "Camara", None),
        ("Where was he born?", "Gao", "in the town of Kidal", "the place"),
        ("Which country won?", "Mali", "U.S.", "the place"),
        ("What was opened?", "a bridge", "a market", None),
    ],
)
def test_short_answers_that_differ(question, one, other, topic):
    """Other figures, or other names, differ; a part of an answer and a description do not."""
    assert both(ENGLISH.answers_differ, question, one, other) == [topic, topic]
