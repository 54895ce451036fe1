import pytest

from rag.languages.english.followups import with_person

CHAD, SOW = "Who leads Chad?", ("Ama Sow",)
WON = "Did he win?"


@pytest.mark.parametrize(
    ("before", "claims", "question", "named"),
    [
        # Where only the answer names a person, it is that person
        ("Who rules Mali?", ["Assimi Goita", "More."], WON, "Did Assimi Goita win?"),
        ("Who is Kenya's finance minister?", ["John Mbadi"], WON, "Did John Mbadi win?"),
        ("Who heads the EU?", ["Ursula von der Leyen"], WON, "Did Ursula von der Leyen win?"),
        ("Who heads the World Bank?", ["Ajay Banga"], WON, "Did Ajay Banga win?"),
        ("Who chairs ECOWAS?", ["Julius Maada Bio"], WON, "Did Julius Maada Bio win?"),
        ("who is mayor of paris", ["Anne Hidalgo"], WON, "Did Anne Hidalgo win?"),
        ("Who is Zambia's Prime Minister?", ["Nkandu Luo"], WON, "Did Nkandu Luo win?"),
        # What tells who somebody is, after a comma, is no part of the name
        (CHAD, ["Ama Sow, the general"], WON, "Did Ama Sow win?"),
        (CHAD, ["Ama Sow, Chad's ruler,"], WON, "Did Ama Sow win?"),
        (CHAD, ["Ama Sow, who won"], WON, "Did Ama Sow win?"),
        # An answer that is no name, or a question that names a person itself, leaves it open
        ("Who rules Mali?", [], WON, None),
        ("Who rules Mali?", ["Assimi Goita rules Mali."], WON, None),
        ("Who rules Mali?", ["the general"], WON, None),
        ("Who left ECOWAS?", ["Niger and Burkina Faso"], WON, None),
        ("Who left ECOWAS?", ["Niger"], WON, None),
        ("Who left ECOWAS?", ["Ama Sow, Bakary Diallo"], WON, None),
        ("Who accompanied Goïta?", ["Sadio Camara"], WON, None),
        ("Who is the general who met Vladimir Putin?", ["Assimi Goita"], WON, None),
        ("Who did Camara meet?", ["Andrei Belousov"], WON, None),
        ("Who did the minister meet?", ["Andrei Belousov"], WON, None),
        ("With whom did the mayor speak?", ["Andrei Belousov"], WON, None),
        ("Whose bridge fell?", ["Andrei Belousov"], WON, None),
        ("Where is the dam?", ["Gao"], WON, None),
        # The first pronoun gives way to the name, in the form that it has
        (CHAD, SOW, "who did she meet in Gao?", "who did Ama Sow meet in Gao?"),
        (CHAD, SOW, "Who sent him there?", "Who sent Ama Sow there?"),
        (CHAD, SOW, "Who accompanied her to Gao?", "Who accompanied Ama Sow to Gao?"),
        (CHAD, SOW, "Who accompanied her?", "Who accompanied Ama Sow?"),
        (CHAD, SOW, "What is her policy?", "What is Ama Sow's policy?"),
        (CHAD, SOW, "Is the bridge hers?", "Is the bridge Ama Sow's?"),
        (CHAD, SOW, "Did he say when he leaves?", "Did Ama Sow say when he leaves?"),
        (CHAD, SOW, "Where's he from?", "Where's Ama Sow from?"),
        (CHAD, SOW, "Is it true that she won?", "Is it true that Ama Sow won?"),
        (CHAD, SOW, "When did they meet there?", None),
    ],
)
def test_a_name_takes_the_place_of_a_pronoun(before, claims, question, named):
    """The name that answered the question before; None where somebody else may be meant."""
    assert with_person(question, before, claims) == named
