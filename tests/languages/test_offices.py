import pytest

from rag.languages.english.offices import asked_office, holds
from rag.types import Office, Span
from rag.understanding.questions import understand

VISIT = "With her came Ama Sow, Chad's trade minister, and its health minister."
TALKS = "There were Bakary Diallo, who leads a bank, and the deputy trade minister Issa Keita."
MEETING = "Lena Berg, the Swedish trade minister, met Sow in Lagos."


def goes(question, sentence, words):
    start = sentence.index(words)
    return holds(understand(question), sentence, Span(start, start + len(words)))


def an_office(head, **told):
    sets = {name: frozenset(terms) for name, terms in told.items() if name != "known"}
    return Office(head=head, known=told.get("known", False), **sets)


CHADS = {"owners": ["chad"], "countries": ["chad"], "kinds": ["trade"], "known": True}


@pytest.mark.parametrize(
    ("question", "office"),
    [
        ("Who is Chad's trade minister?", an_office("minist", **CHADS)),
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
    ("question", "sentence", "words"),
    [
        ("Who is Chad's health minister?", VISIT, "Ama Sow"),
        ("Who is Chad's health minister?", VISIT, "Chad's trade minister"),
        ("Who is Chad's health minister?", VISIT, "trade minister"),
        ("Who is Chad's health minister?", VISIT, "its health minister"),
        ("Who is Sweden's trade minister?", VISIT, "Ama Sow"),
        ("Who is Chad's trade minister?", TALKS, "Issa Keita"),
        ("Who is Chad's trade minister?", TALKS, "the deputy trade minister Issa Keita"),
        ("What is the name of Chad's trade minister?", MEETING, "Lena Berg"),
        ("Who is Kenya's interior minister?", "Kenyan Finance Minister Ama Sow spoke.", "Ama Sow"),
        ("Who is the mayor of Oslo?", "Ama Sow was elected mayor of Gao.", "Ama Sow"),
        ("Who is the mayor of Oslo?", "Ama Sow, the former mayor of Oslo, left.", "Ama Sow"),
        ("Who is the head coach?", "The assistant coach Ama Sow left.", "Ama Sow"),
        ("Who is the dean?", "Its vice dean, Ama Sow, came.", "Ama Sow"),
        ("Who was the first editor?", "Ama Sow, the second editor, left.", "Ama Sow"),
        ("Who was appointed chief of police?", "Ama Sow is chief of staff.", "Ama Sow"),
        ("Who is the Togolese goalkeeper?", "The Chadian goalkeeper Ama Sow fell.", "Ama Sow"),
    ],
)
def test_another_office_with_the_same_noun(question, sentence, words):
    """Who holds another one, or less than the one asked for, is not meant; nor is an office."""
    assert goes(question, sentence, words) is False


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("Who is Chad's trade minister?", VISIT, "Ama Sow"),
        ("Who is Chad's trade minister?", VISIT, "Ama Sow, Chad"),
        ("Who is the Chadian minister of trade?", VISIT, "Ama Sow"),
        ("Who is the trade minister?", MEETING, "Lena Berg"),
        ("Who is the deputy trade minister?", TALKS, "Issa Keita"),
        ("Who is the U.S. trade minister?", "Ama Sow, the U.S. trade minister, left.", "Ama Sow"),
        ("Who is the vice dean?", "The vice dean Ama Sow and Dean Bo Li.", "Ama Sow and Dean Bo"),
        ("Who was the mayor of Oslo?", "Ama Sow, the former mayor of Oslo, left.", "Ama Sow"),
        ("Who is the mayor of Oslo?", "The city's mayor, Ama Sow, left.", "Ama Sow"),
        ("Who is the current mayor?", "Ama Sow, the town's mayor, left.", "Ama Sow"),
        ("Who is the director of Chinook?", "Canadian director Ama Sow left.", "Ama Sow"),
        ("Who is the head coach of Chad?", "The veteran coach Ama Sow left.", "Ama Sow"),
        ("Who was the builder of the dam?", "Ama Sow, builder of the wall, left.", "Ama Sow"),
        ("Who is the UN envoy?", "Ama Sow, the United Nations envoy, left.", "Ama Sow"),
        ("Who is Kenya's finance minister?", "Kenyan Finance Minister Ama Sow spoke.", "Ama Sow"),
    ],
)
def test_the_office_that_is_meant(question, sentence, words):
    """Other words for it, or fewer, are no other office."""
    assert goes(question, sentence, words) is True


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("Who is Chad's health minister?", VISIT, "her"),
        ("Who met the Swedish trade minister?", VISIT, "Ama Sow"),
        ("Who is Chad's leader?", VISIT, "Ama Sow"),
        ("Who is Chad's trade minister?", TALKS, "Bakary Diallo"),
        ("Who is the mayor of Oslo?", "Ama Sow, a mayor from Gao, came.", "Ama Sow"),
        ("Who is the dean?", "With the vice dean, Ama Sow came.", "Ama Sow"),
        ("Who is the state director?", "The director of sports Ama Sow came.", "Ama Sow"),
        ("Who is Lena Berg?", MEETING, "the Swedish trade minister"),
    ],
)
def test_what_a_sentence_does_not_tell(question, sentence, words):
    """Nothing is known of a name without the office's noun, or where none is asked for."""
    assert goes(question, sentence, words) is None
