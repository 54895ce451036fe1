from dataclasses import replace

import pytest

from rag.types import AnswerType, Measure, Question, Wanted
from rag.understanding.conversation import Turn
from rag.understanding.questions import part_name, reworded, understand

BEFORE = (Turn("Who met Putin?", "Who met Putin?", ("Goïta met Putin.",)),)
SPANISH = "¿Quién acompañó al presidente de Malí en su viaje a Moscú?"

PLAIN = Question(
    typed=" How old are Mali's 40 soldiers in Gao? ",
    alone="How old are Mali's 40 soldiers in Gao?",
    text="How old are Mali's 40 soldiers in Gao?",
    language="en",
    wanted=Wanted(kind=AnswerType.QUANTITY, measure=Measure.AGE, asks=True, now=True),
    terms=("how", "old", "are", "mali", "40", "soldier", "in", "gao"),
    content=("old", "mali", "40", "soldier", "gao"),
    subject=("mali", "40", "soldier", "gao"),
    names=frozenset({"mali", "gao"}),
    numbers=frozenset({"40"}),
    places=frozenset({"gao"}),
)
CARRYING = Question(
    typed="Where did they meet?",
    alone="Where did they meet? (Who met Putin)",
    text="Where did they meet? (Who met Putin)",
    language="en",
    wanted=Wanted(kind=AnswerType.PLACE, asks=True),
    terms=("where", "did", "they", "meet", "who", "met", "putin"),
    content=("meet", "met", "putin"),
    subject=("meet", "met", "putin"),
    names=frozenset({"putin"}),
    numbers=frozenset(),
    carried="Who met Putin",
    depends_on_context=True,
)


@pytest.mark.parametrize("question", [PLAIN, CARRYING])
def test_a_question_is_parsed_once(question):
    """All that is asked of its text is in the noun."""
    history = BEFORE if question.carried else ()
    assert understand(question.typed, history) == question


def test_a_question_may_be_asked_in_other_words():
    """Its language and what was typed stay, unless others are given."""
    other = reworded(PLAIN, "Who met Putin?")
    assert other == replace(understand("Who met Putin?"), typed=PLAIN.typed, alone=PLAIN.alone)
    french = reworded(PLAIN, "Qui a rencontré Poutine ?", alone="Qui ?", code="fr")
    assert (french.typed, french.alone, french.language) == (PLAIN.typed, "Qui ?", "fr")


@pytest.mark.parametrize(
    ("typed", "before", "languages", "code"),
    [
        ("Who met Putin?", (), ("es",), "en"),
        (SPANISH, (), ("en",), "es"),
        ("Assimi Goïta", (), ("ru", "es"), "es"),
        ("¿Goïta?", (Turn(SPANISH, SPANISH),), ("en",), "es"),
        ("Goïta?", (), ("en",), "en"),
    ],
)
def test_the_language_of_a_question(typed, before, languages, code):
    """By its words; a short one's by the question before; names alone are in the articles'."""
    assert understand(typed, before, languages=languages).language == code


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who came?", ()),
        ("", ()),
        ("What is Mali and what is Wagner", ("What is Mali", "what is Wagner")),
        (
            "When did Goïta arrive, and who met him?",
            ("When did Goïta arrive", "who met him? (When did Goïta arrive)"),
        ),
        ("Who came? Where did they go?", ("Who came?", "Where did they go? (Who came)")),
        ("Who came to Gao and why?", ("Who came to Gao", "why? (Who came to Gao)")),
        (
            "¿Quién llegó? ¿Qué hizo allí?",
            ("¿Quién llegó?", "¿Qué hizo allí? (¿Quién llegó)"),
        ),
        (
            "Who built the dam, what did it cost, and who is king?",
            (
                "Who built the dam",
                "what did it cost (Who built the dam)",
                "who is king?",
            ),
        ),
        (
            "What did Ann, who sang, say and what did he offer?",
            ("What did Ann, who sang, say", "what did he offer? (What did Ann, who sang, say)"),
        ),
        ("Qui a parlé à Gao et qui est venu ?", ("Qui a parlé à Gao", "qui est venu ?")),
        (
            "¿Quién habló en Gao y quién vino a Kidal?",
            ("¿Quién habló en Gao", "quién vino a Kidal?"),
        ),
        ("Quem falou em Gao e quem veio a Kidal?", ("Quem falou em Gao", "quem veio a Kidal?")),
        ("Кто говорил в Гао и кто был в Кидале?", ("Кто говорил в Гао", "кто был в Кидале?")),
        ("متى بدأت الحرب ومن يقود الجيش؟", ("متى بدأت الحرب", "من يقود الجيش؟")),
        ("Qui est le maire qui a parlé et qui est parti ?", ()),
        ("Кто сказал, что мост стар и что его снесут?", ()),
        ("¿Cuándo y dónde nació Ana?", ()),
        ("Explain how and why it began", ()),
        ("Which ministers came and went?", ()),
        ("why? (Who came and what for)", ()),
    ],
)
def test_the_parts_of_a_question(question, parts):
    """Several questions at once are asked one by one, each standing alone."""
    languages = ("en", "fr", "es", "pt", "ru", "ar")
    assert tuple(part.text for part in understand(question, languages=languages).parts) == parts


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("who is Camara", "Who is Camara?"),
        ("Who met him? (When did Goïta arrive)", "Who met him?"),
        ("¿quién es Camara?", "¿quién es Camara?"),
        ("من هو كامارا؟", "من هو كامارا؟"),
        ("and Tell me who came.", "And Tell me who came."),
    ],
)
def test_a_part_is_named_as_a_question(part, name):
    """Without what it carries along from the part before."""
    assert part_name(understand(part)) == name


@pytest.mark.parametrize(
    ("code", "part", "name"),
    [
        ("fr", "qui est venu", "Qui est venu\u202f?"),
        ("es", "quién vino?", "¿Quién vino?"),
        ("ar", "من جاء", "من جاء؟"),
    ],
)
def test_a_part_has_its_languages_marks_of_a_question(code, part, name):
    assert part_name(understand(part, languages=(code,))) == name


@pytest.mark.parametrize(
    ("question", "history", "depends"),
    [
        ("Who accompanied Goïta?", (), False),
        ("Who accompanied Goïta?", BEFORE, False),
        ("When did he leave?", BEFORE, True),
        ("And on the Russian side?", BEFORE, True),
        ("what were the talks about?", BEFORE, True),
        ("Когда он приехал в столицу?", BEFORE, True),
        ("Когда генерал Гойта приехал в Москву?", BEFORE, False),
        ("What did Goïta do last week?", (), True),
        ("What did Goïta do yesterday?", BEFORE, True),
        ("Who met Putin on Monday?", (), True),
        ("What happened two days ago?", (), True),
        ("What happened 66 million years ago?", (), False),
    ],
)
def test_a_question_is_rewritten_only_where_it_leans_on_something(question, history, depends):
    """On what was asked before, or on today."""
    assert understand(question, history).depends_on_context == depends
