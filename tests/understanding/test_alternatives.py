import pytest

from rag.types import Side
from rag.understanding.alternatives import asks_greater, compared, listed, measures, sides


@pytest.mark.parametrize(
    ("question", "code", "alone"),
    [
        (
            "Which costs more, the bridge or the long tunnel?",
            "en",
            ("Which costs more, the bridge?", "Which costs more, the long tunnel?"),
        ),
        (
            "What is cheaper, a stay in Gao or in Kidal?",
            "en",
            ("What is cheaper, a stay in Gao?", "What is cheaper, a stay in Kidal?"),
        ),
        (
            "Qui est plus âgé, Ana Roth ou Leo Falk ?",
            "fr",
            ("Qui est plus âgé, Ana Roth ?", "Qui est plus âgé, Leo Falk ?"),
        ),
        ("Что дороже, Корва или Брикстон?", "ru", ("Что дороже, Корва?", "Что дороже, Брикстон?")),
        (
            "Was turnout higher in 2019 or 2023?",
            "en",
            ("Was turnout higher in 2019?", "Was turnout higher in 2023?"),
        ),
        (
            "Is the Halm tower or the Kor tower higher?",
            "en",
            ("Is the Halm tower higher?", "Is the Kor tower higher?"),
        ),
        (
            "Was kostet mehr, der Turm oder die Kirche?",
            "de",
            ("Was kostet mehr, der Turm?", "Was kostet mehr, die Kirche?"),
        ),
        (
            "Did Torvia or Kessland win more medals?",
            "en",
            ("Did Torvia win more medals?", "Did Kessland win more medals?"),
        ),
        (
            "Is flour or petrol more expensive?",
            "en",
            ("Is flour more expensive?", "Is petrol more expensive?"),
        ),
        ("Was it cheap or dear?", "en", ()),
        ("Is it longer or shorter?", "en", ()),
        ("Who is taller or older?", "en", ()),
        ("Who came?", "en", ()),
    ],
)
def test_two_things_to_choose_from_are_asked_about_one_by_one(question, code, alone):
    assert tuple(text for _, text in compared(question, code)) == alone


@pytest.mark.parametrize(
    ("question", "code", "names"),
    [
        ("Is Lake Orrin bigger than Lake Besk?", "en", ("Lake Orrin", "Lake Besk")),
        ("Was turnout in 2023 higher than in 2019?", "en", ("in 2023", "in 2019")),
        ("Do more people live in Halm than in Torvik?", "en", ("in Halm", "in Torvik")),
        ("Does a ticket cost more than a pass?", "en", ("a ticket", "a pass")),
        ("Did Ana Roth get more votes than Leo Falk?", "en", ("Ana Roth", "Leo Falk")),
        ("Hat Halm mehr Einwohner als Torvik?", "de", ("Halm", "Torvik")),
        ("Ist der Turm höher als die Kirche?", "de", ("der Turm", "die Kirche")),
        ("La tour Oz est-elle plus haute que la tour Ka ?", "fr", ("La tour Oz", "la tour Ka")),
        ("¿Es el Halcón más rápido que el Cóndor?", "es", ("el Halcón", "el Cóndor")),
        ("A passagem é mais cara em Gao do que em Kidal?", "pt", ("em Gao", "em Kidal")),
        ("Южный мост дороже, чем Северный?", "ru", ("Южный", "Северный")),
        ("Which countries have more people than France?", "en", ()),
        ("Who got more votes than Leo Falk?", "en", ()),
        ("Did more than 40 people come?", "en", ()),
    ],
)
def test_one_thing_is_compared_with_another(question, code, names):
    assert tuple(name for name, _ in compared(question, code)) == names


def test_the_question_about_each_of_two_leaves_the_other_out():
    assert [alone for _, alone in compared("Is Lake Orrin bigger than Lake Besk?", "en")] == [
        "Is Lake Orrin bigger?",
        "Is Lake Besk bigger?",
    ]


@pytest.mark.parametrize(
    ("question", "code", "kinds"),
    [
        ("Which is heavier, A or B?", "en", {"mass"}),
        ("Which costs less, A or B?", "en", {"currency"}),
        ("Who is older, A or B?", "en", {"age"}),
        ("Was ist schneller, A oder B?", "de", {"speed"}),
        ("Which is bigger, A or B?", "en", set()),
    ],
)
def test_the_kinds_of_units_that_a_comparison_asks_for(question, code, kinds):
    assert measures(question, code) == kinds


def test_the_words_that_tell_two_sides_apart():
    """Their own, without what both have; none where one has no word of its own."""
    text = "Which is heavier, Lake Orrin or Lake Besk?"
    kinds = frozenset({"mass"})
    assert sides(["Lake Orrin", "Lake Besk"], text, "en") == (
        Side(("Orrin",), ("Besk",), kinds),
        Side(("Besk",), ("Orrin",), kinds),
    )
    assert sides(["the bridge", "the long bridge"], text, "en") is None


def test_two_things_side_by_side_are_asked_about_one_by_one():
    assert listed("When do the wide bridge and the long tunnel open?", "en") == (
        ("the wide bridge", "When do the wide bridge open?"),
        ("the long tunnel", "When do the long tunnel open?"),
    )
    assert listed("Who came and went?", "en") == ()


@pytest.mark.parametrize(
    ("question", "code", "more"),
    [
        ("Which costs more, A or B?", "en", True),
        ("Which is cheaper, A or B?", "en", False),
        ("Lequel est plus cher, A ou B ?", "fr", True),
        ("Lequel est le plus petit, A ou B ?", "fr", False),
        ("Lequel est le moins cher, A ou B ?", "fr", False),
        ("¿Cuál es más barato, A o B?", "es", False),
        ("Qual é maior, A ou B?", "pt", True),
        ("Что дороже, А или Б?", "ru", True),
        ("Что дешевле, А или Б?", "ru", False),
        ("أيهما أغلى، أ أو ب؟", "ar", True),
        ("Which costs more and weighs less, A or B?", "en", None),
        ("Who came?", "en", None),
        ("どちらが高い？", "ja", None),
    ],
)
def test_what_of_two_is_asked_for(question, code, more):
    assert asks_greater(question, code) is more
