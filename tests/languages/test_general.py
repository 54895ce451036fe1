import pytest

from rag.languages import general, instructs, language, language_of, shared, told
from rag.languages.general import Kind
from rag.understanding.questions import understand

FRENCH = "Le maire Jean-Pierre Diarra a payé 1.200 francs le 23 juin « pour la paix »."
RUSSIAN = "В Гао встретила его мэр Амина Диалло, 23 июня."


@pytest.mark.parametrize(
    ("claim", "cited", "lacking"),
    [
        (FRENCH, FRENCH, ()),
        ("En juin, le maire Diarra a payé 1 200 francs.", FRENCH, ()),
        ("En juillet, le maire Diarra a payé 1 300 francs.", FRENCH, ("juillet", "1 300")),
        ("Le maire Jean-Marie Diarra a payé.", FRENCH, ("Jean-Marie",)),
        ("Le maire a payé «pour la guerre».", FRENCH, ("pour la guerre",)),
        ("Мэр Амина Диалло встретила его 23 июня.", RUSSIAN, ()),
        ("Мэр Амина Сов встретила его 3 июля.", RUSSIAN, ("Сов", "3", "июля")),
    ],
)
def test_what_a_text_in_any_language_lacks_of_a_claim(claim, cited, lacking):
    """Numbers by their value, months, names and quoted phrases by their words."""
    assert language_of(cited).missing(claim, cited) == lacking


def test_what_is_known_is_not_missing_in_any_language():
    """The month of an article's date is known, and a name of the question."""
    claim, cited = "Le maire Diarra a payé en juin.", "Le maire a payé."
    french = language("fr")
    assert french.missing(claim, cited) == ("Diarra", "juin")
    assert french.missing(claim, cited, known="Qui est Diarra ? 2025-06-24") == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ее встретила мэр Амина Диалло.", ["Амина", "Диалло"]),
        ("Hier soir, l’été d’Émile Zola débuta.", ["Émile", "Zola"]),
    ],
)
def test_a_name_begins_with_a_capital_letter_of_any_alphabet(text, names):
    """Within a sentence."""
    facts = language_of(text).facts(text)
    assert [fact.text for fact in facts if fact.kind is Kind.NAME] == names


@pytest.mark.parametrize(
    ("text", "code"),
    [("Why?", "en"), ("Assimi Goïta", "en"), (FRENCH, "fr"), (RUSSIAN, "ru"), ("", "en")],
)
def test_the_language_of_a_text(text, code):
    """Names alone are of the main one."""
    assert language_of(text) is language(code)


def test_only_a_known_language_is_told_by_its_words():
    """Of another one nothing is known."""
    assert (told("Why?"), told("Pourquoi ?")) == (language("en"), None)


def test_the_rules_of_a_language_hold_only_for_texts_in_it():
    """Where one of them is in another, the general rules do."""
    asked = understand("Who is the mayor of Gao?")
    english = "The mayor of Gao is called Diarra."
    assert shared(asked, english, english) is language("en")
    assert shared(asked, english, FRENCH) is general("en")


def test_what_asks_instructs_in_any_language():
    """Whatever the form of its mark, and whatever closes the quotation."""
    questions = ("¿Quién llegó?", "« Qui est là ? »", "谁？", "من هو؟", "Write a poem.")
    assert [*map(instructs, (*questions, FRENCH))] == [True] * 5 + [False]


@pytest.mark.parametrize(
    ("code", "question", "rest", "is_ellipsis"),
    [
        ("fr", "Et pour une Brixton ?", "pour une Brixton ?", True),
        ("fr", "Qu’en est-il de la piscine ?", "la piscine ?", True),
        ("fr", "Et qui l’a élu ?", "qui l’a élu ?", False),
        ("es", "¿Y en el acuario?", "en el acuario?", True),
        ("es", "¿Y quién ganó?", "quién ganó?", False),
        ("pt", "E quanto à piscina?", "piscina?", True),
        ("de", "Was ist mit der Bücherei?", "der Bücherei?", True),
        ("it", "E a Torino?", "a Torino?", True),
        ("ru", "А на площади Победы?", "на площади Победы?", True),
        ("ru", "А кто победил?", "кто победил?", False),
        ("ar", "وفي المتحف؟", "في المتحف؟", True),
        ("ar", "ومتى؟", "متى؟", False),
        ("ar", "وزير المالية؟", "وزير المالية؟", False),
        ("ja", "では、京都は？", "では、京都は？", False),
    ],
)
def test_how_a_question_goes_on(code, question, rest, is_ellipsis):
    """Without the words that tie it to the one before; one that asks nothing is an ellipsis."""
    assert language(code).continued(question) == (rest, is_ellipsis)


@pytest.mark.parametrize(
    ("code", "question", "points"),
    [
        ("fr", "Quand a-t-il déposé une gerbe ?", True),
        ("fr", "Quand Goïta a-t-il déposé une gerbe ?", False),
        ("fr", "Y a-t-il un bus ?", False),
        ("es", "¿Cuándo llegó él?", True),
        ("ru", "Когда он приехал?", True),
        ("ru", "Когда Путин встретил его?", False),
        ("de", "Wann kam er an?", True),
        ("ja", "いつ？", False),
    ],
)
def test_what_points_back(code, question, points):
    """A pronoun before which nothing is named."""
    assert language(code).points_back(question) is points
