import pytest

from rag.languages.english.offices import asked_office, holds
from rag.types import Office, Span
from rag.understanding.questions import understand

VISIT = "With her came Ama Sow, Chad's trade minister, and its health minister."
TALKS = "There were Bakary Diallo, who leads a bank, and the deputy trade minister Issa Keita."
TRADE, HEALTH = "Who is Chad's trade minister?", "Who is Chad's health minister?"
MAYOR, SOW = "Who is the mayor of Oslo?", "Ama Sow"
MEETING = "Lena Berg, the Swedish trade minister, met Sow in Lagos."


def an_office(head, **told):
    sets = {name: frozenset(terms) for name, terms in told.items() if name != "known"}
    return Office(head=head, known=told.get("known", False), **sets)


CHADS = {"owners": ["chad"], "countries": ["chad"], "kinds": ["trade"], "known": True}


@pytest.mark.parametrize(
    ("question", "office"),
    [
        (TRADE, an_office("minist", **CHADS)),
        ("who is the trade minister of chad", an_office("minist", **CHADS)),
        ("Who is the Chadian minister of trade?", an_office("minist", **{**CHADS, "owners": ()})),
        ("Who's the current mayor of Oslo?", an_office("mayor", owners=["oslo"], known=True)),
        ("What is the name of the vice dean?", an_office("dean", short_of=["vice"], known=True)),
        ("Who was appointed head coach in 2019?", an_office("coach", kinds=["head"])),
        ("Who is the builder of the dam?", an_office("builder", known=True)),
        ("Who met the trade minister?", None),
        ("Who met the man who is the mayor?", None),
        ("When did the man who was the mayor die?", None),
        ("how did he win? (Who is the mayor of Oslo)", None),
        ("When was the mayor chosen?", None),
        ("Who is it?", an_office("it")),
    ],
)
def test_the_office_that_is_asked_for(question, office):
    """It is what somebody is said to be; not whom he met."""
    assert asked_office(question) == office


@pytest.mark.parametrize(
    ("question", "sentence", "words", "holds_it"),
    [
        # Who holds another one, or less than that one; nor is an office anybody
        (HEALTH, VISIT, SOW, False),
        (HEALTH, VISIT, "Chad's trade minister", False),
        (HEALTH, VISIT, "trade minister", False),
        (HEALTH, VISIT, "its health minister", False),
        ("Who is Sweden's trade minister?", VISIT, SOW, False),
        (TRADE, TALKS, "Issa Keita", False),
        (TRADE, TALKS, "the deputy trade minister Issa Keita", False),
        ("What is the name of Chad's trade minister?", MEETING, "Lena Berg", False),
        ("Who is Kenya's interior minister?", "Kenyan Finance Minister Ama Sow spoke.", SOW, False),
        (MAYOR, "Ama Sow was elected mayor of Gao.", SOW, False),
        (MAYOR, "Ama Sow, the former mayor of Oslo, left.", SOW, False),
        ("Who is the head coach?", "The assistant coach Ama Sow left.", SOW, False),
        ("Who is the dean?", "Its vice dean, Ama Sow, came.", SOW, False),
        ("Who was the first editor?", "Ama Sow, the second editor, left.", SOW, False),
        ("Who was appointed chief of police?", "Ama Sow is chief of staff.", SOW, False),
        ("Who is the Togolese goalkeeper?", "The Chadian goalkeeper Ama Sow fell.", SOW, False),
        # Other words for it, or fewer
        (TRADE, VISIT, SOW, True),
        (TRADE, VISIT, "Ama Sow, Chad", True),
        ("Who is the Chadian minister of trade?", VISIT, SOW, True),
        ("Who is the trade minister?", MEETING, "Lena Berg", True),
        ("Who is the deputy trade minister?", TALKS, "Issa Keita", True),
        ("Who is the U.S. trade minister?", "Ama Sow, the U.S. trade minister, left.", SOW, True),
        (
            "Who is the vice dean?",
            "The vice dean Ama Sow and Dean Bo Li.",
            "Ama Sow and Dean Bo",
            True,
        ),
        ("Who was the mayor of Oslo?", "Ama Sow, the former mayor of Oslo, left.", SOW, True),
        (MAYOR, "The city's mayor, Ama Sow, left.", SOW, True),
        ("Who is the current mayor?", "Ama Sow, the town's mayor, left.", SOW, True),
        ("Who is the director of Chinook?", "Canadian director Ama Sow left.", SOW, True),
        ("Who is the head coach of Chad?", "The veteran coach Ama Sow left.", SOW, True),
        ("Who was the builder of the dam?", "Ama Sow, builder of the wall, left.", SOW, True),
        ("Who is the UN envoy?", "Ama Sow, the United Nations envoy, left.", SOW, True),
        ("Who is Kenya's finance minister?", "Kenyan Finance Minister Ama Sow spoke.", SOW, True),
        # Nothing is told of a name without the noun, or of an office that is not asked for
        (HEALTH, VISIT, "her", None),
        ("Who met the Swedish trade minister?", VISIT, SOW, None),
        ("Who is Chad's leader?", VISIT, SOW, None),
        (TRADE, TALKS, "Bakary Diallo", None),
        (MAYOR, "Ama Sow, a mayor from Gao, came.", SOW, None),
        ("Who is the dean?", "With the vice dean, Ama Sow came.", SOW, None),
        ("Who is the state director?", "The director of sports Ama Sow came.", SOW, None),
        ("Who is Lena Berg?", MEETING, "the Swedish trade minister", None),
    ],
)
def test_who_holds_the_office_that_is_asked_for(question, sentence, words, holds_it):
    """True or False; None if the sentence does not tell."""
    start = sentence.index(words)
    assert holds(understand(question), sentence, Span(start, start + len(words))) is holds_it
