import pytest

from rag.languages import language
from rag.understanding.questions import understand

ENGLISH = language("en")
DEPLOYED = "It sends instructors and deploys Wagner fighters in Mali beside the army."
WITHDRAWN = "Wagner, which had helped Mali's army, announced its withdrawal."
TWELVE = "At least 12 people were killed in Gao."
TWENTY = "The army said that 20 people were killed in Gao."
GAO = "The council of Gao chose Aminata Sow to head its new court in 2019."


def both(differ, question, one, other):
    """What two sentences differ on, in either order."""
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
    told = f"{end.split()[0]} {question.rstrip('?')}."
    assert both(ENGLISH.differ, question, told, end) == (
        [end.split()[0]] * 2 if differ else [None] * 2
    )


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
    assert both(ENGLISH.differ, question, one, other) == [topic, topic]


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
    assert both(ENGLISH.quoted_differ, question, one, other) == [topic, topic]


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
    assert both(ENGLISH.differ, question, one, other) == [topic, topic]


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
    assert both(ENGLISH.differ, question, one, other) == [None, None]


def test_measures_are_not_what_is_measured() -> None:
    """Two purchases in tonnes are two purchases, not a disagreement on tonnes."""
    one = "Egypt may buy 125,000 tonnes of wheat flour."
    other = "Egypt bid 89 dollars for 200,000 tonnes of wheat."
    assert both(ENGLISH.differ, "How much wheat did Egypt buy?", one, other) == [None, None]


def test_a_magnitude_belongs_to_the_number() -> None:
    """Millions are no thing that is counted; what follows them is."""
    one = "The drought drove 2 million people from Gao."
    other = "The drought drove 3 million people from Gao."
    assert both(ENGLISH.differ, "How many people left Gao in the drought?", one, other) == [
        "people",
        "people",
    ]


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
    assert both(ENGLISH.answers_differ, question, one, other) == [topic, topic]
