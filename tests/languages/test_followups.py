import pytest

from rag.languages.english.followups import with_person


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who rules Mali?", "Assimi Goita"),
        ("Who is Kenya's finance minister?", "John Mbadi"),
        ("Who is the president of the European Commission?", "Ursula von der Leyen"),
        ("Who heads the World Bank?", "Ajay Banga"),
        ("Who chairs ECOWAS?", "Julius Maada Bio"),
        ("who is mayor of paris", "Anne Hidalgo"),
        ("Who was elected in Ghana?", "John Dramani Mahama"),
        ("Who did it?", "General Ama Sow"),
        ("Who is Zambia's Prime Minister?", "Nkandu Luo"),
    ],
)
def test_the_person_who_answers_is_meant(question, answer):
    """Where only the answer names a person, it is that person."""
    assert with_person("Did he win?", question, (answer, "More.")) == f"Did {answer} win?"


@pytest.mark.parametrize(
    "claim", ["Ama Sow", "Ama Sow, the general", "Ama Sow, Chad's ruler,", "Ama Sow, who won"]
)
def test_a_name_may_be_explained(claim):
    """What tells who somebody is, after a comma, is no part of the name."""
    assert with_person("Did she win?", "Who leads Chad?", (claim,)) == "Did Ama Sow win?"


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("Who rules Mali?", ()),
        ("Who rules Mali?", ("Assimi Goita rules Mali.",)),
        ("Who rules Mali?", ("the general",)),
        ("Who left ECOWAS?", ("Niger and Burkina Faso",)),
        ("Who left ECOWAS?", ("Niger",)),
        ("Who left ECOWAS?", ("Ama Sow, Bakary Diallo",)),
        ("Who accompanied Goïta?", ("Sadio Camara",)),
        ("Who is the general who met Vladimir Putin?", ("Assimi Goita",)),
        ("Who did Camara meet?", ("Andrei Belousov",)),
        ("Who did the minister meet?", ("Andrei Belousov",)),
        ("With whom did the mayor speak?", ("Andrei Belousov",)),
        ("Whose bridge fell?", ("Andrei Belousov",)),
        ("Where is the dam?", ("Gao",)),
    ],
)
def test_nobody_is_meant_where_it_may_be_another(question, claims):
    """An answer that is no name, or a question that names a person itself, leaves it open."""
    assert with_person("Did he win?", question, claims) is None


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How did he take power?", "How did Ama Sow take power?"),
        ("who did she meet in Gao?", "who did Ama Sow meet in Gao?"),
        ("Who sent him there?", "Who sent Ama Sow there?"),
        ("Who accompanied her to Gao?", "Who accompanied Ama Sow to Gao?"),
        ("Who accompanied her?", "Who accompanied Ama Sow?"),
        ("What is her policy?", "What is Ama Sow's policy?"),
        ("Is the bridge hers?", "Is the bridge Ama Sow's?"),
        ("How large is his army?", "How large is Ama Sow's army?"),
        ("Did he say when he leaves?", "Did Ama Sow say when he leaves?"),
        ("Where's he from?", "Where's Ama Sow from?"),
        ("When did they meet there?", None),
        ("Did Deby say that she won?", None),
    ],
)
def test_a_name_takes_the_place_of_a_pronoun(question, named):
    """The first pronoun gives way to the name, in the form that it has."""
    assert with_person(question, "Who leads Chad?", ("Ama Sow",)) == named
