import pytest

from rag.languages import language
from rag.types import AnswerType
from rag.understanding.questions import understand

ENGLISH = language("en")

QUANTITY, TIME, PERSON = AnswerType.QUANTITY, AnswerType.TIME, AnswerType.PERSON
PLACE, YES_NO, OTHER = AnswerType.PLACE, AnswerType.YES_NO, AnswerType.OTHER


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many bridges fell?", QUANTITY),
        ("how old is the mayor", QUANTITY),
        ("What percentage of the harvest was lost?", QUANTITY),
        ("When did the rain stop?", TIME),
        ("Since when is the school closed?", TIME),
        ("In which year was the dam built?", TIME),
        ("in which years did it flood", TIME),
        ("Who rebuilt the bridge?", PERSON),
        ("With whom did she speak?", PERSON),
        ("Where is the new dam?", PLACE),
        ("Which countries share the river?", PLACE),
        ("Is the bridge open?", YES_NO),
        ("Didn't the mayor resign?", YES_NO),
        ("Why was the school closed?", OTHER),
        ("Name the bridges of the town", OTHER),
        ("", OTHER),
        # The first words that ask decide, whatever a relative clause asks
        ("What did the mayor say when she opened the bridge?", OTHER),
        ("Is the man who built the dam an engineer?", YES_NO),
        ("Did the traders leave when the river rose?", YES_NO),
        ("Who knows where the boats went?", PERSON),
        # Courtesy asks nothing
        ("Can you tell me who rebuilt the bridge?", PERSON),
        ("Do you know how many boats sank?", QUANTITY),
        ("Is it known when the dam will open?", TIME),
        ("Could the bridge fall?", YES_NO),
        ("Can we cross the river?", YES_NO),
    ],
)
def test_the_kind_of_answer_is_told_by_what_asks(question, kind):
    """The words that ask tell what is asked for."""
    assert ENGLISH.wanted(question).kind is kind


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("How many boats sank?", "boats sank?"),
        ("which cities flooded", "flooded"),
        ("when did it rain", "did it rain"),
        ("who came", "who came"),
    ],
)
def test_the_phrase_of_a_kind_is_taken_off(question, rest):
    """It says nothing of the subject."""
    assert ENGLISH.without_phrase(question).strip() == rest


@pytest.mark.parametrize(
    ("question", "sentence", "offered"),
    [
        ("How many boats sank?", "Twelve boats sank in the storm.", 1.0),
        ("How many boats sank?", "Seventeen were lost.", 1.0),
        ("How many boats sank?", "Many boats sank in the storm.", 0.0),
        ("How many boats sank?", "The boats sank in 2022.", 0.0),
        ("How many boats sank?", "The boats sank in 2022, and the dam broke.", 0.0),
        ("How many soldiers came?", "About 1500 soldiers came.", 1.0),
        ("How many boats sank?", "The boats sank on June 23.", 0.0),
        ("How many boats sank?", "The boats sank on the 3rd of May.", 0.0),
        ("How many boats sank?", "It is one of the oldest boats, and no longer sails.", 0.0),
        ("How many boats sank?", "For two years the boats lay idle.", 0.0),
        ("How many boats sank?", "A five-day storm sank boats.", 0.0),
        ("How many days did the storm last?", "A five-day storm sank boats.", 1.0),
        ("How many boats left on the 4th?", "On the 4th boats left.", 0.0),
        ("How much money was lost?", "One ship was lost.", 1.0),
        ("How long was the storm?", "The storm raged since 2021.", 1.0),
        ("How long was the storm?", "The storm raged for a week.", 1.0),
        ("How often does it flood?", "It floods daily.", 1.0),
        ("How tall is the mayor?", "The mayor of the two towns left for five days.", 0.0),
        ("How tall is the tower?", "The tower is 30 m high.", 1.0),
        ("How far is Gao?", "Gao lies 320 km (200 miles) to the east.", 1.0),
        ("How far is Gao?", "Gao is two days away.", 1.0),
        ("How fast is the boat?", "It makes 12 knots.", 1.0),
        ("How old is the mayor?", "The mayor came on a five-day visit in 2021.", 0.0),
        ("How old is the mayor?", "The mayor, 41, was chosen by two parties.", 1.0),
        ("How old is the mayor?", "The 41-year-old mayor won.", 1.0),
        ("How old is the mayor?", "The mayor was born in Gao.", 1.0),
        # A time or a name that the question does not have, in any spelling
        ("When did it rain?", "It rained in May.", 1.0),
        ("When did it rain?", "It rained three days ago.", 1.0),
        ("When will it rain?", "It may rain; the clouds march on.", 0.0),
        ("When in 2021 did it rain?", "It rained in 2021.", 0.0),
        ("Who met Goïta?", "There Goita met nobody.", 0.0),
        ("Who met Goïta?", "There Goita’s plane met with a storm.", 0.0),
        ("Who met Goïta?", "There Goita met Camara.", 1.0),
        ("Who met the Malian leader?", "The leader of Mali met nobody.", 0.0),
        ("Where did they meet?", "They met at the market of Gao.", 1.0),
        ("Where did they meet?", "The two met at the market.", 0.0),
        ("Is it raining?", "It rains.", 0.5),
        ("Why does it rain?", "It rains.", 0.5),
    ],
)
def test_what_a_sentence_offers(question, sentence, offered):
    """Something of the kind that is asked for, and that the question does not know already."""
    assert ENGLISH.offers(understand(question), sentence) == offered


@pytest.mark.parametrize(
    ("question", "one", "several"),
    [
        ("Who won the race?", True, False),
        ("Who is the mayor of Gao?", True, False),
        ("Where was he born?", True, False),
        ("Who accompanied Goïta?", False, True),
        ("Which countries left?", False, True),
        ("What are the risks?", False, True),
        ("which three towns are safe", False, True),
        ("What happened?", False, False),
        ("Which class is it?", True, False),
        ("When did it end?", False, False),
    ],
)
def test_one_or_several(question, one, several):
    """A question may be for one, for several, or leave it open."""
    wanted = ENGLISH.wanted(question)
    assert (wanted.one, wanted.several) == (one, several)
