import pytest

from rag.text.detection import language_of, name_of, other_than

ARTICLE = "The defence minister met the president in Moscow and spoke of trade."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ARTICLE, "en"),
        ("Le ministre de la Défense a rencontré le président à Moscou.", "fr"),
        ("Министр обороны встретился с президентом в Москве.", "ru"),
        ("El ministro de Defensa se reunió con el presidente en Moscú.", "es"),
    ],
)
def test_a_text_is_in_a_language(text, code):
    """The likeliest of the languages that have a name."""
    assert language_of(text) == code
    assert name_of(code)


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Who accompanied Goïta?", None),
        ("What did Sadio Camara say?", None),
        ("why?", None),
        ("Qui a accompagné Goïta ?", "fr"),
        ("Кто сопровождал Гойту?", "ru"),
        ("¿Quién acompañó a Goïta?", "es"),
        ("Wer begleitete Goïta?", "de"),
        ("谁陪同戈伊塔？", "zh"),
    ],
)
def test_a_question_in_another_language_than_the_articles_is_known(question, other):
    """A short question is enough."""
    assert other_than(["en"], question) == other


@pytest.mark.parametrize(
    "names", ["Goïta?", "Africa Corps", "Sadio Camara", "Wagner Mali", "2025", ""]
)
def test_names_and_numbers_are_of_no_language(names):
    """A text of names alone is taken to be in the articles' language."""
    assert other_than(["en"], names) is None


def test_any_of_the_articles_languages_will_do():
    """A collection in two languages is asked in both."""
    assert other_than(["en", "fr"], "Qui a accompagné Goïta ?") is None
    assert other_than(["fr"], "Who accompanied the president to Moscow?") == "en"
