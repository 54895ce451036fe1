import pytest

from rag.understanding.alternatives import comparable, compared, listed


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
        ("Was it cheap or dear?", "en", ()),
        ("Who came?", "en", ()),
    ],
)
def test_two_things_to_choose_from_are_asked_about_one_by_one(question, code, alone):
    assert tuple(text for _, text in compared(question, code)) == alone


def test_two_things_side_by_side_are_asked_about_one_by_one():
    assert listed("When do the wide bridge and the long tunnel open?", "en") == (
        ("the wide bridge", "When do the wide bridge open?"),
        ("the long tunnel", "When do the long tunnel open?"),
    )
    assert listed("Who came and went?", "en") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("96 million pounds", "it costs 61 million pounds", True),
        ("€ 40", "€ 1,200", True),
        ("12 turbines", "3,000 homes", False),
        ("the mayor", "3 homes", False),
    ],
)
def test_only_what_has_the_same_unit_is_compared(one, other, same):
    assert comparable(one, other) is same
